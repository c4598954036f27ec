"""Pages of allocations, worth and calls: as people click through them, without a script."""

import re
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.accounts.rules import Actor
from app.allocation.jobs import make_next
from app.allocation.models import AllocationRun, SupplyCall
from app.allocation.queries.run_views import lines_to_apply
from app.allocation.schemas.calls import CallIn
from app.allocation.service import application
from app.allocation.service.calls import send_call
from app.allocation.service.runs import take_run
from app.allocation.words import elapsed_text
from app.booking.models import Cohort
from app.core.db import Database
from app.registry.models import Slot
from tests.allocation.plans import SKILL, ask, lines_of, made_run, queue_run, slot_of
from tests.factories import (
    NOW,
    login,
    make_course,
    make_focal_point,
    make_provider,
    make_secretariat,
    make_trainee,
    owner_of,
)

HOME = "/secretariat/allocations"


def sign_in(client: TestClient, database: Database, actor: Actor) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, actor))


def planned(client: TestClient, database: Database) -> UUID:
    """A plan of two seats for each of two countries, read by somebody of the secretariat."""
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4)
        slot_of(db, 4)
    actor, run_id = made_run(database)
    sign_in(client, database, actor)
    return run_id


def text_of(client: TestClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_countries_that_cannot_all_be_served_are_named(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        ask(db, "KE", 1)
        ask(db, "RW", 1)
        slot_of(db, 1)
    actor, run_id = made_run(database)
    sign_in(client, database, actor)

    page = text_of(client, f"{HOME}/{run_id}")
    out = client.get(f"/api/v1/allocations/{run_id}").json()["figures"]["left_out"]

    assert len(out) == 1
    assert f"as few as possible: {'Kenya' if out == ['KE'] else 'Rwanda'}." in page
    assert "every other country has at least 90.0 %" in page


def test_a_run_is_started_from_the_form_and_made(client: TestClient, database: Database) -> None:
    with database.write() as db:
        ask(db, "KE", 2)
        slot_of(db, 4)
        actor = make_secretariat(db)
    sign_in(client, database, actor)
    form = {"floor_percent": "80", "stability_percent": "5", "seconds": "60", "note": "March"}

    sent = client.post(HOME, data=form)
    run_page = sent.headers["location"]
    waiting = text_of(client, run_page)
    assert make_next(database, lambda: NOW) is not None

    assert sent.status_code == 303
    assert "Waiting for a worker" in waiting
    assert "Look again" in waiting
    done = text_of(client, run_page)
    assert "80 % of the best common share" in done
    assert "2 of 2" in done


def test_a_run_is_followed_without_a_script_until_it_has_ended(
    client: TestClient, database: Database
) -> None:
    actor, run_id = queue_run(database)
    sign_in(client, database, actor)
    home = f"{HOME}/{run_id}"

    still, followed = client.get(home).text, client.get(f"{home}?follow=1").text
    assert make_next(database, lambda: NOW) == run_id
    ended = client.get(f"{home}?follow=1").text

    refresh = '<meta http-equiv="refresh" content="5">'
    assert [refresh in text for text in (still, followed, ended)] == [False, True, False]
    assert f'href="{home}?follow=1">Follow it' in still
    assert f'href="{home}">Stop looking again' in followed
    assert "it has waited for" in still


def test_the_page_of_a_run_says_its_phase_and_how_long_it_has_worked(
    client: TestClient, database: Database
) -> None:
    actor, run_id = queue_run(database)
    database.run(lambda db: take_run(db, now=NOW - timedelta(seconds=90)))
    sign_in(client, database, actor)

    page = text_of(client, f"{HOME}/{run_id}")

    assert re.search(r"Reading requests and dates; for \d+ (seconds|minutes)\.", page)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (120, "2 minutes")],
)
def test_how_long_it_takes_is_said_in_words(seconds: int, text: str) -> None:
    assert elapsed_text(timedelta(seconds=seconds)) == text


def test_all_that_would_be_applied_is_counted_whatever_is_listed(database: Database) -> None:
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4)
        slot_of(db, 4)
    _, run_id = made_run(database)

    with database.read() as db:
        lines, total, held, seats = lines_to_apply(db, run_id, limit=1)

    assert ([line.seats for line in lines], total, held, seats) == ([2], 2, 2, 4)


def test_a_form_with_a_wrong_figure_comes_back_with_it(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        actor = make_secretariat(db)
    sign_in(client, database, actor)

    answer = client.post(
        HOME, data={"floor_percent": "101", "stability_percent": "5", "seconds": "60"}
    )

    assert answer.status_code == 422
    assert 'value="101"' in answer.text
    assert "Please enter 100 or less." in answer.text


def test_a_plan_is_read_by_date_and_by_request(client: TestClient, database: Database) -> None:
    run_id = planned(client, database)

    by_date, by_request = (
        text_of(client, f"{HOME}/{run_id}{rest}") for rest in ("", "?by=request")
    )

    assert "Countries in turn" in by_date
    assert "proven best" in by_date
    assert "Kenya" in by_date
    assert "2 of 4" in by_request
    assert "All seats of a slot that fits are given" in by_request


def test_a_plan_is_applied_after_a_look_at_what_will_happen(
    client: TestClient, database: Database
) -> None:
    run_id = planned(client, database)

    before = text_of(client, f"{HOME}/{run_id}/application")
    answer = client.post(f"{HOME}/{run_id}/application", data={"form_key": "once"})

    assert "Take 4 seats in 2 lines" in before
    assert answer.status_code == 303
    assert "2 of 2 lines applied" in text_of(client, answer.headers["location"])
    assert "Nothing is left to apply" in text_of(client, f"{HOME}/{run_id}/application")
    with database.read() as db:
        assert len(db.exec(select(Cohort)).all()) == 2


def test_a_plan_that_takes_too_long_says_that_lines_are_left(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = planned(client, database)
    monkeypatch.setattr(application, "LONGEST", -1.0)

    answer = client.post(f"{HOME}/{run_id}/application")

    assert "Apply again for the lines that are left." in text_of(client, answer.headers["location"])
    assert "Take 4 seats in 2 lines" in text_of(client, f"{HOME}/{run_id}/application")


def test_a_country_reads_which_seats_of_the_plan_were_gone(
    client: TestClient, database: Database
) -> None:
    run_id = planned(client, database)
    line = lines_of(database, run_id)[0]
    with database.write() as db:
        db.get_one(Slot, line.slot_id).status = "cancelled"
        kenya = make_focal_point(db, "KE")
    client.post(f"{HOME}/{run_id}/application")

    sign_in(client, database, kenya)
    found = text_of(client, f"/requests/{line.request_id}")

    assert "Not to be had any more: 2 seats on" in found
    assert "It proposed 2 of 4." in found


def test_a_country_reads_what_the_applied_plan_gave_it_and_nothing_before(
    client: TestClient, database: Database
) -> None:
    run_id = planned(client, database)
    request_id = next(
        line.request_id for line in lines_of(database, run_id) if line.country == "KE"
    )
    with database.write() as db:
        kenya, rwanda = make_focal_point(db, "KE"), make_focal_point(db, "RW")
    secretariat = dict(client.cookies)

    sign_in(client, database, kenya)
    assert "From the plan" not in text_of(client, f"/requests/{request_id}")
    client.cookies.update(secretariat)
    client.post(f"{HOME}/{run_id}/application")
    sign_in(client, database, kenya)
    found = text_of(client, f"/requests/{request_id}")

    assert "From the plan" in found
    assert "2 seats" in found
    assert "All seats of a slot that fits are given" in found
    sign_in(client, database, rwanda)
    assert client.get(f"/requests/{request_id}").status_code == 404


def test_a_line_is_changed_and_the_page_says_what_that_does(
    client: TestClient, database: Database
) -> None:
    run_id = planned(client, database)
    address = f"{HOME}/{run_id}/lines/{lines_of(database, run_id)[0].id}"

    changed = client.post(address, data={"seats": "1", "reason": "They ask for fewer."})
    refused = client.post(address, data={"seats": "4", "reason": "All of them."})
    unnamed = client.post(address, data={"seats": "1"})

    assert changed.status_code == 303
    said = text_of(client, changed.headers["location"])
    assert "weighted people less than before" in said
    assert "1 of 4. Seats that fit are left over" in said
    assert "Kenya has less than the plan guarantees." in said
    assert "Kenya has less than the plan guarantees." in text_of(client, f"{HOME}/{run_id}")
    assert (refused.status_code, unnamed.status_code) == (409, 422)
    assert "4 are free" in refused.text
    assert 'value="4"' in refused.text


def test_a_line_is_put_in_by_hand(client: TestClient, database: Database) -> None:
    run_id = planned(client, database)
    kenya = lines_of(database, run_id)[0]
    address = f"{HOME}/{run_id}/lines"
    client.post(f"{address}/{kenya.id}", data={"seats": "0", "reason": "Out."})

    form = client.get(f"{address}/new")
    answer = client.post(
        address,
        data={
            "request": str(kenya.request_id),
            "slot": str(kenya.slot_id),
            "seats": "2",
            "reason": "In again.",
        },
    )

    assert str(kenya.request_id) in form.text
    assert answer.status_code == 303
    assert lines_of(database, run_id)[0].edit_reason == "In again."


def test_a_date_is_named_by_the_day_it_has_at_its_place(
    client: TestClient, database: Database
) -> None:
    morning = datetime(NOW.year + 1, 3, 10, 9, tzinfo=ZoneInfo("Pacific/Fiji"))  # UTC: the 9th
    noon = morning + timedelta(hours=3)
    with database.write() as db:
        ask(db, "KE", 4, needed_by=morning.date() + timedelta(days=90))
        slot_of(db, 4, zone="Pacific/Fiji", starts_at=morning, ends_at=noon)
    actor, run_id = made_run(database)
    sign_in(client, database, actor)

    for page in ("", "/application", "/lines/new"):
        found = text_of(client, f"{HOME}/{run_id}{page}")
        assert f" 10 Mar {morning.year}" in found
        assert f" 9 Mar {morning.year}" not in found


def test_two_runs_are_compared(client: TestClient, database: Database) -> None:
    first = planned(client, database)
    _, second = made_run(database, floor_percent=50)

    found = text_of(client, f"{HOME}/{second}/comparison?with={first}")

    assert "Both saw the same needs and seats." in found
    assert "50 %" in found


def test_a_run_is_cancelled_from_its_page(client: TestClient, database: Database) -> None:
    actor, run_id = queue_run(database)
    sign_in(client, database, actor)

    first, second = (client.post(f"{HOME}/{run_id}/cancellation") for _ in range(2))

    assert first.status_code == 303
    assert second.status_code == 409
    assert "nothing to cancel" in second.text
    with database.read() as db:
        assert db.get_one(AllocationRun, run_id).state == "cancelled"


@pytest.mark.parametrize(
    "path", ["", "/{run}", "/{run}/application", "/{run}/lines/new", "/{run}/comparison?with={run}"]
)
def test_to_others_these_pages_do_not_exist(
    client: TestClient, database: Database, path: str
) -> None:
    run_id = planned(client, database)
    with database.write() as db:
        strangers = [make_focal_point(db, "KE"), make_trainee(db)]

    for stranger in strangers:
        sign_in(client, database, stranger)
        assert client.get(HOME + path.format(run=run_id)).status_code == 404
        assert client.post(f"{HOME}/{run_id}/application").status_code == 404


def test_worth_leads_to_a_call_that_is_filled_in(client: TestClient, database: Database) -> None:
    with database.write() as db:
        make_course(db)
        ask(db, "KE", 5)
        ask(db, "RW", 4)
    actor, _ = made_run(database)
    sign_in(client, database, actor)

    listed = client.get("/secretariat/worth").text
    address = re.search(r'href="(/secretariat/calls/new\?[^"]+)"', listed)
    assert address is not None
    form = client.get(address[1].replace("&amp;", "&")).text

    assert 'value="9"' in form
    assert f'<option value="{SKILL}" selected>' in form
    assert '<option value="eastern-africa" selected>' in form


def test_a_provider_reads_where_one_more_date_would_help(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db)
        for country in ("KE", "RW", "UG"):
            ask(db, country, 3)
        owner = owner_of(db, course.provider_id)
        other = make_provider(db, state="in-review", name="Not verified yet")
        other_owner, slug = owner_of(db, other.id), other.slug
    made_run(database)
    sign_in(client, database, owner)

    console = client.get("/provider", follow_redirects=True)
    address = re.search(r'href="(/provider/[^"]+/worth)"', console.text)
    assert address is not None
    found = text_of(client, address[1])

    assert "would serve 9 people of 3 countries" in found
    assert "Kenya" not in found
    sign_in(client, database, other_owner)
    assert client.get(f"/provider/{slug}/worth").status_code == 404
    assert client.get(address[1]).status_code == 404


def test_a_call_is_sent_seen_in_the_console_and_answered(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db)
        owner, actor = owner_of(db, course.provider_id), make_secretariat(db)
    sign_in(client, database, actor)
    form = {"kind": "slots", "skill": SKILL, "people": "9", "reached": "4", "message": "Please."}

    sent = client.post("/secretariat/calls", data=form)
    assert sent.status_code == 303, sent.text
    sign_in(client, database, owner)
    console = client.get("/provider", follow_redirects=True).text
    with database.read() as db:
        call_id = db.exec(select(SupplyCall.id)).one()
    address = f"/calls/{call_id}"
    answered = client.post(f"{address}/answer", data={"answer": "yes", "note": "In May."})

    assert "The secretariat asks" in console
    assert address in console
    assert "9 people of 4 countries" in text_of(client, address)
    assert answered.status_code == 303
    sign_in(client, database, actor)
    assert "In May." in text_of(client, address)
    assert "Call for slots" in text_of(client, "/secretariat/calls")


def test_a_focal_point_reads_a_call_beside_its_requests(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        ghana, kenya = make_focal_point(db, "GH"), make_focal_point(db, "KE")
        wish = CallIn.model_validate(
            {"kind": "joint", "skill": SKILL, "countries": ["GH", "TG"], "region": "western-africa"}
        )
        call_id = send_call(db, make_secretariat(db), wish, now=NOW).id
    sign_in(client, database, ghana)

    for address in ("/requests", "/me"):
        assert f"/calls/{call_id}" in client.get(address).text
    found = text_of(client, f"/calls/{call_id}")
    assert "Togo" not in found
    sign_in(client, database, kenya)
    assert f"/calls/{call_id}" not in client.get("/requests").text
    assert client.get(f"/calls/{call_id}").status_code == 404


def test_an_answer_without_a_choice_comes_back(client: TestClient, database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        owner = owner_of(db, course.provider_id)
        wish = CallIn.model_validate({"kind": "slots", "skill": SKILL})
        call_id = send_call(db, make_secretariat(db), wish, now=NOW).id
    sign_in(client, database, owner)

    answer = client.post(f"/calls/{call_id}/answer", data={"note": "Perhaps."})

    assert answer.status_code == 422
    assert "Perhaps." in answer.text
