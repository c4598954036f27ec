"""The way of one person to one slot: the courses still to pass, with dates, and the documents."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR, Actor
from app.booking.models import Booking
from app.booking.queries.requirements import access_rules_of, done_courses, earlier_seats
from app.booking.rules import LIVE
from app.booking.rules.requirements import EarlierSeat, can_still_pass
from app.qualifications.queries.qualifications import course_refs, proofs_of
from app.qualifications.rules.qualifications import Proof, last_day, latest
from app.qualifications.schemas.paths import Document, PathDate, PathStep, PathView
from app.registry.models import Course, Slot
from app.registry.queries.chains import chains_before, requirements_of
from app.registry.queries.rows import find_slot
from app.registry.queries.slots import first_slots
from app.registry.rules.chains import SELF_PACED, end_of, hours_of, in_order
from app.registry.schemas.filters import SlotFilter
from app.registry.schemas.views import SlotView
from app.taxonomy import queries as taxonomy

_LOOKED_AT, _SHOWN = 12, 3
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


@dataclass(frozen=True, slots=True)
class _Dated:
    starts_at: datetime
    ends_at: datetime
    mode: str
    hours: int | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the steps of one path are made from."""

    requires: dict[UUID, tuple[UUID, ...]]
    proofs: Sequence[Proof]
    seats: Sequence[EarlierSeat]
    hours: dict[UUID, int | None]
    due_at: datetime
    now: datetime


def closes_at(slot: Slot) -> datetime:
    """When everything must be there: the start; at one's own pace, the end."""
    return slot.ends_at if slot.mode == SELF_PACED else slot.starts_at


def path_to(db: Session, slot: Slot, person_id: UUID, *, now: datetime) -> PathView:
    """What the person still has to pass before the slot, and what its site asks for."""
    steps = steps_to(db, slot, person_id, now=now)
    required = requirements_of(db, [slot.course_id]).get(slot.course_id, ()) if steps else ()
    return PathView(
        slot=slot.id,
        due_at=closes_at(slot),
        steps=steps,
        summary=summary_of(len(steps)),
        blocked=any(step.state != "booked" for step in steps if step.course.id in required),
        documents=documents_for(db, slot, person_id),
    )


def own_path(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> PathView:
    """The actor's own way to the slot.

    Raises:
        NotFoundError: There is no such slot that the actor may see.
    """
    slot, _ = find_slot(db, actor, slot_id)
    return path_to(db, slot, actor.identified(), now=now)


def path_for(db: Session, slot_id: UUID, person_id: UUID, *, now: datetime) -> PathView:
    """As :func:`path_to`, for a caller that knows the slot's id and who may see it."""
    return path_to(db, db.get_one(Slot, slot_id), person_id, now=now)


def live_path(db: Session, booking_id: UUID, *, now: datetime) -> PathView | None:
    """The way of a booking's person to its slot; None once the booking or the slot is over."""
    booking = db.get_one(Booking, booking_id)
    slot = db.get_one(Slot, booking.slot_id)
    if booking.state not in LIVE or now >= closes_at(slot):
        return None
    return path_to(db, slot, booking.person_id, now=now)


def own_paths(
    db: Session, slot_ids: Sequence[UUID], person_id: UUID, *, now: datetime
) -> dict[UUID, PathView]:
    """The ways to these slots that still ask for something, by the slot's id, in their order."""
    slots = {slot.id: slot for slot in db.exec(select(Slot).where(col(Slot.id).in_(slot_ids)))}
    found = {}
    for slot_id in slot_ids:
        slot = slots[slot_id]
        if now < closes_at(slot):
            path = path_to(db, slot, person_id, now=now)
            if path.steps or path.documents:
                found[slot_id] = path
    return found


def steps_to(db: Session, slot: Slot, person_id: UUID, *, now: datetime) -> tuple[PathStep, ...]:
    """The courses still to pass, each after what it requires, with the next dates of each."""
    requires = chains_before(db, [slot.course_id])
    required = requires[slot.course_id]
    if not required:
        return ()
    every = requires.keys() - {slot.course_id}
    done = done_courses(db, slot, person_id, every)
    todo = in_order(required, requires, done=done | {slot.course_id})
    if not todo:
        return ()
    facts = _Facts(
        requires=requires,
        proofs=proofs_of(db, person_id, courses=todo),
        seats=earlier_seats(db, person_id, todo),
        hours=_hours(db, todo),
        due_at=closes_at(slot),
        now=now,
    )
    return _steps(db, todo, facts)


def documents_for(db: Session, slot: Slot, person_id: UUID) -> tuple[Document, ...]:
    """What the slot's site asks for, with the last good day of the person's own."""
    kinds = access_rules_of(db, slot)
    proofs = proofs_of(db, person_id, kinds=kinds) if kinds else []
    day = last_day(slot.ends_at, slot.zone)
    return tuple(_document(kind, proofs, day) for kind in kinds)


def summary_of(count: int) -> str:
    """``Two steps before you can enter this slot``; empty when there are none."""
    if count == 0:
        return ""
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{number} step{'' if count == 1 else 's'} before you can enter this slot"


def _steps(db: Session, todo: Iterable[UUID], facts: _Facts) -> tuple[PathStep, ...]:
    refs = course_refs(db, todo)
    done_at: dict[UUID, datetime] = {}
    steps = []
    for course_id in todo:
        before = [done_at[each] for each in facts.requires[course_id] if each in done_at]
        ready_at = max([facts.now, *before])
        seat = _seat_for(course_id, facts)
        dates: tuple[PathDate, ...] = ()
        if seat is not None:
            done_at[course_id] = end_of(seat, max(facts.now, seat.starts_at)) or seat.ends_at
        else:
            dates, first_end = _dates(db, course_id, ready_at, facts)
            if first_end is not None:
                done_at[course_id] = first_end
        held = latest(facts.proofs, course_id)
        steps.append(
            PathStep(
                course=refs[course_id],
                state="booked" if seat else "lapsed" if held else "missing",
                valid_until=held.good_until if held else None,
                booking=seat.booking_id if seat else None,
                dates=dates,
            )
        )
    return tuple(steps)


def _seat_for(course_id: UUID, facts: _Facts) -> EarlierSeat | None:
    usable = (
        seat
        for seat in facts.seats
        if seat.course_id == course_id and can_still_pass(seat, due_at=facts.due_at, now=facts.now)
    )
    return next(usable, None)


def _dates(
    db: Session, course_id: UUID, ready_at: datetime, facts: _Facts
) -> tuple[tuple[PathDate, ...], datetime | None]:
    """The next dates of a course that fit; where none does, others. When it is done at best."""
    wanted = SlotFilter(course=[str(course_id)], open_after=facts.now)
    views = first_slots(db, VISITOR, wanted, now=facts.now, limit=_LOOKED_AT)
    ends = {
        view.id: end_of(_dated(view, facts.hours[course_id]), ready_at)
        for view in views
        if view.bookable
    }
    in_time = {
        slot_id: end for slot_id, end in ends.items() if end is not None and end <= facts.due_at
    }
    shown = [view for view in views if view.id in (in_time or ends)]
    dates = tuple(_date(view, in_time) for view in shown[:_SHOWN])
    return dates, min(in_time.values(), default=None)


def _date(view: SlotView, in_time: Collection[UUID]) -> PathDate:
    return PathDate(
        slot=view.id,
        in_time=view.id in in_time,
        **view.model_dump(include={"starts_at", "ends_at", "zone", "mode", "seats_free", "url"}),
    )


def _dated(view: SlotView, hours: int | None) -> _Dated:
    return _Dated(view.starts_at, view.ends_at, view.mode, hours)


def _hours(db: Session, course_ids: Collection[UUID]) -> dict[UUID, int | None]:
    query = select(Course.id, Course.length, Course.length_unit).where(
        col(Course.id).in_(course_ids)
    )
    return {course_id: hours_of(length, unit) for course_id, length, unit in db.exec(query)}


def _document(kind: str, proofs: Sequence[Proof], day: date) -> Document:
    held = latest(proofs, kind)
    until = held.good_until if held else None
    return Document(
        kind=kind,
        label=taxonomy.label("access_requirements", kind),
        held=held is not None,
        valid_until=until,
        lapses=until is not None and until < day,
    )
