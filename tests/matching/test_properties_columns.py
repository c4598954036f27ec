"""The columns give what the rules give: the same integers, in the same order, for any network."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.rules import (
    EMPTY,
    Need,
    Paths,
    Ranking,
    Run,
    broken_limits,
    rank_offers,
    score_of,
)
from app.matching.rules.columns import (
    FREE_FOR_ALL,
    Columns,
    Ranked,
    fits_of,
    look_at,
    offer_for,
    rank_columns,
)
from app.matching.rules.facts import Supply, supply_of
from tests.matching.examples import EARLIEST, NOW, ident, make_need, make_offer
from tests.matching.networks import OF_COURSE, Network, chains_of, some_need, some_network

seeds = st.integers(0, 10**9)
sizes = st.integers(1, 12)


def columns_of(network: Network) -> Columns:
    """The network as columns."""
    columns = Columns()
    for offer, claims in network:
        columns.put(offer, claims)
    columns.know_chains(chains_of(network))
    return columns


def paths_of(network: Network) -> Paths:
    """The courses before those of the network, and their open runs."""
    chains = chains_of(network)
    before: set[UUID] = set()
    todo = {course for offer, _ in network for course in offer.requires}
    while todo:
        before |= todo
        todo = {course for each in todo for course in chains.get(each, ())} - before
    runs: dict[UUID, list[Run]] = {}
    for offer, _ in network:
        is_open = supply_of(offer, now=NOW) is Supply.OPEN and offer.apply_by > NOW
        if offer.course_id in before and is_open:
            heard = offer.languages | offer.interpretation
            seats = max(0, offer.seats_free - offer.waiting)
            times = (offer.starts_at, offer.ends_at, offer.apply_by, offer.mode, offer.hours)
            runs.setdefault(offer.course_id, []).append(Run(offer.course_id, *times, heard, seats))
    return Paths({course: chains.get(course, ()) for course in before}, runs) if before else EMPTY


def by_rules(need: Need, network: Network) -> Ranking:
    """The answer of the pure rules, one slot after the other."""
    seen = [offer_for(need, offer, claims, now=NOW) for offer, claims in network]
    return rank_offers(need, seen, now=NOW, paths=paths_of(network))


def whole(ranking: Ranking, limit: int | None = None) -> Ranked:
    """What columns should answer: the first of each kind in their order, and all of them counted.

    Whether the columns teach no wanted skill at all is for the board, and not compared.
    """
    return Ranked(
        ranking.matches[:limit],
        ranking.near_misses[:limit],
        ranking.future_supply[:limit],
        ranking.reason_none,
        len(ranking.matches),
        len(ranking.near_misses),
        len(ranking.future_supply),
    )


def ranked(columns: Columns, need: Need, limit: int | None = None) -> Ranked:
    """What columns answer, to be compared with :func:`whole`."""
    return replace(rank_columns(columns, need, now=NOW, limit=limit), is_empty=False)


@settings(deadline=None, max_examples=500)
@given(seeds, seeds, sizes)
def test_columns_rank_as_the_rules_do(wanted: int, offered: int, slots: int) -> None:
    need, network = some_need(wanted), some_network(offered, slots=slots)

    assert ranked(columns_of(network), need) == whole(by_rules(need, network))


@settings(deadline=None, max_examples=150)
@given(seeds, seeds, sizes, st.integers(1, 4))
def test_the_first_few_are_those_of_the_whole_answer(
    wanted: int, offered: int, slots: int, limit: int
) -> None:
    need = some_need(wanted)
    # Copies under other ids, not in their order: there are ties where the answer is cut off.
    network = [
        (replace(offer, slot_id=ident(1000 * copy + index)), claims)
        for copy in (3, 1, 2)
        for index, (offer, claims) in enumerate(some_network(offered, slots=slots))
    ]
    columns = columns_of(network)
    found = ranked(columns, need, limit)
    fits = fits_of(columns, need, now=NOW, limit=limit)

    assert found == whole(by_rules(need, network), limit)
    assert [(fit.slot_id, fit.score, fit.seats_usable) for fit in fits] == [
        (match.slot_id, match.score, match.seats_usable) for match in found.matches
    ]


@settings(deadline=None, max_examples=200)
@given(seeds, seeds, seeds, st.sets(st.integers(0, 7), max_size=3))
def test_changed_columns_are_as_if_made_anew(
    wanted: int, first: int, second: int, gone: set[int]
) -> None:
    need, before, after = (
        some_need(wanted),
        some_network(first, slots=8),
        some_network(second, slots=4),
    )
    columns = columns_of(before)
    rank_columns(columns, need, now=NOW)  # what is worked out once must not stay
    for number in gone:
        columns.drop(before[number][0].slot_id)
    rest = [each for number, each in enumerate(before) if number not in gone]
    changed = as_taught_now(rest, after)
    for offer, claims in changed:
        columns.put(offer, claims)
    columns.know_chains(chains_of(changed))

    assert ranked(columns, need) == whole(by_rules(need, changed))


def as_taught_now(before: Network, after: Network) -> Network:
    """The slots of both, where they differ those of ``after``, and its courses for all of them."""
    courses = {offer.course_id: offer for offer, _ in after}
    named = {offer.slot_id for offer, _ in after}
    found: Network = []
    for offer, claims in before:
        course = courses.get(offer.course_id, offer)
        if offer.slot_id not in named:
            facts = {name: getattr(course, name) for name in OF_COURSE}
            found.append((replace(offer, **facts), claims))
    return [*found, *after]


@settings(deadline=None, max_examples=60)
@given(seeds, sizes)
def test_a_slot_is_read_back_as_it_was_put_in(offered: int, slots: int) -> None:
    network = [
        (offer, claims)
        for offer, claims in some_network(offered, slots=slots)
        if offer.status != "cancelled"
    ]
    columns = columns_of(network)
    rows = [columns.row_of(offer.slot_id) for offer, _ in network]

    assert columns.offers_at(np.array(rows, int)) == [offer for offer, _ in network]
    assert [columns.claims_at(row or 0) for row in rows] == [claims for _, claims in network]


@settings(deadline=None, max_examples=60)
@given(seeds, seeds)
def test_what_was_read_before_a_change_is_read_anew(first: int, second: int) -> None:
    network = [each for each in some_network(first, slots=6) if each[0].status != "cancelled"]
    columns = columns_of(network)
    rows = np.array([columns.row_of(offer.slot_id) for offer, _ in network], int)
    columns.offers_at(rows)

    for changed, claims in as_taught_now(network, some_network(second, slots=1))[-1:]:
        columns.put(changed, claims)
        # The others of its course are taught as it is from now on, though they are not put in.
        now = [
            replace(offer, **{name: getattr(changed, name) for name in OF_COURSE})
            if offer.course_id == changed.course_id
            else offer
            for offer, _ in network
            if offer.slot_id != changed.slot_id
        ]
        rows = np.array([columns.row_of(offer.slot_id) for offer in [*now, changed]], int)
        assert columns.offers_at(rows) == [*now, changed]


def test_a_slot_that_was_read_is_read_anew_when_it_alone_has_changed() -> None:
    offer, claims = some_network(1, slots=1)[0]
    columns = columns_of([(offer, claims)])
    row = np.array([columns.row_of(offer.slot_id)], int)
    columns.offers_at(row)

    fuller = replace(offer, seats_free=offer.seats_free + 7)
    columns.put(fuller, claims)

    assert columns.offers_at(row) == [fuller]


@settings(deadline=None, max_examples=100)
@given(seeds, seeds, sizes)
def test_one_slot_is_looked_at_as_in_the_ranking(wanted: int, offered: int, slots: int) -> None:
    need, network = some_need(wanted), some_network(offered, slots=slots)
    ranking = by_rules(need, network)
    seen = look_at(columns_of(network), need, [offer.slot_id for offer, _ in network], now=NOW)

    assert len(seen) == len(network)
    for match in ranking.matches:
        offer, when = seen[match.slot_id]
        assert (broken_limits(need, offer, when), score_of(need, offer)) == ([], match.score)
    for miss in ranking.near_misses:
        offer, when = seen[miss.slot_id]
        assert broken_limits(need, offer, when) == [miss.criterion]


def test_nothing_is_found_where_nothing_is() -> None:
    found = rank_columns(Columns(), make_need(), now=NOW)

    assert (found.matches, found.near_misses, found.future_supply) == ((), (), ())
    assert found.is_empty
    assert found.reason_none == "no-course-for-skill"


@settings(deadline=None, max_examples=150)
@given(seeds, seeds, seeds, sizes, st.randoms(use_true_random=False))
def test_the_order_of_slots_changes_nothing_and_more_of_them_take_no_match_away(
    wanted: int, offered: int, added: int, slots: int, chance: Random
) -> None:
    need, network = some_need(wanted), some_network(offered, slots=slots)
    more = [
        (replace(offer, slot_id=ident(500 + number), course_id=ident(7000 + number)), claims)
        for number, (offer, claims) in enumerate(some_network(added, slots=3))
    ]
    found = rank_columns(columns_of(network), need, now=NOW)
    shuffled = list(network)
    chance.shuffle(shuffled)
    fuller = rank_columns(columns_of([*more, *shuffled]), need, now=NOW)
    before = [(match.slot_id, match.score) for match in found.matches]
    named = {slot_id for slot_id, _ in before}

    assert ranked(columns_of(shuffled), need) == whole(by_rules(need, network))
    after = [(match.slot_id, match.score) for match in fuller.matches]
    assert [each for each in after if each[0] in named] == before


def test_golden_cases_1_and_2_have_their_figures_in_columns_too() -> None:
    late: dict[str, Any] = {"starts_on": EARLIEST, "ends_on": EARLIEST + timedelta(days=101)}
    columns = columns_of(
        [
            (make_offer(1), FREE_FOR_ALL),
            (
                make_offer(2, day=0, seats_free=6, languages=frozenset({"fr"}), **LOWER),
                FREE_FOR_ALL,
            ),
            (replace(make_offer(3, languages=frozenset({"es"})), **late), FREE_FOR_ALL),
        ]
    )
    found = rank_columns(columns, make_need(), now=NOW)

    assert [(each.slot_id, each.score) for each in found.matches] == [(ident(1), 9360)]
    [near] = found.near_misses
    assert (near.slot_id, near.criterion) == (ident(2), "level")
    assert "level 3" in near.blocked_by[0].change


LOWER: dict[str, Any] = {"skills": (("mfg-aseptic-fill", 2),)}
