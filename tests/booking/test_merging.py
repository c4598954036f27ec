"""Two requests for the same people become one, with their seats; on both databases."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.accounts.rules import Actor
from app.booking.models import Cohort
from app.booking.queries.invariants import broken
from app.booking.schemas import AttendanceIn, CohortIn, NominationIn
from app.booking.service import cohorts, nominations, seats
from app.booking.service.attendance import record_attendance
from app.booking.service.desk import Desk
from app.booking.service.merging import merge_requests
from app.core.db import Database
from app.core.errors import AppError, InvalidError, NotFoundError
from app.demand import queries, service
from app.demand.models import GapRequest
from app.demand.rules import NotOneNeedError
from app.demand.schemas import MergeIn, WithdrawIn
from app.registry.models import Slot
from tests import factories as make
from tests.booking.people import Hands
from tests.factories import NOW, days

FILL = {"skill": "mfg-aseptic-fill", "level": 3, "platform": "vaccines", "people": 6}
LNP = {"skill": "mfg-lnp", "level": 2, "platform": "mrna", "people": 3}


@pytest.fixture(autouse=True)
def _sound(database: Database) -> Iterator[None]:
    """Whatever a test did, all that must hold does."""
    yield
    with database.read() as db:
        assert broken(db) == []


def merge(into: UUID, **facts: Any) -> MergeIn:
    return MergeIn.model_validate({"into": into, "reason": "Two offices filed it.", **facts})


def request(db: Session, focal: Actor, *needs: dict[str, Any], **facts: Any) -> GapRequest:
    return make.make_request(db, actor=focal, needs=list(needs or (FILL,)), **facts)


def lines(db: Session, request_id: UUID) -> list[tuple[str, int]]:
    found = queries.needs_of(db, [request_id])[request_id]
    return [(need.skill_id, need.people) for need in found]


def test_people_in_both_are_counted_once_and_the_others_are_put_together(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        goes = request(db, focal, {**FILL, "people": 8}, LNP)
        stays = request(db, focal, FILL, {**FILL, "level": 2, "people": 2})

        kept = merge_requests(db, focal, goes.id, merge(stays.id), desk)

        assert kept.id == stays.id
        assert lines(db, stays.id) == [
            ("mfg-aseptic-fill", 8),
            ("mfg-aseptic-fill", 2),
            ("mfg-lnp", 3),
        ]
        assert (stays.people, stays.state) == (13, "submitted")
        assert (goes.state, goes.end_code, goes.merged_into_id) == ("withdrawn", "merged", stays.id)
        assert goes.state_reason == "Two offices filed it."


def test_the_caller_says_what_stands_when_the_people_are_not_the_same(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        goes, stays = request(db, focal), request(db, focal)

        merge_requests(db, focal, goes.id, merge(stays.id, needs=[{**FILL, "people": 9}]), desk)

        assert lines(db, stays.id) == [("mfg-aseptic-fill", 9)]


def block_of(db: Session, focal: Actor, row: GapRequest, slot: Slot, desk: Desk, n: int) -> Cohort:
    return cohorts.hold_cohort(db, focal, row.id, CohortIn(slot=slot.id, seats=n), desk)


def test_seats_and_people_trained_go_along(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        slot, later = make.make_slot(db, seats=6), make.make_slot(db, seats=6)
        goes, stays = request(db, focal), request(db, focal)
        block = block_of(db, focal, goes, slot, desk, 3)
        block_of(db, focal, stays, later, desk, 2)
        somebody = make.make_trainee(db)
        named = NominationIn(person=somebody.user_id)
        booking = nominations.nominate(db, focal, block.id, named, desk)
        seats.confirm_booking(db, somebody, booking.id, desk)
        hands.at = slot.ends_at
        owner = make.owner_of(db, slot.provider_id)
        record_attendance(db, owner, booking.id, AttendanceIn(attended=True), desk)
        assert (goes.seats_met, goes.state) == (1, "in-training")
        before = block.version

        merge_requests(db, make.make_secretariat(db), goes.id, merge(stays.id), desk)

        assert (stays.seats_met, stays.state) == (1, "in-training")
        assert stays.training_since == slot.starts_at
        assert (goes.seats_held, goes.seats_met, goes.state) == (0, 0, "withdrawn")
        assert (block.request_id, block.version) == (stays.id, before + 1)
        held = db.exec(select(Cohort.seats_open).where(Cohort.request_id == stays.id)).all()
        assert stays.seats_held == sum(held) + 1


def test_a_block_that_waits_in_line_goes_along(database: Database, desk: Desk) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        slot = make.make_slot(db, seats=2)
        goes, stays = request(db, focal), request(db, focal)
        wish = CohortIn(slot=slot.id, seats=2)
        first = cohorts.hold_cohort(db, focal, stays.id, wish, desk)
        waits = cohorts.hold_cohort(
            db, focal, goes.id, wish.model_copy(update={"wait": True}), desk
        )
        merge_requests(db, focal, goes.id, merge(stays.id), desk)

        cohorts.release_cohort(db, focal, first.id, desk)

        assert (waits.request_id, waits.state, stays.seats_held) == (stays.id, "active", 2)


def test_fewer_people_than_have_seats_are_refused(database: Database, desk: Desk) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        goes, stays = request(db, focal), request(db, focal)
        for row in (goes, stays):
            block_of(db, focal, row, make.make_slot(db, seats=6), desk, 5)

        with pytest.raises(InvalidError) as refusal:
            merge_requests(db, focal, goes.id, merge(stays.id), desk)

        assert [each.code for each in refusal.value.problems] == ["below_seats_held"]
        merge_requests(db, focal, goes.id, merge(stays.id, needs=[{**FILL, "people": 10}]), desk)
        assert (stays.seats_held, stays.state) == (10, "matched")


@pytest.mark.parametrize(
    "facts",
    [
        {"needs": [LNP]},
        {"earliest": days(201), "needed_by": days(300)},
        {"country": "KE"},
        {"submit": False},
    ],
)
def test_what_is_not_one_need_stays_two(
    database: Database, desk: Desk, facts: dict[str, Any]
) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH", "KE")
        one = make.make_request(db, country="GH", needs=[FILL])
        other = make.make_request(db, **{"country": "GH", "needs": [FILL], **facts})
        for goes, stays in ((one, other), (other, one), (one, one)):
            with pytest.raises(NotOneNeedError):
                merge_requests(db, focal, goes.id, merge(stays.id), desk)


def test_too_many_lines_together_are_refused(database: Database, desk: Desk) -> None:
    skills = ["mfg-aseptic-fill", "mfg-lnp", "reg-gmp-inspection"]
    platforms = ["vaccines", "mrna", "all"]
    levels = [1, 2, 3, 4]
    every = [
        {"skill": skill, "platform": platform, "level": level, "people": 1}
        for skill in skills
        for platform in platforms
        for level in levels
    ]
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        goes, stays = request(db, focal, *every[:20]), request(db, focal, *every[2:22])

        with pytest.raises(InvalidError) as refusal:
            merge_requests(db, focal, goes.id, merge(stays.id), desk)

    assert [each.code for each in refusal.value.problems] == ["too_long"]


def test_strangers_merge_nothing_and_learn_nothing(database: Database, desk: Desk) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        goes, stays = request(db, focal, publish=True), request(db, focal, publish=True)
        stranger = make.make_focal_point(db, "KE")
        own = request(db, stranger)
        with pytest.raises(NotFoundError):
            merge_requests(db, stranger, goes.id, merge(stays.id), desk)
        for into in (goes.id, uuid4()):
            with pytest.raises(InvalidError) as refusal:
                merge_requests(db, stranger, own.id, merge(into), desk)
            assert [each.code for each in refusal.value.problems] == ["unknown_request"]


def together(*works: Callable[[], str]) -> list[str]:
    """Do all at the same moment; what each said, or the code of its refusal."""
    start = threading.Barrier(len(works))

    def one(work: Callable[[], str]) -> str:
        start.wait(timeout=30)
        try:
            return work()
        except AppError as error:
            return error.code

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def pair(database: Database) -> tuple[Actor, UUID, UUID]:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        return focal, request(db, focal).id, request(db, focal).id


def merging(
    database: Database, actor: Actor, goes: UUID, stays: UUID, desk: Desk
) -> Callable[[], str]:
    def work() -> str:
        return database.run(lambda db: str(merge_requests(db, actor, goes, merge(stays), desk).id))

    return work


def test_two_who_merge_into_each_other_leave_one(database: Database, desk: Desk) -> None:
    for _ in range(5):
        focal, one, other = pair(database)

        said = together(
            merging(database, focal, one, other, desk), merging(database, focal, other, one, desk)
        )

        with database.read() as db:
            states = sorted(db.get_one(GapRequest, each).state for each in (one, other))
        assert states == ["submitted", "withdrawn"]
        assert "not_one_need" in said


def test_a_request_is_merged_or_withdrawn_not_both(database: Database, desk: Desk) -> None:
    for _ in range(5):
        focal, one, other = pair(database)

        def withdraw(focal: Actor = focal, one: UUID = one) -> str:
            gone = WithdrawIn(reason="No longer needed.")
            return database.run(
                lambda db: service.withdraw_request(db, focal, one, gone, now=NOW).state
            )

        said = together(merging(database, focal, one, other, desk), withdraw)

        with database.read() as db:
            row = db.get_one(GapRequest, one)
        won = (str(other), "step_not_allowed") if row.end_code else ("not_one_need", "withdrawn")
        assert tuple(said) == won


def test_seats_taken_at_the_same_moment_are_never_left_behind(
    database: Database, desk: Desk
) -> None:
    for _ in range(5):
        focal, one, other = pair(database)
        with database.write() as db:
            slot_id = make.make_slot(db, seats=6).id

        def hold(focal: Actor = focal, one: UUID = one, slot_id: UUID = slot_id) -> str:
            wish = CohortIn(slot=slot_id, seats=2)
            return database.run(lambda db: cohorts.hold_cohort(db, focal, one, wish, desk).state)

        together(merging(database, focal, one, other, desk), hold)

        with database.read() as db:
            row = db.get_one(GapRequest, one)
            assert row.state != "withdrawn" or row.seats_held == 0


def test_the_page_compares_and_merges(client: TestClient, database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        goes = request(db, focal, {**FILL, "people": 8}, office="وزارة الصحة").id
        stays = request(db, focal, office="<b>Authority</b>").id
        client.cookies.set("cadre_login", make.login(db, focal))
    link = f"/requests/{goes}/merge?into={stays}"
    assert link in client.get(f"/requests/{goes}").text.replace("&amp;", "&")

    shown = client.get(link).text
    assert "وزارة الصحة" in shown
    assert "&lt;b&gt;Authority&lt;/b&gt;" in shown
    assert 'name="needs-0-people" type="number" value="8"' in shown
    sent = {
        "into": str(stays),
        "needs-0-skill": "mfg-aseptic-fill",
        "needs-0-level": "3",
        "needs-0-platform": "vaccines",
        "needs-0-people": "0",
        "reason": "Two offices",
    }
    refused = client.post(f"/requests/{goes}/merge", data=sent)
    assert (refused.status_code, "Please enter 1 or more." in refused.text) == (422, True)
    merged = client.post(f"/requests/{goes}/merge", data={**sent, "needs-0-people": "7"})
    assert merged.headers["location"] == f"/requests/{stays}?notice=merged"
    assert f'href="/requests/{stays}"' in client.get(f"/requests/{goes}").text
    again = client.post(f"/requests/{goes}/merge", data=sent)
    assert again.status_code == 422


def test_the_api_merges_and_answers_with_what_stays(client: TestClient, database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        goes, stays = request(db, focal).id, request(db, focal).id
        headers = make.bearer(db, focal)
    url, body = f"/api/v1/requests/{goes}/merge", {"into": str(stays), "reason": "Two offices"}

    answer = client.post(url, json=body, headers=headers)
    again = client.post(url, json=body, headers=headers)

    assert (answer.status_code, answer.json()["id"]) == (200, str(stays))
    assert client.get(url.removesuffix("/merge"), headers=headers).json()["merged_into"] == str(
        stays
    )
    assert (again.status_code, again.json()["code"]) == (409, "not_one_need")
