"""Issue certificates, issue one again, take one back. A code is never given twice."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.attendance import days_of, find_own_slot, meetings_in_order
from app.certificates import queries
from app.certificates.rules import (
    CODE_BITS,
    NO_CERTIFICATE,
    CertificateOverError,
    NoCertificateError,
    Standing,
    code_of,
    good_until,
    is_earned,
)
from app.certificates.schemas import Facts, IssueIn, SkillShown, Snapshot, WhyIn
from app.core import countries, outbox
from app.core.errors import FieldProblem, ForbiddenError, InvalidError
from app.core.ids import new_id
from app.core.outbox import Fact
from app.core.zones import to_local
from app.qualifications.models import Certificate
from app.qualifications.service.qualifications import Passed, record_passed
from app.qualifications.service.qualifications import revoke as revoke_qualification
from app.registry.labels import length_text
from app.registry.models import Course, Provider, Slot
from app.registry.queries.rows import lock_slot
from app.registry.queries.slots import slots_by_id
from app.registry.schemas.views import SkillLevel
from app.taxonomy import queries as taxonomy


@dataclass(frozen=True, slots=True)
class _Issuer:
    """Who issues when, for which slot; the slot is locked."""

    db: Session
    slot: Slot
    course: Course
    by: UUID
    now: datetime


def issue_certificates(
    db: Session, actor: Actor, slot_id: UUID, request: IssueIn, *, now: datetime
) -> list[Certificate]:
    """Give a certificate to everybody who has earned one and has none, or to those named.

    Each also counts as a qualification for what the course is required for, as long as the
    course says that it stays good.

    Raises:
        NotFoundError: There is no slot whose people the actor may know.
        NoCertificateError: The course gives none.
        InvalidError: Somebody named has not earned one, or has one.
    """
    user_id = actor.require_write()
    find_own_slot(db, actor, slot_id)
    slot = lock_slot(db, slot_id)
    course = queries.course_of(db, slot.course_id)
    if course.certificate == NO_CERTIFICATE:
        raise NoCertificateError("This course gives no certificate.")
    people = queries.bookings_of(db, slot_id)
    given = queries.standing_certificates(db, people)
    earned = [
        booking
        for booking in people.values()
        if booking.id not in given
        and is_earned(course.certificate, state=booking.state, result=booking.result)
    ]
    if request.bookings:
        _check_named(request.bookings, {booking.id for booking in earned})
        earned = [people[each] for each in sorted(set(request.bookings))]
    issuer = _Issuer(db, slot, course, user_id, now)
    return [_issue(issuer, booking, snapshot) for booking, snapshot in _snapshots(issuer, earned)]


def reissue_certificate(
    db: Session, actor: Actor, code: str, request: WhyIn, *, now: datetime
) -> Certificate:
    """Replace a certificate, with the person's name as it is now; its dates stay.

    The old code shows that it was revoked.

    Raises:
        NotFoundError: No certificate has this code.
        ForbiddenError: The actor does not look after it.
        CertificateOverError: It was revoked already.
    """
    old, issuer = _open(db, actor, code, now)
    booking = db.get_one(Booking, old.booking_id)
    _end(issuer, old, request.reason)
    return _issue(issuer, booking, {**old.facts, "revoked_on": None}, old=old)


def revoke_certificate(
    db: Session, actor: Actor, code: str, request: WhyIn, *, now: datetime
) -> Certificate:
    """Take a certificate back, and what it counted for; the page of its code says so.

    Raises:
        NotFoundError: No certificate has this code.
        ForbiddenError: The actor does not look after it.
        CertificateOverError: It was revoked already.
    """
    row, issuer = _open(db, actor, code, now)
    _end(issuer, row, request.reason)
    return row


def _open(db: Session, actor: Actor, code: str, now: datetime) -> tuple[Certificate, _Issuer]:
    """The certificate under its slot's lock, for somebody who looks after it."""
    user_id = actor.require_write()
    found = queries.find_certificate(db, code)
    if not queries.looks_after(actor, found):
        raise ForbiddenError("Only people of the provider that issued it may change it.")
    slot = lock_slot(db, queries.slot_of(db, found))
    row = queries.fresh(db, found.id)
    if row.state == Standing.REVOKED:
        raise CertificateOverError("This certificate was revoked already.")
    return row, _Issuer(db, slot, queries.course_of(db, row.course_id), user_id, now)


def _end(issuer: _Issuer, row: Certificate, reason: str) -> None:
    today = to_local(issuer.now, row.facts["zone"]).date()
    row.state, row.state_reason = Standing.REVOKED, reason
    row.facts = {**row.facts, "revoked_on": today.isoformat()}
    row.version += 1
    issuer.db.add(row)
    _tell(issuer, row, "revoked", reason)
    issuer.db.flush()  # before another one is issued: at most one stands for a booking
    for each in queries.qualifications_from(issuer.db, row.id):
        revoke_qualification(issuer.db, each, reason, by=issuer.by, now=issuer.now)


def _issue(
    issuer: _Issuer, booking: Booking, snapshot: Snapshot, *, old: Certificate | None = None
) -> Certificate:
    today = to_local(issuer.now, issuer.slot.zone).date()
    facts = {**snapshot, "replaces": old.code} if old else snapshot
    row = Certificate(
        id=new_id(),
        code=code_of(secrets.randbits(CODE_BITS)),
        booking_id=booking.id,
        person_id=booking.person_id,
        course_id=issuer.course.id,
        provider_id=issuer.slot.provider_id,
        kind=old.kind if old else issuer.course.certificate,
        person_name=queries.person_name(issuer.db, booking.person_id),
        facts=facts,
        issued_on=old.issued_on if old else today,
        valid_until=old.valid_until if old else good_until(today, issuer.course.valid_months),
        issued_by=issuer.by,
        created_at=issuer.now,
    )
    issuer.db.add(row)
    issuer.db.flush()
    _tell(issuer, row, "issued")
    passed = Passed(
        person_id=row.person_id,
        course_id=row.course_id,
        provider_id=row.provider_id,
        issuer=str(facts["provider"]),
        issued_on=row.issued_on,
        valid_until=row.valid_until,
        certificate_id=row.id,
    )
    record_passed(issuer.db, passed, by=issuer.by, now=issuer.now)
    return row


def _tell(issuer: _Issuer, row: Certificate, what: str, reason: str = "") -> None:
    payload = {"person": str(row.person_id), "booking": str(row.booking_id), "code": row.code}
    fact = Fact(
        f"certificate.{what}",
        row.id,
        row.version,
        issuer.now,
        issuer.by,
        reason or None,
        payload=payload,
    )
    outbox.record(issuer.db, fact)


def _check_named(named: Sequence[UUID], earned: set[UUID]) -> None:
    msg = "This person has not earned a certificate of this slot, or has one."
    problems = [
        FieldProblem(("bookings", index), msg, "not_earned")
        for index, each in enumerate(named)
        if each not in earned
    ]
    if problems:
        raise InvalidError(*problems)


def _snapshots(issuer: _Issuer, bookings: Sequence[Booking]) -> list[tuple[Booking, Snapshot]]:
    """What is printed for each of the bookings."""
    if not bookings:
        return []
    common = _common(issuer)
    meetings = {meeting.id for meeting in meetings_in_order(issuer.db, issuer.slot.id)}
    days = days_of(issuer.db, [booking.id for booking in bookings])
    found = []
    for booking in bookings:
        there = [key for key, row in days.get(booking.id, {}).items() if row.present]
        own = {"attended": len(meetings.intersection(there)), "result": booking.result}
        found.append((booking, common.model_copy(update=own).model_dump(mode="json")))
    return found


def _common(issuer: _Issuer) -> Facts:
    """What all certificates of the slot say."""
    slot, course = issuer.slot, issuer.course
    view = slots_by_id(issuer.db, [slot.id], now=issuer.now)[slot.id]
    provider = issuer.db.get_one(Provider, slot.provider_id)
    return Facts(
        course=course.title,
        provider=provider.name,
        provider_place=_place(provider.city, provider.country),
        place=_place(view.facility.city, view.facility.country) if view.facility else "",
        zone=slot.zone,
        starts_on=to_local(slot.starts_at, slot.zone).date(),
        ends_on=to_local(slot.ends_at, slot.zone).date(),
        length=length_text(course),
        meetings=len(view.meetings),
        attended=0,
        skills=tuple(_skill(skill) for skill in view.skills),
        result=None,
    )


def _skill(skill: SkillLevel) -> SkillShown:
    return SkillShown(
        id=skill.id,
        label=taxonomy.skill_label(skill.id),
        level=skill.level,
        level_label=taxonomy.label("proficiency", str(skill.level)),
    )


def _place(city: str, country: str) -> str:
    return f"{city}, {countries.name(country)}" if city else countries.name(country)
