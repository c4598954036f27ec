"""Two calls that contradict each other, sent at one moment over HTTP: one wins, one is told why."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlmodel import Session

from app.booking.queries.history import lines_off
from app.booking.queries.invariants import broken
from app.booking.service.desk import Desk
from app.core.config import Settings
from app.core.db import Database
from tests.booking.people import Hands, book_new, confirm_new, name_new, take_block
from tests.factories import NOW, bearer, make_course, make_focal_point, make_slot, make_trainee
from tests.factories import owner_of as owner
from tests.support import web

TRIES = 4
WAIT_SECONDS = 30
DESK = Desk(clock=Hands())
Call = tuple[str, dict[str, Any], dict[str, str]]
Pairs = list[tuple[Call, Call]]


def approval_and_refusal(db: Session) -> Pairs:
    """Two people of a provider decide about one seat; somebody waits for it."""
    course = make_course(db)
    headers = bearer(db, owner(db, course.provider_id))
    pairs = []
    for _ in range(TRIES):
        slot = make_slot(db, course, seats=1, decision_hours=24)
        path = f"/bookings/{confirm_new(db, slot.id, DESK)[1].id}"
        book_new(db, slot.id, DESK)
        yes: Call = (f"{path}/approval", {}, headers)
        no: Call = (f"{path}/rejection", {"reason": "No"}, headers)
        pairs.append((yes, no))
    return pairs


def two_replacements(db: Session) -> Pairs:
    """A person of a block is exchanged for two others."""
    focal = make_focal_point(db)
    headers, course, pairs = bearer(db, focal), make_course(db), []
    for _ in range(TRIES):
        block = take_block(db, focal, make_slot(db, course).id, DESK, 1)
        path = f"/bookings/{name_new(db, focal, block.id, DESK)[1].id}/replacement"
        one, two = (
            (path, {"person": str(make_trainee(db).user_id)}, headers) for _side in range(2)
        )
        pairs.append((one, two))
    return pairs


def two_selections(db: Session) -> Pairs:
    """The selection among three applicants is made twice, after the deadline."""
    early = Hands(NOW - timedelta(days=5))
    course = make_course(db, now=early.at)
    headers, pairs = bearer(db, owner(db, course.provider_id)), []
    facts = {"route": "individual-selection", "seats": 2, "apply_by": NOW - timedelta(hours=1)}
    for _ in range(TRIES):
        slot = make_slot(db, course, now=early.at, **facts)
        for _applicant in range(3):
            book_new(db, slot.id, Desk(clock=early))
        call: Call = (f"/slots/{slot.id}/selection", {}, headers)
        pairs.append((call, call))
    return pairs


@pytest.mark.parametrize("prepare", [approval_and_refusal, two_replacements, two_selections])
def test_one_of_two_calls_at_once_wins_and_the_other_is_refused(
    database: Database, settings: Settings, prepare: Callable[[Session], Pairs]
) -> None:
    with database.write() as db:
        pairs = prepare(db)

    with web.serve(database, settings) as base_url:
        answers = [at_once(base_url, pair) for pair in pairs]

    refusals = {"step_not_allowed", "already_selected"}
    for answer in answers:
        (won, _), (lost, problem) = sorted(answer, key=lambda each: each[0])
        assert won in (HTTPStatus.OK, HTTPStatus.CREATED)
        assert lost == HTTPStatus.CONFLICT
        assert problem["code"] in refusals
    with database.read() as db:
        assert broken(db) == []
        assert list(lines_off(db, now=NOW)) == []


def at_once(base_url: str, pair: tuple[Call, Call]) -> list[tuple[int, dict[str, Any]]]:
    """Send both calls when both are ready to; the status and the body of each answer."""
    start = Barrier(len(pair))

    def send(call: Call) -> tuple[int, dict[str, Any]]:
        path, body, headers = call
        connection = HTTPConnection(urlsplit(base_url).netloc, timeout=WAIT_SECONDS)
        try:
            connection.connect()
            start.wait(WAIT_SECONDS)
            sent = headers | {"Content-Type": "application/json"}
            connection.request("POST", f"/api/v1{path}", json.dumps(body), sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    with ThreadPoolExecutor(len(pair)) as threads:
        return list(threads.map(send, pair))
