"""Certificates as rows and as their readers see them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.attendance import find_own_slot
from app.booking.rules.attendance import ROLL
from app.certificates.rules import is_earned, read_code, standing_of
from app.certificates.schemas import CandidateView, CertificateView, Facts, OwnCertificateView
from app.core.errors import NotFoundError
from app.core.links import absolute
from app.core.paging import id_of
from app.core.text import search_form
from app.core.zones import to_local
from app.qualifications.models import Certificate, Qualification
from app.registry.models import Course
from app.registry.queries.rows import sees_everything_of
from app.taxonomy import queries as taxonomy

_VALID = "valid"


def find_certificate(db: Session, text: str) -> Certificate:
    """The certificate with this code, for anybody who has the code.

    Raises:
        NotFoundError: No certificate has it.
    """
    code = read_code(text)
    query = select(Certificate).where(col(Certificate.code) == code)
    row = db.exec(query).first() if code else None
    if row is None:
        raise NotFoundError(
            "No certificate has this code. Please compare it with the paper: it has twelve "
            "letters and digits, such as 7K3M-9QXZ-T2VD."
        )
    return row


def looks_after(actor: Actor, certificate: Certificate) -> bool:
    """Whether the actor may revoke it or issue it again: the provider's people, secretariat."""
    return sees_everything_of(actor, certificate.provider_id)


def find_own_certificate(db: Session, actor: Actor, text: str) -> Certificate:
    """The certificate, for its holder and those who look after it.

    Raises:
        NotFoundError: There is none that the actor may have.
    """
    row = find_certificate(db, text)
    if row.person_id != actor.user_id and not looks_after(actor, row):
        raise NotFoundError("There is no such certificate of yours.")
    return row


def certificate_view(row: Certificate, *, now: datetime) -> CertificateView:
    """What anybody may know of it; no further query."""
    return CertificateView.model_validate(_parts(row, now))


def own_view(row: Certificate, *, now: datetime) -> OwnCertificateView:
    """What its holder and those who look after it may know."""
    return OwnCertificateView(
        **_parts(row, now),
        booking=row.booking_id,
        reason=row.state_reason or None,
        pdf_url=absolute(f"/certificates/{row.code}.pdf"),
        created_at=row.created_at,
    )


def own_certificates(
    db: Session,
    actor: Actor,
    *,
    now: datetime,
    limit: int | None = None,
    after: list[str | int] | None = None,
) -> tuple[list[OwnCertificateView], int, list[str | int] | None]:
    """The actor's own, newest first: a page of them, how many in all, the next cursor.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    own = col(Certificate.person_id) == actor.user_id
    total = db.exec(select(func.count()).select_from(Certificate).where(own)).one()
    # Identifiers rise with time, so they sort by age.
    query = select(Certificate).where(own).order_by(col(Certificate.id).desc())
    if after is not None:
        query = query.where(col(Certificate.id) < id_of(after))
    found = list(db.exec(query if limit is None else query.limit(limit + 1)))
    shown = found[:limit]
    more: list[str | int] | None = [str(shown[-1].id)] if len(found) > len(shown) else None
    return [own_view(row, now=now) for row in shown], total, more


def candidates(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> list[CandidateView]:
    """Everybody expected at the slot by name, with what they earned and what they got.

    Raises:
        NotFoundError: There is no slot whose people the actor may know.
    """
    slot = find_own_slot(db, actor, slot_id)
    kind = course_of(db, slot.course_id).certificate
    rows = db.exec(
        select(Booking, User)
        .join(User, col(User.id) == col(Booking.person_id))
        .where(col(Booking.slot_id) == slot_id, col(Booking.state).in_(ROLL))
    ).all()
    given = standing_certificates(db, [booking.id for booking, _ in rows])
    ordered = sorted(rows, key=lambda row: (search_form(row[1].name), row[0].id))
    return [
        CandidateView(
            booking=booking.id,
            name=user.name,
            country=user.country,
            state=booking.state,
            result=booking.result,
            earned=is_earned(kind, state=booking.state, result=booking.result),
            certificate=own_view(given[booking.id], now=now) if booking.id in given else None,
        )
        for booking, user in ordered
    ]


def standing_certificates(db: Session, booking_ids: Iterable[UUID]) -> dict[UUID, Certificate]:
    """The certificate of each booking that was not revoked; at most one each."""
    query = select(Certificate).where(
        col(Certificate.booking_id).in_(set(booking_ids)), col(Certificate.state) == _VALID
    )
    return {row.booking_id: row for row in db.exec(query)}


def bookings_of(db: Session, slot_id: UUID) -> dict[UUID, Booking]:
    """Everybody expected at the slot."""
    query = select(Booking).where(col(Booking.slot_id) == slot_id, col(Booking.state).in_(ROLL))
    return {booking.id: booking for booking in db.exec(query.order_by(col(Booking.id)))}


def slot_of(db: Session, certificate: Certificate) -> UUID:
    """The slot that the certificate is about."""
    query = select(Booking.slot_id).where(col(Booking.id) == certificate.booking_id)
    return db.exec(query).one()


def course_of(db: Session, course_id: UUID) -> Course:
    """The course with this id, whoever asks."""
    return db.get_one(Course, course_id)


def person_name(db: Session, person_id: UUID) -> str:
    """The person's name as they write it."""
    return db.exec(select(User.name).where(col(User.id) == person_id)).one()


def fresh(db: Session, certificate_id: UUID) -> Certificate:
    """The certificate as it is under its slot's lock."""
    return db.get_one(Certificate, certificate_id, populate_existing=True)


def qualifications_from(db: Session, certificate_id: UUID) -> list[Qualification]:
    """What counts because of this certificate."""
    query = select(Qualification).where(
        col(Qualification.certificate_id) == certificate_id, col(Qualification.state) == "verified"
    )
    return list(db.exec(query.order_by(col(Qualification.id))))


def _parts(row: Certificate, now: datetime) -> dict[str, Any]:
    facts = Facts.model_validate(row.facts)
    today = to_local(now, facts.zone).date()
    shown = {"course", "provider", "provider_place", "place", "starts_on", "ends_on", "length"}
    return {
        **facts.model_dump(include={*shown, "skills", "result", "revoked_on"}),
        "code": row.code,
        "state": standing_of(row.state, row.valid_until, today=today),
        "kind": row.kind,
        "kind_label": taxonomy.label("certificates", row.kind),
        "person": row.person_name,
        "issued_on": row.issued_on,
        "valid_until": row.valid_until,
        "url": absolute(f"/certificates/{row.code}"),
    }
