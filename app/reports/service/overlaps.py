"""Dates for the same people in the same weeks, of which one could move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.accounts.rules import Actor
from app.allocation.models import SupplyCall
from app.allocation.rules.calls import CallKind
from app.allocation.schemas.calls import CallIn, CallSubject
from app.allocation.service.calls import send_call
from app.core.paging import offset_of
from app.matching.rules.overlaps import overlapping
from app.registry.queries.slots import slots_by_id
from app.registry.schemas.views import SlotView
from app.reports.proposals import ProposalChangedError, ProposeDatesIn
from app.reports.queries.overlaps import SpareDate, spare_dates
from app.reports.queries.synergies import calls_sent, km_between
from app.reports.rules.joining import Date, advice
from app.reports.schemas import AdviceView, OverlapView, PlaceFilter

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Overlaps:
    """One page of overlaps, how many there are, and where the next page begins (or None)."""

    items: list[OverlapView]
    total: int
    last: list[str | int] | None


def overlaps(
    db: Session,
    wanted: PlaceFilter,
    *,
    now: datetime,
    limit: int,
    after: list[str | int] | None = None,
) -> Overlaps:
    """Dates of one skill and region at about the same time, with seats to spare.

    Those of several providers come first, since one of them could move; then by time.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    groups = _groups(spare_dates(db, wanted.skills(), frozenset(wanted.region), now=now))
    first = offset_of(after)
    shown = groups[first : first + limit]
    slots = slots_by_id(
        db, list({date.dated.slot_id for group in shown for date in group}), now=now
    )
    items = [
        OverlapView(
            skill=group[0].skill,
            region=group[0].region,
            starts_on=min(date.dated.starts_on for date in group),
            ends_on=max(date.dated.ends_on for date in group),
            providers=_providers(group),
            seats_free=sum(date.seats_free for date in group),
            slots=tuple(slots[date.dated.slot_id] for date in group),
            advice=_advice([slots[date.dated.slot_id] for date in group]),
        )
        for group in shown
    ]
    end = first + limit
    return Overlaps(items, len(groups), [end] if end < len(groups) else None)


def propose_dates(db: Session, actor: Actor, wish: ProposeDatesIn, *, now: datetime) -> SupplyCall:
    """Ask the providers of overlapping dates to move one of them or to join their people.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        ProposalChangedError: These dates no longer overlap with seats to spare.
    """
    actor.require_secretariat()
    found = overlaps(db, PlaceFilter(skill=[wish.skill]), now=now, limit=_ALL)
    chosen = frozenset(wish.slots)
    groups = [each for each in found.items if {slot.id for slot in each.slots} == chosen]
    if not groups:
        raise ProposalChangedError("These dates no longer overlap. Please look at the list again.")
    group = groups[0]
    call = CallIn(
        kind=CallKind.DATES,
        skill=group.skill,
        region=group.region,
        month=group.starts_on,
        providers=tuple(dict.fromkeys(str(slot.provider.id) for slot in group.slots)),
        message=wish.message,
        subject=CallSubject(slots=tuple(slot.id for slot in group.slots), seats=group.seats_free),
    )
    return send_call(db, actor, call, now=now)


def with_calls(db: Session, found: Overlaps, *, now: datetime) -> Overlaps:
    """The overlaps with the day on which each was proposed last."""
    sent = calls_sent(db, CallKind.DATES, today=now.date())
    days = {(each.skill, each.slots): each.sent_on for each in reversed(sent)}
    items = [
        each.model_copy(
            update={"called_on": days.get((each.skill, frozenset(slot.id for slot in each.slots)))}
        )
        for each in found.items
    ]
    return Overlaps(items, found.total, found.last)


def _advice(slots: Sequence[SlotView]) -> AdviceView:
    dates = [
        Date(slot.id, slot.seats, slot.seats_free, slot.country or "", frozenset(slot.languages))
        for slot in slots
    ]
    found = advice(dates, km=km_between)
    return AdviceView.model_validate(found, from_attributes=True)


def _groups(dates: Sequence[SpareDate]) -> list[list[SpareDate]]:
    kinds: dict[tuple[str, str], dict[object, SpareDate]] = {}
    for date in dates:
        kinds.setdefault((date.skill, date.region), {})[date.dated.slot_id] = date
    groups = [
        [of_kind[dated.slot_id] for dated in group]
        for _, of_kind in sorted(kinds.items())
        for group in overlapping(date.dated for date in of_kind.values())
    ]
    # Sorting keeps the order of skills and regions for what begins on the same day.
    return sorted(groups, key=lambda group: (_providers(group) == 1, group[0].dated.starts_on))


def _providers(group: Sequence[SpareDate]) -> int:
    return len({date.provider_id for date in group})
