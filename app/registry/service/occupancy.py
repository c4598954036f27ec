"""What a slot takes up: its facility, its equipment and its trainers, never twice at a time.

Who publishes or moves a slot locks these first (facility, resources, people), looks, and writes;
the guard in the tables holds behind it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from app.accounts.queries import lock_people
from app.accounts.rules import Actor
from app.registry.models import Occupancy, Slot
from app.registry.queries.occupancy import (
    add_rows,
    drop_slot_rows,
    known_label,
    lock_resources,
    make_live,
    meeting_times,
    resource_ids_of,
    rows_not_live,
    slot_rows,
    taken_rows,
)
from app.registry.queries.rows import lock_facility
from app.registry.rules import (
    FacilityClashError,
    ResourceClashError,
    Span,
    Taken,
    resource_key,
    taken_spans,
    takes_place,
)
from app.registry.service.meetings import check_open


@dataclass(frozen=True, slots=True)
class _Need:
    """Something that the slot needs, and when; ``resource_id`` of a trainer may be a person's."""

    kind: Taken
    resource_id: UUID
    name: str
    spans: tuple[Span, ...]

    @property
    def refusal(self) -> type[FacilityClashError]:
        """How it is said that this is taken."""
        return FacilityClashError if self.kind == Taken.FACILITY else ResourceClashError


def take_up(db: Session, actor: Actor, slot: Slot) -> None:
    """Take what the slot needs for its meetings, in place of what it had.

    Facility, equipment and trainers stay locked until the transaction ends, so that two slots
    cannot pass this check at the same moment.

    Raises:
        FacilityClashError: The facility is taken or closed. The other slot is named only to
            those who may know of it.
        ResourceClashError: An equipment or a trainer is taken.
    """
    needs = _needs(db, slot)
    free_up(db, slot)
    for need in needs:
        _check(db, actor, need)
    for need in needs:
        refusal = need.refusal(f"{need.name} is taken by another event at that time.")
        add_rows(db, _rows(slot, need), refusal=refusal)


def free_up(db: Session, slot: Slot) -> None:
    """Give back what the slot has taken; the time of its people is theirs to give back."""
    trainers = {row.resource_id for row in slot_rows(db, slot.id) if row.kind == Taken.TRAINER}
    drop_slot_rows(db, slot.id)
    settle(db, trainers)


def settle(db: Session, person_ids: Iterable[UUID]) -> None:
    """Let times of these people that lay over others guard themselves, where they do no more."""
    waiting = {person_id: rows_not_live(db, person_id) for person_id in sorted(set(person_ids))}
    waiting = {person_id: rows for person_id, rows in waiting.items() if rows}
    if not waiting:
        return
    lock_people(db, waiting)
    for person_id, rows in waiting.items():
        for row in rows:
            near = taken_rows(db, [person_id], from_at=row.starts_at, to_at=row.ends_at)
            if not any(other.live for other in near):
                make_live(db, row.id)


def _needs(db: Session, slot: Slot) -> list[_Need]:
    """What the slot needs, locked in the global order: facility, resources, people."""
    times = meeting_times(db, slot.id)
    needs = []
    on_site = [span for span, mode in times if takes_place(mode)]
    if slot.facility_id is not None:
        facility = lock_facility(db, slot.facility_id)
        check_open(db, facility, on_site)
        spans = _spans(on_site, facility.buffer_minutes)
        needs.append(_Need(Taken.FACILITY, facility.id, facility.name, spans))
    wanted = resource_ids_of(db, slot.id)
    found = {}
    for resource in lock_resources(db, wanted) if wanted else ():
        spans = _spans([span for span, _ in times], resource.buffer_minutes)
        owner = resource.person_id or resource.id
        found[owner] = _Need(Taken(resource.kind), owner, resource.name, spans)
    people = [each.resource_id for each in found.values() if each.kind == Taken.TRAINER]
    if people:
        lock_people(db, people)
    return [need for need in [*needs, *found.values()] if need.spans]


def _check(db: Session, actor: Actor, need: _Need) -> None:
    first, last = need.spans[0].starts_at, need.spans[-1].ends_at
    for row in taken_rows(db, [need.resource_id], from_at=first, to_at=last):
        taken = Span(row.starts_at, row.ends_at)
        if any(taken.overlaps(span) for span in need.spans):
            raise _clash(db, actor, need, row)


def _clash(db: Session, actor: Actor, need: _Need, row: Occupancy) -> FacilityClashError:
    # What somebody does as a person is nobody else's business.
    label = None if row.kind == Taken.PERSON else known_label(db, actor, row.slot_id)
    if label is None:
        return need.refusal(f"{need.name} is taken by another event at that time.")
    return need.refusal(f"{need.name} is taken by slot {label} at that time.", slot=label)


def _spans(meetings: Sequence[Span], minutes: int) -> tuple[Span, ...]:
    return tuple(taken_spans(meetings, buffer=timedelta(minutes=minutes)))


def _rows(slot: Slot, need: _Need) -> list[Occupancy]:
    return [
        Occupancy(
            kind=need.kind,
            resource_id=need.resource_id,
            resource_key=resource_key(need.resource_id),
            slot_id=slot.id,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
        )
        for span in need.spans
    ]
