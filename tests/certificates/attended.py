"""What tests of certificates have in common: people who attended a slot that is over."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.schemas import AttendanceIn
from app.booking.service.attendance import record_attendance
from app.booking.service.desk import Desk
from app.qualifications.models import Certificate, Qualification
from app.registry.models import Slot
from tests.booking.people import Hands, confirm_new
from tests.factories import NOW, make_course, make_slot, owner_of


def held_slot(db: Session, hands: Hands, **facts: Any) -> Slot:
    """A slot of a course with these ``facts``, two hours long, that ends as the test begins.

    People can still book it: the clock stands two days before until :func:`attend` moves it.
    """
    hands.at = NOW - timedelta(days=2)
    starts = NOW - timedelta(hours=2)
    course = make_course(db, now=hands.at, **facts)
    return make_slot(db, course, starts_at=starts, ends_at=NOW, now=hands.at)


def attend(
    db: Session, slot: Slot, desk: Desk, hands: Hands, *, result: str | None = None, **facts: Any
) -> tuple[Actor, UUID]:
    """Somebody new (with these ``facts``) who attended the slot; the booking's id."""
    hands.at = NOW - timedelta(days=2)
    actor, booking = confirm_new(db, slot.id, desk, **facts)
    hands.at = NOW
    said = AttendanceIn.model_validate({"result": result})
    record_attendance(db, owner_of(db, slot.provider_id), booking.id, said, desk)
    return actor, booking.id


def certificates_of(db: Session, booking_id: UUID) -> list[Certificate]:
    """All certificates of a booking, the first one first."""
    query = select(Certificate).where(col(Certificate.booking_id) == booking_id)
    return list(db.exec(query.order_by(col(Certificate.id))))


def qualifications_of(db: Session, actor: Actor) -> list[Qualification]:
    """What the person has, the first one first."""
    query = select(Qualification).where(col(Qualification.person_id) == actor.user_id)
    return list(db.exec(query.order_by(col(Qualification.id))))


def rename(db: Session, actor: Actor, name: str) -> None:
    """The person's name is written otherwise from now on."""
    user = db.get_one(User, actor.identified())
    user.name = name
    db.add(user)
    db.flush()
