"""The secretariat puts dates forward or sets them aside; the country reads why."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.service.merging import merge_requests
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import AuditEntry, OutboxEvent
from app.demand.models import GapRequest
from app.demand.rules import RequestNotLiveError
from app.demand.schemas import MergeIn
from app.matching.models import MatchOverride
from app.matching.queries.overrides import live_overrides
from app.matching.rules.overrides import OverrideEndedError, OverrideExistsError
from app.matching.schemas import MatchesView, OverrideIn
from app.matching.service import Board, matches_for
from app.matching.service.overrides import end_override, override_match
from app.registry.models import Slot
from tests.factories import (
    NOW,
    bearer,
    in_days,
    login,
    make_course,
    make_focal_point,
    make_request,
    make_secretariat,
    make_slot,
)
from tests.matching.test_alerts import DESK, work


def say(
    db: Session, request: GapRequest, slot: Slot, kind: str, *, by: Actor | None = None
) -> UUID:
    body = OverrideIn.model_validate(
        {"slot": slot.id, "kind": kind, "reason": "They know each other."}
    )
    actor = by or make_secretariat(db)
    return override_match(db, actor, request.id, body, now=NOW).id


def answers(database: Database, request: GapRequest, limit: int = 50) -> MatchesView:
    """What the country sees: the same from the board and from the rows."""
    with database.write() as db:
        focal = make_focal_point(db, request.country)
        by_rows = matches_for(db, focal, request.id, now=NOW, limit=limit)
    with database.read() as db:
        board = Board(database, clock=lambda: NOW)
        found = matches_for(db, focal, request.id, now=NOW, limit=limit, board=board)
    assert found == by_rows
    return found


def test_what_is_put_forward_comes_first_with_its_score_and_its_limit(database: Database) -> None:
    with database.write() as db:
        fitting = make_slot(db)
        late = make_slot(db, **in_days(300))
        request = make_request(db)
        say(db, request, late, "put-forward")
    found = answers(database, request)

    assert [match.slot.id for match in found.matches] == [late.id, fitting.id]
    first = found.matches[0]
    assert first.override is not None
    assert (first.override.kind, first.override.reason) == ("put-forward", "They know each other.")
    assert first.override.at == NOW
    assert [limit.criterion for limit in first.blocked_by] == ["window"]
    assert first.score == sum(part.score for part in first.criteria)
    assert all(0 <= part.score <= part.weight for part in first.criteria)
    assert "which counts as 200 days" in first.criteria[1].why
    assert found.matches[1].override is None
    assert (found.matches_total, found.near_misses_total, found.near_misses) == (2, 0, ())


def test_what_is_put_forward_answers_a_need_that_found_nothing(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, make_course(db, level=1, languages=["zh"]))
        request = make_request(db)
        before = matches_for(db, make_focal_point(db), request.id, now=NOW).reason_none
        say(db, request, slot, "put-forward")
    found = answers(database, request)

    assert (before, found.reason_none) == ("language", None)
    assert [limit.criterion for limit in found.matches[0].blocked_by] == ["language", "level"]


def test_what_is_set_aside_is_no_match_any_more(database: Database) -> None:
    with database.write() as db:
        aside, near, kept = make_slot(db), make_slot(db, **in_days(300)), make_slot(db)
        request = make_request(db)
        for slot in (aside, near):
            say(db, request, slot, "set-aside")
    found = answers(database, request, limit=1)

    assert [match.slot.id for match in found.matches] == [kept.id]
    assert [match.slot.id for match in found.set_aside] == [aside.id, near.id]
    assert (found.matches_total, found.near_misses_total) == (1, 0)
    assert [limit.criterion for limit in found.set_aside[1].blocked_by] == ["window"]


def test_the_database_keeps_one_live_word_on_a_slot_whoever_forgot_the_lock(
    database: Database,
) -> None:
    with database.write() as db:
        slot, request = make_slot(db), make_request(db)
        said = db.get_one(MatchOverride, say(db, request, slot, "set-aside"))
        again = said.model_dump(exclude={"id"})

    with database.write() as db:
        db.add(MatchOverride(**again | {"ended_at": NOW}))
    with pytest.raises(IntegrityError), database.write() as db:
        db.add(MatchOverride(**again))


def test_what_has_ended_leaves_the_ranking_alone(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db)
        request = make_request(db)
        secretariat = make_secretariat(db)
        said = say(db, request, slot, "set-aside", by=secretariat)
        end_override(db, secretariat, said, now=NOW + timedelta(hours=1))
        with pytest.raises(OverrideEndedError):
            end_override(db, secretariat, said, now=NOW)
        facts = db.exec(select(OutboxEvent.name, OutboxEvent.payload)).all()
        reasons = db.exec(select(AuditEntry.reason).where(col(AuditEntry.subject) == "override"))
        written = set(reasons)
    found = answers(database, request)

    assert [match.override for match in found.matches] == [None]
    assert found.set_aside == ()
    named = {name: payload for name, payload in facts if name.startswith("override.")}
    assert named.keys() == {"override.made", "override.ended"}
    about = {"request": str(request.id), "slot": str(slot.id), "kind": "set-aside"}
    assert all(payload == about for payload in named.values())
    assert written == {"They know each other.", None}


def test_one_word_at_a_time_on_a_live_request(database: Database) -> None:
    with database.write() as db:
        slot, other = make_slot(db), make_slot(db, make_course(db, skills=["mfg-gowning"]))
        request = make_request(db)
        draft = make_request(db, actor=make_focal_point(db), submit=False)
        secretariat = make_secretariat(db)
        say(db, request, slot, "put-forward", by=secretariat)
        with pytest.raises(OverrideExistsError):
            say(db, request, slot, "set-aside", by=secretariat)
        with pytest.raises(InvalidError):
            say(db, request, other, "put-forward", by=secretariat)
        with pytest.raises(NotFoundError):
            say(db, draft, slot, "put-forward", by=secretariat)
        with pytest.raises(ForbiddenError):
            say(db, request, slot, "set-aside", by=make_focal_point(db))
        row = db.get_one(GapRequest, request.id)
        row.state = "withdrawn"
        db.add(row)
        db.flush()
        with pytest.raises(RequestNotLiveError):
            say(db, request, make_slot(db), "put-forward", by=secretariat)


def test_the_api_says_and_ends_it(client: TestClient, database: Database) -> None:
    with database.write() as db:
        slot, request = make_slot(db), make_request(db)
        focal, secretariat = bearer(db, make_focal_point(db)), bearer(db, make_secretariat(db))
    address, body = f"/api/v1/requests/{request.id}/overrides", override_body(slot)
    refused = client.post(address, json=body, headers=focal)
    empty = client.post(address, json={**body, "reason": " "}, headers=secretariat)
    made = client.post(address, json=body, headers=secretariat)
    found = client.get(f"/api/v1/requests/{request.id}/matches", headers=focal).json()
    ended = client.post(f"/api/v1/overrides/{made.json()['id']}/end", headers=secretariat)

    assert (refused.status_code, empty.status_code, made.status_code) == (403, 422, 201)
    assert made.json()["ended_at"] is None
    assert found["matches"] == []
    assert found["set_aside"][0]["override"]["reason"] == "No lodging there."
    assert (ended.status_code, ended.json()["ended_at"] is None) == (200, False)


def override_body(slot: Slot) -> dict[str, Any]:
    return {"slot": str(slot.id), "kind": "set-aside", "reason": "No lodging there."}


def test_the_secretariat_says_it_on_the_page_and_the_country_reads_it(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slot, request = make_slot(db), make_request(db)
        focal, secretariat = login(db, make_focal_point(db)), login(db, make_secretariat(db))
    matches, form = f"/requests/{request.id}/matches", f"/requests/{request.id}/overrides"
    client.cookies.set("cadre_login", secretariat)
    assert f"{form}?slot={slot.id}&amp;kind=set-aside" in client.get(matches).text
    shown = client.get(f"{form}?slot={slot.id}&kind=set-aside")
    empty = client.post(form, data={**override_body(slot), "reason": ""})
    unknown = client.post(form, data={**override_body(slot), "slot": "nothing"})
    said = client.post(form, data=override_body(slot))
    again = client.post(form, data=override_body(slot))
    page = client.get(matches).text
    client.cookies.set("cadre_login", focal)
    theirs, hidden = client.get(matches).text, client.get(form)

    assert (shown.status_code, "Set a date aside" in shown.text) == (200, True)
    assert (empty.status_code, "Please fill this in." in empty.text) == (422, True)
    assert (unknown.status_code, "No lodging there." in unknown.text) == (422, True)
    assert (said.status_code, said.headers["location"]) == (303, f"{matches}?notice=saved")
    assert (again.status_code, "already" in again.text) == (409, True)
    assert "Let the ranking decide again" in page
    assert "No lodging there." in theirs
    assert "Let the ranking decide again" not in theirs
    assert f"{form}?" not in theirs
    assert hidden.status_code == 403


def test_the_page_ends_it(client: TestClient, database: Database) -> None:
    with database.write() as db:
        slot, request = make_slot(db), make_request(db)
        secretariat = make_secretariat(db)
        said = say(db, request, slot, "put-forward", by=secretariat)
        client.cookies.set("cadre_login", login(db, secretariat))
    before = client.get(f"/requests/{request.id}/matches").text
    ended = client.post(f"/overrides/{said}/end")

    assert "Put forward by the secretariat" in before
    assert ended.headers["location"] == f"/requests/{request.id}/matches?notice=saved"
    assert "Put forward by the secretariat" not in client.get(ended.headers["location"]).text


def merged_pair(db: Session) -> tuple[Actor, GapRequest, GapRequest]:
    focal = make_focal_point(db)
    return focal, make_request(db, actor=focal), make_request(db, actor=focal)


def merge(db: Session, focal: Actor, goes: GapRequest, stays: GapRequest) -> None:
    wish = MergeIn(into=stays.id, reason="Two offices filed it.")
    merge_requests(db, focal, goes.id, wish, DESK)


def spoken(database: Database, request: GapRequest) -> list[tuple[UUID, str]]:
    """What holds for a request once a worker has dealt with everything."""
    work(database)
    with database.read() as db:
        return [(row.slot_id, row.kind) for row in live_overrides(db, [request.id])]


def test_what_was_said_for_a_merged_request_holds_for_the_one_that_stays(
    database: Database,
) -> None:
    with database.write() as db:
        focal, goes, stays = merged_pair(db)
        slot = make_slot(db)
        say(db, goes, slot, "put-forward")
        merge(db, focal, goes, stays)

    assert spoken(database, stays) == [(slot.id, "put-forward")]
    assert spoken(database, goes) == []
    with database.read() as db:
        ended = select(AuditEntry.reason).where(AuditEntry.action == "override.ended")
        assert db.exec(ended).all() == ["merged"]
    first = answers(database, stays).matches[0].override
    assert first is not None
    assert (first.reason, first.at) == ("They know each other.", NOW)


def test_the_word_on_the_request_that_stays_comes_before_that_of_the_merged_one(
    database: Database,
) -> None:
    with database.write() as db:
        focal, goes, stays = merged_pair(db)
        slot = make_slot(db)
        say(db, goes, slot, "put-forward")
        say(db, stays, slot, "set-aside")
        merge(db, focal, goes, stays)

    assert spoken(database, stays) == [(slot.id, "set-aside")]


def test_what_was_said_goes_through_two_mergers_at_once(database: Database) -> None:
    with database.write() as db:
        focal, goes, between = merged_pair(db)
        stays = make_request(db, actor=focal)
        slot = make_slot(db)
        say(db, goes, slot, "set-aside")
        merge(db, focal, goes, between)
        merge(db, focal, between, stays)

    assert spoken(database, stays) == [(slot.id, "set-aside")]
    assert spoken(database, between) == []
