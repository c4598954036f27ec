"""Requests whose seats and needs part: amended, left by people who did not come."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.jobs import needs_changed
from app.booking.queries.fulfilment import useful_seats
from app.booking.service.desk import Desk
from app.booking.service.merging import merge_requests
from app.booking.service.withdrawing import withdraw_request
from app.core.db import Database
from app.demand.models import GapRequest
from app.demand.rules import SeatsStillHeldError
from app.demand.schemas import GapRequestPatch, MergeIn, WithdrawIn
from app.demand.service import amend_request
from app.worker import Tools, Worker
from tests.booking.people import Hands, assert_counters
from tests.booking.test_fulfilment import A, B, confirmed, dated, mark, need, state, take
from tests.factories import bearer, make_focal_point, make_request

GONE = WithdrawIn(reason="They were trained elsewhere.")


@pytest.fixture(autouse=True)
def _counters(database: Database) -> Iterator[None]:
    """Whatever a test did, the counters equal the claims afterwards."""
    yield
    assert_counters(database)


def amend(db: Session, focal: Actor, request: GapRequest, desk: Desk, *people: int) -> None:
    """Change how many people the request asks for in A, and in B."""
    needs = [need(skill, count) for skill, count in zip((A, B), people, strict=True)]
    version = db.get_one(GapRequest, request.id, populate_existing=True).version
    patch = GapRequestPatch.model_validate({"version": version, "needs": needs})
    amend_request(db, focal, request.id, patch, now=desk.clock())


@pytest.mark.parametrize(
    ("before", "after", "states"),
    [
        ((4, 2), (2, 2), ["partly-matched", "matched"]),
        ((2, 2), (4, 2), ["matched", "partly-matched"]),
    ],
)
def test_the_state_follows_when_a_request_of_several_needs_is_amended(
    database: Database,
    desk: Desk,
    before: tuple[int, int],
    after: tuple[int, int],
    states: list[str],
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, before[0]), need(B, before[1])])
        for skill, day in ((A, 5), (B, 6)):
            take(db, kenya, request, dated(db, skill, day=day), 2, desk)
        seen = [state(db, request)]
        amend(db, kenya, request, desk, *after)
    worker = Worker(Tools(database, desk), timed=())
    while worker.turn():
        pass
    with database.read() as db:
        seen.append(state(db, request))

    assert seen == states
    assert needs_changed(database, desk, request.id) is False


def test_amending_a_request_without_seats_leaves_it_where_triage_left_it(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 4), need(B, 2)])
        amend(db, kenya, request, desk, 2, 2)

    assert needs_changed(database, desk, request.id) is False
    with database.read() as db:
        assert state(db, request) == "submitted"


def test_a_request_is_withdrawn_after_a_no_show(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request, slot = make_request(db, actor=kenya, needs=[need(A, 3)]), dated(db, A, day=5)
        people = confirmed(db, kenya, take(db, kenya, request, slot, 2, desk), desk, 2)
        hands.on(days=6)
        mark(db, slot, people[0], desk)
        with pytest.raises(SeatsStillHeldError) as refusal:
            withdraw_request(db, kenya, request.id, GONE, now=hands.at)
        mark(db, slot, people[1], desk, attended=False)
        withdraw_request(db, kenya, request.id, GONE, now=hands.at)

        assert refusal.value.details == {"seats": 1}
        assert state(db, request) == "withdrawn"


def test_a_request_is_amended_below_the_seats_of_people_who_did_not_come(
    database: Database, desk: Desk, hands: Hands, client: TestClient
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request, slot = make_request(db, actor=kenya, needs=[need(A, 3)]), dated(db, A, day=5)
        people = confirmed(db, kenya, take(db, kenya, request, slot, 3, desk), desk, 3)
        hands.on(days=6)
        for person, came in zip(people, (True, True, False), strict=True):
            mark(db, slot, person, desk, attended=came)
        headers = bearer(db, kenya)
    address = f"/api/v1/requests/{request.id}"

    wishes = ([need(A, people)] for people in (1, 2))
    below, enough = (
        client.patch(address, json={"needs": needs}, headers=headers) for needs in wishes
    )

    assert (below.status_code, enough.status_code) == (422, 200)
    assert below.json()["errors"][0]["code"] == "below_seats_held"
    assert enough.json()["state"] == "met"


def test_seats_of_people_who_did_not_come_need_no_place_in_a_merged_request(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        one, other = (make_request(db, actor=kenya, needs=[need(A, 2)]) for _ in range(2))
        slot = dated(db, A, day=5)
        people = confirmed(db, kenya, take(db, kenya, one, slot, 2, desk), desk, 2)
        hands.on(days=6)
        mark(db, slot, people[0], desk)
        mark(db, slot, people[1], desk, attended=False)
        wish = MergeIn.model_validate(
            {"into": other.id, "needs": [need(A, 1)], "reason": "The same people."}
        )
        merge_requests(db, kenya, one.id, wish, desk)

        assert state(db, other) == "met"


def test_useful_seats_are_those_of_the_skill_with_most_people_left(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[need(A, 4), need(B, 2, level=2)])
        only_a, only_b, both = (dated(db, *skills) for skills in ((A,), (B,), (A, B)))
        take(db, kenya, request, dated(db, A, day=40), 3, desk)
        taught = {only_a.id: {A: 1}, only_b.id: {B: 1}, both.id: {A: 3, B: 3}}

        assert useful_seats(db, request.id, taught) == {only_a.id: 1, only_b.id: 0, both.id: 2}
