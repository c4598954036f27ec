"""The selection among applicants, from application to the reserve; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.rules import NotBookableError
from app.booking.rules.selection import (
    LATE_PRIORITY,
    DeadlineAheadError,
    NoSelectionError,
    SelectionMadeError,
)
from app.booking.rules.shares import Group
from app.booking.schemas import CancelIn, ShareIn
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.booking.service.selection import select_people, selection_view
from app.booking.service.slots import change_slot
from app.booking.service.sponsors import keep_seats
from app.core.db import Database
from app.core.errors import ForbiddenError, NotFoundError
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.models import Slot
from app.registry.rules import Route
from app.registry.schemas.inputs import SlotPatch
from tests.booking.people import Hands, assert_counters, book, book_new, confirm_new, state_of
from tests.factories import (
    NOW,
    make_course,
    make_provider,
    make_qualification,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

DEADLINE = NOW + timedelta(days=10)


def make_chosen(db: Session, course: Any = None, **facts: Any) -> Slot:
    """A slot for which people apply until the deadline."""
    sent = {"route": Route.SELECTION, "seats": 2, "apply_by": DEADLINE, **facts}
    return make_slot(db, course, **sent)


def apply(db: Session, slot: Slot, desk: Desk, hands: Hands, *countries: str) -> list[Booking]:
    """Somebody from each country applies, a minute after the one before."""
    found = []
    for country in countries:
        hands.on(minutes=1)
        found.append(book_new(db, slot.id, desk, country=country)[1])
    return found


def decide(db: Session, slot: Slot, desk: Desk, hands: Hands) -> Actor:
    """The provider makes the selection an hour after the deadline."""
    hands.at = DEADLINE + timedelta(hours=1)
    owner = owner_of(db, slot.provider_id)
    select_people(db, owner, slot.id, desk)
    return owner


def states(db: Session, bookings: list[Booking]) -> list[str]:
    """The states of the bookings, as the database has them."""
    return [state_of(db, booking.id) for booking in bookings]


def test_the_selected_are_offered_seats_and_the_rest_is_the_reserve(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_chosen(db, criteria=("ldc-first",))
        people = apply(db, slot, desk, hands, "KE", "KE", "UG", "KE")
        decide(db, slot, desk, hands)

        assert states(db, people) == ["offered", "waitlisted", "offered", "waitlisted"]
        assert db.get_one(Slot, slot.id).selected_at == hands.at
        reserve = [db.get_one(Booking, people[index].id) for index in (1, 3)]
        assert [each.priority for each in reserve] == [1, 2]
        assert reserve[1].selection["reason"] == (
            "4th of 4 by the order (people of least developed countries first, then who applied "
            "earlier first). All 2 seats went to people before you in the order. Reserve place 2."
        )
    assert_counters(database)


def test_everybody_is_told_once_and_the_slot_keeps_the_result(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_chosen(db)
        people = apply(db, slot, desk, hands, "KE", "KE", "UG")
        owner = decide(db, slot, desk, hands)
        told = {
            person.id: list(
                db.exec(
                    select(OutboxEvent.name)
                    .where(col(OutboxEvent.subject_id) == person.id)
                    .order_by(col(OutboxEvent.version))
                )
            )
            for person in people
        }
        fact = db.exec(select(AuditEntry).where(col(AuditEntry.action) == "slot.selected")).one()

        assert list(told.values()) == [
            ["booking.placed", "booking.offered"],
            ["booking.placed", "booking.offered"],
            ["booking.placed", "booking.reserved"],
        ]
        assert (fact.subject_id, fact.actor_id) == (slot.id, owner.user_id)


def test_who_lacks_what_is_required_may_apply_and_is_not_selected(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        first = make_course(db, provider, title="Introduction", code="C16")
        course = make_course(db, provider, prerequisites=[str(first.id)])
        slot = make_chosen(db, course)
        people = apply(db, slot, desk, hands, "KE", "KE", "KE")
        day = (DEADLINE - timedelta(days=2)).date()
        make_qualification(db, people[1].person_id, first, issued_on=day)
        make_qualification(db, people[2].person_id, first, issued_on=day + timedelta(days=5))
        decide(db, slot, desk, hands)

        assert states(db, people) == ["rejected", "offered", "rejected"]
        reason = db.get_one(Booking, people[0].id).reason
        assert reason.startswith("Not passed by the deadline (")
        assert reason.endswith("): “C16 Introduction”.")
    assert_counters(database)


def test_a_seat_given_back_goes_down_the_reserve_past_a_capped_country(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_chosen(db, max_per_country=1)
        people = apply(db, slot, desk, hands, "KE", "KE", "UG", "GH")
        owner = decide(db, slot, desk, hands)
        assert states(db, people) == ["offered", "waitlisted", "offered", "waitlisted"]
        seats.cancel_booking(db, owner, people[2].id, CancelIn(), desk)

        assert states(db, people) == ["offered", "waitlisted", "cancelled", "offered"]
        seats.cancel_booking(db, owner, people[0].id, CancelIn(), desk)
        assert states(db, people) == ["cancelled", "offered", "cancelled", "offered"]
    assert_counters(database)


def test_seats_kept_until_the_deadline_come_first_in_the_selection(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_chosen(db)
        wish = ShareIn(kept_for=Group.COUNTRIES, countries=("BR",), seats=1)
        keep_seats(db, owner_of(db, slot.provider_id), slot.id, wish, desk)
        people = apply(db, slot, desk, hands, "KE", "KE", "BR")
        decide(db, slot, desk, hands)

        assert states(db, people) == ["offered", "waitlisted", "offered"]
        assert "kept for a group" in db.get_one(Booking, people[1].id).selection["reason"]


def test_whoever_joins_after_the_selection_stands_behind_the_reserve(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_chosen(db, seats=1)
        people = apply(db, slot, desk, hands, "KE", "KE")
        owner = decide(db, slot, desk, hands)
        later = SlotPatch.model_validate({"apply_by": DEADLINE + timedelta(days=5)})
        change_slot(db, owner, slot.id, later, desk)
        late = apply(db, slot, desk, hands, "KE")
        assert late[0].priority == LATE_PRIORITY
        change_slot(db, owner, slot.id, SlotPatch(seats=2), desk)

        assert states(db, people + late) == ["offered", "offered", "waitlisted"]


def test_a_preview_saves_nothing_and_says_what_the_selection_then_does(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_chosen(db)
        people = apply(db, slot, desk, hands, "KE", "UG", "KE")
        hands.at = DEADLINE + timedelta(hours=1)
        owner = owner_of(db, slot.provider_id)
        before = selection_view(db, owner, slot.id, now=hands.at)
        assert states(db, people) == ["waitlisted"] * 3
        decide(db, slot, desk, hands)
        after = selection_view(db, owner, slot.id, now=hands.at)

        assert (before.made_at, after.made_at) == (None, hands.at)
        assert before.outcomes == after.outcomes
        assert [outcome.result for outcome in after.outcomes] == ["selected", "selected", "reserve"]


def test_who_has_another_seat_at_these_times_waits_in_the_reserve(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_chosen(db, seats=1)
        actor, elsewhere = confirm_new(db, make_slot(db).id, desk, country="KE")
        taken = book(db, actor, slot.id, desk)
        others = apply(db, slot, desk, hands, "KE")
        owner = decide(db, slot, desk, hands)
        assert states(db, [taken, *others]) == ["waitlisted", "offered"]
        assert db.get_one(Booking, taken.id).selection["stopped_by"] == "clash"
        seats.cancel_booking(db, actor, elsewhere.id, CancelIn(), desk)
        seats.cancel_booking(db, owner, others[0].id, CancelIn(), desk)

        assert states(db, [taken]) == ["offered"]


@pytest.mark.parametrize(
    ("facts", "days", "error"),
    [
        ({}, 9, DeadlineAheadError),
        ({"route": Route.OPEN}, 11, NoSelectionError),
        ({}, 30, NotBookableError),
        ({"status": "tentative"}, 11, NotBookableError),
    ],
    ids=["before the deadline", "open to all", "begun", "not confirmed"],
)
def test_a_selection_has_its_time(
    database: Database,
    desk: Desk,
    hands: Hands,
    facts: dict[str, Any],
    days: int,
    error: type[Exception],
) -> None:
    with database.write() as db:
        slot = make_chosen(db, **facts)
        hands.on(days=days)
        with pytest.raises(error):
            select_people(db, owner_of(db, slot.provider_id), slot.id, desk)


def test_a_selection_is_made_once(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = make_chosen(db)
        people = apply(db, slot, desk, hands, "KE")
        owner = decide(db, slot, desk, hands)
        with pytest.raises(SelectionMadeError):
            select_people(db, owner, slot.id, desk)

        assert states(db, people) == ["offered"]


@pytest.mark.parametrize(
    ("who", "reading", "deciding"),
    [(make_secretariat, None, ForbiddenError), (make_trainee, NotFoundError, NotFoundError)],
)
def test_only_the_slots_provider_makes_it(
    database: Database, desk: Desk, hands: Hands, who: Any, reading: Any, deciding: Any
) -> None:
    with database.write() as db:
        slot = make_chosen(db)
        actor = who(db)
        if reading is None:
            assert selection_view(db, actor, slot.id, now=hands.at).outcomes == ()
        else:
            with pytest.raises(reading):
                selection_view(db, actor, slot.id, now=hands.at)
        with pytest.raises(deciding):
            select_people(db, actor, slot.id, desk)
