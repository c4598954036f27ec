"""The board answers as the rows do, and what was committed is in its next answer."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.booking.schemas import BookSeatIn, CohortIn
from app.booking.service.cohorts import hold_cohort
from app.booking.service.desk import Desk
from app.booking.service.seats import book_seat
from app.core import migrate
from app.core.config import Settings
from app.core.db import Database
from app.main import create_server_app
from app.matching import queries
from app.matching.rules import Need
from app.matching.service import Board
from app.matching.service.board import rank_rows
from app.registry.schemas.inputs import CancellationIn, CoursePatch, FacilityPatch, SlotPatch
from app.registry.service.courses import edit_course
from app.registry.service.facilities import edit_facility
from app.registry.service.slots import cancel_slot, change_slot
from tests.factories import (
    NOW,
    TODAY,
    decide,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_slot,
    make_trainee,
    owner_of,
)

DESK = Desk(lambda: NOW)


def a_need(database: Database, **facts: Any) -> Need:
    with database.write() as db:
        return queries.need_of(db, make_request(db, **facts), today=TODAY)


def matched(board: Board, database: Database, need: Need) -> dict[Any, int]:
    """Seats that the need could use, by slot; checked against the answer from the rows."""
    with database.read() as db:
        found = board.rank(db, need, now=NOW)
        assert found == rank_rows(db, need, now=NOW)
        fits = board.matches(db, need, now=NOW)
    assert [fit.slot_id for fit in fits] == [match.slot_id for match in found.matches]
    return {match.slot_id: match.seats_usable for match in found.matches}


@pytest.fixture
def board(database: Database) -> Board:
    return Board(database, clock=lambda: NOW)


def test_a_new_slot_is_in_the_next_answer(database: Database, board: Board) -> None:
    need = a_need(database)
    before = matched(board, database, need)
    with database.write() as db:
        slot = make_slot(db)

    assert (before, matched(board, database, need)) == ({}, {slot.id: 12})


def test_what_is_not_committed_is_not_on_the_board(database: Database, board: Board) -> None:
    need = a_need(database)
    with database.write() as db:
        make_slot(db)
        with database.read() as other:
            found = board.rank(other, need, now=NOW)
        with pytest.raises(ValueError, match="only reads"):
            board.rank(db, need, now=NOW)

    assert found.matches == ()


def test_seats_that_are_taken_or_freed_are_seen(database: Database, board: Board) -> None:
    need = a_need(database)
    with database.write() as db:
        slot = make_slot(db, seats=5)
    matched(board, database, need)
    with database.write() as db:
        book_seat(db, make_trainee(db), slot.id, BookSeatIn(), DESK)
    one_less = matched(board, database, need)
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya)
        hold_cohort(db, kenya, request.id, CohortIn(slot=slot.id, seats=3), DESK)

    assert one_less == {slot.id: 4}
    assert matched(board, database, need) == {slot.id: 1}


def test_a_country_that_has_its_seats_sees_no_more(database: Database, board: Board) -> None:
    kenya, uganda = a_need(database), a_need(database, country="UG")
    with database.write() as db:
        slot = make_slot(db, max_per_country=2)
    matched(board, database, kenya)
    with database.write() as db:
        book_seat(db, make_trainee(db, country="KE"), slot.id, BookSeatIn(), DESK)

    assert matched(board, database, kenya) == {slot.id: 1}
    assert matched(board, database, uganda) == {slot.id: 2}


def test_a_change_of_the_slot_is_seen(database: Database, board: Board) -> None:
    need = a_need(database)
    with database.write() as db:
        moved, cancelled = make_slot(db), make_slot(db)
    assert matched(board, database, need).keys() == {moved.id, cancelled.id}
    with database.write() as db:
        owner = owner_of(db, moved.provider_id)
        change_slot(db, owner, moved.id, SlotPatch(seats=7), now=NOW)
        owner = owner_of(db, cancelled.provider_id)
        cancel_slot(db, owner, cancelled.id, CancellationIn(), now=NOW)

    assert matched(board, database, need) == {moved.id: 7}


def test_a_change_of_the_course_is_seen_on_all_its_slots(database: Database, board: Board) -> None:
    need, other = a_need(database), a_need(database, needs=[skill("mfg-gowning")])
    with database.write() as db:
        course = make_course(db)
        slots = {make_slot(db, course).id, make_slot(db, course, now=NOW).id}
    assert matched(board, database, need).keys() == slots
    with database.write() as db:
        patch = CoursePatch.model_validate({"skills": [{"id": "mfg-gowning", "level": 3}]})
        edit_course(db, owner_of(db, course.provider_id), str(course.id), patch, now=NOW)

    assert matched(board, database, need) == {}
    assert matched(board, database, other).keys() == slots


def skill(name: str) -> dict[str, Any]:
    return {"skill": name, "level": 3, "people": 2}


def test_clearance_of_a_site_that_takes_longer_is_seen(database: Database, board: Board) -> None:
    need = a_need(database)
    with database.write() as db:
        facility = make_facility(db, provider := make_provider(db))
        course = make_course(db, provider, mode="hands-on", facility=str(facility.id))
        slot = make_slot(db, course)
    assert matched(board, database, need).keys() == {slot.id}
    with database.write() as db:
        patch = FacilityPatch.model_validate({"access_rules": ["background-check"]})
        edit_facility(db, owner_of(db, provider.id), str(facility.id), patch, now=NOW)

    assert matched(board, database, need) == {}


def test_slots_of_a_suspended_provider_are_gone(database: Database, board: Board) -> None:
    need = a_need(database)
    with database.write() as db:
        slot = make_slot(db, make_course(db, provider := make_provider(db)))
    assert matched(board, database, need).keys() == {slot.id}
    with database.write() as db:
        decide(db, provider, "suspended")

    assert matched(board, database, need) == {}


def test_a_course_that_must_come_first_and_its_runs_are_seen(
    database: Database, board: Board
) -> None:
    need = a_need(database)
    with database.write() as db:
        first = make_course(db, provider := make_provider(db), skills=["mfg-pqs-gmp"])
        last = make_course(db, provider, prerequisites=[str(first.id)])
        slot = make_slot(db, last)
    without = matched(board, database, need)
    with database.write() as db:
        starts_at = NOW + timedelta(days=9)
        make_slot(db, first, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))

    assert (without, matched(board, database, need)) == ({}, {slot.id: 12})


def test_what_is_over_tells_no_seat_from_no_such_course(database: Database, board: Board) -> None:
    need = a_need(database)
    none = reason(board, database, need)
    with database.write() as db:
        past = NOW - timedelta(days=3)
        make_slot(db, starts_at=past, ends_at=past + timedelta(hours=1))

    assert none == "no-course-for-skill"
    assert reason(board, database, need) == "no-seat-before-needed-by"


def reason(board: Board, database: Database, need: Need) -> str | None:
    with database.read() as db:
        return board.rank(db, need, now=NOW).reason_none


def test_rows_written_without_a_fact_are_seen_when_it_is_made_anew(
    database: Database, board: Board
) -> None:
    need = a_need(database)
    with database.write() as db:
        slot = make_slot(db)
    matched(board, database, need)
    with database.write() as db:
        slot = db.merge(slot)
        slot.seats = 4
    with database.read() as db:
        stale = board.rank(db, need, now=NOW).matches[0].seats_usable
    board.rebuild()

    assert (stale, matched(board, database, need)) == (12, {slot.id: 4})


def test_many_needs_are_answered_in_their_order(database: Database, board: Board) -> None:
    needs = [a_need(database), a_need(database, languages=["zh"])]
    with database.write() as db:
        slot = make_slot(db)
    with database.read() as db:
        found = list(board.rankings(db, needs, now=NOW, limit=5))

    assert [[fit.slot_id for fit in fits] for fits in found] == [[slot.id], []]


def test_a_server_makes_its_board_before_the_first_question(
    database: Database, settings: Settings
) -> None:
    with database.write() as db:
        make_slot(db)
    app = create_server_app(database, settings)
    with TestClient(app, base_url=settings.base_url):
        for thread in threading.enumerate():
            if thread.name == "board":
                thread.join()

    assert app.state.board.nbytes > 0


def test_a_question_that_comes_while_the_board_is_made_has_the_whole_answer(
    database: Database, board: Board
) -> None:
    need = a_need(database)
    with database.write() as db:
        slots = {make_slot(db).id for _ in range(3)}
    making = board.start()

    assert matched(board, database, need).keys() == slots
    making.join()


def test_who_makes_the_board_does_not_keep_those_waiting_who_have_its_connections(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/narrow.db"
    migrate.upgrade(url)
    narrow = Database(url, pool_size=1)
    need, board = a_need(narrow), Board(narrow, clock=lambda: NOW)
    with narrow.read() as db:
        db.connection()  # the only one
        making = board.start()
        making.join(0.3)
        asking = threading.Thread(target=board.rank, args=(db, need), kwargs={"now": NOW})
        asking.start()
        asking.join(15)  # in a circle both would wait until the pool gives up, after 30 s
        is_answered = not asking.is_alive()
        asking.join()
    making.join()
    narrow.dispose()

    assert is_answered


def test_a_board_that_could_not_be_made_is_made_by_the_first_question(
    tmp_path: Path, database: Database
) -> None:
    need, url = a_need(database), f"sqlite:///{tmp_path}/later.db"
    later = Database(url)
    board = Board(later, clock=lambda: NOW)
    board.start().join()
    before = board.nbytes
    migrate.upgrade(url)
    with later.read() as db:
        found = board.rank(db, need, now=NOW)
    later.dispose()

    assert (before, found.reason_none) == (0, "no-course-for-skill")
    assert board.nbytes > 0
