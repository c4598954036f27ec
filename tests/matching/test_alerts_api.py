"""Alerts over JSON: for whom they are, in which order, and marking them as read."""

from datetime import timedelta

from fastapi.testclient import TestClient

from app.core.db import Database
from tests.factories import (
    NOW,
    bearer,
    in_days,
    make_course,
    make_focal_point,
    make_request,
    make_secretariat,
    make_slot,
    owner_of,
)
from tests.matching.test_alerts import LATER, work


def test_the_country_reads_its_alerts_newest_first_and_marks_them_as_read(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db)
        focal = make_focal_point(db)
        make_slot(db, course)
        request = make_request(db, actor=focal)
    work(database)
    slots = []
    for number in (1, 2):
        with database.write() as db:
            slots.append(make_slot(db, course, **in_days(30 + number), now=LATER).id)
        work(database)
    with database.write() as db:
        sent = bearer(db, focal)
    path = f"/api/v1/requests/{request.id}/alerts"
    first = client.get(f"{path}?limit=1", headers=sent).json()
    second = client.get(first["next"].removeprefix("http://testserver"), headers=sent).json()

    assert first["total"] == 2
    assert [first["items"][0]["slot"]["id"], second["items"][0]["slot"]["id"]] == [
        str(slots[1]),
        str(slots[0]),
    ]
    assert (first["items"][0]["cause"], first["items"][0]["seen_at"]) == ("slot.planned", None)
    assert second["next"] is None

    answer = client.post(f"{path}/seen", headers=sent)
    assert (answer.status_code, answer.json()) == (200, {"seen": 2})
    assert client.post(f"{path}/seen", headers=sent).json() == {"seen": 0}
    assert all(item["seen_at"] for item in client.get(path, headers=sent).json()["items"])


def test_alerts_are_the_business_of_the_country_and_the_secretariat_only(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, now=NOW - timedelta(days=1))
        request = make_request(db, publish=True)
        strangers = [make_focal_point(db, "GH"), owner_of(db, slot.provider_id)]
        others = [bearer(db, actor) for actor in strangers]
        secretariat = bearer(db, make_secretariat(db))
    path = f"/api/v1/requests/{request.id}/alerts"

    assert [client.get(path, headers=each).status_code for each in others] == [404, 404]
    assert [client.post(f"{path}/seen", headers=each).status_code for each in others] == [404, 404]
    assert client.get(path, headers=secretariat).status_code == 200
    assert client.post(f"{path}/seen", headers=secretariat).status_code == 403
    assert client.get(path).status_code == 401
