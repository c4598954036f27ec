"""From asked to certified through the real services, on both databases."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Cohort
from app.booking.queries.fulfilment import fulfilment, fulfilment_view
from app.booking.rules.fulfilment import Chain
from app.booking.schemas import AttendanceIn, CohortIn, NominationIn
from app.booking.service.attendance import record_attendance
from app.booking.service.cohorts import hold_cohort, release_cohort
from app.booking.service.desk import Desk
from app.booking.service.nominations import replace_person
from app.booking.service.seats import confirm_booking
from app.certificates.schemas import IssueIn
from app.certificates.service import issue_certificates
from app.core.db import Database
from app.core.errors import InvalidError
from app.demand.models import GapRequest
from app.registry.models import Slot
from tests.booking.browsing import sign_in, words
from tests.booking.people import Hands, assert_counters, book, confirm_new, name_new
from tests.factories import (
    NOW,
    bearer,
    make_course,
    make_focal_point,
    make_request,
    make_slot,
    make_trainee,
    owner_of,
)

A, B = "mfg-aseptic-fill", "mfg-gowning"


@pytest.fixture(autouse=True)
def _counters(database: Database) -> Iterator[None]:
    """Whatever a test did, the counters equal the claims afterwards."""
    yield
    assert_counters(database)


def need(skill: str, people: int, level: int = 1) -> dict[str, Any]:
    return {"skill": skill, "level": level, "people": people}


def dated(db: Session, *skills: str, day: int = 30, seats: int = 12) -> Slot:
    """A slot that teaches the skills, so many days from now, with certificates of attendance."""
    course = make_course(db, skills=list(skills), seats=seats, certificate="attendance")
    starts_at = NOW + timedelta(days=day)
    return make_slot(db, course, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))


def take(db: Session, focal: Actor, request: GapRequest, slot: Slot, seats: int, desk: Desk) -> Any:
    return hold_cohort(db, focal, request.id, CohortIn(slot=slot.id, seats=seats), desk)


def confirmed(db: Session, focal: Actor, cohort: Cohort, desk: Desk, count: int) -> list[UUID]:
    """So many new people named into the block, all with confirmed seats."""
    found = []
    for _ in range(count):
        person, booking = name_new(db, focal, cohort.id, desk)
        confirm_booking(db, person, booking.id, desk)
        found.append(booking.id)
    return found


def mark(db: Session, slot: Slot, booking_id: UUID, desk: Desk, *, attended: bool = True) -> None:
    owner = owner_of(db, slot.provider_id)
    record_attendance(db, owner, booking_id, AttendanceIn(attended=attended), desk)


def steps(chain: Chain) -> list[int]:
    return [chain.held, chain.nominated, chain.confirmed, chain.attended, chain.certified]


def state(db: Session, request: GapRequest) -> str:
    return db.get_one(GapRequest, request.id, populate_existing=True).state


def test_six_asked_four_held_four_nominated_three_attended_three_certified(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request, slot = make_request(db, actor=kenya, needs=[need(A, 6)]), dated(db, A)
        cohort = take(db, kenya, request, slot, 4, desk)
        seen = [steps(fulfilment(db, request.id).total)]
        people = confirmed(db, kenya, cohort, desk, 4)
        seen.append(steps(fulfilment(db, request.id).total))
        hands.at = slot.ends_at + timedelta(hours=1)
        for number, booking_id in enumerate(people):
            mark(db, slot, booking_id, desk, attended=number > 0)
        issue_certificates(db, owner_of(db, slot.provider_id), slot.id, IssueIn(), now=hands.at)
        found = fulfilment(db, request.id)
        seen.append(steps(found.total))

    assert seen == [[4, 0, 0, 0, 0], [4, 4, 4, 0, 0], [4, 4, 4, 3, 3]]
    assert (found.total.asked, found.total.missed, found.total.lacking) == (6, 1, 3)
    assert found.lines == (found.total,)


def test_two_requests_share_a_slot_and_each_counts_its_own(database: Database, desk: Desk) -> None:
    with database.write() as db:
        kenya, ghana = make_focal_point(db), make_focal_point(db, "GH")
        slot = dated(db, A)
        ours = make_request(db, actor=kenya, needs=[need(A, 6)])
        theirs = make_request(db, actor=ghana, country="GH", needs=[need(A, 3)])
        take(db, kenya, ours, slot, 4, desk)
        confirmed(db, ghana, take(db, ghana, theirs, slot, 3, desk), desk, 2)

        assert steps(fulfilment(db, ours.id).total) == [4, 0, 0, 0, 0]
        assert steps(fulfilment(db, theirs.id).total) == [3, 2, 2, 0, 0]
        assert (state(db, ours), state(db, theirs)) == ("partly-matched", "matched")


def test_one_request_is_met_over_three_slots(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 3), need(B, 2)])
        slots = [dated(db, *skills, day=day) for day, skills in ((5, [A]), (6, [B]), (7, [A, B]))]
        groups = [
            confirmed(db, kenya, take(db, kenya, request, slot, seats, desk), desk, seats)
            for slot, seats in zip(slots, (2, 1, 1), strict=True)
        ]
        matched = state(db, request)
        hands.on(days=10)
        for slot, people in zip(slots, groups, strict=True):
            before = state(db, request)
            for booking_id in people:
                mark(db, slot, booking_id, desk)
        found = fulfilment(db, request.id)

        assert matched == "matched"
        assert before != "met"
        assert [chain.attended for chain in found.lines] == [3, 2]
        assert (found.total.attended, found.is_met, state(db, request)) == (4, True, "met")


def test_people_trained_in_one_skill_do_not_meet_the_other(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 2), need(B, 1)])
        only_a, only_b = dated(db, A, day=5), dated(db, B, day=6)
        people = confirmed(db, kenya, take(db, kenya, request, only_a, 2, desk), desk, 2)
        with pytest.raises(InvalidError) as refusal:
            take(db, kenya, request, only_a, 1, desk)
        late = confirmed(db, kenya, take(db, kenya, request, only_b, 1, desk), desk, 1)
        hands.on(days=10)
        for booking_id in people:
            mark(db, only_a, booking_id, desk)
        before = state(db, request)
        mark(db, only_b, late[0], desk)

        assert [each.code for each in refusal.value.problems] == ["more_than_needed"]
        assert before != "met"
        assert state(db, request) == "met"


def test_a_mended_attendance_list_opens_a_met_request_again(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 1), need(B, 1)])
        slot = dated(db, A, B, day=5)
        [booking_id] = confirmed(db, kenya, take(db, kenya, request, slot, 1, desk), desk, 1)
        hands.on(days=6)
        mark(db, slot, booking_id, desk)
        before = state(db, request)
        mark(db, slot, booking_id, desk, attended=False)

        assert before == "met"
        assert state(db, request) != "met"
        assert fulfilment(db, request.id).total.lacking == 2


def test_a_person_who_replaces_another_counts_once(database: Database, desk: Desk) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request, slot = make_request(db, actor=kenya, needs=[need(A, 6)]), dated(db, A)
        cohort = take(db, kenya, request, slot, 2, desk)
        [booking_id] = confirmed(db, kenya, cohort, desk, 1)
        other = NominationIn(person=make_trainee(db).user_id)
        replace_person(db, kenya, booking_id, other, desk)

        assert steps(fulfilment(db, request.id).total) == [2, 1, 0, 0, 0]


def test_seats_given_back_leave_the_chain_and_named_people_stay(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request, slot = make_request(db, actor=kenya, needs=[need(A, 6)]), dated(db, A)
        cohort = take(db, kenya, request, slot, 4, desk)
        confirmed(db, kenya, cohort, desk, 1)
        release_cohort(db, kenya, cohort.id, desk)

        found = fulfilment(db, request.id).total
        assert (steps(found), found.lacking) == ([1, 1, 1, 0, 0], 5)


def test_after_a_no_show_another_seat_can_be_taken(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 1)])
        first, second = dated(db, A, day=5), dated(db, A, day=40)
        [booking_id] = confirmed(db, kenya, take(db, kenya, request, first, 1, desk), desk, 1)
        hands.on(days=6)
        mark(db, first, booking_id, desk, attended=False)
        missed = state(db, request)
        take(db, kenya, request, second, 1, desk)

        assert missed not in {"matched", "met"}
        assert steps(fulfilment(db, request.id).lines[0]) == [1, 1, 1, 0, 0]
        assert fulfilment(db, request.id).total.lacking == 0


def test_the_chain_is_for_those_who_may_see_the_request(
    client: TestClient, database: Database, desk: Desk
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        public = make_request(db, actor=kenya, needs=[need(A, 6), need(B, 2)], publish=True)
        hidden = make_request(db, actor=kenya)
        take(db, kenya, public, dated(db, A, B), 4, desk)
        own, other = bearer(db, kenya), bearer(db, make_focal_point(db, "GH"))
    found = client.get(f"/api/v1/requests/{public.id}/fulfilment").json()

    assert [(each["skill"], each["asked"], each["held"]) for each in found["needs"]] == [
        (A, 6, 4),
        (B, 2, 2),
    ]
    assert (found["total"]["held"], found["total"]["lacking"], found["is_met"]) == (4, 2, False)
    path = f"/api/v1/requests/{hidden.id}/fulfilment"
    answers = [client.get(path, headers=each).status_code for each in ({}, other, own)]
    assert answers == [404, 404, 200]


def test_the_page_of_a_request_shows_its_chain(
    client: TestClient, database: Database, desk: Desk
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 6)], publish=True)
        take(db, kenya, request, dated(db, A), 4, desk)
    page = client.get(f"/requests/{request.id}")

    assert "From asked to certified" in page.text
    assert "2 of 6 still lack a seat." in page.text


def test_people_who_booked_alone_are_told_of_once_each_and_count_for_no_request(
    client: TestClient, database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 2), need(B, 6)], publish=True)
        both, again, late = dated(db, A, B, day=5), dated(db, B, day=40), dated(db, A, day=900)
        named = confirmed(db, kenya, take(db, kenya, request, both, 1, desk), desk, 1)
        person, seat = confirm_new(db, both.id, desk, country="KE")
        twice = confirm_new(db, again.id, desk, country="KE")[0]
        confirm_booking(db, twice, book(db, twice, both.id, desk).id, desk)
        confirm_new(db, both.id, desk, country="GH")
        confirm_new(db, late.id, desk, country="KE")
        hands.at = both.ends_at + timedelta(hours=1)
        mark(db, both, seat.id, desk)
        readers = [bearer(db, each) for each in (kenya, person)]
    path = f"/api/v1/requests/{request.id}/fulfilment"
    own, other = (client.get(path, headers=each).json() for each in readers)

    assert own["by_themselves"] == {"booked": 2, "trained": 1}
    assert (own["total"]["nominated"], own["total"]["attended"]) == (len(named), 0)
    assert other["by_themselves"] is None
    sign_in(client, database, kenya)
    page = words(client.get(f"/requests/{request.id}"))
    assert "2 more people of the country have seats of their own" in page
    assert "and 1 of them was trained." in page


def test_a_date_below_the_level_asked_for_trains_nobody_for_the_request(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 2, level=4)])
        confirm_new(db, dated(db, A).id, desk, country="KE")
        found = fulfilment_view(db, kenya, request.id).by_themselves

    assert found is not None
    assert found.booked == 0
