"""Allocations and worth over JSON, on both kinds of database; and who must not read them."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from app.accounts.rules import Actor
from app.core.db import Database
from tests.allocation.plans import DESK, ask, lines_of, made_run, queue_run, slot_of
from tests.booking.people import confirm_new
from tests.factories import (
    bearer,
    make_course,
    make_focal_point,
    make_provider,
    make_secretariat,
    make_trainee,
    owner_of,
)

HOME = "/api/v1/allocations"


def headers(database: Database, actor: Actor) -> dict[str, str]:
    with database.write() as db:
        return bearer(db, actor)


def planned(database: Database) -> tuple[dict[str, str], UUID]:
    """Headers of the secretariat, and a plan that gives two countries two seats of four each."""
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4)
        slot_of(db, 4)
    actor, run_id = made_run(database)
    return headers(database, actor), run_id


def test_a_run_is_started_and_followed(client: TestClient, database: Database) -> None:
    with database.write() as db:
        sent = bearer(db, make_secretariat(db))

    answer = client.post(HOME, headers=sent, json={"settings": {"floor_percent": 50}})

    assert answer.status_code == 201, answer.text
    run = answer.json()
    assert (run["state"], run["settings"]["floor_percent"], run["figures"]) == ("queued", 50, None)
    assert client.get(f"{HOME}/{run['id']}", headers=sent).json()["lines"] == []
    assert client.get(HOME, headers=sent).json()["total"] == 1


def test_a_plan_says_figures_lines_and_why_not_more(client: TestClient, database: Database) -> None:
    sent, run_id = planned(database)

    run = client.get(f"{HOME}/{run_id}", headers=sent).json()

    assert [(line["country"], line["seats"], line["state"]) for line in run["lines"]] == [
        ("KE", 2, "proposed"),
        ("RW", 2, "proposed"),
    ]
    assert [(row["asked"], row["given"], row["binding"]) for row in run["verdicts"]] == [
        (4, 2, "places-full")
    ] * 2
    assert run["figures"]["gap_percent"] == 0
    assert run["figures"]["plan"]["lowest_share"] == 0.5


def test_a_line_is_changed_and_its_effect_said(client: TestClient, database: Database) -> None:
    sent, run_id = planned(database)
    line = lines_of(database, run_id)[0]

    answer = client.patch(
        f"{HOME}/{run_id}/lines/{line.id}", headers=sent, json={"seats": 1, "reason": "Asked for."}
    )

    assert answer.status_code == 200, answer.text
    effect = answer.json()
    assert (effect["line"]["seats"], effect["line"]["seats_solved"]) == (1, 2)
    assert 3900 < effect["objective_before"] - effect["objective_after"] < 4100  # one of value 4
    figures = client.get(f"{HOME}/{run_id}", headers=sent).json()["figures"]
    assert (figures["plan"]["people"], figures["edited"]["people"]) == (4, 3)


@pytest.mark.parametrize(
    ("free", "seats", "limit"), [(4, 3, "places-full"), (9, 5, "more-than-asked")]
)
def test_a_change_that_breaks_a_limit_is_refused_and_the_limit_named(
    client: TestClient, database: Database, free: int, seats: int, limit: str
) -> None:
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4)
        slot_of(db, free)
    actor, run_id = made_run(database)
    sent = headers(database, actor)
    line = lines_of(database, run_id)[0]

    answer = client.patch(
        f"{HOME}/{run_id}/lines/{line.id}",
        headers=sent,
        json={"seats": seats, "reason": "More please."},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "limit_broken")
    assert answer.json()["limit"] == limit
    assert lines_of(database, run_id)[0].seats == line.seats


def test_a_line_can_be_put_in_where_the_ranking_found_a_match(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db)
        wanting = ask(db, "KE", 2).id
        unfit = ask(db, "RW", 2, languages=["ru"]).id
        slots = {slot_of(db, 9, course=course).id for _ in range(2)}
    actor, run_id = made_run(database)
    sent = headers(database, actor)
    line = lines_of(database, run_id)[0]
    (other,) = slots - {line.slot_id}
    address, why = f"{HOME}/{run_id}/lines", {"seats": 2, "reason": "Nearer."}

    client.patch(f"{address}/{line.id}", headers=sent, json={**why, "seats": 0})
    added = client.post(
        address, headers=sent, json={**why, "request": str(wanting), "slot": str(other)}
    )
    refused = client.post(
        address, headers=sent, json={**why, "request": str(unfit), "slot": str(other)}
    )

    assert added.status_code == 201, added.text
    assert (added.json()["line"]["seats"], added.json()["line"]["seats_solved"]) == (2, 0)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "no_match")


def test_people_whose_line_no_longer_fits_can_be_given_another_date(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db)
        request = str(ask(db, "KE", 2).id)
        slots = {slot_of(db, 2, course=course).id for _ in range(2)}
    actor, run_id = made_run(database)
    sent = headers(database, actor)
    (line,) = lines_of(database, run_id)
    (other,) = slots - {line.slot_id}
    with database.write() as db:
        confirm_new(db, line.slot_id, DESK)

    application = client.post(f"{HOME}/{run_id}/application", headers=sent).json()
    wish = {"request": request, "slot": str(other), "seats": 2, "reason": "The other is full."}
    added = client.post(f"{HOME}/{run_id}/lines", headers=sent, json=wish)

    assert application["lines_failed"] == 1
    assert added.status_code == 201, added.text
    assert added.json()["objective_before"] == 0


def test_a_plan_is_applied_once_over_json(client: TestClient, database: Database) -> None:
    sent, run_id = planned(database)

    for _ in range(2):
        answer = client.post(f"{HOME}/{run_id}/application", headers=sent)
        assert answer.status_code == 200, answer.text

    run = answer.json()
    assert (run["state"], run["lines_applied"], run["lines_failed"]) == ("applied", 2, 0)
    assert all(line["cohort"] for line in run["lines"])
    changed = client.patch(
        f"{HOME}/{run_id}/lines/{run['lines'][0]['id']}",
        headers=sent,
        json={"seats": 0, "reason": "No."},
    )
    assert (changed.status_code, changed.json()["code"]) == (409, "line_settled")


def test_two_runs_stand_beside_each_other(client: TestClient, database: Database) -> None:
    sent, first = planned(database)
    with database.write() as db:
        slot_of(db, 2, course=make_course(db))
    _, second = made_run(database)

    found = client.get(f"{HOME}/{second}/comparison?with={first}", headers=sent).json()

    assert not found["same_input"]
    assert sum(row["seats_after"] - row["seats_before"] for row in found["differences"]) == 2
    assert "slot-new" in {row["cause"] for row in found["differences"]}


def test_a_run_that_waits_is_cancelled_once(client: TestClient, database: Database) -> None:
    actor, run_id = queue_run(database)
    sent = headers(database, actor)

    first, second = (client.post(f"{HOME}/{run_id}/cancellation", headers=sent) for _ in range(2))

    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert (second.status_code, second.json()["code"]) == (409, "run_over")


def test_strangers_learn_nothing_of_allocations(client: TestClient, database: Database) -> None:
    _, run_id = planned(database)
    line = lines_of(database, run_id)[0]
    with database.write() as db:
        strangers = [bearer(db, make_focal_point(db, "KE")), bearer(db, make_trainee(db))]
    calls: list[tuple[str, str, Any, int]] = [
        ("GET", HOME, None, 403),
        ("POST", HOME, {}, 403),
        ("GET", f"{HOME}/{run_id}", None, 404),
        ("GET", f"{HOME}/{run_id}/lines", None, 404),
        ("GET", f"{HOME}/{run_id}/verdicts", None, 404),
        ("GET", f"{HOME}/{run_id}/comparison?with={run_id}", None, 404),
        ("POST", f"{HOME}/{run_id}/cancellation", {}, 403),
        ("PATCH", f"{HOME}/{run_id}/lines/{line.id}", {"seats": 0, "reason": "x"}, 403),
        ("POST", f"{HOME}/{run_id}/application", {}, 403),
        ("GET", "/api/v1/worth", None, 403),
    ]

    for sent in strangers:
        for method, address, body, status in calls:
            answer = client.request(method, address, headers=sent, json=body)
            assert answer.status_code == status, (method, address)


def test_an_unknown_run_is_not_found(client: TestClient, database: Database) -> None:
    with database.write() as db:
        sent = bearer(db, make_secretariat(db))

    for method, rest in (("GET", ""), ("POST", "/cancellation"), ("POST", "/application")):
        answer = client.request(method, f"{HOME}/{UUID(int=1)}{rest}", headers=sent)
        assert answer.status_code == 404


def test_worth_tells_providers_no_small_count_and_nothing_to_rank_by(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_course(db)
        ask(db, "KE", 9, urgency=4)
        provider = make_provider(db)
        provider_sent = bearer(db, owner_of(db, provider.id))
    actor, _ = made_run(database)

    seen = client.get("/api/v1/worth", headers=headers(database, actor)).json()
    told = client.get("/api/v1/worth", headers=provider_sent).json()

    assert seen["total"] == told["total"] > 0
    assert {(row["people"], row["countries"]) for row in seen["items"]} == {(9, 1)}
    assert all(row["worth"] > 0 for row in seen["items"])
    assert {(row["people"], row["countries"], row["worth"]) for row in told["items"]} == {
        (None, None, None)
    }
    assert all("a few people" in row["text"] for row in told["items"])


def test_worth_of_several_countries_is_told_in_counts(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_course(db)
        for country in ("KE", "RW", "UG"):
            ask(db, country, 3)
        provider = make_provider(db)
        sent = bearer(db, owner_of(db, provider.id))
    made_run(database)

    told = client.get("/api/v1/worth?region=AFR", headers=sent).json()

    assert any("9 people of 3 countries" in row["text"] for row in told["items"])
    assert client.get("/api/v1/worth?region=EUR", headers=sent).json()["items"] == []
