"""How seats of a slot are given: caps, the line, clearance, the order of a selection."""

from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from app.core.db import Database
from app.registry.models import Course, Slot
from tests import factories as make
from tests.factories import bearer, login, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

SETTINGS: dict[str, Any] = {
    "route": "individual-selection",
    "max_per_authority": 2,
    "line_mode": "confirm",
    "offer_hours": 24,
    "decision_hours": 240,
    "criteria": ["ldc-first", "women-first"],
}


def plain(slot: dict[str, Any]) -> dict[str, Any]:
    """What the slot says about its settings."""
    return {name: slot[name] for name in SETTINGS}


def test_the_settings_of_a_slot_are_kept_and_can_be_emptied(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make.make_slot(db, **SETTINGS)
        headers = bearer(db, owner_of(db, slot.provider_id))
    address = f"/api/v1/slots/{slot.id}"
    none: dict[str, Any] = {
        "max_per_authority": None,
        "offer_hours": None,
        "decision_hours": None,
        "criteria": [],
    }

    assert plain(client.get(address).json()) == SETTINGS
    changed = client.patch(address, json=none, headers=headers).json()
    assert plain(changed) == SETTINGS | none


@pytest.mark.parametrize(
    ("wrong", "loc"),
    [
        ({"offer_hours": 721}, "offer_hours"),
        ({"decision_hours": 0}, "decision_hours"),
        ({"line_mode": "later"}, "line_mode"),
        ({"criteria": ["friends-first"]}, "criteria"),
        ({"max_per_authority": 0}, "max_per_authority"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    client: "TestClient", database: Database, wrong: dict[str, Any], loc: str
) -> None:
    with database.write() as db:
        slot = make.make_slot(db)
        headers = bearer(db, owner_of(db, slot.provider_id))
    answer = client.patch(f"/api/v1/slots/{slot.id}", json=wrong, headers=headers)

    assert answer.status_code == 422
    assert loc in answer.json()["errors"][0]["loc"]


def test_the_page_of_a_slot_says_how_its_seats_are_given(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make.make_slot(db, **SETTINGS)
    text = client.get(f"/slots/{slot.id}").text

    assert "People of least developed countries first; then Women first" in text
    assert "Within 240 hours" in text
    assert "Seats for one employer" in text


def test_the_form_of_a_slot_keeps_its_settings(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(db, **SETTINGS)
        client.cookies.set("cadre_login", login(db, owner_of(db, slot.provider_id)))
    address = f"/slots/{slot.id}/edit"
    form = client.get(address).text
    sent = {
        **{name: SETTINGS[name] for name in ("route", "line_mode", "offer_hours")},
        "course": str(slot.course_id),
        "status": "confirmed",
        "version": "1",
        "seats": "12",
        "decision_hours": "",
        "criteria": ["", "sids-first", "ldc-first", ""],
    }
    saved = client.post(address, data=sent)
    with database.read() as db:
        row = db.exec(select(Slot)).one()

    assert 'value="confirm" checked' in form
    assert '<option value="women-first" selected>' in form
    assert saved.status_code == 303
    assert (row.criteria, row.decision_hours) == (("sids-first", "ldc-first"), None)


def test_a_course_says_what_has_to_be_attended_and_how_long_it_is_good_for(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        course = make.make_course(db, attendance_percent=90, valid_months=24)
        headers = bearer(db, owner_of(db, course.provider_id))
    address = f"/api/v1/courses/{course.slug}"
    wrong = client.patch(address, json={"attendance_percent": 101}, headers=headers)
    forever = client.patch(address, json={"valid_months": None}, headers=headers).json()
    with database.read() as db:
        row = db.exec(select(Course)).one()

    assert wrong.status_code == 422
    assert (forever["attendance_percent"], forever["valid_months"]) == (90, None)
    assert (row.attendance_percent, row.valid_months) == (90, None)
