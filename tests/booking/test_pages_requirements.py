"""The way to a slot, waivers and qualifications on pages and through the API, without scripts."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import Session

from app.booking.service.desk import Desk
from app.core.db import Database
from app.qualifications.schemas.qualifications import QualificationIn
from app.qualifications.service.qualifications import claim
from app.registry.models import Course, Slot
from tests.booking.browsing import send, sign_in, words
from tests.booking.people import book
from tests.factories import (
    NOW,
    TODAY,
    bearer,
    make_course,
    make_facility,
    make_provider,
    make_qualification,
    make_slot,
    make_trainee,
    owner_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def network(db: Session) -> tuple[Course, Slot, Slot]:
    """E-learning that gowning requires: the course, a date of it, and a date of gowning."""
    provider = make_provider(db)
    suite = make_facility(db, provider, access_rules=["nda"])
    first = make_course(db, provider, title="E-learning")
    second = make_course(
        db,
        provider,
        title="Gowning",
        prerequisites=[first.slug],
        mode="hands-on",
        facility=suite.slug,
    )
    starts_at = NOW + timedelta(days=10)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
    return first, make_slot(db, first, **times), make_slot(db, second)


def test_the_page_of_a_slot_shows_the_steps_before_it(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        _, earlier, slot = network(db)
        actor = make_trainee(db)
    sign_in(client, database, actor)

    shown = client.get(f"/slots/{slot.id}")

    assert "One step before you can enter this slot E-learning" in words(shown)
    assert f'href="/slots/{earlier.id}"' in shown.text


def test_visitors_and_people_who_have_it_see_no_steps(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        first, _, slot = network(db)
        actor = make_trainee(db)
        make_qualification(db, actor.identified(), first)
    path = f"/slots/{slot.id}"

    assert "before you can enter" not in client.get(path).text
    sign_in(client, database, actor)
    assert "before you can enter" not in client.get(path).text


def test_a_refused_booking_shows_the_way_beside_the_reason(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        _, earlier, slot = network(db)
        actor = make_trainee(db)
    sign_in(client, database, actor)
    action = f"/slots/{slot.id}/bookings"
    assert f'action="{action}"' not in client.get(f"/slots/{slot.id}").text

    refused = client.post(action, data={"note": "I come by bus."})

    assert refused.status_code == 409
    assert "One step comes before this slot: “E-learning”." in words(refused)
    assert f'href="/slots/{earlier.id}"' in refused.text
    assert "I come by bus." in refused.text


def test_the_api_refuses_with_the_way_as_data(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        first, earlier, slot = network(db)
        headers = bearer(db, make_trainee(db))

    refused = client.post(f"/api/v1/slots/{slot.id}/bookings", json={}, headers=headers)
    way = client.get(f"/api/v1/slots/{slot.id}/path", headers=headers).json()

    assert (refused.status_code, refused.json()["code"]) == (409, "prerequisite_missing")
    assert refused.json()["overridable_by"] == ["provider", "secretariat"]
    assert refused.json()["path"] == way["steps"]
    (step,) = way["steps"]
    assert step["course"]["id"] == str(first.id)
    assert [date["slot"] for date in step["dates"]] == [str(earlier.id)]
    assert [document["kind"] for document in way["documents"]] == ["nda"]


def test_ones_own_page_shows_what_is_held_and_what_bookings_still_ask_for(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        _, earlier, slot = network(db)
        actor = make_trainee(db)
        other = make_course(db, title="Biosafety")
        make_qualification(db, actor.identified(), other, valid_until=TODAY + timedelta(days=3))
        book(db, actor, earlier.id, desk)
        held = book(db, actor, slot.id, desk)
    sign_in(client, database, actor)

    own = words(client.get("/me"))
    page = words(client.get(f"/bookings/{held.id}"))

    assert "My path What I hold Biosafety Verified until" in own
    assert "Before Gowning One step before you can enter this slot E-learning Booked" in own
    assert "Needed on site: Confidentiality undertaking (NDA)" in own
    assert "A seat is held for you while you pass what comes first." in page
    assert "Confirm my seat" not in page
    assert "One step before you can enter this slot E-learning Booked, not passed yet" in page
    assert "A seat is held for you while you pass what comes first." in own


def test_the_provider_reads_about_the_person_and_not_about_itself(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        _, earlier, slot = network(db)
        actor = make_trainee(db)
        book(db, actor, earlier.id, desk)
        held = book(db, actor, slot.id, desk)
        owner = owner_of(db, slot.provider_id)
    sign_in(client, database, owner)

    page = client.get(f"/bookings/{held.id}")

    assert "One step before this person can enter this slot" in words(page)
    assert "/me/qualifications" not in page.text


def test_a_provider_sees_who_lacks_what_and_waives_it(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        _, earlier, slot = network(db)
        actor = make_trainee(db, name="Chipo Moyo")
        book(db, actor, earlier.id, desk)
        book(db, actor, slot.id, desk)
        owner = owner_of(db, slot.provider_id)
    sign_in(client, database, owner)
    path, action = f"/slots/{slot.id}/requirements", f"/slots/{slot.id}/waivers"
    shown = client.get(path, params={"person": str(actor.user_id)})
    assert "Chipo Moyo Held On the way" in words(shown)
    assert f'value="{actor.user_id}" selected' in shown.text

    again = send(client, shown, action, person=str(actor.user_id))
    assert again.status_code == 422
    sent = send(client, shown, action, person=str(actor.user_id), reason="Seen at work.")

    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?notice=waived")
    after = words(client.get(path))
    assert "Chipo Moyo Held In order" in after
    assert "Chipo Moyo : E-learning , by the provider" in after


def test_what_is_not_possible_to_waive_is_said_on_the_page(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        first, _, slot = network(db)
        actor = make_trainee(db, email="has@people.example")
        make_qualification(db, actor.identified(), first)
        owner = owner_of(db, slot.provider_id)
    sign_in(client, database, owner)
    shown = client.get(f"/slots/{slot.id}/requirements")
    typed = {"email": "has@people.example", "name": "Ada", "reason": "To be sure."}

    refused = send(client, shown, f"/slots/{slot.id}/waivers", **typed)

    assert refused.status_code == 409
    assert "there is nothing left" in refused.text
    assert "To be sure." in refused.text


@pytest.mark.parametrize(
    ("sent", "state"),
    [({"verified": "true"}, "Verified"), ({"reason": "Unknown number."}, "Not accepted")],
)
def test_a_provider_looks_at_what_was_filed_and_decides(
    client: "TestClient", database: Database, desk: Desk, sent: dict[str, Any], state: str
) -> None:
    with database.write() as db:
        first, earlier, _ = network(db)
        actor = make_trainee(db, name="Chipo Moyo")
        book(db, actor, earlier.id, desk)
        body = {"course": first.slug, "issuer": "Elsewhere", "issued_on": TODAY}
        row = claim(db, actor, QualificationIn.model_validate(body), now=NOW)
        owner = owner_of(db, first.provider_id)
    sign_in(client, database, owner)
    path = f"/qualifications/{row.id}"
    assert "Chipo Moyo : E-learning" in words(client.get("/qualifications"))
    data = {"verified": "false", **sent}

    decided = client.post(f"{path}/verification", data=data)

    assert (decided.status_code, decided.headers["location"]) == (303, f"{path}?notice=decided")
    assert state in words(client.get(path))
    assert "None to look at" in words(client.get("/qualifications"))


def test_a_refusal_without_a_reason_is_shown_again(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, earlier, _ = network(db)
        actor = make_trainee(db)
        book(db, actor, earlier.id, desk)
        body = {"course": first.slug, "issuer": "Elsewhere", "issued_on": TODAY}
        row = claim(db, actor, QualificationIn.model_validate(body), now=NOW)
        owner = owner_of(db, first.provider_id)
    sign_in(client, database, owner)

    again = client.post(f"/qualifications/{row.id}/verification", data={"verified": "false"})

    assert again.status_code == 422
    assert 'id="f-reason-error"' in again.text
    assert "Say why it is not accepted" in again.text


def test_the_api_lists_what_is_to_look_at_page_by_page(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, earlier, _ = network(db)
        actor = make_trainee(db)
        book(db, actor, earlier.id, desk)
        body = {"kind": "nda", "issuer": "Elsewhere", "issued_on": TODAY}
        filed = QualificationIn.model_validate(body)
        rows = [claim(db, actor, filed, now=NOW) for _ in range(3)]
        headers = bearer(db, owner_of(db, first.provider_id))
    path = "/api/v1/qualifications?state=claimed&limit=2"

    one = client.get(path, headers=headers).json()
    two = client.get(one["next"], headers=headers).json()

    ids = [item["id"] for item in (*one["items"], *two["items"])]
    assert ids == sorted(str(row.id) for row in rows)
    assert (one["total"], two["next"]) == (3, None)
