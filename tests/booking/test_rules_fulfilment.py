"""The chain from asked to certified, without a database."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.booking.rules.fulfilment import (
    Block,
    Chain,
    Line,
    Seats,
    fulfilment_of,
    seats_useful_on,
)

A, B = "mfg-aseptic-fill", "mfg-gowning"


def block(held: int, *, attended: int = 0, **taught: int) -> Block:
    """Seats on a slot that teaches A at level ``a`` and B at level ``b``; those attended too."""
    levels = {{"a": A, "b": B}[name]: level for name, level in taught.items()}
    return Block(levels, Seats(held, attended, attended, attended))


def test_each_step_counts_people_of_the_step_before() -> None:
    seats = Seats(held=4, nominated=4, confirmed=4, attended=3, certified=3, missed=1)
    found = fulfilment_of([Line(A, 2, 6)], [Block({A: 3}, seats)])

    assert found.lines == (Chain(6, 4, 4, 4, 3, 3, missed=1, lacking=3),)
    assert found.total == found.lines[0]
    assert not found.is_met


def test_a_seat_that_teaches_two_wanted_skills_counts_under_both_and_once_in_the_total() -> None:
    found = fulfilment_of([Line(A, 1, 6), Line(B, 1, 4)], [block(5, a=1, b=1)])

    assert [chain.held for chain in found.lines] == [5, 4]
    assert (found.total.asked, found.total.held, found.total.lacking) == (10, 5, 1)


def test_six_people_trained_in_one_skill_do_not_meet_a_need_in_another() -> None:
    lines = [Line(A, 1, 4), Line(B, 1, 2)]
    only_a = fulfilment_of(lines, [block(6, attended=6, a=1)])
    both = fulfilment_of(lines, [block(4, attended=4, a=1), block(2, attended=2, b=1)])

    assert (only_a.is_met, only_a.trained, only_a.total.lacking) == (False, 4, 2)
    assert (both.is_met, both.trained) == (True, 6)


def test_a_seat_below_the_level_wanted_trains_nobody_of_that_line() -> None:
    found = fulfilment_of([Line(A, 3, 2)], [block(2, a=2)])

    assert (found.lines[0].held, found.lines[0].lacking) == (0, 2)
    assert found.total.held == 2


def test_lines_of_one_skill_share_seats_and_the_demanding_one_comes_first() -> None:
    lines = [Line(A, 1, 3), Line(A, 3, 3)]
    found = fulfilment_of(lines, [block(4, a=3), block(1, a=1)])

    assert [chain.held for chain in found.lines] == [2, 3]


def test_people_who_did_not_come_need_another_seat() -> None:
    seats = Seats(held=2, nominated=2, confirmed=2, attended=1, missed=1)
    found = fulfilment_of([Line(A, 1, 2)], [Block({A: 1}, seats)])

    assert (found.lines[0].held, found.lines[0].lacking) == (2, 1)
    assert seats_useful_on({A: 1}, [Line(A, 1, 2)], [Block({A: 1}, seats)]) == 1


def test_the_skill_with_most_people_left_says_how_many_seats_are_of_use() -> None:
    lines, blocks = [Line(A, 2, 6), Line(B, 1, 4)], [block(5, a=2)]

    assert seats_useful_on({A: 2, B: 1}, lines, blocks) == 4
    assert seats_useful_on({A: 2}, lines, blocks) == 1
    assert seats_useful_on({A: 1}, lines, blocks) == 0
    assert seats_useful_on({"other": 4}, lines, blocks) == 0


_levels = st.integers(1, 4)
_line = st.builds(Line, st.sampled_from([A, B]), _levels, st.integers(1, 9))
_block = st.builds(
    lambda taught, counts: Block(taught, Seats(*sorted(counts, reverse=True))),
    st.dictionaries(st.sampled_from([A, B, "other"]), _levels),
    st.lists(st.integers(0, 9), min_size=5, max_size=5),
)


@given(st.lists(_line, max_size=4), st.lists(_block, max_size=4))
def test_no_line_counts_more_than_it_asks_and_no_step_more_than_the_one_before(
    lines: list[Line], blocks: list[Block]
) -> None:
    for chain in fulfilment_of(lines, blocks).lines:
        steps = [chain.held, chain.nominated, chain.confirmed, chain.attended, chain.certified]
        assert [chain.asked, *steps] == sorted([chain.asked, *steps], reverse=True)
        assert 0 <= chain.lacking <= chain.asked


@given(st.lists(_line, max_size=4), st.lists(_block, max_size=4), st.randoms())
def test_the_order_of_blocks_changes_no_sum(
    lines: list[Line], blocks: list[Block], random: Random
) -> None:
    shuffled = sorted(blocks, key=lambda _: random.random())
    before, after = fulfilment_of(lines, blocks), fulfilment_of(lines, shuffled)

    assert before.total == after.total
    assert before.lines == after.lines


@given(st.lists(_line, min_size=1, max_size=4), st.lists(_block, max_size=3), _block)
def test_a_further_block_never_takes_from_a_line(
    lines: list[Line], blocks: list[Block], more: Block
) -> None:
    before, after = fulfilment_of(lines, blocks), fulfilment_of(lines, [*blocks, more])

    assert all(x.held <= y.held for x, y in zip(before.lines, after.lines, strict=True))
