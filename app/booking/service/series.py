"""Changes of a date and of those that follow it in its series.

Each date is changed as if it were changed alone, through the same use cases, all of them in one
transaction; what was changed on one date only (its room, its seats) stays as it is on the others.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.service.desk import Desk
from app.booking.service.slots import cancel_slot, change_slot
from app.core import outbox
from app.core.errors import ConflictError, InvalidError, invalid
from app.core.moments import local_text
from app.core.outbox import Fact
from app.core.zones import to_local
from app.registry.models import Meeting, Series, Slot
from app.registry.queries.occupancy import resource_ids_of
from app.registry.queries.rows import find_slot, lock_slots, meetings_of
from app.registry.queries.series import begins_before, following_ids
from app.registry.rules import SlotStatus
from app.registry.rules.series import (
    DeadlineRule,
    Shift,
    Wall,
    deadline_of,
    rule_of,
    shifted,
    shifts_of,
)
from app.registry.schemas.inputs import CancellationIn, MeetingIn, SlotPatch
from app.registry.service.catalogue import require_editor
from app.registry.service.courses import own_facility
from app.registry.service.meetings import instant
from app.registry.service.series import SeriesRefusedError

_STILL_OPEN = (SlotStatus.DRAFT, SlotStatus.TENTATIVE, SlotStatus.CONFIRMED)
_ONE_ONLY = {"version", "code", "meetings", "apply_by", "facility", "resources"}
_CAN_BE_EMPTY = {"minimum_to_run", "max_per_country", "max_per_authority"} | {
    *("offer_hours", "decision_hours")
}


class NotInSeriesError(ConflictError):
    """The slot was not planned in a series, or has begun: nothing follows it."""

    code = "not_in_series"


@dataclass(frozen=True, slots=True)
class _Change:
    """What the change of one date means for those that follow it.

    ``fields`` are values that all of them get; ``zone`` is that of a new place; ``shifts`` move
    their times by the clock; ``blocks`` are the fields of each meeting that changed; ``deadline``
    is the rule for theirs.
    """

    fields: dict[str, Any]
    zone: str | None = None
    shifts: tuple[Shift, ...] = ()
    blocks: tuple[dict[str, Any], ...] = ()
    deadline: DeadlineRule | None = None

    @property
    def goes_later(self) -> bool:
        """Whether dates move towards the future, so that the last one has to go first."""
        return any(later > timedelta() for later, _ in self.shifts)


@dataclass(frozen=True, slots=True)
class _Part:
    """A date of a series and all from it on, locked, as they begin before anything changes."""

    anchor: Slot
    later: list[Slot]
    has_earlier: bool

    @property
    def open_after(self) -> list[Slot]:
        """Those after the date that can still be changed."""
        return [row for row in self.later if row.id != self.anchor.id and row.status in _STILL_OPEN]

    def in_order(self, *, last_first: bool) -> list[Slot]:
        """The date and those that change with it, so that none moves into another's time."""
        rows = [self.anchor, *self.open_after]
        return sorted(rows, key=lambda row: row.starts_at, reverse=last_first)


def change_following(
    db: Session, actor: Actor, slot_id: UUID, patch: SlotPatch, desk: Desk
) -> Slot:
    """Change a date and, likewise, those that follow it in its series: all of them or none.

    Times are moved by the clock (an hour later, a day earlier), deadlines keep their distance.
    Where earlier dates stay behind, the changed ones become a series of their own.

    Raises:
        NotInSeriesError: The date is in no series, or has begun.
        SeriesRefusedError: A later date cannot be changed like that; names it.
        InvalidError: A field is wrong; of a later date the message begins with its day.
    """
    part = _lock_following(db, actor, slot_id, desk)
    before = [row.version for row in part.later]
    change = _read(db, actor, part.anchor, patch)
    patches = {row.id: _patch_for(db, row, change) for row in part.open_after}
    for row in part.in_order(last_first=change.goes_later):
        if row.id == slot_id:
            change_slot(db, actor, slot_id, patch, desk)
        elif patches[row.id].model_fields_set:
            _change_later(db, actor, row, patches[row.id], desk)
    if part.has_earlier and before != [row.version for row in part.later]:
        _split(db, actor, part, desk)
    return part.anchor


def cancel_following(
    db: Session, actor: Actor, slot_id: UUID, request: CancellationIn, desk: Desk
) -> Slot:
    """Cancel a date and the published ones that follow it in its series, with one reason.

    Drafts that follow were never announced and stay drafts.

    Raises:
        NotInSeriesError: The date is in no series, or has begun.
        StepError: The date is a draft, over, or cancelled already.
    """
    part = _lock_following(db, actor, slot_id, desk)
    cancel_slot(db, actor, slot_id, request, desk)
    for row in part.open_after:
        if row.status != SlotStatus.DRAFT:
            cancel_slot(db, actor, row.id, request, desk)
    return part.anchor


def _lock_following(db: Session, actor: Actor, slot_id: UUID, desk: Desk) -> _Part:
    """The date and those after it, all locked in the order of ids before any of them changes."""
    slot, provider = find_slot(db, actor, slot_id)
    require_editor(actor, provider.id)
    ids = following_ids(db, slot) if slot.series_id else []
    locked = lock_slots(db, [slot_id, *ids])
    if slot.series_id is None:
        raise NotInSeriesError("This date was not planned in a series.")
    if slot.starts_at <= desk.clock():
        raise NotInSeriesError("This date has begun: change a later one of its series.")
    # What was read before the lock may have moved meanwhile.
    later = [
        row for row in locked if row.series_id == slot.series_id and row.starts_at >= slot.starts_at
    ]
    return _Part(slot, later, begins_before(db, slot.series_id, slot.starts_at))


def _read(db: Session, actor: Actor, slot: Slot, patch: SlotPatch) -> _Change:
    """What ``patch`` changes on ``slot``, as it is meant for the others."""
    fields = {
        name: value
        for name in patch.model_fields_set - _ONE_ONLY
        if (value := getattr(patch, name)) != getattr(slot, name)
        and (value is not None or name in _CAN_BE_EMPTY)
    }
    zone = None
    if patch.facility is not None:
        facility = own_facility(db, actor, patch.facility, slot.provider_id)
        if facility.id != slot.facility_id:
            fields["facility"], zone = str(facility.id), facility.zone
    if patch.resources is not None and sorted(patch.resources) != resource_ids_of(db, slot.id):
        fields["resources"] = patch.resources
    return _with_times(db, slot, patch, _Change(fields, zone))


def _with_times(db: Session, slot: Slot, patch: SlotPatch, change: _Change) -> _Change:
    """The change with what it does to blocks of time and to the deadline."""
    zone = change.zone or slot.zone
    old = meetings_of(db, [slot.id])[slot.id]
    before = after = [_wall(row, slot.zone) for row in old]
    if patch.meetings is not None:
        sent = sorted(patch.meetings, key=lambda each: _naive(each.starts_at, zone))
        if len(sent) != len(old):
            msg = "Dates of a series keep their number of blocks of time; change this one alone."
            raise invalid("meetings", msg, "other_number")
        after = [(_naive(each.starts_at, zone), _naive(each.ends_at, zone)) for each in sent]
        blocks = [_block_changes(row, each) for row, each in zip(old, sent, strict=True)]
        if before != after or any(blocks):
            change = replace(change, shifts=shifts_of(before, after), blocks=tuple(blocks))
    if patch.apply_by is not None and instant(patch.apply_by, zone, "apply_by") != slot.apply_by:
        rule = rule_of(_naive(patch.apply_by, zone), after[0][0])
        change = replace(change, deadline=rule)
    return change


def _patch_for(db: Session, slot: Slot, change: _Change) -> SlotPatch:
    """The change as another date of the series takes it."""
    fields = dict(change.fields)
    if fields.get("status") == slot.status:
        del fields["status"]
    rows = meetings_of(db, [slot.id])[slot.id]
    walls = [_wall(row, slot.zone) for row in rows]
    if change.shifts:
        if len(rows) != len(change.shifts):
            day = local_text(slot.starts_at, slot.zone)
            raise _refused(day, _starts(slot), "This date has another number of blocks of time.")
        walls = shifted(walls, change.shifts)
        fields["meetings"] = [
            _meeting(row, wall, block)
            for row, wall, block in zip(rows, walls, change.blocks, strict=True)
        ]
    if change.deadline is not None:
        fields["apply_by"] = deadline_of(walls[0][0], change.zone or slot.zone, change.deadline)
    return SlotPatch.model_validate(fields)


def _meeting(row: Meeting, wall: Wall, block: dict[str, Any]) -> MeetingIn:
    own = {"mode": row.mode, "place": row.place or None, "join_url": row.join_url or None}
    return MeetingIn.model_validate({**own, **block, "starts_at": wall[0], "ends_at": wall[1]})


def _block_changes(row: Meeting, sent: MeetingIn) -> dict[str, Any]:
    now = {"mode": sent.mode, "place": sent.place or "", "join_url": str(sent.join_url or "")}
    changed = {name: value for name, value in now.items() if value != getattr(row, name)}
    if sent.mode is None:  # as the whole slot, which its own mode says
        changed.pop("mode", None)
    return {name: value or None for name, value in changed.items()}


def _change_later(db: Session, actor: Actor, slot: Slot, patch: SlotPatch, desk: Desk) -> None:
    """Change a later date; a refusal names its day."""
    when = local_text(slot.starts_at, slot.zone), _starts(slot)
    try:
        change_slot(db, actor, slot.id, patch, desk)
    except InvalidError as error:
        problems = (replace(each, msg=f"{when[0]}: {each.msg}") for each in error.problems)
        raise InvalidError(*problems) from error
    except ConflictError as error:
        raise _refused(*when, error.message) from error


def _refused(day: str, starts: str, why: str) -> SeriesRefusedError:
    return SeriesRefusedError(f"Nothing was changed. {day}: {why}", dates=starts)


def _split(db: Session, actor: Actor, part: _Part, desk: Desk) -> None:
    """Give these dates a series of their own; the earlier ones stay behind."""
    db.flush()
    old = db.get_one(Series, part.anchor.series_id)
    now = desk.clock()
    series = Series(
        course_id=old.course_id,
        provider_id=old.provider_id,
        pattern={**old.pattern, "split_from": str(old.id)},
        created_by=actor.identified(),
        created_at=now,
    )
    db.add(series)
    db.flush()
    for slot in part.later:
        slot.series_id = series.id
        db.add(slot)
    payload = {"from": str(old.id), "slots": len(part.later)}
    outbox.record(db, Fact("series.split", series.id, 1, now, actor.user_id, payload=payload))
    db.flush()


def _starts(slot: Slot) -> str:
    return _naive(slot.starts_at, slot.zone).isoformat(timespec="minutes")


def _wall(row: Meeting, zone: str) -> Wall:
    return _naive(row.starts_at, zone), _naive(row.ends_at, zone)


def _naive(moment: datetime, zone: str) -> datetime:
    local = to_local(moment, zone) if moment.tzinfo is not None else moment
    return local.replace(tzinfo=None, fold=0)
