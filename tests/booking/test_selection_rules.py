"""The selection among applicants as a pure decision, by hand and for any applications."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.booking.reasons import SelectionTerms, order_text, ordinal, reason_text
from app.booking.rules.selection import (
    CRITERIA,
    Applicant,
    Outcome,
    Result,
    select_applicants,
)
from app.booking.rules.shares import Caps, Claimant, Group, SeatBook, Share

DEADLINE = datetime(2027, 1, 11, 18, tzinfo=UTC)
NOW = DEADLINE + timedelta(days=1)
DAY = timedelta(days=1)
TERMS = SelectionTerms(
    order=("earliest",),
    seats=2,
    eligible=5,
    per_country=1,
    per_authority=2,
    deadline=DEADLINE,
    zone="Africa/Dakar",
)


def applicant(
    number: int,
    country: str | None = "KE",
    *,
    authority: str = "",
    groups: tuple[str, ...] = (),
    passed: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    clash: bool = False,
) -> Applicant:
    """Somebody who applied on the day of January with their number."""
    who = Claimant(country, authority, groups)
    applied_at = datetime(2027, 1, number, 9, tzinfo=UTC)
    return Applicant(UUID(int=number), who, applied_at, passed, missing, clash)


def book(seats: int, *shares: Share, **caps: int) -> SeatBook:
    """Free seats of a slot that nobody has a seat on yet."""
    return SeatBook.of(seats, shares, Caps(**caps), ())


def shown(outcomes: list[Outcome]) -> list[tuple[int, str, int, str]]:
    """Number of the applicant, result, place, and what stopped them."""
    return [
        (each.applicant.booking_id.int, str(each.result), each.place, each.stopped_by)
        for each in outcomes
    ]


def test_seats_go_down_the_order_and_the_rest_is_the_reserve() -> None:
    people = [applicant(number) for number in (3, 1, 2)]

    assert shown(select_applicants(people, book(2), (), now=NOW)) == [
        (1, "selected", 1, ""),
        (2, "selected", 2, ""),
        (3, "reserve", 1, "full"),
    ]


def test_who_has_not_passed_what_is_required_is_not_eligible() -> None:
    people = [applicant(1, missing=("C16",)), applicant(2)]

    assert shown(select_applicants(people, book(2), (), now=NOW)) == [
        (2, "selected", 1, ""),
        (1, "not-eligible", 0, ""),
    ]


def test_a_country_has_no_more_than_its_seats_and_says_whose_they_are() -> None:
    people = [applicant(1), applicant(2), applicant(3), applicant(4, "UG")]
    outcomes = select_applicants(people, book(3, per_country=2), (), now=NOW)

    assert shown(outcomes) == [
        (1, "selected", 1, ""),
        (2, "selected", 2, ""),
        (4, "selected", 3, ""),
        (3, "reserve", 1, "country-cap"),
    ]
    assert [moment.day for moment in outcomes[3].ahead] == [1, 2]


def test_an_employer_has_no_more_than_its_seats() -> None:
    people = [applicant(n, c, authority="board") for n, c in ((1, "KE"), (2, "UG"))]
    outcomes = select_applicants(people, book(3, per_authority=1), (), now=NOW)

    assert shown(outcomes)[1] == (2, "reserve", 1, "authority-cap")


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        (("earliest",), [1, 2, 3, 4]),
        (("ldc-first",), [2, 4, 1, 3]),
        (("sids-first",), [3, 1, 2, 4]),
        (("women-first",), [4, 1, 2, 3]),
        (("women-first", "ldc-first"), [4, 2, 1, 3]),
        (("new-country-first",), [1, 2, 3, 4]),
        (("ldc-first", "women-first"), [4, 2, 1, 3]),
    ],
)
def test_people_are_ranked_by_the_stated_order_then_by_time(
    order: tuple[str, ...], numbers: list[int]
) -> None:
    people = [
        applicant(1, "KE"),
        applicant(2, "UG"),
        applicant(3, "FJ"),
        applicant(4, "UG", groups=(Group.WOMEN,)),
    ]
    outcomes = select_applicants(people, book(4), order, now=NOW)

    assert [each.applicant.booking_id.int for each in outcomes] == numbers


def _thirty_one() -> list[Applicant]:
    """One country after the other; even numbers are women, every third is a regulator."""
    countries = [*["KE"] * 6, *["UG"] * 5, *["SN"] * 5, *["FJ"] * 5]
    countries += ["BR", "GH", "RW", "TG", "WS", "NP", "PE", "ZA", "TO", "MW"]
    groups: dict[int, tuple[str, ...]] = {
        number: tuple(
            group
            for group, every in ((Group.WOMEN, 2), (Group.REGULATORS, 3))
            if number % every == 0
        )
        for number in range(1, 32)
    }
    return [applicant(n, country, groups=groups[n]) for n, country in enumerate(countries, 1)]


@pytest.mark.parametrize(
    ("criterion", "seats"),
    [
        ("earliest", [1, 2, 7, 8, 12, 13, 17, 18]),
        ("ldc-first", [7, 8, 12, 13, 24, 25, 27, 31]),  # UG, SN, RW, TG, NP, MW
        ("sids-first", [17, 18, 26, 30, 1, 2, 7, 8]),  # FJ, WS, TO, then the first to apply
        ("women-first", [2, 4, 8, 10, 12, 14, 18, 20]),
        ("regulators-first", [3, 6, 9, 12, 15, 18, 21, 24]),
        ("new-country-first", [1, 7, 12, 17, 22, 23, 24, 25]),
    ],
)
def test_of_31_from_14_countries_at_most_two_each_have_seats_the_same_on_every_run(
    criterion: str, seats: list[int]
) -> None:
    """Golden case 6: a cap of 2 on a slot of 8, by every stated criterion."""
    people = _thirty_one()
    outcomes = select_applicants(people, book(8, per_country=2), (criterion,), now=NOW)
    chosen = [each.applicant for each in outcomes if each.result == Result.SELECTED]

    assert [each.booking_id.int for each in chosen] == seats
    assert max(Counter(each.who.country for each in chosen).values()) <= 2
    assert len({each.who.country for each in people}) == 14
    for seed in range(20):
        Random(seed).shuffle(people)
        assert select_applicants(people, book(8, per_country=2), (criterion,), now=NOW) == outcomes


def test_the_first_of_each_new_country_comes_before_the_second_of_any() -> None:
    people = [
        applicant(1),
        applicant(2),
        applicant(3, "UG"),
        applicant(4, "BR"),
        applicant(5, None),
    ]
    had = SeatBook.of(3, (), Caps(), [(Claimant("BR"), 1)])
    outcomes = select_applicants(people, had, ("new-country-first",), now=NOW)

    assert [each.applicant.booking_id.int for each in outcomes] == [1, 3, 2, 4, 5]


def test_a_share_puts_its_group_first_and_gives_what_is_left_to_the_others() -> None:
    women = Share(Group.WOMEN, 2, DEADLINE)
    people = [applicant(1), applicant(2), applicant(3), applicant(4, groups=(Group.WOMEN,))]

    assert shown(select_applicants(people, book(3, women), (), now=NOW)) == [
        (1, "selected", 1, ""),
        (2, "selected", 2, ""),
        (4, "selected", 3, ""),
        (3, "reserve", 1, "seats-kept"),
    ]


def test_a_share_that_lasts_beyond_the_selection_stays_kept() -> None:
    women = Share(Group.WOMEN, 2, NOW + DAY)

    assert shown(select_applicants([applicant(1), applicant(2)], book(3, women), (), now=NOW)) == [
        (1, "selected", 1, ""),
        (2, "reserve", 1, "seats-kept"),
    ]


def test_who_has_another_seat_at_these_times_waits_in_the_reserve() -> None:
    people = [applicant(1, clash=True), applicant(2)]

    assert shown(select_applicants(people, book(2), (), now=NOW)) == [
        (2, "selected", 1, ""),
        (1, "reserve", 1, "clash"),
    ]


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (
            Outcome(applicant(3, passed=("C16 Intro",)), Result.SELECTED, position=3, place=2),
            "Passed “C16 Intro”. 3rd of 5 by the order (who applied earlier first). Seat 2 of 2.",
        ),
        (
            Outcome(applicant(4), Result.RESERVE, 4, 1, "country-cap", (DEADLINE - DAY * 7,)),
            "4th of 5 by the order (who applied earlier first). Your country's one seat went to "
            "people before you in the order, who applied on Mon 4 Jan 2027, 18:00. "
            "Reserve place 1.",
        ),
        (
            Outcome(applicant(4), Result.RESERVE, 4, 1, "authority-cap", (DEADLINE - DAY * 7,)),
            "4th of 5 by the order (who applied earlier first). Your employer's 2 seats went to "
            "people before you in the order, who applied on Mon 4 Jan 2027, 18:00; 1 had been "
            "taken before. Reserve place 1.",
        ),
        (
            Outcome(applicant(5), Result.RESERVE, 5, 2, "full"),
            "5th of 5 by the order (who applied earlier first). All 2 seats went to people before "
            "you in the order. Reserve place 2.",
        ),
        (
            Outcome(applicant(5), Result.RESERVE, 5, 2, "seats-kept"),
            "5th of 5 by the order (who applied earlier first). The seats that were left were "
            "kept for a group that you are not in. Reserve place 2.",
        ),
        (
            Outcome(applicant(5), Result.RESERVE, 5, 2, "clash"),
            "5th of 5 by the order (who applied earlier first). You have another seat at these "
            "times; give it back to get the next that is free. Reserve place 2.",
        ),
        (
            Outcome(applicant(1, missing=("C16 Intro",)), Result.NOT_ELIGIBLE),
            "Not passed by the deadline (Mon 11 Jan 2027, 18:00): “C16 Intro”.",
        ),
    ],
)
def test_a_reason_can_be_checked_by_hand_and_names_nobody(outcome: Outcome, text: str) -> None:
    assert reason_text(outcome, TERMS) == text


def test_the_order_in_words_always_ends_with_the_time() -> None:
    assert order_text(()) == "who applied earlier first"
    assert order_text(("ldc-first",)) == (
        "people of least developed countries first, then who applied earlier first"
    )
    assert order_text(("earliest", "women-first")) == "who applied earlier first"


def test_numbers_are_counted_as_people_do() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th")
    ]


people = st.builds(
    lambda number, country, authority, groups, passed, clash, day: Applicant(
        UUID(int=number),
        Claimant(country, authority, tuple(groups)),
        datetime(2027, 1, day, tzinfo=UTC),
        missing=() if passed else ("C16",),
        clash=clash,
    ),
    number=st.integers(1, 10_000),
    country=st.sampled_from([None, "KE", "UG", "FJ", "BR", "SN"]),
    authority=st.sampled_from(["", "board", "agency"]),
    groups=st.lists(st.sampled_from([Group.WOMEN, Group.REGULATORS]), unique=True),
    passed=st.sampled_from([True, True, True, False]),
    clash=st.sampled_from([False, False, False, True]),
    day=st.integers(1, 9),
)
applications = st.lists(people, max_size=25, unique_by=lambda each: each.booking_id)
orders = st.lists(st.sampled_from(CRITERIA), max_size=3, unique=True).map(tuple)
shares = st.lists(
    st.builds(
        Share,
        kept_for=st.sampled_from(list(Group)),
        seats=st.integers(1, 4),
        until=st.sampled_from([DEADLINE, NOW + DAY]),
        countries=st.just(("BR", "FJ")),
    ),
    max_size=2,
)
books = st.builds(
    lambda seats, shares, per_country, per_authority: SeatBook.of(
        seats, shares, Caps(per_country, per_authority), ()
    ),
    seats=st.integers(0, 8),
    shares=shares,
    per_country=st.none() | st.integers(1, 3),
    per_authority=st.none() | st.integers(1, 3),
)


@given(applications, books, orders, st.randoms())
def test_the_order_in_which_applications_come_in_changes_nothing(
    applied: list[Applicant], seats: SeatBook, order: tuple[str, ...], random: Random
) -> None:
    shuffled = list(applied)
    random.shuffle(shuffled)

    first = select_applicants(applied, seats, order, now=NOW)

    assert first == select_applicants(shuffled, seats, order, now=NOW)


@given(applications, books, orders)
def test_everybody_has_one_outcome_and_nobody_who_must_not_is_selected(
    applied: list[Applicant], seats: SeatBook, order: tuple[str, ...]
) -> None:
    outcomes = select_applicants(applied, seats, order, now=NOW)
    chosen = [each for each in outcomes if each.result == Result.SELECTED]
    countries = Counter(each.applicant.who.country for each in chosen)
    employers = Counter(each.applicant.who.authority for each in chosen)
    del employers[""]
    caps = seats.caps

    assert {each.applicant for each in outcomes} == set(applied)
    assert len(outcomes) == len(applied)
    assert len(chosen) <= seats.free
    assert not [each for each in chosen if each.applicant.missing or each.applicant.clash]
    assert max(countries.values(), default=0) <= (caps.per_country or 99)
    assert max(employers.values(), default=0) <= (caps.per_authority or 99)
    for result in (Result.SELECTED, Result.RESERVE):
        places = [each.place for each in outcomes if each.result == result]
        assert places == list(range(1, len(places) + 1))


@given(applications, books, orders)
def test_seats_that_stay_kept_are_never_given_to_others(
    applied: list[Applicant], seats: SeatBook, order: tuple[str, ...]
) -> None:
    kept = [index for index, share in enumerate(seats.shares) if share.until > NOW]
    assume(seats.free >= sum(map(seats.open_of, kept)))
    for each in select_applicants(applied, seats, order, now=NOW):
        if each.result == Result.SELECTED:
            seats = seats.after(each.applicant.who)

    assert seats.free >= sum(map(seats.open_of, kept))


@given(applications, st.integers(0, 8), orders, st.none() | st.integers(1, 3))
def test_nobody_is_passed_over_whom_no_cap_stops(
    applied: list[Applicant], free: int, order: tuple[str, ...], cap: int | None
) -> None:
    """Whoever is in the reserve saw every seat, or every seat of the country, go before them."""
    outcomes = select_applicants(applied, SeatBook.of(free, (), Caps(cap), ()), order, now=NOW)
    chosen = [each for each in outcomes if each.result == Result.SELECTED]
    for each in outcomes:
        if each.result != Result.RESERVE or each.applicant.clash:
            continue
        before = [other for other in chosen if other.position < each.position]
        same = [
            other for other in before if other.applicant.who.country == each.applicant.who.country
        ]
        assert len(before) == free or len(same) == cap
