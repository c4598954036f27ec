"""The board after any history, in this process and in another, is the board made from nothing."""

from random import Random
from typing import Any

import pytest
from sqlmodel import select

from app.booking.rules import NotEnoughSeatsError
from app.booking.schemas import BookSeatIn, CohortIn
from app.booking.service.cohorts import hold_cohort
from app.booking.service.seats import book_seat
from app.core.db import Database
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.outbox import OutboxEvent
from app.matching import queries
from app.matching.rules import Need
from app.matching.service import Board
from app.matching.service.board import rank_rows
from app.registry.schemas.inputs import SlotPatch
from app.registry.service.slots import change_slot
from tests.factories import (
    NOW,
    TODAY,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_slot,
    make_trainee,
    owner_of,
)
from tests.matching.board_process import another_process
from tests.matching.histories import COUNTRIES, DESK, History

STEPS = 30


def needs_of(database: Database) -> list[Need]:
    """Needs of three countries, one of them among the least developed."""
    with database.write() as db:
        rows = [make_request(db, country=country) for country in COUNTRIES]
        return [queries.need_of(db, row, today=TODAY) for row in rows]


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_history_it_is_the_board_made_from_nothing(database: Database, seed: int) -> None:
    needs, board = needs_of(database), Board(database, clock=lambda: NOW)
    with database.write() as db:
        provider = make_provider(db)
        place = make_facility(db, provider)
        on_site: dict[str, Any] = {"mode": "hands-on", "facility": str(place.id)}
        first, course = make_course(db, provider), make_course(db, provider, **on_site)
        last = make_course(db, make_provider(db), prerequisites=[str(course.id)])
        for each in (first, course, last):
            make_slot(db, each)
    seen, random = set(), Random(seed)
    for _ in range(STEPS):
        try:
            with database.write() as db:
                History(db, random).step()
        except AppError:
            continue
        with database.read() as db:
            for need in needs:
                found = board.rank(db, need, now=NOW)
                assert found == rank_rows(db, need, now=NOW)
                seen.add(tuple((match.slot_id, match.seats_usable) for match in found.matches))
    with database.read() as db:
        anew = Board(database, clock=lambda: NOW)
        assert [board.rank(db, need, now=NOW) for need in needs] == [
            anew.rank(db, need, now=NOW) for need in needs
        ]
    assert len(seen) > 5  # the history changed what is found


@pytest.mark.parametrize("refreshed", [True, False])
def test_another_process_sees_a_change_in_its_next_ranking(
    database: Database, refreshed: bool
) -> None:
    need = needs_of(database)[0]
    with database.write() as db:
        slot = make_slot(db)
    with another_process(database.url, need, refreshed=refreshed) as elsewhere:
        before = elsewhere.seats()
        with database.write() as db:
            change_slot(db, owner_of(db, slot.provider_id), slot.id, SlotPatch(seats=7), now=NOW)
        after = elsewhere.seats()

    assert before == {slot.id: 12}
    # Without the look at new facts the other process would go on with what it had.
    assert after == {slot.id: 7 if refreshed else 12}


def test_a_board_that_is_behind_cannot_sell_a_seat_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    need, board = needs_of(database)[0], Board(database, clock=lambda: NOW)
    with database.write() as db:
        slot = make_slot(db, seats=1)
    with database.read() as db:
        board.matches(db, need, now=NOW)
    monkeypatch.setattr(queries, "new_changes", lambda _db, _watch: None)
    with database.write() as db:
        book_seat(db, make_trainee(db), slot.id, BookSeatIn(), DESK)
    with database.read() as db:
        [free] = board.matches(db, need, now=NOW)
    with database.write() as db:
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)
        with pytest.raises(NotEnoughSeatsError):
            hold_cohort(db, focal, request.id, CohortIn(slot=slot.id, seats=1), DESK)

    assert (free.slot_id, free.seats_usable) == (slot.id, 1)


def test_a_fact_that_is_committed_late_is_noticed(database: Database) -> None:
    """Its id is older than one that is known already, as can happen on PostgreSQL."""
    need, board = needs_of(database)[0], Board(database, clock=lambda: NOW)
    with database.write() as db:
        slot = make_slot(db)
        owner = owner_of(db, slot.provider_id)
    early = new_id()
    with database.write() as db:
        make_trainee(db)  # a later fact, which the board comes to know
    with database.read() as db:
        board.matches(db, need, now=NOW)
    with database.write() as db:
        change_slot(db, owner, slot.id, SlotPatch(seats=3), now=NOW)
        db.flush()
        event = db.exec(
            select(OutboxEvent).where(
                OutboxEvent.subject_id == slot.id, OutboxEvent.name == "slot.changed"
            )
        ).one()
        event.id = early
        db.add(event)
    with database.read() as db:
        [fit] = board.matches(db, need, now=NOW)

    assert fit.seats_usable == 3
