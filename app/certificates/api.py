"""JSON routes about certificates; main mounts them under ``/api/v1``."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.certificates import queries, service
from app.certificates.schemas import (
    CandidateView,
    CertificateView,
    IssueIn,
    OwnCertificateView,
    WhyIn,
)
from app.core.paging import Page
from app.web.deps import Now, PagingDep, ReadDb, Write

router = APIRouter(tags=["certificates"])

Code = Annotated[str, Path(max_length=40, description="Any case, with or without dashes.")]
Issued = Annotated[IssueIn | None, Body()]


@router.get("/certificates/{code}")
def check_certificate(code: Code, db: ReadDb, now: Now) -> CertificateView:
    """Whether a certificate is genuine and still good; anybody who has the code may ask."""
    return queries.certificate_view(queries.find_certificate(db, code), now=now)


@router.post("/certificates/{code}/revocation", response_model=OwnCertificateView)
def revoke_certificate(
    code: Code, body: WhyIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Take a certificate back, and what it counted for (its provider's people, secretariat)."""

    def command(db: Session) -> OwnCertificateView:
        row = service.revoke_certificate(db, actor, code, body, now=now)
        return queries.own_view(row, now=now)

    return write.answer(actor.key, command)


@router.post("/certificates/{code}/replacement", status_code=201, response_model=OwnCertificateView)
def reissue_certificate(
    code: Code, body: WhyIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Revoke a certificate and issue it again, with the person's name as it is now."""

    def command(db: Session) -> OwnCertificateView:
        row = service.reissue_certificate(db, actor, code, body, now=now)
        return queries.own_view(row, now=now)

    return write.answer(actor.key, command, status=201)


@router.get("/me/certificates")
def list_own(db: ReadDb, actor: SignedIn, paging: PagingDep, now: Now) -> Page[OwnCertificateView]:
    """One's own certificates, newest first, revoked ones too."""
    items, total, more = queries.own_certificates(
        db, actor, now=now, limit=paging.limit, after=paging.after
    )
    return Page(items=items, total=total, next=paging.next_url(more))


@router.get("/slots/{slot_id}/certificates")
def list_candidates(slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> Page[CandidateView]:
    """Everybody expected at a slot, with what they earned and got (provider, secretariat)."""
    found = queries.candidates(db, actor, slot_id, now=now)
    return Page(items=found, total=len(found))


@router.post(
    "/slots/{slot_id}/certificates", status_code=201, response_model=Page[OwnCertificateView]
)
def issue_certificates(
    slot_id: UUID, write: Write, actor: SignedIn, now: Now, body: Issued = None
) -> Response:
    """Issue certificates to all who earned one and have none, or to the bookings named."""

    def command(db: Session) -> Page[OwnCertificateView]:
        rows = service.issue_certificates(db, actor, slot_id, body or IssueIn(), now=now)
        items = [queries.own_view(row, now=now) for row in rows]
        return Page(items=items, total=len(items))

    return write.answer(actor.key, command, status=201)
