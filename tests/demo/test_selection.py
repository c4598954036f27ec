"""The session that everybody wants, selected after its deadline: 8 seats, 31 applications.

The expected outcomes below were written by hand from the rows ``applications`` of
``app/demo/data/demo.json``. How to check them: sort the rows by ``submitted``, then by ``n``
(so they apply in the demonstration); strike out the six whose ``passed_C16`` is false; go down
the rest (criterion: who applied earlier first) and give each a seat while there are any of the
eight, but not to the third of a country (at most two). Whoever got none is the reserve.
"""

from contextlib import suppress
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.booking.models import Booking
from app.booking.queries.ledger import counters_off
from app.booking.rules.selection import Applicant, Outcome, select_applicants
from app.booking.rules.shares import Caps, Claimant, SeatBook
from app.booking.service.desk import Desk
from app.booking.service.selection import select_people, selection_view
from app.core.db import Database
from app.demo.scenario import scenario
from app.registry.models import Slot
from tests.booking.people import Hands
from tests.demo.conftest import NOW
from tests.factories import owner_of

STORY = scenario(NOW)
ROWS = STORY.rows("applications")

SELECTED = (
    # n, country, submitted in January
    (1, "SN", 4),
    (19, "ML", 4),
    (28, "MG", 4),
    (2, "SN", 5),  # the second of Senegal
    (11, "TN", 5),
    (29, "DZ", 5),
    (12, "TN", 6),  # the second of Tunisia
    (21, "BJ", 6),  # the eighth seat
)
RESERVE = (
    # n, country, submitted in January, what stopped them
    (3, "SN", 6, "country-cap"),  # before Tunisia's second, but the third of Senegal
    (4, "SN", 7, "country-cap"),
    (13, "TN", 7, "country-cap"),
    (22, "TG", 7, "full"),
    (31, "NG", 7, "full"),
    (14, "MA", 8, "full"),
    (23, "TG", 8, "full"),
    (6, "GN", 9, "full"),
    (24, "RW", 9, "full"),
    (7, "GN", 10, "full"),
    (16, "CM", 10, "full"),
    (8, "CI", 11, "full"),
    (17, "CM", 11, "full"),
    (26, "CD", 11, "full"),
    (9, "CI", 12, "full"),
    (18, "ML", 12, "full"),
    (27, "CD", 12, "full"),
)
NOT_ELIGIBLE = (
    (10, "CI", 4),
    (20, "BJ", 5),
    (30, "DZ", 6),
    (5, "GN", 8),
    (15, "MA", 9),
    (25, "RW", 10),
)
EXPECTED = [
    *((n, "selected", place, "") for place, (n, _, _) in enumerate(SELECTED, start=1)),
    *((n, "reserve", place, why) for place, (n, _, _, why) in enumerate(RESERVE, start=1)),
    *((n, "not-eligible", None, "") for n, _, _ in NOT_ELIGIBLE),
]


class _UndoError(Exception):
    """Leaves the shared demonstration as it was."""


def test_the_table_by_hand_is_about_the_rows_of_the_file() -> None:
    table = [(row[0], row[1], row[2]) for row in (*SELECTED, *RESERVE, *NOT_ELIGIBLE)]

    assert sorted(table) == [(row["n"], row["country"], int(row["submitted"][-2:])) for row in ROWS]


@pytest.mark.parametrize("seed", range(5))
def test_the_rules_give_the_outcomes_by_hand_in_whatever_order_people_come(seed: int) -> None:
    applicants = [_applicant(row["n"]) for row in ROWS]
    Random(seed).shuffle(applicants)
    seats = SeatBook.of(8, (), Caps(per_country=2), ())
    outcomes = select_applicants(applicants, seats, ("earliest",), now=NOW)

    assert [_shown(each) for each in outcomes] == EXPECTED


def test_the_selection_after_the_deadline_gives_the_outcomes_by_hand(network: Database) -> None:
    with suppress(_UndoError), network.write() as db:
        slot = db.exec(select(Slot).where(col(Slot.code) == "C14-S1")).one()
        hands = Hands(slot.apply_by + timedelta(minutes=1))
        owner = owner_of(db, slot.provider_id)
        before = selection_view(db, owner, slot.id, now=hands.at)
        select_people(db, owner, slot.id, Desk(clock=hands))
        after = selection_view(db, owner, slot.id, now=hands.at)

        numbers = _numbers(db)
        assert before.outcomes == after.outcomes
        assert [
            (numbers[each.booking], each.result, each.place, each.stopped_by)
            for each in after.outcomes
        ] == EXPECTED
        _assert_reasons({numbers[each.booking]: each.reason for each in after.outcomes})
        assert _states(db, slot.id) == {"offered": 8, "waitlisted": 17, "rejected": 6}
        assert counters_off(db) == []
        raise _UndoError


def test_before_the_deadline_the_preview_shows_the_would_be_outcome(network: Database) -> None:
    with network.read() as db:
        slot = db.exec(select(Slot).where(col(Slot.code) == "C14-S1")).one()
        view = selection_view(db, owner_of(db, slot.provider_id), slot.id, now=NOW)
        numbers = _numbers(db)

    assert view.deadline > NOW
    assert view.made_at is None
    assert [(numbers[each.booking], each.result) for each in view.outcomes] == [
        (n, result) for n, result, _, _ in EXPECTED
    ]


def _applicant(n: int) -> Applicant:
    row = next(row for row in ROWS if row["n"] == n)
    applied_at = NOW.replace(month=1, day=int(row["submitted"][-2:]), hour=0, minute=n)
    missing = () if row["passed_C16"] else ("C16",)
    return Applicant(UUID(int=n), Claimant(row["country"]), applied_at, missing=missing)


def _shown(outcome: Outcome) -> tuple[int, str, int | None, str]:
    number = outcome.applicant.booking_id.int
    return number, str(outcome.result), outcome.place or None, outcome.stopped_by


def _numbers(db: Session) -> dict[UUID, int]:
    """The number of the applicant, which is in the address, by booking."""
    query = select(Booking.id, User.email).join(User, col(User.id) == col(Booking.person_id))
    return {
        booking_id: int(email[1:3])
        for booking_id, email in db.exec(query)
        if email.startswith("a") and email[1:3].isdigit()
    }


def _states(db: Session, slot_id: UUID) -> dict[str, int]:
    states = db.exec(select(Booking.state).where(col(Booking.slot_id) == slot_id)).all()
    return {state: states.count(state) for state in set(states)}


def _assert_reasons(reasons: dict[int, str]) -> None:
    passed = "Passed “C16 Introduction aux produits à ARNm”."
    by_order = "of 25 by the order (who applied earlier first)."
    assert reasons[21] == f"{passed} 9th {by_order} Seat 8 of 8."
    assert reasons[22] == (
        f"{passed} 12th {by_order} All 8 seats went to people before you in the order. "
        "Reserve place 4."
    )
    assert reasons[4].startswith(
        f"{passed} 10th {by_order} Your country's 2 seats went to people before you in the order, "
        "who applied on "
    )
    assert reasons[4].endswith(" Reserve place 2.")
    assert reasons[5].startswith("Not passed by the deadline (Mon ")
    assert reasons[5].endswith(", 18:00): “C16 Introduction aux produits à ARNm”.")
