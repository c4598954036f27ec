"""The times of a slot: from what was typed to instants, and whether the facility is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlmodel import Session

from app.core.errors import FieldProblem, InvalidError, invalid
from app.core.zones import LocalTimeError, NonexistentTimeError, to_local, to_utc
from app.registry.models import Facility, FacilityClosure, Meeting, Slot
from app.registry.queries.rows import closures_of, meetings_of
from app.registry.rules import FacilityClashError, SlotStatus, Span, first_clash
from app.registry.schemas.inputs import MeetingIn

_LONGEST = timedelta(days=400)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlacedMeeting:
    """A meeting whose wall times have become instants."""

    starts_at: datetime
    ends_at: datetime
    mode: str
    place: str
    join_url: str


def instant(moment: datetime, zone: str, field: str) -> datetime:
    """``moment`` in UTC: as it is when it has an offset, else as wall time in ``zone``.

    Raises:
        InvalidError: The wall time does not exist in the zone, or happens twice.
    """
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    try:
        return to_utc(moment, zone)
    except LocalTimeError as error:
        raise InvalidError(
            FieldProblem(tuple(_step(part) for part in field.split(".")), str(error), error.code)
        ) from error


def placed_meetings(meetings: Sequence[MeetingIn], *, zone: str, mode: str) -> list[PlacedMeeting]:
    """``meetings`` in the order of time.

    Raises:
        InvalidError: One ends before it begins, lasts longer than 400 days, has a time that its
            zone does not know, or overlaps another one.
    """
    placed = [_placed(meeting, index, zone, mode) for index, meeting in enumerate(meetings)]
    placed.sort(key=lambda meeting: meeting.starts_at)
    for earlier, later in pairwise(placed):
        if later.starts_at < earlier.ends_at:
            raise invalid("meetings", "Two meetings overlap.", "meetings_overlap")
    return placed


def replace_meetings(
    db: Session, slot: Slot, placed: Sequence[PlacedMeeting], *, now: datetime
) -> dict[str, Any]:
    """Make ``placed`` the slot's meetings; returns what changed, as ``{field: [before, after]}``.

    The n-th meeting keeps its identity, so that calendars move their copy; one that is no longer
    there is marked as removed once it has been published, so that calendars can cancel it.
    """
    old = meetings_of(db, [slot.id])[slot.id]
    before = [_shown(meeting) for meeting in old]
    for position, meeting in enumerate(placed):
        row = old[position] if position < len(old) else _new(slot)
        _write(row, slot, meeting, position)
        db.add(row)
    for row in old[len(placed) :]:
        if slot.status == SlotStatus.DRAFT:
            db.delete(row)
        else:
            row.removed_at = now
            db.add(row)
    slot.starts_at = placed[0].starts_at
    slot.ends_at = max(meeting.ends_at for meeting in placed)
    db.flush()
    after = [_shown(meeting) for meeting in meetings_of(db, [slot.id])[slot.id]]
    return {} if before == after else {"meetings": [before, after]}


def current_meetings(db: Session, slot: Slot, *, mode: str) -> list[PlacedMeeting]:
    """The slot's meetings as they are, with the delivery mode ``mode``."""
    return [
        PlacedMeeting(row.starts_at, row.ends_at, mode, row.place, row.join_url)
        for row in meetings_of(db, [slot.id])[slot.id]
    ]


def check_open(db: Session, facility: Facility, wanted: Sequence[Span]) -> None:
    """Refuse times at which the facility is closed.

    Raises:
        FacilityClashError: Names the closure.
    """
    closed = [closed_span(closure, facility.zone) for closure in closures_of(db, facility.id)]
    clash = first_clash(wanted, closed)
    if clash is not None:
        raise FacilityClashError(
            f"{facility.name} is closed at that time ({clash.label}).", closure=clash.label
        )


def closed_span(closure: FacilityClosure, zone: str) -> Span:
    """The stretch of time of a closure: whole days of the facility's zone."""
    return Span(
        _midnight(closure.starts_on, zone), _midnight(closure.ends_on + _DAY, zone), closure.reason
    )


def _midnight(day: date, zone: str) -> datetime:
    # Some zones skip midnight in spring (Cairo, Santiago): the day then begins at one o'clock.
    try:
        return to_utc(datetime.combine(day, time()), zone, fold=0)
    except NonexistentTimeError as error:
        return to_utc(error.shifted, zone, fold=0)


def _placed(meeting: MeetingIn, index: int, zone: str, mode: str) -> PlacedMeeting:
    field = f"meetings.{index}"
    starts_at = instant(meeting.starts_at, zone, f"{field}.starts_at")
    ends_at = instant(meeting.ends_at, zone, f"{field}.ends_at")
    if ends_at <= starts_at:
        raise _at(field, "ends_at", "The end is not after the start.", "ends_before_start")
    if ends_at - starts_at > _LONGEST:
        raise _at(field, "ends_at", "A meeting lasts at most 400 days.", "too_long")
    return PlacedMeeting(
        starts_at,
        ends_at,
        meeting.mode or mode,
        meeting.place or "",
        str(meeting.join_url or ""),
    )


def _at(field: str, name: str, msg: str, code: str) -> InvalidError:
    loc = tuple(_step(part) for part in f"{field}.{name}".split("."))
    return InvalidError(FieldProblem(loc, msg, code))


def _step(part: str) -> str | int:
    return int(part) if part.isdigit() else part


def _new(slot: Slot) -> Meeting:
    return Meeting(
        slot_id=slot.id,
        position=0,
        local_starts="",
        local_ends="",
        zone=slot.zone,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        mode=slot.mode,
    )


def _write(row: Meeting, slot: Slot, meeting: PlacedMeeting, position: int) -> None:
    row.position = position
    row.zone = slot.zone
    row.starts_at, row.ends_at = meeting.starts_at, meeting.ends_at
    row.local_starts = f"{to_local(meeting.starts_at, slot.zone):%Y-%m-%dT%H:%M}"
    row.local_ends = f"{to_local(meeting.ends_at, slot.zone):%Y-%m-%dT%H:%M}"
    row.mode, row.place, row.join_url = meeting.mode, meeting.place, meeting.join_url


def _shown(row: Meeting) -> list[str]:
    return [
        row.starts_at.isoformat(),
        row.ends_at.isoformat(),
        row.mode,
        row.place,
        row.join_url,
    ]
