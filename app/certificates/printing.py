"""A certificate as a PDF: one A4 page in any script, the same bytes every time.

typst sets the page. What people wrote reaches it as data and can never be markup.
"""

import io
import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import segno

from app.certificates.rules import day_of, is_right_to_left, span_text
from app.certificates.schemas import CertificateView

if TYPE_CHECKING:
    import typst

_FOLDER = Path(__file__).parent
_SHEET = _FOLDER / "certificate.typ"
_FONTS = _FOLDER / "fonts"

_FIRST, _LAST = "Noto Sans", "Droid Sans Fallback"
_ACCESSIBLE = "ua-1"
_LOCK = Lock()
_MOST_SKILLS = 12

# A word that no line can hold; other scripts than Latin know by themselves where to part.
_ENDLESS = re.compile("[!-~\u00c0-\u024f]{41,}")
_PIECE = re.compile(".{1,10}")

_TITLES = {
    "attendance": "Certificate of attendance",
    "assessed-completion": "Certificate of completion",
    "qualification-with-expiry": "Certificate of qualification",
}


def certificate_pdf(view: CertificateView, *, issued_at: datetime) -> bytes:
    """The certificate on one landscape A4 page, with its code and a QR code of its address.

    Accessible (PDF/UA-1) wherever our fonts have every letter; else a plain PDF, in which a
    letter of a script that we have no font for is an empty box.

    Args:
        view: What to print.
        issued_at: Written into the file as its date, so that a second print is the same.
    """
    import typst  # noqa: PLC0415 - 70 MB that a process which prints nothing need not load

    inputs = _inputs(view)
    second = issued_at.replace(microsecond=0)  # a PDF has no finer times, and typst refuses them
    with _LOCK:  # one compiler, one page at a time: a page takes about 10 ms
        try:
            return _compiled(inputs, second, [_ACCESSIBLE])
        except typst.TypstError:
            return _compiled(inputs, second, [])


def certificate_pictures(view: CertificateView, *, ppi: int = 96) -> list[bytes]:
    """The same as PNG, to look at: one picture for each page, of which there is one."""
    with _LOCK:
        found = _compiler().compile(format="png", ppi=ppi, sys_inputs=_inputs(view))
    return found if isinstance(found, list) else [found or b""]


@cache
def _compiler() -> "typst.Compiler":
    import typst  # noqa: PLC0415 - as above

    return typst.Compiler(
        str(_SHEET), root=str(_FOLDER), font_paths=_fonts(), ignore_system_fonts=True
    )


@cache
def _fonts() -> "typst.Fonts":
    """Our own fonts and no others: the same page on every machine."""
    import typst  # noqa: PLC0415 - as above

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)]
    )


@cache
def font_names() -> tuple[str, ...]:
    """Families in the order in which they are asked for a letter."""
    others = sorted(set(_fonts().families()) - {_FIRST, _LAST})
    return (_FIRST, *others, _LAST)


def _compiled(inputs: dict[str, str], issued_at: datetime, standards: list[Any]) -> bytes:
    found = _compiler().compile(
        format="pdf", sys_inputs=inputs, pdf_standards=standards, timestamp=issued_at
    )
    return found if isinstance(found, bytes) else b""


def _inputs(view: CertificateView) -> dict[str, str]:
    facts = json.dumps(_facts(view), ensure_ascii=False)
    return {"facts": facts, "qr": _qr(view.url)}


def _facts(view: CertificateView) -> dict[str, Any]:
    title = _TITLES.get(view.kind, view.kind_label)
    issued = [f"Issued on {day_of(view.issued_on)} by {view.provider}"]
    if view.valid_until is not None:
        issued.append(f"Valid until {day_of(view.valid_until)}")
    when = [span_text(view.starts_on, view.ends_on), view.place or "remote", view.length]
    return {
        "fonts": font_names(),
        "document": f"{title}: {view.person}",
        "title": title,
        "lead": "This is to certify that",
        "name": _said(view.person),
        "verb": "has attended and passed" if view.result == "passed" else "has attended",
        "course": _said(view.course),
        "provider": _said(view.provider),
        "seat": _said(view.provider_place),
        "lines": [_said(" · ".join(when))],
        "skills_title": "Skills, with the level aimed at",
        "skills": _skills(view),
        "issued": [_said(line) for line in issued],
        "code": view.code,
        "address": view.url,
    }


def _skills(view: CertificateView) -> list[str]:
    named = [f"{each.label}: {each.level_label.lower()}" for each in view.skills[:_MOST_SKILLS]]
    more = len(view.skills) - len(named)
    return [*named, f"{more} more"] if more else named


def _said(text: str) -> dict[str, Any]:
    parted = _ENDLESS.sub(lambda word: "\u200b".join(_PIECE.findall(word[0])), text)
    return {"text": parted, "rtl": is_right_to_left(text)}


def _qr(address: str) -> str:
    picture = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(picture, kind="svg", border=0, xmldecl=False, scale=4)
    return picture.getvalue().decode()
