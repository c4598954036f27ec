"""The ranked answer to a request, with what the secretariat says of single slots."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.core.zones import today_in
from app.demand import queries as demand
from app.demand.models import GapRequest
from app.demand.rules import sees_everything
from app.demand.schemas import RequestView
from app.matching import queries
from app.matching.queries.overrides import live_overrides
from app.matching.rules import Criterion, Limit, Match, NearMiss, Need
from app.matching.rules.columns import Ranked
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
from app.matching.service.board import Board, look_at_rows, rank_rows
from app.matching.service.said import Said, without_said
from app.registry.queries.slots import slots_by_id
from app.registry.rules.chains import SELF_PACED
from app.registry.schemas.views import SlotView

SHOWN = 50
"""Most matches, and most near misses, of one answer unless more are asked for."""


def matches_for(
    db: Session,
    actor: Actor,
    request_id: UUID,
    *,
    now: datetime,
    limit: int = SHOWN,
    board: Board | None = None,
) -> MatchesView:
    """Every published slot ranked for a request, with the reasons; nothing is changed.

    For focal points of its country (drafts too, so that they see what filing would bring) and for
    the secretariat.

    Args:
        db: To read from; with a board, a session that only reads.
        actor: Who asks.
        request_id: The request.
        now: Aware UTC time.
        limit: Most matches, near misses and planned slots, each.
        board: The slots in memory; without one they are read from the rows, with the same answer.

    Raises:
        NotFoundError: There is no such request, or its ranking is not the actor's business.
    """
    row = demand.request_row(db, actor, request_id)
    if not sees_everything(actor, row.country):
        raise NotFoundError("No such request.", request=str(request_id))
    need = queries.need_of(db, row, today=today_in(row.country, now=now))
    said = _said(db, row, need, now=now, board=board)
    # As many more as may be taken out again, so that ``limit`` of each are left.
    rank = rank_rows if board is None else board.rank
    ranked = rank(db, need, now=now, limit=limit + len(said))
    found = without_said(ranked, said, limit=limit)
    needed = demand.request_views(db, actor, [row])[0]
    return _view(needed, found, said, _slots(db, found, said, now=now))


def _said(
    db: Session, row: GapRequest, need: Need, *, now: datetime, board: Board | None
) -> list[Said]:
    """What the secretariat says of slots that are still to come, oldest first."""
    rows = live_overrides(db, [row.id])
    if not rows:
        return []
    look_at = look_at_rows if board is None else board.look_at
    seen = look_at(db, need, [each.slot_id for each in rows], now=now)
    return [Said(each, need, *seen[each.slot_id]) for each in rows if each.slot_id in seen]


def _slots(
    db: Session, found: Ranked, said: Iterable[Said], *, now: datetime
) -> dict[UUID, SlotView]:
    named = [*_slot_ids(found.matches), *_slot_ids(found.near_misses), *found.future_supply]
    return slots_by_id(db, [*named, *_slot_ids(said)], now=now)


def _view(
    need: RequestView, found: Ranked, said: Iterable[Said], slots: Mapping[UUID, SlotView]
) -> MatchesView:
    forward = [each for each in said if each.is_forward]
    aside = [each for each in said if not each.is_forward]
    # The board may know of a slot that was planned after this session began to read.
    matches = tuple(match for match in found.matches if match.slot_id in slots)
    misses = tuple(miss for miss in found.near_misses if miss.slot_id in slots)
    return MatchesView(
        need=need,
        matches=(
            *(_said_view(each, slots[each.slot_id]) for each in forward),
            *(_match_view(match, slots[match.slot_id]) for match in matches),
        ),
        near_misses=tuple(_near_miss_view(miss, slots[miss.slot_id]) for miss in misses),
        reason_none=None if forward else found.reason_none,
        future_supply=tuple(slots[each] for each in found.future_supply if each in slots),
        overlaps=_overlaps(matches),
        matches_total=found.matches_total + len(forward),
        near_misses_total=found.near_misses_total,
        future_supply_total=found.future_supply_total,
        set_aside=tuple(_said_view(each, slots[each.slot_id]) for each in aside),
    )


def _slot_ids(found: Iterable[Match | NearMiss | Said]) -> list[UUID]:
    return [each.slot_id for each in found]


def _match_view(match: Match, slot: SlotView) -> MatchView:
    return MatchView(
        slot=slot,
        score=match.score,
        criteria=_criteria(match.criteria),
        seats_free=slot.seats_free,
        seats_usable=match.seats_usable,
    )


def _said_view(said: Said, slot: SlotView) -> MatchView:
    return MatchView(
        slot=slot,
        score=said.score,
        criteria=_criteria(said.criteria),
        seats_free=slot.seats_free,
        seats_usable=said.seats_usable,
        override=said.view,
        blocked_by=_limits(said.blocked_by),
    )


def _criteria(parts: Iterable[Criterion]) -> tuple[CriterionView, ...]:
    return tuple(
        CriterionView(name=part.name, score=part.score, weight=part.weight, why=part.why)
        for part in parts
    )


def _limits(limits: Iterable[Limit]) -> tuple[LimitView, ...]:
    return tuple(
        LimitView(
            criterion=limit.criterion, why=limit.why, change=limit.change, courses=limit.courses
        )
        for limit in limits
    )


def _near_miss_view(miss: NearMiss, slot: SlotView) -> NearMissView:
    return NearMissView(slot=slot, blocked_by=_limits(miss.blocked_by))


def _overlaps(matches: Sequence[Match]) -> tuple[OverlapView, ...]:
    """Matches in one region at about the same time; learning at a distance has no place."""
    regions: dict[str, list[Dated[UUID]]] = {}
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
