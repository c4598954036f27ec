"""What must hold at every moment, looked up in the rows themselves."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

from app.booking.models import Booking, Cohort
from app.booking.queries.history import histories_off
from app.booking.queries.ledger import counters_off
from app.booking.queries.shares import shares_off
from app.booking.queries.times import times_off
from app.booking.rules import LIVE
from app.demand.models import GapRequest
from app.registry.models import Meeting, Provider, Slot
from app.registry.rules import instants_meant

_COUNTED: dict[str, type[SQLModel]] = {
    "providers": Provider,
    "slots": Slot,
    "meetings": Meeting,
    "bookings": Booking,
    "cohorts": Cohort,
    "requests": GapRequest,
}


def broken(db: Session) -> list[str]:
    """Everything that is not as it must be, a sentence each; empty when all is well."""
    return [
        *(_sentence(difference) for difference in counters_off(db)),
        *_oversold(db),
        *_booked_twice(db),
        *_meetings_off(db),
        *_slots_off(db),
        *times_off(db),
        *shares_off(db),
        *histories_off(db),
    ]


def counted(db: Session) -> dict[str, int]:
    """How many rows were looked at."""
    return {
        what: db.exec(select(func.count()).select_from(table)).one()
        for what, table in _COUNTED.items()
    }


def _sentence(difference: dict[str, Any]) -> str:
    return "{what} of {id} is {stored}, counted {counted}".format_map(difference)


def _oversold(db: Session) -> Iterator[str]:
    query = select(Slot.id, Slot.seats_claimed, Slot.seats, Slot.overbook).where(
        col(Slot.seats_claimed) > col(Slot.seats) + col(Slot.overbook)
    )
    for slot_id, claimed, seats, overbook in db.exec(query):
        yield f"slot {slot_id} has {seats} seats and {overbook} beyond, and {claimed} are claimed"


def _booked_twice(db: Session) -> Iterator[str]:
    query = (
        select(Booking.slot_id, Booking.person_id, func.count())
        .where(col(Booking.state).in_(LIVE))
        .group_by(col(Booking.slot_id), col(Booking.person_id))
        .having(func.count() > 1)
    )
    for slot_id, person_id, count in db.exec(query):
        yield f"person {person_id} has {count} live bookings on slot {slot_id}"


def _meetings_off(db: Session) -> Iterator[str]:
    """Instants that are not what the wall clock of the place says, by the rules of today."""
    for meeting in db.exec(select(Meeting).where(col(Meeting.removed_at).is_(None))):
        for what, local, instant in (
            ("start", meeting.local_starts, meeting.starts_at),
            ("end", meeting.local_ends, meeting.ends_at),
        ):
            # Wall times are kept to the minute.
            if instant.replace(second=0, microsecond=0) not in instants_meant(local, meeting.zone):
                yield (
                    f"meeting {meeting.id}: its {what} is {local} in {meeting.zone}, stored as "
                    f"{instant:%Y-%m-%dT%H:%MZ}"
                )


def _slots_off(db: Session) -> Iterator[str]:
    """Slots that do not begin and end with their meetings."""
    query = (
        select(Slot.id)
        .join(Meeting, col(Meeting.slot_id) == col(Slot.id))
        .where(col(Meeting.removed_at).is_(None))
        .group_by(col(Slot.id))
        .having(
            (func.min(col(Meeting.starts_at)) != col(Slot.starts_at))
            | (func.max(col(Meeting.ends_at)) != col(Slot.ends_at))
        )
    )
    for slot_id in db.exec(query):
        yield f"slot {slot_id} does not begin or end with its meetings"
