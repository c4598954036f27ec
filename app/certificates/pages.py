"""Pages about certificates: check one, one's own, a slot's, and the paper itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.accounts.rules import Actor
from app.booking.words import state_label
from app.certificates import queries, service
from app.certificates.printing import certificate_pdf
from app.certificates.rules import CertificateOverError, Standing, day_of, span_text
from app.certificates.schemas import IssueIn, WhyIn
from app.core.errors import ConflictError, NotFoundError
from app.registry.queries.slots import slot_view
from app.web.deps import Now, ReadDb, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()

Code = Annotated[str, Path(max_length=40)]
Why = Annotated[Submitted[WhyIn], Depends(submitted(WhyIn))]


@dataclass(frozen=True, slots=True)
class _Post:
    """A form that was sent: who changes what, and when."""

    request: Request
    write: Write
    actor: SignedIn
    now: Now


Post = Annotated[_Post, Depends()]

_UNSEEN = {"X-Robots-Tag": "noindex"}


# Above the page of a code, which would else be looked for with this ending.
@router.get("/certificates/{code}.pdf")
def print_certificate(code: Code, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """The certificate to print: for its holder, its provider's people and the secretariat."""
    row = queries.find_own_certificate(db, actor, code)
    view = queries.certificate_view(row, now=now)
    if view.state == Standing.REVOKED:
        raise CertificateOverError("This certificate was revoked. It can no longer be printed.")
    headers = {
        **_UNSEEN,
        "Content-Disposition": f'inline; filename="certificate-{view.code}.pdf"',
        "Cache-Control": "private, no-store",
    }
    body = certificate_pdf(view, issued_at=row.created_at)
    return Response(body, 200, headers, media_type="application/pdf")


@router.get("/certificates")
def ask_for_code(
    request: Request, db: ReadDb, actor: Visitor, now: Now, code: str = ""
) -> Response:
    """Where a code is typed that somebody reads from paper."""
    if not code.strip():
        return _unseen(page(request, "certificates/ask.html", form=Form()))
    return show_certificate(request, code[:40], db, actor, now)


@router.get("/certificates/{code}")
def show_certificate(
    request: Request, code: Code, db: ReadDb, actor: Visitor, now: Now
) -> Response:
    """Whether the certificate is genuine and still good: for anybody who has the code."""
    try:
        return _certificate_page(request, db, actor, code, now, Form())
    except NotFoundError as error:
        form = Form.of(code=code)
        form.errors["code"] = error.message
        return _unseen(page(request, "certificates/ask.html", status=404, form=form))


@router.post("/certificates/{code}/revocation")
def revoke_certificate(code: Code, form: Why, post: Post) -> Response:
    """Take the certificate back; or show what was wrong."""

    def revoke(db: Session, model: WhyIn) -> str:
        row = service.revoke_certificate(db, post.actor, code, model, now=post.now)
        return f"/certificates/{row.code}?notice=revoked"

    return _change(post, code, form, revoke)


@router.post("/certificates/{code}/replacement")
def reissue_certificate(code: Code, form: Why, post: Post) -> Response:
    """Issue the certificate again under a new code; or show what was wrong."""

    def reissue(db: Session, model: WhyIn) -> str:
        row = service.reissue_certificate(db, post.actor, code, model, now=post.now)
        return f"/certificates/{row.code}?notice=issued"

    return _change(post, code, form, reissue)


@router.get("/me/certificates")
def show_own(request: Request, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """One's own certificates, newest first."""
    found, _, _ = queries.own_certificates(db, actor, now=now)
    return page(request, "certificates/own.html", certificates=found, day_of=day_of)


@router.get("/provider/slots/{slot_id}/certificates")
def show_candidates(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """Who of a slot earned a certificate, and who has one."""
    return _slot_page(request, db, actor, slot_id, now, Form())


@router.post("/provider/slots/{slot_id}/certificates")
def issue_certificates(
    request: Request, slot_id: UUID, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Give one to everybody who earned it and has none."""

    def issue(db: Session) -> str:
        service.issue_certificates(db, actor, slot_id, IssueIn(), now=now)
        return f"/provider/slots/{slot_id}/certificates?notice=issued"

    try:
        return write.redirect(actor.key, issue)
    except ConflictError as error:
        form = Form()
        form.refuse(error)
        with write.database.read() as db:
            return _slot_page(request, db, actor, slot_id, now, form)


def own_part(request: Request, _: Mapping[str, Any]) -> dict[str, Any]:
    """The reader's certificates, on the page of their bookings."""
    actor: Actor = request.state.actor
    state = request.app.state
    with state.database.read() as db:
        found, _total, _more = queries.own_certificates(db, actor, now=state.clock())
    return {"certificates": found, "day_of": day_of}


PARTS: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "booking/me.html": own_part,
}
"""Template of another feature's page, and what adds our section's context to it."""


def _change(
    post: Post, code: str, form: Submitted[WhyIn], use: Callable[[Session, WhyIn], str]
) -> Response:
    response = form.attempt(
        lambda model: post.write.redirect(post.actor.key, lambda db: use(db, model))
    )
    if response is not None:
        return response
    with post.write.database.read() as db:
        return _certificate_page(post.request, db, post.actor, code, post.now, form)


def _certificate_page(
    request: Request, db: Session, actor: Actor, code: str, now: datetime, form: Form
) -> Response:
    row = queries.find_certificate(db, code)
    looks_after = queries.looks_after(actor, row)
    view = queries.own_view(row, now=now)
    knows = looks_after or row.person_id == actor.user_id
    return _unseen(
        page(
            request,
            "certificates/certificate.html",
            status=form.status,
            view=view,
            reason=view.reason if knows else None,
            can_print=knows and view.state != Standing.REVOKED,
            can_change=looks_after and view.state != Standing.REVOKED,
            span=span_text(view.starts_on, view.ends_on),
            day_of=day_of,
            form=form,
        )
    )


def _slot_page(
    request: Request, db: Session, actor: Actor, slot_id: UUID, now: datetime, form: Form
) -> Response:
    people = queries.candidates(db, actor, slot_id, now=now)
    view = slot_view(db, actor, slot_id, now=now)
    return page(
        request,
        "certificates/slot.html",
        status=form.status,
        view=view,
        people=people,
        ready=sum(each.earned and each.certificate is None for each in people),
        label=state_label,
        day_of=day_of,
        form=form,
    )


def _unseen(response: Response) -> Response:
    """No search engine lists who has learnt what."""
    response.headers.update(_UNSEEN)
    return response
