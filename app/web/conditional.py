"""Answers that a client may already hold: validators, 304, compression. Knows no feature.

Neither FastAPI nor Starlette answers If-None-Match for made-up content, answers HEAD on a GET
route, or tells a gzip body from a plain one in its ETag; calendar programs depend on all three.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

_GZIP_SUFFIX = "-gz"
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_UNSAFE_IN_FILENAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Representation:
    """One answer as it may be sent in full, compressed, or as "you have it already".

    Attributes:
        body: The bytes as they are without compression.
        etag: A hash of the content, without quotes (``app.core.encoding.content_tag``).
        last_modified: Aware; not in the future. Sent in whole seconds.
        media_type: As sent, with its charset.
        cache_control: As sent.
        filename: What a browser would call the file; None says nothing about it.
        attachment: Offer it for saving instead of showing it. Never for subscriptions: people
            are asked to download at each refresh.
        compress: Gives the gzip form; called only when it is sent, and None when there is none.
        headers: Further headers, on 200 and 304 alike.
    """

    body: bytes
    etag: str
    last_modified: datetime
    media_type: str
    cache_control: str
    filename: str | None = None
    attachment: bool = False
    compress: Callable[[], bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def conditional_response(request: Request, what: Representation) -> Response:
    """200 with ``what``, or 304 when the client shows that it holds it.

    Serves GET and HEAD; HEAD has the headers of GET and no body. Gzip is used only for a client
    that asks for it and has an ETag of its own, ending in ``-gz``; either form's tag, strong or
    weak, alone or in a list, gives 304. If-Modified-Since counts only without If-None-Match.

    Source: RFC 9110, sections 8.8, 12.5.3, 13.1 and 15.4.5.
    """
    compress = what.compress if accepts_gzip(request.headers.getlist("accept-encoding")) else None
    headers = _headers(what, gzip_form=compress is not None)
    if _holds_it(request, what):
        return Response(status_code=304, headers=headers)
    body = what.body if compress is None else compress()
    if compress is not None:
        headers["Content-Encoding"] = "gzip"
    headers |= {"Content-Type": what.media_type, "Content-Length": str(len(body))}
    if what.filename is not None:
        headers["Content-Disposition"] = _disposition(what.filename, attachment=what.attachment)
    return Response(b"" if request.method == "HEAD" else body, headers=headers)


def accepts_gzip(fields: list[str]) -> bool:
    """Whether these Accept-Encoding fields ask for gzip, and like it no less than plain bytes.

    No field at all means plain bytes here, though the standard would allow anything: what never
    asked may not unpack it. ``gzip;q=0`` is a refusal, and so is a weight that makes no sense.
    """
    weights = {"identity": 0.0}
    for item in ",".join(fields).lower().split(","):
        coding, _, parameter = item.partition(";")
        weights[coding.strip()] = _weight(parameter)
    wanted = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return wanted > 0 and wanted >= weights["identity"]


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if not name.strip():
        return 1.0
    known = name.strip() == "q" and re.fullmatch(
        r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", value.strip()
    )
    return float(value) if known else 0.0


def _headers(what: Representation, *, gzip_form: bool) -> dict[str, str]:
    modified = what.last_modified.astimezone(UTC)
    return {
        **what.headers,
        "ETag": f'"{what.etag}{_GZIP_SUFFIX if gzip_form else ""}"',
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Cache-Control": what.cache_control,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }


def _holds_it(request: Request, what: Representation) -> bool:
    if "if-none-match" in request.headers:
        asked = ",".join(request.headers.getlist("if-none-match"))
        tags = {tag.removesuffix(_GZIP_SUFFIX) for tag in _TAG.findall(asked)}
        return asked.strip() == "*" or what.etag in tags
    since = _http_date(request.headers.get("if-modified-since"))
    return since is not None and what.last_modified.replace(microsecond=0) <= since


def _http_date(value: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None  # a date that cannot be read is to be ignored (RFC 9110, 13.1.3)
    # An old form of date names no zone; HTTP dates are in UTC in every form.
    return parsed.replace(tzinfo=UTC) if parsed is not None and parsed.tzinfo is None else parsed


def _disposition(filename: str, *, attachment: bool) -> str:
    safe = _UNSAFE_IN_FILENAME.sub("-", filename).strip("-.") or "download"
    return f'{"attachment" if attachment else "inline"}; filename="{safe}"'
