"""A request's way through the secretariat in a browser without JavaScript, and by the API."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.core.db import Database
from app.demand import queries, service
from app.demand.models import GapRequest
from app.demand.schemas import NoteIn, OwnerIn
from tests import factories as make
from tests.factories import NOW

API = "/api/v1/requests"


@dataclass
class People:
    """Those who meet over a request, and the browser that each of them uses in turn."""

    client: TestClient
    database: Database
    focal: Actor
    secretariat: Actor
    request_id: UUID

    @property
    def url(self) -> str:
        """The page of the request."""
        return f"/requests/{self.request_id}"

    def become(self, actor: Actor) -> TestClient:
        """The browser with ``actor`` signed in."""
        with self.database.write() as db:
            self.client.cookies.set("cadre_login", make.login(db, actor))
        return self.client

    def bearer(self, actor: Actor) -> dict[str, str]:
        """Headers of the API."""
        with self.database.write() as db:
            return make.bearer(db, actor)

    def read(self, what: Callable[[Session], Any]) -> Any:
        """Look something up."""
        with self.database.read() as db:
            return what(db)

    def row(self) -> GapRequest:
        """The request as the database has it."""
        found: GapRequest = self.read(lambda db: db.get_one(GapRequest, self.request_id))
        return found


@pytest.fixture
def people(client: TestClient, database: Database) -> People:
    """A request of Kenya, just submitted."""
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal, publish=True)
    return People(client, database, focal, secretariat, row.id)


def test_question_answer_and_opening_on_the_page(people: People) -> None:
    browser = people.become(people.secretariat)
    asked = browser.post(f"{people.url}/clarification", data={"question": "Which <b>product</b>?"})
    assert asked.headers["location"] == f"{people.url}?notice=asked"

    browser = people.become(people.focal)
    shown = browser.get(people.url).text
    assert "Waiting for an answer." in shown
    assert "Which &lt;b&gt;product&lt;/b&gt;?" in shown
    answered = browser.post(f"{people.url}/answer", data={"answer": "لقاح الحصبة"})
    assert answered.headers["location"] == f"{people.url}?notice=answered"
    assert people.row().state == "clarified"

    browser = people.become(people.secretariat)
    shown = browser.get(people.url).text
    assert "لقاح الحصبة" in shown
    assert f'action="{people.url}/opening"' in shown
    browser.post(f"{people.url}/opening")
    assert people.row().state == "open"
    assert f'action="{people.url}/opening"' not in browser.get(people.url).text


def test_the_overview_says_which_request_is_asked_about_and_leads_to_its_matches(
    people: People,
) -> None:
    before = people.become(people.focal).get("/me").text
    assert "The secretariat asks" not in before
    assert f'href="{people.url}/matches"' in before

    question = {"question": "Which product?"}
    people.become(people.secretariat).post(f"{people.url}/clarification", data=question)

    assert "The secretariat asks" in people.become(people.focal).get("/me").text


def test_an_empty_question_is_refused_beside_its_field(people: People) -> None:
    answer = people.become(people.secretariat).post(
        f"{people.url}/clarification", data={"question": " "}
    )

    assert answer.status_code == 422
    assert 'href="#f-question"' in answer.text
    assert people.row().asked_at is None


def test_a_link_that_is_no_website_is_refused_and_kept_in_the_field(people: People) -> None:
    sent = {"title": "Survey", "url": "javascript:alert(1)"}
    answer = people.become(people.focal).post(f"{people.url}/links", data=sent)

    assert answer.status_code == 422
    assert "begins with https://" in answer.text
    assert 'href="javascript' not in answer.text
    assert 'value="javascript:alert(1)"' in answer.text


def test_links_are_added_and_taken_away_on_the_page(people: People) -> None:
    browser = people.become(people.focal)
    sent = {"title": "<script>alert(1)</script>", "url": "https://example.org/?a=1&b=%22"}
    browser.post(f"{people.url}/links", data=sent)
    shown = browser.get(people.url).text
    [link] = people.read(lambda db: queries.links_of(db, people.focal, people.request_id))

    assert 'href="https://example.org/?a=1&amp;b=%22"' in shown
    assert "<script>alert(1)" not in shown
    browser.post(f"{people.url}/links/{link.id}/removal")
    assert "example.org" not in browser.get(people.url).text


def test_the_country_never_reads_the_notes_of_the_secretariat(people: People) -> None:
    browser = people.become(people.secretariat)
    sent = {"body": "Between us only", "audience": "secretariat"}
    assert browser.post(f"{people.url}/notes", data=sent).status_code == 303
    assert "Between us only" in browser.get(people.url).text

    assert "Between us only" not in people.become(people.focal).get(people.url).text
    notes = f"{API}/{people.request_id}/notes"
    assert people.client.get(notes, headers=people.bearer(people.focal)).json() == {"items": []}
    refused = people.client.post(notes, json=sent, headers=people.bearer(people.focal))
    assert refused.json()["errors"][0]["loc"] == ["audience"]


def test_the_public_page_shows_nothing_of_the_case(people: People) -> None:
    with people.database.write() as db:
        note = NoteIn(body="Never public")
        service.write_note(db, people.focal, people.request_id, note, now=NOW)

    text = people.client.get(people.url).text

    assert "Aseptic" in text
    for word in ("Never public", "With the secretariat", "Questions and notes", "Documents"):
        assert word not in text


def test_the_owner_is_chosen_on_the_page(people: People) -> None:
    browser = people.become(people.secretariat)
    browser.post(f"{people.url}/owner", data={"owner": str(people.secretariat.user_id)})
    shown = browser.get(people.url).text
    assert f'<option value="{people.secretariat.user_id}" selected' in shown

    stranger = browser.post(f"{people.url}/owner", data={"owner": str(people.focal.user_id)})
    assert (stranger.status_code, people.row().owner_id) == (422, people.secretariat.user_id)
    browser.post(f"{people.url}/owner", data={"owner": ""})
    assert people.row().owner_id is None


def test_copy_for_another_year_opens_a_draft_to_look_over(people: People) -> None:
    browser = people.become(people.focal)
    assert "Copy for another year" in browser.get(people.url).text

    answer = browser.post(f"{people.url}/copy")

    newest = select(GapRequest).order_by(col(GapRequest.id).desc())
    copy = people.read(lambda db: db.exec(newest).first())
    assert answer.headers["location"] == f"/requests/{copy.id}/edit?notice=copied"
    assert browser.get(answer.headers["location"]).status_code == 200
    assert (copy.state, copy.copied_from_id) == ("draft", people.request_id)


def test_the_queue_is_for_the_secretariat_alone(people: People) -> None:
    assert people.client.get("/secretariat/requests").status_code == 303
    assert people.become(people.focal).get("/secretariat/requests").status_code == 404

    browser = people.become(people.secretariat)
    text = browser.get("/secretariat/requests").text
    assert "Waiting for triage (1)" in text
    assert people.url in text
    assert people.url not in browser.get("/secretariat/requests?show=answer").text
    assert 'href="/secretariat/requests"' in browser.get("/secretariat").text
    assert browser.get("/secretariat/requests?show=all").status_code == 422


def test_the_api_takes_every_step(people: People) -> None:
    own = f"{API}/{people.request_id}"
    focal, secretariat = people.bearer(people.focal), people.bearer(people.secretariat)

    def post(path: str, body: Any, headers: dict[str, str]) -> Any:
        answer = people.client.post(f"{own}/{path}", json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    assert post("clarification", {"question": "Which?"}, secretariat)["asked_at"]
    assert post("answer", {"answer": "That."}, focal)["state"] == "clarified"
    assert post("opening", None, secretariat)["state"] == "open"
    owner = str(people.secretariat.user_id)
    assert post("owner", {"owner": owner}, secretariat)["owner"]["id"] == owner
    assert post("notes", {"body": "Seen."}, focal)["kind"] == "note"
    link = post("links", {"title": "Survey", "url": "https://example.org/"}, focal)
    assert people.client.get(f"{own}/links", headers=focal).json()["items"] == [link]
    gone = people.client.delete(f"{own}/links/{link['id']}", headers=focal)
    assert (gone.status_code, gone.content) == (204, b"")
    kinds = [
        each["kind"] for each in people.client.get(f"{own}/notes", headers=focal).json()["items"]
    ]
    assert kinds == ["question", "answer", "note"]
    assert post("copy", None, focal)["copied_from"] == str(people.request_id)


def test_the_api_refuses_with_a_code(people: People) -> None:
    own = f"{API}/{people.request_id}"
    focal, secretariat = people.bearer(people.focal), people.bearer(people.secretariat)

    def code(path: str, body: Any, headers: dict[str, str]) -> tuple[int, str]:
        answer = people.client.post(f"{own}/{path}", json=body, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert code("answer", {"answer": "That."}, focal) == (409, "no_question")
    people.client.post(f"{own}/opening", headers=secretariat)
    assert code("opening", None, secretariat) == (409, "step_not_allowed")
    assert code("opening", None, focal) == (403, "forbidden")
    assert code("owner", {"owner": str(people.focal.user_id)}, secretariat) == (422, "invalid")
    ended = {"outcome": "met", "reason": "Elsewhere", "reason_code": "window-over"}
    assert code("closure", ended, focal) == (422, "invalid")


def test_the_form_says_what_becomes_public_and_what_the_degrees_mean(people: People) -> None:
    text = people.become(people.focal).get("/requests/new").text

    assert "Only its figures" in text
    assert "are never published" in text
    assert "No qualified person in the country for this skill and product type." in text
    assert re.search(r'name="interpretation_ok" value="true"[^>]* checked', text)


def test_the_new_fields_are_kept_and_shown(people: People) -> None:
    focal = people.bearer(people.focal)
    need = {**make.request_body()["needs"][0], "role": "مفتش", "level_now": 0}
    body = make.request_body(
        needs=[need], interpretation_ok=False, keep_together=True, publish_detail="figures"
    )
    made = people.client.post(API, json=body, headers=focal).json()
    text = people.become(people.focal).get(f"/requests/{made['id']}").text
    form = people.client.get(f"/requests/{made['id']}/edit").text

    assert made["needs"] == [{**need, "weight": 1}]
    assert (made["interpretation_ok"], made["keep_together"]) == (False, True)
    assert made["publish_detail"] == "figures"
    assert "مفتش" in text
    assert "All on one date, or none" in text
    assert 'name="interpretation_ok" value="false" checked' in re.sub(r' id="[^"]*"', "", form)
    bad = people.client.post(API, json={**body, "publish_detail": "all"}, headers=focal)
    assert bad.json()["errors"][0]["loc"] == ["publish_detail"]


def test_who_looks_after_it_is_nobody_elses_business(people: People) -> None:
    with people.database.write() as db:
        owner = OwnerIn(owner=people.secretariat.user_id)
        service.assign_owner(db, people.secretariat, people.request_id, owner, now=NOW)

    assert people.client.get(f"{API}/{people.request_id}").json()["owner"] is None
