"""People's time: nobody is in two places at once, the way between places included.

A person's row is locked before their time is looked at, so that two slots cannot take the same
hours at the same moment; the guard in the tables holds behind it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.queries import lock_people
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.newcomers import Hours, hours_about
from app.booking.queries.occupied import drop_booking_rows, known_item, stays_of
from app.booking.rules.travel import LONGEST_WAY, Rush, first_rush
from app.core.errors import ConflictError
from app.core.ids import new_id
from app.core.links import absolute
from app.core.moments import local_text, zone_text
from app.registry.models import Occupancy, Slot
from app.registry.queries.occupancy import add_values, meeting_times, taken_rows
from app.registry.rules import Span, Taken, resource_key
from app.registry.service.occupancy import settle

_HOUR = timedelta(hours=1)


class PersonClashError(ConflictError):
    """The person is taken at that time; names the other item to those who may see it."""

    code = "person_clash"


def clash_of(
    db: Session, slot: Slot, person_id: UUID, *, reader: Actor | None = None
) -> PersonClashError | None:
    """What else the person has at the slot's times (travel between sites included), if anything.

    The person's time stays locked until the transaction ends. Self-paced slots clash with
    nothing. The other item is named only where ``reader`` may know of it.
    """
    lock_people(db, [person_id])
    return _conflict(db, slot, person_id, reader)


def conflict_of(
    db: Session, slot: Slot, person_id: UUID, reader: Actor | None
) -> PersonClashError | None:
    """As :func:`clash_of`, for showing it: nothing is locked, so nothing may be decided by it."""
    return _conflict(db, slot, person_id, reader)


def hours_of(db: Session, slot: Slot, person_id: UUID, *, now: datetime) -> Hours:
    """Whether anything is in the person's time about the slot; :func:`clash_of` says what.

    The person's time stays locked until the transaction ends.
    """
    lock_people(db, [person_id])
    stretch = _stretch(slot)
    return hours_about(db, person_id, from_at=stretch.starts_at, to_at=stretch.ends_at, now=now)


def occupy(db: Session, slot: Slot, booking: Booking, times: Sequence[Span] | None = None) -> None:
    """Take the person's time for the slot's meetings; the booking has just taken a seat.

    Args:
        db: The running transaction.
        slot: The slot, locked.
        booking: The claim.
        times: When the meetings are, where the caller knows.

    Raises:
        PersonClashError: Somebody else took that time at the same moment.
    """
    refusal = PersonClashError("This person is already taken at that time.")
    spans = _times(db, slot) if times is None else times
    add_values(db, [_values(booking, span) for span in spans], refusal=refusal)


def vacate(db: Session, booking: Booking) -> None:
    """Give the person's time back; the booking has just let go of its seat.

    What a moved slot had laid over it guards itself again.
    """
    drop_booking_rows(db, [booking.id])
    settle(db, [booking.person_id])


def person_row(booking: Booking, span: Span, *, live: bool = True) -> Occupancy:
    """One stretch of the person's time, taken by the booking."""
    return Occupancy(**_values(booking, span, live=live))


def _values(booking: Booking, span: Span, *, live: bool = True) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": Taken.PERSON,
        "resource_id": booking.person_id,
        "resource_key": resource_key(booking.person_id),
        "slot_id": booking.slot_id,
        "booking_id": booking.id,
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "live": live,
    }


def _stretch(slot: Slot) -> Span:
    """The slot's time with the longest way to it and from it."""
    return Span(slot.starts_at - LONGEST_WAY, slot.ends_at + LONGEST_WAY)


def _times(db: Session, slot: Slot) -> list[Span]:
    return [span for span, _ in meeting_times(db, slot.id)]


def _conflict(
    db: Session, slot: Slot, person_id: UUID, reader: Actor | None
) -> PersonClashError | None:
    stretch = _stretch(slot)
    rows = [
        row
        for row in taken_rows(db, [person_id], from_at=stretch.starts_at, to_at=stretch.ends_at)
        if row.slot_id != slot.id or row.booking_id is None  # a booking is in nobody's own way
    ]
    wanted = _times(db, slot) if rows else []
    if not wanted:
        return None
    for row in rows:
        if any(span.overlaps(Span(row.starts_at, row.ends_at)) for span in wanted):
            return _refusal(db, person_id, row, reader)
    rush = _rush(db, slot, wanted, rows)
    if rush is None:
        return None
    row = next(row for row in rows if row.slot_id == rush.other.slot_id)
    return _refusal(db, person_id, row, reader, rush)


def _rush(
    db: Session, slot: Slot, wanted: Sequence[Span], rows: Iterable[Occupancy]
) -> Rush | None:
    """The way that would take longer than there is time for it."""
    others = {row.slot_id for row in rows} - {slot.id}
    if slot.facility_id is None or not others:
        return None
    stretch = (wanted[0].starts_at - LONGEST_WAY, wanted[-1].ends_at + LONGEST_WAY)
    stays = stays_of(db, {*others, slot.id}, from_at=stretch[0], to_at=stretch[1])
    here = [stay for stay in stays if stay.slot_id == slot.id]
    return first_rush(here, (stay for stay in stays if stay.slot_id != slot.id))


def _refusal(
    db: Session, person_id: UUID, row: Occupancy, reader: Actor | None, rush: Rush | None = None
) -> PersonClashError:
    item = known_item(db, reader, person_id, row) if reader else None
    if item is None or reader is None:
        return PersonClashError(
            "This person is already taken at that time."
            if rush is None
            else "This person is somewhere else too shortly before or after that time."
        )
    when = local_text(item.starts_at, item.zone, item.ends_at)
    named = f"“{item.title}” ({when}, {zone_text(item.starts_at, item.zone)})"
    own = reader.user_id == person_id
    text = f"{'You are' if own else 'This person is'} already taken at that time: {named}."
    if rush is not None:
        text = (
            f"The way between this slot and {named} takes about {_hours(rush.needed)}; there "
            f"{'is' if rush.there_is == _HOUR else 'are'} {_hours(rush.there_is)} for it."
        )
    url = absolute(f"/slots/{item.slot_id}")
    return PersonClashError(text, slot=str(item.slot_id), title=item.title, url=url)


def _hours(time: timedelta) -> str:
    hours = round(time / _HOUR, 1)
    return "1 hour" if hours == 1 else f"{hours:g} hours"
