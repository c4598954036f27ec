"""Saying what somebody's qualification is worth: by those whom they book with, or who issued it."""

from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.queries import proofs
from app.booking.service.desk import Desk
from app.booking.service.risks import check_person
from app.core.errors import ForbiddenError
from app.qualifications.models import Qualification
from app.qualifications.schemas.qualifications import RevocationIn, VerificationIn
from app.qualifications.service import qualifications


def verify(
    db: Session, actor: Actor, qualification_id: UUID, decision: VerificationIn, desk: Desk
) -> Qualification:
    """Accept a claim, or refuse it with a reason; the person's seats and lines follow at once.

    Raises:
        NotFoundError: The actor may not know of it.
        ForbiddenError: The actor sees it and has no say, or it is their own.
        QualificationStepError: Somebody decided already.
    """
    user_id = actor.require_write()
    row = _decided_by(db, actor, qualification_id)
    qualifications.decide(db, row, decision, by=user_id, now=desk.clock())
    check_person(db, row.person_id, desk)
    return row


def revoke(
    db: Session, actor: Actor, qualification_id: UUID, request: RevocationIn, desk: Desk
) -> Qualification:
    """Take back what was verified; whoever needs it for a seat is warned at once.

    Raises:
        NotFoundError: The actor may not know of it.
        ForbiddenError: The actor sees it and has no say, or it is their own.
        QualificationStepError: It is not verified.
    """
    user_id = actor.require_write()
    row = _decided_by(db, actor, qualification_id)
    qualifications.revoke(db, row, request.reason, by=user_id, now=desk.clock())
    check_person(db, row.person_id, desk)
    return row


def _decided_by(db: Session, actor: Actor, qualification_id: UUID) -> Qualification:
    row = proofs.lock_proof(db, actor, qualification_id)
    if not proofs.may_decide(db, actor, row):
        raise ForbiddenError(
            "Only the issuer, a provider that asks for it, and the secretariat decide about this."
        )
    return row
