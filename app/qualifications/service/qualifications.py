"""What people have proved: claims, their verification, courses passed here, waivers.

Nothing is ever deleted, also when it is over. Who may verify depends on who books what, which
this feature cannot know: ``booking`` asks for that and calls :func:`decide` and :func:`revoke`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import NotFoundError, invalid
from app.core.ids import new_id
from app.core.outbox import Fact
from app.core.zones import to_local
from app.qualifications.models import Qualification, Waiver
from app.qualifications.queries import qualifications as queries
from app.qualifications.rules.qualifications import (
    COURSE,
    MOST_CLAIMS,
    QualificationState,
    TooManyClaimsError,
    check_step,
)
from app.qualifications.schemas.qualifications import QualificationIn, VerificationIn
from app.registry.models import Course
from app.registry.queries.rows import find_course, find_provider


@dataclass(frozen=True, slots=True)
class Passed:
    """A course that somebody has passed here. ``valid_until`` is the last good day."""

    person_id: UUID
    course_id: UUID
    provider_id: UUID
    issuer: str
    issued_on: date
    valid_until: date | None = None
    certificate_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Waived:
    """A required course that a person need not have passed for one slot, and why."""

    person_id: UUID
    slot_id: UUID
    course_id: UUID
    role: str
    reason: str


def claim(db: Session, actor: Actor, body: QualificationIn, *, now: datetime) -> Qualification:
    """File something that the actor holds; it counts once somebody has verified it.

    Raises:
        InvalidError: No such course or provider, dated in the future, or over before it began.
        TooManyClaimsError: Nobody has looked at fifty earlier ones.
    """
    person_id = actor.require_write()
    if body.issued_on > to_local(now, actor.zone).date():
        raise invalid("issued_on", "This date is still to come.", "in_the_future")
    if body.valid_until is not None and body.valid_until < body.issued_on:
        raise invalid("valid_until", "It ends before it was issued.", "wrong_order")
    course = _course(db, actor, body.course)
    if queries.count_unread(db, person_id) >= MOST_CLAIMS:
        raise TooManyClaimsError("Please wait until somebody has looked at your earlier claims.")
    row = Qualification(
        id=new_id(),
        person_id=person_id,
        course_id=course.id if course else None,
        issuer_id=_provider_id(db, actor, body.provider),
        state=QualificationState.CLAIMED,
        created_by=person_id,
        created_at=now,
        **body.model_dump(include={"kind", "issuer", "evidence", "issued_on", "valid_until"}),
    )
    db.add(row)
    _tell(db, row, "claimed", now=now, by=person_id)
    return row


def decide(
    db: Session, row: Qualification, decision: VerificationIn, *, by: UUID, now: datetime
) -> None:
    """Accept a claim, or refuse it with a reason; the caller checked who may.

    Raises:
        QualificationStepError: Somebody decided already.
    """
    after = QualificationState.VERIFIED if decision.verified else QualificationState.REFUSED
    _move(db, row, after, reason=decision.reason, by=by, now=now)


def revoke(db: Session, row: Qualification, reason: str, *, by: UUID, now: datetime) -> None:
    """Take a verified qualification back; the caller checked who may. The row stays.

    Raises:
        QualificationStepError: It was never verified, or is revoked already.
    """
    _move(db, row, QualificationState.REVOKED, reason=reason, by=by, now=now)


def record_passed(db: Session, passed: Passed, *, by: UUID, now: datetime) -> Qualification:
    """Record that a person passed a course: verified at once, by whoever assessed it."""
    row = Qualification(
        id=new_id(),
        person_id=passed.person_id,
        kind=COURSE,
        course_id=passed.course_id,
        issuer=passed.issuer,
        issuer_id=passed.provider_id,
        issued_on=passed.issued_on,
        valid_until=passed.valid_until,
        certificate_id=passed.certificate_id,
        state=QualificationState.VERIFIED,
        verified_by=by,
        verified_at=now,
        created_by=by,
        created_at=now,
    )
    db.add(row)
    _tell(db, row, "passed", now=now, by=by)
    db.flush()
    return row


def waive(db: Session, waived: Waived, *, by: UUID, now: datetime) -> Waiver:
    """Let a person enter one slot without a course it requires; the caller checked who may."""
    row = Waiver(
        id=new_id(),
        person_id=waived.person_id,
        slot_id=waived.slot_id,
        course_id=waived.course_id,
        role=waived.role,
        reason=waived.reason,
        granted_by=by,
        created_at=now,
    )
    db.add(row)
    payload = {
        "person": str(waived.person_id),
        "slot": str(waived.slot_id),
        "course": str(waived.course_id),
        "role": waived.role,
    }
    outbox.record(db, Fact("waiver.granted", row.id, 1, now, by, waived.reason, payload=payload))
    db.flush()
    return row


def _course(db: Session, actor: Actor, ref: str | None) -> Course | None:
    if ref is None:
        return None
    try:
        return find_course(db, actor, ref)[0]
    except NotFoundError as error:
        raise invalid("course", "There is no such course.", "unknown_course") from error


def _provider_id(db: Session, actor: Actor, ref: str | None) -> UUID | None:
    if ref is None:
        return None
    try:
        return find_provider(db, actor, ref).id
    except NotFoundError as error:
        raise invalid("provider", "There is no such provider.", "unknown_provider") from error


def _move(
    db: Session,
    row: Qualification,
    after: QualificationState,
    *,
    reason: str,
    by: UUID,
    now: datetime,
) -> None:
    check_step(row.state, after)
    before = row.state
    row.state = after
    row.state_reason = reason
    row.verified_by, row.verified_at = by, now
    row.version += 1
    db.add(row)
    changes = {"state": [before, str(after)]}
    _tell(db, row, str(after), now=now, by=by, reason=reason, changes=changes)


def _tell(  # noqa: PLR0913 - the parts of a fact
    db: Session,
    row: Qualification,
    what: str,
    *,
    now: datetime,
    by: UUID,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    payload = {
        "person": str(row.person_id),
        "kind": row.kind,
        "course": str(row.course_id) if row.course_id else None,
    }
    fact = Fact(
        f"qualification.{what}",
        row.id,
        row.version,
        now,
        by,
        reason or None,
        payload=payload,
        changes=changes or {},
    )
    outbox.record(db, fact)
    db.flush()
