"""One family of errors, two renderings: problem+json under ``/api/``, a page elsewhere."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app.core.errors import (
    UNAVAILABLE,
    AppError,
    BusyError,
    InvalidError,
    SignInRequiredError,
    UnavailableError,
)
from app.core.log import logger
from app.core.outages import is_lock_failure, is_outage
from app.web.forms import plain_message
from app.web.guard import masked
from app.web.rendering import page

_log = logger("web")

_TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    415: "Wrong kind of content",
    422: "Some fields need attention",
}
_RETRY_SECONDS = "2"


def install(app: FastAPI) -> None:
    """Make ``app`` answer every error in the form its caller reads."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(Exception, _unexpected)


def is_api(request: Request) -> bool:
    """Whether the caller reads JSON: a program of the API, or one that wants a calendar.

    A page in place of a calendar would empty it in some programs.
    """
    return request.url.path.startswith("/api/") or request.url.path.endswith(".ics")


def problem(  # noqa: PLR0913 - the members of RFC 9457
    request: Request,
    status: int,
    *,
    title: str,
    detail: str,
    code: str,
    errors: Sequence[dict[str, Any]] = (),
    extra: dict[str, Any] | None = None,
) -> Response:
    """An ``application/problem+json`` answer. Source: RFC 9457."""
    body = {
        "type": f"{request.app.state.settings.base_url}/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": list(errors),
        "request_id": getattr(request.state, "request_id", None),
        **(extra or {}),
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def error_page(request: Request, status: int, title: str, detail: str) -> Response:
    """The same as a page."""
    return page(
        request,
        "error.html",
        status=status,
        title=title,
        detail=detail,
        request_id=getattr(request.state, "request_id", ""),
    )


def _app_error(request: Request, error: Exception) -> Response:
    refusal = cast("AppError", error)
    wants_page = not is_api(request)
    if wants_page and isinstance(refusal, SignInRequiredError):
        target = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?next={quote(target)}", status_code=303)
    if wants_page:
        answer = error_page(request, refusal.status, refusal.title, refusal.message)
    else:
        errors = (
            [{"loc": list(p.loc), "msg": p.msg, "code": p.code} for p in refusal.problems]
            if isinstance(refusal, InvalidError)
            else []
        )
        answer = problem(
            request,
            refusal.status,
            title=refusal.title,
            detail=refusal.message,
            code=refusal.code,
            errors=errors,
            extra={key: value for key, value in refusal.details.items() if _is_plain(value)},
        )
    if isinstance(refusal, BusyError):
        answer.headers["Retry-After"] = _RETRY_SECONDS
    elif "retry_after" in refusal.details:  # seconds
        answer.headers["Retry-After"] = str(refusal.details["retry_after"])
    if isinstance(refusal, SignInRequiredError):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, (*value, *value.values())))
    return value is None or isinstance(value, str | int | float | bool)


def _validation_error(request: Request, error: Exception) -> Response:
    details = cast("Sequence[ErrorDetails]", cast("RequestValidationError", error).errors())
    errors = [
        {
            "loc": [step for step in detail["loc"] if step not in ("body", "query", "path")],
            "msg": plain_message(detail),
            "code": detail["type"],
        }
        for detail in details
    ]
    in_path = any(detail["loc"][0] == "path" for detail in details)
    # An id that is no id names nothing: the same answer as for an id that is not there.
    if in_path:
        return _plain_error(request, 404, "There is nothing at this address.", "not_found")
    not_json = any(detail["type"] == "json_invalid" for detail in details)
    text = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in errors)
    if is_api(request):
        return problem(
            request,
            422,
            title=_TITLES[422],
            detail="The body is not valid JSON." if not_json else text,
            code="invalid_json" if not_json else "invalid",
            errors=errors,
        )
    return error_page(request, 422, _TITLES[422], text)


def _http_error(request: Request, error: Exception) -> Response:
    http = cast("HTTPException", error)
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        http.status_code, "http_error"
    )
    answer = _plain_error(request, http.status_code, str(http.detail), code)
    answer.headers.update(http.headers or {})
    return answer


def _plain_error(request: Request, status: int, detail: str, code: str) -> Response:
    title = _TITLES.get(status, "This did not work")
    if is_api(request):
        return problem(request, status, title=title, detail=detail, code=code)
    if status == HTTPStatus.NOT_FOUND:
        detail = "There is nothing at this address, or nothing that you may see."
    return error_page(request, status, title, detail)


def _database_error(request: Request, error: Exception) -> Response:
    """A database that is busy or away, met while reading; anything else is a fault of ours."""
    failure = cast("DBAPIError", error)
    if is_lock_failure(failure):
        return _app_error(request, BusyError(UNAVAILABLE))
    if is_outage(failure):
        _log.error("database_away", path=masked(request.url.path), reason=str(failure.orig))
        return _app_error(request, UnavailableError(UNAVAILABLE))
    raise error


def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("unexpected_error", path=masked(request.url.path), exc_info=error)
    detail = "Something went wrong on our side; nothing was saved. Please try again."
    return _plain_error(request, 500, detail, "unexpected")
