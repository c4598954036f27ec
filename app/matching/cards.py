"""A ranking as its page shows it: cards, groups and plain words. No queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core import countries
from app.demand.rules import LIVE
from app.matching.schemas import (
    AlternativeView,
    CriterionView,
    LimitView,
    MatchesView,
    MatchView,
    NearMissView,
    SaidView,
)
from app.registry.cards import SlotCard, slot_card
from app.registry.rules import Route

_OVERLAPS_SHOWN = 5

_HEADINGS = {
    "window": "If the dates could move",
    "language": "If it were taught in another language",
    "mode": "If another way of teaching would do",
    "fee": "If the fee or your limit were different",
    "travel": "If people could travel further",
    "seats": "If there were more seats",
    "eligibility": "If the provider admitted your country",
    "deadline": "If applications were open longer",
    "platform": "If training on another product type would do",
    "level": "If another level would do",
    "prerequisite": "If the courses before it could be finished in time",
}
_NEXT_STEPS = {
    "no-course-for-skill": (
        "No provider of the network teaches this at the level you need. The request stays open: "
        "the secretariat sees it among the gaps and asks providers for a slot. A lower level may "
        "already help some of your people."
    ),
    "wrong-product-platform": (
        "The skill is taught, but for other product types. Accept one of them if most of the work "
        "is the same, or wait: the secretariat sees what is missing."
    ),
    "language": (
        "The skill is taught, but in no language your people understand. Name further languages "
        "if some of them understand one, or ask the provider to have it interpreted."
    ),
    "no-seat-before-needed-by": (
        "The skill is taught, but no free seat fits your dates. Move the last date if the need can "
        "wait; a full slot may also get more seats."
    ),
    "mode-not-acceptable": (
        "The skill is taught, but not in a way that your request accepts. Accept another way of "
        "teaching, or people who can come to the place."
    ),
    "provider-country-rule": (
        "The skill is taught, but the providers do not admit your country. The secretariat can ask "
        "them to."
    ),
    "travel-or-visa": (
        "The skill is taught, but farther away than your people may travel. Raise the limit, or "
        "ask for remote training."
    ),
    "cost": (
        "The skill is taught, but above your fee limit. Raise the limit, or look for a sponsor or "
        "a waiver."
    ),
    "prerequisite-missing": (
        "The skill is taught, but a course that must come first cannot be finished in time. Start "
        "with that course, or move the last date."
    ),
    "not-yet-verified-provider": (
        "A provider whose verification is not finished has announced what you need. Its seats can "
        "be taken once the secretariat has verified it."
    ),
    "planned-only": (
        "What you need is planned but not certain yet, so no seats can be taken. The dates are "
        "below; the provider confirms them, or not."
    ),
}


@dataclass(frozen=True, slots=True)
class MatchCard:
    """One match; ``seats_to_take`` is what its form offers, 0 when nothing can be taken.

    ``said`` is the secretariat's word on it, if there is one; a date that it put forward may break
    limits, which ``blocked_by`` names.
    """

    rank: int
    slot_id: UUID
    slot: SlotCard
    score: int
    criteria: tuple[CriterionView, ...]
    seats_usable: int
    seats_to_take: int
    said: SaidView | None = None
    blocked_by: tuple[LimitView, ...] = ()


@dataclass(frozen=True, slots=True)
class MissCard:
    """One near miss; ``seats_to_wait`` is for how many a group can join its line, or 0."""

    slot_id: UUID
    slot: SlotCard
    blocked_by: tuple[LimitView, ...]
    seats_to_wait: int


@dataclass(frozen=True, slots=True)
class AlternativeCard:
    """Another date; ``note`` says what is different about it, if anything."""

    slot: SlotCard
    note: str
    same_course: bool


@dataclass(frozen=True, slots=True)
class MissGroup:
    """Near misses that the same kind of change would turn into matches."""

    heading: str
    misses: tuple[MissCard, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Matches in the same weeks of the same region."""

    region: str
    slots: tuple[tuple[int, str, str], ...]
    """Rank, title and dates of each."""


@dataclass(frozen=True, slots=True)
class RankingCards:
    """Everything the page shows of a ranking; times also in the reader's zone."""

    matches: tuple[MatchCard, ...]
    groups: tuple[MissGroup, ...]
    planned: tuple[SlotCard, ...]
    overlaps: tuple[Overlap, ...]
    next_step: str
    people_without_seat: int
    set_aside: tuple[MatchCard, ...] = ()


def alternative_cards(
    found: Sequence[AlternativeView], *, reader_zone: str | None
) -> tuple[AlternativeCard, ...]:
    """Other dates as cards; times also in the reader's zone."""
    return tuple(
        AlternativeCard(slot_card(each.slot, reader_zone), _difference(each), each.same_course)
        for each in found
    )


def ranking_cards(
    view: MatchesView, *, reader_zone: str | None, useful: Mapping[UUID, int]
) -> RankingCards:
    """The ranking as cards; its matches offer as many seats as are ``useful`` on each slot.

    A slot that ``useful`` leaves out offers none; to a reader who may take nothing, give none.
    """
    missing = max(0, view.need.seats_asked - view.need.seats_held)
    wanted = useful if view.need.state in LIVE else {}
    matches = tuple(
        _match_card(rank, match, reader_zone, wanted.get(match.slot.id, 0))
        for rank, match in enumerate(view.matches, start=1)
    )
    aside = (_match_card(0, match, reader_zone, 0) for match in view.set_aside)
    return RankingCards(
        matches=matches,
        groups=_groups(view, reader_zone, wanted),
        planned=tuple(slot_card(slot, reader_zone) for slot in view.future_supply),
        overlaps=_overlaps(view, matches),
        next_step=_NEXT_STEPS.get(view.reason_none or "", ""),
        people_without_seat=missing,
        set_aside=tuple(aside),
    )


def _match_card(rank: int, match: MatchView, reader_zone: str | None, wanted: int) -> MatchCard:
    return MatchCard(
        rank=rank,
        slot_id=match.slot.id,
        slot=slot_card(match.slot, reader_zone),
        score=match.score,
        criteria=match.criteria,
        seats_usable=match.seats_usable,
        seats_to_take=min(wanted, match.seats_usable) if match.slot.bookable else 0,
        said=match.override,
        blocked_by=match.blocked_by,
    )


def _difference(alternative: AlternativeView) -> str:
    if alternative.same_course:
        return "The same course."
    if alternative.levels_short:
        return "Another course, one level below."
    return "Another course that teaches the same."


def _groups(
    view: MatchesView, reader_zone: str | None, wanted: Mapping[UUID, int]
) -> tuple[MissGroup, ...]:
    found: dict[str, list[MissCard]] = {}
    for miss in view.near_misses:
        card = MissCard(
            slot_id=miss.slot.id,
            slot=slot_card(miss.slot, reader_zone),
            blocked_by=miss.blocked_by,
            seats_to_wait=_seats_to_wait(miss, wanted.get(miss.slot.id, 0)),
        )
        found.setdefault(miss.blocked_by[0].criterion, []).append(card)
    # The change that would open most comes first; sorting keeps the stated order of equals.
    ordered = sorted(found.items(), key=lambda pair: -len(pair[1]))
    return tuple(MissGroup(_HEADINGS[name], tuple(misses)) for name, misses in ordered)


def _seats_to_wait(miss: NearMissView, wanted: int) -> int:
    """For how many seats a group can wait: where all are taken, and the line moves by itself."""
    slot = miss.slot
    full = slot.seats_free <= slot.waiting and slot.route != Route.SELECTION
    if miss.blocked_by[0].criterion != "seats" or not full:
        return 0
    return min(wanted, slot.seats)


def _overlaps(view: MatchesView, matches: Sequence[MatchCard]) -> tuple[Overlap, ...]:
    cards = {card.slot_id: card for card in matches}
    return tuple(
        Overlap(
            countries.region_name(overlap.region),
            tuple(
                (cards[slot_id].rank, cards[slot_id].slot.title, cards[slot_id].slot.when)
                for slot_id in overlap.slots
            ),
        )
        for overlap in view.overlaps[:_OVERLAPS_SHOWN]
    )
