"""The page of one's own calendars, as a browser sends its forms."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.calendars.models import FeedToken
from app.core.db import Database
from tests.factories import login, make_focal_point, make_trainee

PAGE = "/me/calendar"


@pytest.fixture
def trainee(client: TestClient, database: Database) -> TestClient:
    """The client of a trainee's browser."""
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, make_trainee(db)))
    return client


def form_key(html: str, action: str) -> str:
    """The one-time key of the form that is sent to ``action``."""
    found = re.search(r'name="form_key" value="([^"]+)"', html.partition(f'action="{action}"')[2])
    assert found
    return found[1]


def test_the_page_is_for_people_who_have_signed_in(client: TestClient) -> None:
    answer = client.get(PAGE)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_the_address_is_shown_once_in_three_forms(trainee: TestClient) -> None:
    empty = trainee.get(PAGE)
    sent = {"kind": "person", "label": "My <phone>", "form_key": form_key(empty.text, PAGE)}

    made = trainee.post(PAGE, data=sent)
    again = trainee.post(PAGE, data=sent)
    listed = trainee.get(PAGE)

    assert "No private calendar yet" in empty.text
    assert made.status_code == 201
    assert made.headers["cache-control"] == listed.headers["cache-control"] == "no-store"
    found = re.search(r'value="(http://testserver/calendars/private/[\w-]+\.ics)"', made.text)
    assert found
    address = found[1]
    assert f'href="{address.replace("http:", "webcal:")}"' in made.text
    assert f'href="{address}" download' in made.text
    assert trainee.get(address.removeprefix("http://testserver")).status_code == 200
    assert again.status_code == 303
    assert address not in listed.text
    assert "My &lt;phone&gt;" in listed.text
    assert listed.text.count("/revocation") == 1


def test_what_was_typed_stays_beside_what_was_wrong(client: TestClient, database: Database) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, make_focal_point(db, "KE", "GH")))
    sent = {"kind": "country", "label": "Ministry of health"}

    refused = client.post(PAGE, data=sent)
    accepted = client.post(PAGE, data={**sent, "country": "GH"})

    assert refused.status_code == 422
    assert "Please choose the country." in refused.text
    assert 'value="Ministry of health"' in refused.text
    assert accepted.status_code == 201
    assert "Seats of Ghana" in accepted.text


def test_a_form_with_too_long_a_label_comes_back(trainee: TestClient) -> None:
    answer = trainee.post(PAGE, data={"kind": "person", "label": "x" * 101})

    assert answer.status_code == 422
    assert "at most 100" in answer.text


def test_a_revoked_calendar_leaves_the_page(trainee: TestClient, database: Database) -> None:
    trainee.post(PAGE, data={"kind": "person", "label": "Old phone"})
    with database.read() as db:
        feed_id = db.exec(select(FeedToken.id)).one()

    answer = trainee.post(f"{PAGE}/{feed_id}/revocation")

    assert answer.status_code == 303
    after = trainee.get(answer.headers["location"])
    assert "It was revoked." in after.text
    assert "Old phone" not in after.text


def test_the_country_s_calendar_is_offered_to_its_focal_point_only(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        focal, other = login(db, make_focal_point(db, "KE")), login(db, make_trainee(db))
    client.cookies.set("cadre_login", focal)
    offered = client.get(PAGE).text
    client.cookies.set("cadre_login", other)

    assert "Seats of my country" in offered
    assert "Seats of my country" not in client.get(PAGE).text
    assert client.post(PAGE, data={"kind": "country", "label": "x"}).status_code == 403
