"""People file what they hold: through the service, the API and the page."""

from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import Session, select

from app.accounts.rules import Actor
from app.core.db import Database
from app.core.errors import InvalidError
from app.core.outbox import AuditEntry
from app.qualifications.models import Qualification
from app.qualifications.queries.qualifications import held_by
from app.qualifications.rules.qualifications import MOST_CLAIMS, TooManyClaimsError
from app.qualifications.schemas.qualifications import QualificationIn
from app.qualifications.service import qualifications as service
from app.registry.models import Course
from tests.booking.browsing import send, sign_in, words
from tests.factories import (
    NOW,
    TODAY,
    bearer,
    days,
    make_course,
    make_qualification,
    make_trainee,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def claim(db: Session, actor: Actor, **facts: Any) -> Qualification:
    sent = {"kind": "nda", "issuer": "Quiver Tree", "issued_on": days(-10), **facts}
    return service.claim(db, actor, QualificationIn.model_validate(sent), now=NOW)


def required_course(db: Session) -> Course:
    first = make_course(db, title="GMP foundations")
    make_course(db, title="Gowning", prerequisites=[str(first.id)])
    return first


def test_a_claim_is_kept_with_who_filed_it(database: Database) -> None:
    with database.write() as db:
        course, actor = required_course(db), make_trainee(db)
        row = claim(db, actor, kind="course", course=course.slug, evidence="No. 7")
        entry = db.exec(select(AuditEntry).where(AuditEntry.subject_id == row.id)).one()

    assert (row.state, row.course_id, row.evidence) == ("claimed", course.id, "No. 7")
    assert (entry.action, entry.actor_id) == ("qualification.claimed", actor.user_id)


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("issued_on", {"issued_on": days(3)}),
        ("valid_until", {"valid_until": days(-11)}),
        ("course", {"kind": "course", "course": "no-such-course"}),
        ("provider", {"provider": "no-such-provider"}),
    ],
)
def test_a_claim_that_cannot_be_is_refused_at_its_field(
    database: Database, field: str, facts: dict[str, Any]
) -> None:
    with database.write() as db:
        actor = make_trainee(db)
        with pytest.raises(InvalidError) as refused:
            claim(db, actor, **facts)

    assert [problem.loc for problem in refused.value.problems] == [(field,)]


def test_nobody_floods_the_queue(database: Database) -> None:
    with database.write() as db:
        actor = make_trainee(db)
        for _ in range(MOST_CLAIMS):
            claim(db, actor)

        with pytest.raises(TooManyClaimsError):
            claim(db, actor)


def test_what_is_over_stays_in_the_history(database: Database) -> None:
    with database.write() as db:
        course, actor = required_course(db), make_trainee(db)
        make_qualification(db, actor.identified(), course, valid_until=TODAY)
        held = held_by(db, actor.identified(), today=TODAY)
        later = held_by(db, actor.identified(), today=TODAY.replace(year=TODAY.year + 1))

    assert [view.standing for view in held] == ["verified"]
    assert [view.standing for view in later] == ["expired"]


def test_the_api_files_and_lists_ones_own(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        headers = bearer(db, make_trainee(db))
        others = bearer(db, make_trainee(db))
    body = {"kind": "insurance", "issuer": "Baobab Insurance", "issued_on": days(-1)}

    made = client.post("/api/v1/me/qualifications", json=body, headers=headers)

    assert made.status_code == 201
    assert made.json()["standing"] == "claimed"
    listed = client.get("/api/v1/me/qualifications", headers=headers).json()
    assert [item["id"] for item in listed["items"]] == [made.json()["id"]]
    assert client.get("/api/v1/me/qualifications", headers=others).json()["items"] == []


@pytest.mark.parametrize(
    "facts", [{"kind": "course"}, {"kind": "nda", "course": "x"}, {"kind": "unheard-of"}]
)
def test_the_api_refuses_a_kind_that_does_not_fit(
    client: "TestClient", database: Database, facts: dict[str, str]
) -> None:
    with database.write() as db:
        headers = bearer(db, make_trainee(db))
    body = {"issuer": "Somebody", "issued_on": days(-1), **facts}

    assert client.post("/api/v1/me/qualifications", json=body, headers=headers).status_code == 422


def test_the_page_files_a_course_and_shows_it(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        course, actor = required_course(db), make_trainee(db)
    sign_in(client, database, actor)
    path = "/me/qualifications"
    typed = {"what": f"course:{course.id}", "issuer": "Baobab School", "issued_on": days(-20)}

    shown = client.get(path, params={"course": str(course.id)})
    assert f'value="course:{course.id}" selected' in shown.text
    sent = send(client, shown, path, **typed)

    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?notice=claimed")
    assert "GMP foundations Baobab School" in words(client.get(path))


def test_the_page_keeps_what_was_typed_beside_what_is_wrong(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        actor = make_trainee(db)
    sign_in(client, database, actor)
    path = "/me/qualifications"
    typed = {"what": "nda", "issuer": "Baobab School", "issued_on": days(5)}

    again = send(client, client.get(path), path, **typed)

    assert again.status_code == 422
    assert "This date is still to come." in again.text
    assert 'value="Baobab School"' in again.text


def test_the_page_refuses_what_is_not_on_its_list(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        actor = make_trainee(db)
    sign_in(client, database, actor)
    path = "/me/qualifications"
    typed = {"what": "course:nowhere", "issuer": "Baobab School", "issued_on": days(-5)}

    again = send(client, client.get(path), path, **typed)

    assert again.status_code == 422
    assert "There is no such course." in again.text
