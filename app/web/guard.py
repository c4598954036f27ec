"""What stands before every route: request id, access log, origin check, headers, HEAD."""

import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.ids import new_id
from app.core.log import logger

_log = logger("access")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN = re.compile(r"(/calendars/private/)[^/.]+")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """The one middleware of ours, pure ASGI, so that it costs little and sees everything.

    Args:
        app: What comes next.
        base_url: Our public address; its origin may send forms.
        max_body_bytes: Larger bodies are refused before they are read.
    """

    def __init__(self, app: ASGIApp, base_url: str, max_body_bytes: int) -> None:
        self._app = app
        self._max_body = max_body_bytes
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._https = parts.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = self._request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        answer = _Answer(send, self._extra_headers(request_id), scope["method"])
        started = time.perf_counter()
        try:
            if self._is_foreign(scope, headers):
                await _refuse(scope, answer, _FOREIGN)
            elif self._is_too_large(headers):
                await _refuse(scope, answer, _TOO_LARGE)
            elif scope["method"] == "HEAD":
                await self._app({**scope, "method": "GET"}, receive, answer)
            else:
                await self._app(scope, _counted(receive, self._max_body), answer)
        finally:
            _log.info(
                "request",
                method=scope["method"],
                path=masked(scope["path"]),
                status=answer.status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )

    def _extra_headers(self, request_id: str) -> dict[str, str]:
        extra = {**_HEADERS, "X-Request-ID": request_id}
        if self._https:
            extra["Strict-Transport-Security"] = "max-age=31536000"
        return extra

    def _is_too_large(self, headers: Headers) -> bool:
        """By the stated length; a body without one is counted as it comes."""
        length = headers.get("content-length", "")
        return length.isdigit() and int(length) > self._max_body

    @staticmethod
    def _request_id(headers: Headers) -> str:
        sent = headers.get("x-request-id", "")
        return sent if _REQUEST_ID.fullmatch(sent) else str(new_id())

    def _is_foreign(self, scope: Scope, headers: Headers) -> bool:
        """Whether a page of another site made a browser send this.

        ``Sec-Fetch-Site`` decides where a browser sends it (https and localhost); else
        ``Origin`` must be ours. A caller with neither is no browser and has no cookies to misuse.
        """
        if scope["method"] in SAFE:
            return False
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return False
        own = f"{scope['scheme']}://{headers.get('host', '')}"
        return origin not in (self._origin, own)


def _counted(receive: Receive, most: int) -> Receive:
    """``receive``, which ends in a refusal once more bytes came than there may be."""
    left = most

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(_TOO_LARGE.status, _TOO_LARGE.detail)
        return message

    return counted


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    code: str
    title: str
    detail: str


_FOREIGN = _Refusal(
    403, "cross_origin", "Not allowed", "This was sent from another site and was not carried out."
)
_TOO_LARGE = _Refusal(
    413, "too_large", "Too large", "What was sent is too large; nothing was saved."
)


def masked(path: str) -> str:
    """``path`` without the secret of a private feed."""
    return _TOKEN.sub(r"\1***", path)


class _Answer:
    """Adds our headers to an answer and leaves the body out for HEAD."""

    def __init__(self, send: Send, extra: dict[str, str], method: str) -> None:
        self._send: Callable[[Message], Awaitable[None]] = send
        self._extra = extra
        self._head = method == "HEAD"
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._extra.items():
                headers.setdefault(name, value)
        elif message["type"] == "http.response.body" and self._head:
            message = {**message, "body": b""}
        await self._send(message)


async def _refuse(
    scope: Scope, send: Callable[[dict[str, Any]], Awaitable[None]], refusal: _Refusal
) -> None:
    text, media_type = refusal.detail, b"text/plain; charset=utf-8"
    if scope["path"].startswith("/api/"):
        media_type = b"application/problem+json"
        text = json.dumps(
            {
                "type": "about:blank",
                "title": refusal.title,
                "status": refusal.status,
                "detail": refusal.detail,
                "code": refusal.code,
                "errors": [],
            }
        )
    await send(
        {
            "type": "http.response.start",
            "status": refusal.status,
            "headers": [(b"content-type", media_type)],
        }
    )
    await send({"type": "http.response.body", "body": text.encode()})
