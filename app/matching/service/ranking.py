"""The ranked answer to a request."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.demand import queries as demand
from app.demand.rules import sees_everything
from app.matching import queries
from app.matching.rules import Match, NearMiss, rank_offers
from app.matching.rules.facts import is_remote
from app.matching.rules.overlaps import Dated, overlapping
from app.matching.schemas import (
    CriterionView,
    LimitView,
    MatchesView,
    MatchView,
    NearMissView,
    OverlapView,
)
from app.registry.queries.slots import slots_by_id
from app.registry.rules.chains import SELF_PACED
from app.registry.schemas.views import SlotView

SHOWN = 50
"""Most matches, and most near misses, of one answer unless more are asked for."""


def matches_for(
    db: Session, actor: Actor, request_id: UUID, *, now: datetime, limit: int = SHOWN
) -> MatchesView:
    """Every published slot ranked for a request, with the reasons; nothing is changed.

    For focal points of its country (drafts too, so that they see what filing would bring) and for
    the secretariat.

    Raises:
        NotFoundError: There is no such request, or its ranking is not the actor's business.
    """
    row = demand.request_row(db, actor, request_id)
    if not sees_everything(actor, row.country):
        raise NotFoundError("No such request.", request=str(request_id))
    need = queries.need_of(db, row, today=queries.today_in(row.country, now=now))
    offers = queries.offers_for(db, need, now=now)
    found = rank_offers(need, offers, now=now, paths=queries.paths(db, offers, now=now))
    best, near = found.matches[:limit], found.near_misses[:limit]
    planned = found.future_supply[:limit]
    slots = slots_by_id(db, [*_slot_ids(best), *_slot_ids(near), *planned], now=now)
    return MatchesView(
        need=demand.request_views(db, actor, [row])[0],
        matches=tuple(_match_view(match, slots[match.slot_id]) for match in best),
        near_misses=tuple(_near_miss_view(miss, slots[miss.slot_id]) for miss in near),
        reason_none=found.reason_none,
        future_supply=tuple(slots[slot_id] for slot_id in planned),
        overlaps=_overlaps(best),
        matches_total=len(found.matches),
        near_misses_total=len(found.near_misses),
        future_supply_total=len(found.future_supply),
    )


def _slot_ids(found: Iterable[Match | NearMiss]) -> list[UUID]:
    return [each.slot_id for each in found]


def _match_view(match: Match, slot: SlotView) -> MatchView:
    return MatchView(
        slot=slot,
        score=match.score,
        criteria=tuple(
            CriterionView(name=part.name, score=part.score, weight=part.weight, why=part.why)
            for part in match.criteria
        ),
        seats_free=slot.seats_free,
        seats_usable=match.seats_usable,
    )


def _near_miss_view(miss: NearMiss, slot: SlotView) -> NearMissView:
    return NearMissView(
        slot=slot,
        blocked_by=tuple(
            LimitView(
                criterion=limit.criterion,
                why=limit.why,
                change=limit.change,
                courses=limit.courses,
            )
            for limit in miss.blocked_by
        ),
    )


def _overlaps(matches: Sequence[Match]) -> tuple[OverlapView, ...]:
    """Matches in one region at about the same time; learning at a distance has no place."""
    regions: dict[str, list[Dated]] = {}
    for match in matches:
        offer = match.offer
        if offer.region is not None and offer.mode != SELF_PACED and not is_remote(offer):
            dated = Dated(offer.slot_id, offer.starts_on, offer.ends_on)
            regions.setdefault(offer.region, []).append(dated)
    return tuple(
        OverlapView(region=region, slots=tuple(slot.slot_id for slot in group))
        for region, dated in sorted(regions.items())
        for group in overlapping(dated)
    )
