"""Kept seats and caps as pure decisions: who can have how many of the free seats."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.booking.rules import HeldBack
from app.booking.rules.shares import (
    Caps,
    Claimant,
    Group,
    Room,
    SeatBook,
    Share,
    country_groups,
)

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
KENYAN, BRAZILIAN = Claimant("KE"), Claimant("BR")
WOMAN = Claimant("KE", groups=(Group.WOMEN,))
MERCOSUR = ("AR", "BO", "BR", "PY", "UY")
NO_CAPS = Caps()


def kept(seats: int, kept_for: str = Group.WOMEN, countries: tuple[str, ...] = ()) -> Share:
    """Seats kept for a week."""
    return Share(kept_for, seats, LATER, countries)


def test_without_shares_and_caps_everybody_can_have_every_free_seat() -> None:
    assert SeatBook.of(5, (), NO_CAPS, ()).room(KENYAN) == Room(5)


def test_kept_seats_are_for_the_members_of_the_group() -> None:
    book = SeatBook.of(12, [kept(8, Group.COUNTRIES, MERCOSUR)], NO_CAPS, ())

    assert book.room(BRAZILIAN) == Room(12)
    assert book.room(KENYAN) == Room(4)


def test_a_member_who_has_a_seat_uses_up_one_of_the_share() -> None:
    book = SeatBook.of(2, [kept(2)], NO_CAPS, [(WOMAN, 1)])

    assert book.room(KENYAN) == Room(1)


def test_the_seats_of_somebody_else_leave_the_share_as_it_is() -> None:
    book = SeatBook.of(2, [kept(2)], NO_CAPS, [(KENYAN, 3)])

    assert book.room(KENYAN) == Room(0)
    assert book.room(WOMAN) == Room(2)


def test_two_shares_keep_both_from_people_in_neither() -> None:
    book = SeatBook.of(6, [kept(2), kept(3, Group.LDC)], NO_CAPS, ())

    assert book.room(KENYAN) == Room(1)
    assert book.room(WOMAN) == Room(3)
    assert book.room(Claimant("UG", groups=(Group.WOMEN,))) == Room(6)


def test_a_share_larger_than_what_is_free_leaves_nothing_and_not_less() -> None:
    assert SeatBook.of(2, [kept(5)], NO_CAPS, ()).room(KENYAN) == Room(0)


def test_a_share_whose_time_is_over_keeps_nothing() -> None:
    book = SeatBook.of(3, [kept(3)], NO_CAPS, [(WOMAN, 1)])

    assert book.without_ended(LATER - timedelta(seconds=1)).room(KENYAN) == Room(1)
    assert book.without_ended(LATER).room(KENYAN) == Room(3)


@pytest.mark.parametrize(
    ("kept_for", "who"),
    [
        (Group.LDC, Claimant("UG")),
        (Group.LLDC, Claimant("UG")),
        (Group.SIDS, Claimant("FJ")),
        (Group.REGULATORS, Claimant("KE", groups=("regulators",))),
        (Group.WOMEN, WOMAN),
    ],
)
def test_a_group_is_what_the_country_is_or_the_person_said(kept_for: str, who: Claimant) -> None:
    assert kept(1, kept_for).includes(who)
    assert not kept(1, kept_for).includes(KENYAN)


def test_a_person_without_a_country_is_in_no_group_of_countries() -> None:
    assert country_groups(None) == ()
    assert not kept(1, Group.COUNTRIES, ("KE",)).includes(Claimant(None))


def test_a_cap_of_a_country_leaves_what_is_left_of_it() -> None:
    book = SeatBook.of(9, (), Caps(per_country=3), [(KENYAN, 1), (BRAZILIAN, 3)])

    assert book.room(KENYAN) == Room(2)
    assert book.room(KENYAN, seats=3) == Room(2, HeldBack.COUNTRY_CAP)
    assert book.room(BRAZILIAN) == Room(0, HeldBack.COUNTRY_CAP)


def test_a_cap_of_an_authority_counts_its_people_from_every_country() -> None:
    here, there = Claimant("KE", "medicines board"), Claimant("UG", "medicines board")
    book = SeatBook.of(9, (), Caps(per_authority=1), [(here, 1)])

    assert book.room(there) == Room(0, HeldBack.AUTHORITY_CAP)
    assert book.room(Claimant("KE", "another board")) == Room(1)


def test_people_without_an_employer_are_no_authority() -> None:
    book = SeatBook.of(9, (), Caps(per_authority=1), [(KENYAN, 4)])

    assert book.room(KENYAN) == Room(9)


groups = st.lists(st.sampled_from([Group.WOMEN, Group.REGULATORS]), unique=True).map(tuple)
people = st.builds(
    Claimant,
    country=st.sampled_from([None, "KE", "UG", "FJ", "BR"]),
    authority=st.sampled_from(["", "board", "agency"]),
    groups=groups,
)
shares = st.lists(
    st.builds(
        Share,
        kept_for=st.sampled_from(list(Group)),
        seats=st.integers(1, 6),
        until=st.just(LATER),
        countries=st.just(("BR", "FJ")),
    ),
    max_size=3,
)
caps = st.builds(
    Caps,
    per_country=st.none() | st.integers(1, 4),
    per_authority=st.none() | st.integers(1, 4),
)


@given(st.integers(0, 12), shares, caps, st.lists(people, max_size=20), st.lists(people))
def test_however_seats_are_given_none_is_oversold_and_no_cap_is_passed(
    free: int, kept: list[Share], caps: Caps, before: list[Claimant], line: list[Claimant]
) -> None:
    book = SeatBook.of(free, kept, caps, [(who, 1) for who in before])
    given_to: list[Claimant] = []
    for who in line:
        room = book.room(who)
        assert 0 <= room.seats <= book.free
        if room.seats and not room.capped:
            book = book.after(who)
            given_to.append(who)

    assert len(given_to) == free - book.free <= free
    assert book == SeatBook.of(book.free, kept, caps, [(who, 1) for who in before + given_to])
    for who in given_to:
        if caps.per_country is not None:
            assert book.by_country[who.country] <= caps.per_country
        if caps.per_authority is not None and who.authority:
            assert book.by_authority[who.authority] <= caps.per_authority


@given(st.integers(0, 12), shares, st.lists(people, max_size=20), st.lists(people))
def test_what_is_open_in_the_shares_stays_free_for_their_groups(
    more: int, kept: list[Share], before: list[Claimant], line: list[Claimant]
) -> None:
    claims = [(who, 1) for who in before]
    empty = SeatBook.of(0, kept, NO_CAPS, claims)
    book = SeatBook.of(more + _open(empty), kept, NO_CAPS, claims)
    for who in line:
        if book.room(who).seats:
            book = book.after(who)
            assert book.free >= _open(book)


def _open(book: SeatBook) -> int:
    return sum(book.open_of(index) for index in range(len(book.shares)))
