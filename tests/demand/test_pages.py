"""The pages of requests, as a browser without JavaScript uses them, on both databases."""

import re
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from app.core.db import Database
from app.demand.models import GapNeed, GapRequest
from tests import factories as make
from tests.factories import days

Fields = dict[str, Any]


def fields(**changed: Any) -> Fields:
    """The form as a browser sends it: every field, most of them empty."""
    return {
        "sector": "regulator",
        "office": "",
        "code": "",
        "needs-0-skill": "reg-gmp-inspection",
        "needs-0-level": "2",
        "needs-0-platform": "",
        "needs-0-people": "4",
        "needs-0-weight": "",
        "needs-1-skill": "",
        "needs-1-level": "",
        "needs-1-platform": "",
        "needs-1-people": "",
        "needs-1-weight": "",
        "earliest": days(0),
        "needed_by": days(100),
        "languages": ["fr", "", "en"],
        "travel": "anywhere",
        "travel_limit_km": "",
        "fee_limit": "",
        "funding_note": "",
        "urgency": "3",
        "significance": "2",
        "evidence": "tna-survey",
        "evidence_note": "",
        "note": "",
        **changed,
    }


@pytest.fixture
def browser_of_focal(client: TestClient, database: Database) -> TestClient:
    """A browser in which the focal point of Ghana is signed in."""
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, make.make_focal_point(db, "GH")))
    return client


def form_key(text: str) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', text)
    assert found
    return found[1]


def rows(database: Database) -> list[GapRequest]:
    with database.read() as db:
        return list(db.exec(select(GapRequest).order_by(col(GapRequest.id))))


def test_filing_leads_to_the_matches(browser_of_focal: TestClient, database: Database) -> None:
    empty = browser_of_focal.get("/requests/new")
    sent = fields(submit="true", form_key=form_key(empty.text), modes=["hands-on", "mentoring"])
    answer = browser_of_focal.post("/requests", data=sent)
    twice = browser_of_focal.post("/requests", data=sent)

    [row] = rows(database)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/requests/{row.id}/matches?notice=filed"
    assert twice.headers["location"] == answer.headers["location"]
    assert (row.state, row.languages, row.country) == ("submitted", ("fr", "en"), "GH")
    assert row.modes == ("hands-on", "mentoring")


def test_a_draft_is_shown_and_submitted_later(
    browser_of_focal: TestClient, database: Database
) -> None:
    answer = browser_of_focal.post("/requests", data=fields())
    [row] = rows(database)
    shown = browser_of_focal.get(answer.headers["location"])
    submitted = browser_of_focal.post(f"/requests/{row.id}/submission")

    assert answer.headers["location"] == f"/requests/{row.id}?notice=saved"
    assert "GMP inspection" in shown.text
    assert f'action="/requests/{row.id}/submission"' in shown.text
    assert submitted.headers["location"] == f"/requests/{row.id}/matches?notice=filed"


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"needs-0-people": "0"}, "needs-0-people", "Please enter 1 or more."),
        ({"needs-0-people": "100001"}, "needs-0-people", "Please enter 100000 or less."),
        ({"needs-0-skill": "juggling"}, "needs-0-skill", "Unknown skill “juggling”."),
        ({"needed_by": days(-2)}, "needed_by", "This date has already passed."),
        ({"earliest": days(101)}, "needed_by", "The window ends before it starts"),
        ({"languages": ["", ""]}, "languages", "Please choose at least one."),
        ({"note": "x" * 10_000}, "note", "Please use at most 4000 characters."),
        ({"note": "bell\x07"}, "note", "control characters"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_is_kept(
    browser_of_focal: TestClient,
    database: Database,
    changed: Fields,
    field: str,
    message: str,
) -> None:
    typed = {"office": "هيئة الدواء <b>", "modes": ["hands-on", "mentoring"]}
    answer = browser_of_focal.post("/requests", data=fields(**{**typed, **changed}))

    assert answer.status_code == 422
    assert message in answer.text
    assert f'href="#f-{field}"' in answer.text
    assert "هيئة الدواء &lt;b&gt;" in answer.text
    for mode in typed["modes"]:
        assert f'value="{mode}" checked' in answer.text
    assert '<option value="reg-gmp-inspection" selected' in answer.text or "juggling" in message
    assert rows(database) == []


def test_rows_may_be_filled_in_any_order(browser_of_focal: TestClient, database: Database) -> None:
    more = {"needs-7-skill": "mfg-lnp", "needs-7-level": "3", "needs-7-people": "2"}
    browser_of_focal.post("/requests", data=fields(**more))

    with database.read() as db:
        needs = db.exec(select(GapNeed).order_by(col(GapNeed.position))).all()
    assert [(need.skill_id, need.platform, need.people) for need in needs] == [
        ("reg-gmp-inspection", "all", 4),
        ("mfg-lnp", "all", 2),
    ]


def test_the_new_form_has_three_rows_without_a_script(browser_of_focal: TestClient) -> None:
    text = browser_of_focal.get("/requests/new").text

    for index in range(3):
        assert f'name="needs-{index}-skill"' in text
    assert "<template>" in text
    assert "needs-__i__-skill" in text


def test_editing_shows_what_is_there_and_saves_what_was_emptied(
    browser_of_focal: TestClient, database: Database
) -> None:
    sent = fields(publish="true", fee_limit="500", modes="hands-on", note="Soon")
    browser_of_focal.post("/requests", data=sent)
    [row] = rows(database)
    edit = f"/requests/{row.id}/edit"
    text = browser_of_focal.get(edit).text

    changed = fields(version="1", form_key=form_key(text), urgency="1")
    answer = browser_of_focal.post(edit, data=changed)

    assert 'name="publish" value="true" checked' in text
    assert 'value="500"' in text
    assert answer.headers["location"] == f"/requests/{row.id}?notice=saved"
    [row] = rows(database)
    assert (row.publish, row.fee_limit_usd, row.modes, row.note) == (False, None, (), "")
    assert (row.urgency, row.languages, row.version) == (1, ("fr", "en"), 2)


def test_an_edit_of_an_old_version_is_shown_again(
    browser_of_focal: TestClient, database: Database
) -> None:
    browser_of_focal.post("/requests", data=fields())
    [row] = rows(database)
    edit = f"/requests/{row.id}/edit"
    browser_of_focal.post(edit, data=fields(version="1", urgency="1"))

    answer = browser_of_focal.post(edit, data=fields(version="1", urgency="4"))

    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in answer.text
    assert f'href="{edit}"' in answer.text
    assert rows(database)[0].urgency == 1


@pytest.mark.parametrize(
    ("ending", "sent", "state"),
    [
        ("withdrawal", {"reason": "Filed twice."}, "withdrawn"),
        ("closure", {"reason": "The plan changed.", "outcome": "expired"}, "expired"),
    ],
)
def test_ending_a_request_asks_for_the_reason_first(
    browser_of_focal: TestClient, database: Database, ending: str, sent: Fields, state: str
) -> None:
    browser_of_focal.post("/requests", data=fields(submit="true"))
    [row] = rows(database)
    url = f"/requests/{row.id}/{ending}"

    assert browser_of_focal.get(url).status_code == 200
    silent = browser_of_focal.post(url, data={**sent, "reason": " "})
    ended = browser_of_focal.post(url, data=sent)
    shown = browser_of_focal.get(ended.headers["location"])

    assert silent.status_code == 422
    assert "Please fill this in." in silent.text
    assert rows(database)[0].state == state
    assert sent["reason"] in shown.text
    assert browser_of_focal.get(url).status_code == 409


def test_the_list_shows_own_requests_first_and_filters(
    browser_of_focal: TestClient, database: Database
) -> None:
    browser_of_focal.post("/requests", data=fields(submit="true"))
    with database.write() as db:
        make.make_request(db, country="KE", publish=True)

    text = browser_of_focal.get("/requests").text
    kenya = browser_of_focal.get("/requests?country=KE&q=&state=submitted&domain=").text

    assert 0 < text.index("GMP inspection") < text.index("Aseptic processing")
    assert "Aseptic processing" in kenya
    assert "GMP inspection</a>" not in kenya


def test_likely_duplicates_are_named_on_the_page(
    browser_of_focal: TestClient, database: Database
) -> None:
    for _ in range(2):
        browser_of_focal.post("/requests", data=fields(submit="true"))
    first, second = rows(database)

    assert f'href="/requests/{second.id}"' in browser_of_focal.get(f"/requests/{first.id}").text


def private_pages(request_id: UUID) -> list[str]:
    own = f"/requests/{request_id}"
    return [f"{own}/edit", f"{own}/withdrawal", f"{own}/closure"]


def test_the_walk_through_roles(client: TestClient, database: Database) -> None:
    with database.write() as db:
        public = make.make_request(db, country="KE", publish=True, note="Only for insiders").id
        private = make.make_request(db, country="KE").id
        people = {
            "trainee": make.login(db, make.make_trainee(db, country="KE")),
            "other": make.login(db, make.make_focal_point(db, "GH")),
            "secretariat": make.login(db, make.make_secretariat(db)),
        }

    def walk(request_id: UUID) -> list[int]:
        pages = [f"/requests/{request_id}", *private_pages(request_id)]
        return [client.get(url).status_code for url in pages]

    assert walk(public) == [200, 303, 303, 303]
    assert walk(private) == [404, 303, 303, 303]
    assert client.get("/requests/new").headers["location"] == "/sign-in?next=/requests/new"
    assert "Only for insiders" not in client.get(f"/requests/{public}").text
    for who in ("trainee", "other"):
        client.cookies.set("cadre_login", people[who])
        assert walk(public) == [200, 404, 404, 404]
        assert walk(private) == [404, 404, 404, 404]
    client.cookies.set("cadre_login", people["trainee"])
    assert client.get("/requests/new").status_code == 403
    assert client.post("/requests", data=fields()).status_code == 403
    client.cookies.set("cadre_login", people["secretariat"])
    assert walk(private) == [200, 403, 403, 200]
    assert "Only for insiders" in client.get(f"/requests/{public}").text


def test_a_form_of_another_site_is_not_carried_out(
    browser_of_focal: TestClient, database: Database
) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    answer = browser_of_focal.post("/requests", data=fields(), headers=headers)

    assert answer.status_code == 403
    assert rows(database) == []
