"""Dates for the same people in the same weeks, of which one could move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.allocation.models import SupplyCall
from app.allocation.rules.calls import CallKind
from app.allocation.schemas.calls import CallIn, CallSubject
from app.allocation.service.calls import send_call
from app.core.paging import Part, part_of
from app.matching.rules.overlaps import overlapping
from app.registry.queries.slots import slots_by_id
from app.registry.schemas.views import SlotView
from app.reports.proposals import ProposalChangedError, ProposeDatesIn
from app.reports.queries.kept import is_supply, keep
from app.reports.queries.overlaps import Kind, SpareDate, spare_dates
from app.reports.queries.synergies import calls_sent, km_between
from app.reports.rules.joining import Date, advice
from app.reports.schemas import AdviceView, OverlapView, PlaceFilter


@dataclass(frozen=True, slots=True)
class _Group:
    """Dates of one skill and region at about the same time, by their start."""

    skill: str
    region: str
    dates: tuple[SpareDate, ...]

    @property
    def slots(self) -> frozenset[UUID]:
        """Which dates."""
        return frozenset(UUID(date.slot_id) for date in self.dates)

    @property
    def providers(self) -> int:
        """How many run them."""
        return len({date.provider for date in self.dates})

    @property
    def seats_free(self) -> int:
        """Seats to spare on all of them."""
        return sum(date.seats_free for date in self.dates)


def overlaps(
    db: Session,
    wanted: PlaceFilter,
    *,
    now: datetime,
    limit: int,
    after: list[str | int] | None = None,
) -> Part[OverlapView]:
    """Dates of one skill and region at about the same time, with seats to spare.

    Those of several providers come first, since one of them could move; then by time.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    skills = wanted.skills()
    groups = [
        group
        for group in _all_groups(db, now=now)
        if (skills is None or group.skill in skills)
        and (not wanted.region or group.region in wanted.region)
    ]
    part = part_of(groups, limit=limit, after=after)
    ids = {date.slot_id for group in part.items for date in group.dates}
    slots = slots_by_id(db, list(map(UUID, ids)), now=now)
    return Part([_view(group, slots) for group in part.items], part.total, part.last)


def propose_dates(db: Session, actor: Actor, wish: ProposeDatesIn, *, now: datetime) -> SupplyCall:
    """Ask the providers of overlapping dates to move one of them or to join their people.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        ProposalChangedError: These dates no longer overlap with seats to spare.
    """
    actor.require_secretariat()
    chosen = frozenset(wish.slots)
    groups = _groups(spare_dates(db, [wish.skill], now=now))
    group = next((each for each in groups if each.slots == chosen), None)
    if group is None:
        raise ProposalChangedError("These dates no longer overlap. Please look at the list again.")
    call = CallIn(
        kind=CallKind.DATES,
        skill=group.skill,
        region=group.region,
        month=group.dates[0].starts_on,
        providers=tuple(dict.fromkeys(str(UUID(date.provider)) for date in group.dates)),
        message=wish.message,
        subject=CallSubject(
            slots=tuple(UUID(date.slot_id) for date in group.dates), seats=group.seats_free
        ),
    )
    return send_call(db, actor, call, now=now)


def with_calls(db: Session, found: Part[OverlapView], *, now: datetime) -> Part[OverlapView]:
    """The overlaps with the day on which each was proposed last."""
    sent = calls_sent(db, CallKind.DATES, today=now.date())
    days = {(each.skill, each.slots): each.sent_on for each in reversed(sent)}
    items = [
        each.model_copy(
            update={"called_on": days.get((each.skill, frozenset(slot.id for slot in each.slots)))}
        )
        for each in found.items
    ]
    return Part(items, found.total, found.last)


def _all_groups(db: Session, *, now: datetime) -> list[_Group]:
    def make() -> list[_Group]:
        return _groups(spare_dates(db, now=now))

    return keep(db, "overlaps", is_supply, make, now=now, ages=True)


def _groups(dates: Mapping[Kind, Sequence[SpareDate]]) -> list[_Group]:
    groups = [
        _Group(*kind, group)
        for kind, of_kind in sorted(dates.items())
        for group in overlapping(of_kind)
    ]
    # Sorting keeps the order of skills and regions for what begins on the same day.
    return sorted(groups, key=lambda group: (group.providers == 1, group.dates[0].starts_on))


def _view(group: _Group, slots: Mapping[UUID, SlotView]) -> OverlapView:
    shown = tuple(slots[UUID(date.slot_id)] for date in group.dates)
    return OverlapView(
        skill=group.skill,
        region=group.region,
        starts_on=group.dates[0].starts_on,
        ends_on=max(date.ends_on for date in group.dates),
        providers=group.providers,
        seats_free=group.seats_free,
        slots=shown,
        advice=_advice(shown),
    )


def _advice(slots: Sequence[SlotView]) -> AdviceView:
    dates = [
        Date(slot.id, slot.seats, slot.seats_free, slot.country or "", frozenset(slot.languages))
        for slot in slots
    ]
    found = advice(dates, km=km_between)
    return AdviceView.model_validate(found, from_attributes=True)
