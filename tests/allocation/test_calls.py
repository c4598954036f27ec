"""Calls: who may send, read and answer them, through the service and over JSON, on both kinds."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.allocation.models import SupplyCallParty
from app.allocation.rules.calls import CallOverError
from app.allocation.schemas.calls import AnswerIn, CallIn
from app.allocation.service.calls import answer_call, send_call
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import AuditEntry
from tests.factories import (
    NOW,
    TODAY,
    bearer,
    days,
    make_course,
    make_focal_point,
    make_provider,
    make_request,
    make_secretariat,
    make_trainee,
    owner_of,
)

SKILL = "mfg-aseptic-fill"


def call(**facts: Any) -> CallIn:
    """A call for slots, unless told otherwise."""
    return CallIn.model_validate({"kind": "slots", "skill": SKILL, **facts})


def joint(**facts: Any) -> CallIn:
    return call(kind="joint", countries=["GH", "TG", "BJ"], **facts)


def codes(error: InvalidError) -> list[str]:
    return [problem.code for problem in error.problems]


def headers(database: Database, actor: Actor) -> dict[str, str]:
    with database.write() as db:
        return bearer(db, actor)


def test_a_call_for_slots_goes_to_all_verified_providers_of_the_skill(database: Database) -> None:
    with database.write() as db:
        teaches, other = make_provider(db), make_provider(db)
        make_course(db, teaches)
        make_course(db, other, skills=["mfg-gowning"])
        secretariat = make_secretariat(db)
        row = send_call(db, secretariat, call(), now=NOW)
        seen = [each.provider_id for each in _parties(db, row.id)]

    assert seen == [teaches.id]
    assert row.ends_on == TODAY + timedelta(days=60)


def test_a_call_for_a_month_is_not_shown_after_it(database: Database) -> None:
    with database.write() as db:
        make_course(db)
        month = TODAY.replace(day=1)
        row = send_call(db, make_secretariat(db), call(month=str(TODAY)), now=NOW)

    assert row.month == month
    assert row.ends_on is not None
    assert (row.ends_on.year, row.ends_on.month) == (month.year, month.month)


def test_only_the_secretariat_sends_calls(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db)
        for actor in (owner_of(db, provider.id), make_focal_point(db), make_trainee(db)):
            with pytest.raises(ForbiddenError):
                send_call(db, actor, call(providers=[provider.slug]), now=NOW)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, "nobody_teaches_it"),
        ({"providers": ["nowhere"]}, "unknown_provider"),
        ({"countries": ["KE"]}, "not_for_countries"),
        ({"kind": "dates"}, "too_few_parties"),
        ({"kind": "joint", "countries": ["KE"]}, "too_few_parties"),
        ({"kind": "joint", "countries": ["KE", "UG"], "providers": ["a"]}, "not_for_providers"),
        ({"month": "2020-05-01"}, "past_date"),
        ({"ends_on": days(-1)}, "past_date"),
        ({"run": str(UUID(int=1))}, "unknown_run"),
        ({"subject": {"slots": [str(UUID(int=1))]}}, "unknown_slot"),
        ({"subject": {"requests": [str(UUID(int=1))]}}, "unknown_request"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(
    database: Database, facts: dict[str, Any], code: str
) -> None:
    with database.write() as db, pytest.raises(InvalidError) as refused:
        send_call(db, make_secretariat(db), call(**facts), now=NOW)

    assert codes(refused.value) == [code]


def test_a_call_to_a_provider_that_is_not_verified_is_refused(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db, state="in-review")
        with pytest.raises(InvalidError) as refused:
            send_call(db, make_secretariat(db), call(providers=[str(provider.id)]), now=NOW)

    assert codes(refused.value) == ["provider_not_verified"]


def test_an_answer_can_be_changed_and_every_change_is_on_record(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db)
        owner = owner_of(db, provider.id)
        row = send_call(db, make_secretariat(db), call(providers=[provider.slug]), now=NOW)
        for answer in ("yes", "yes", "no"):
            answer_call(db, owner, row.id, AnswerIn(answer=answer), now=NOW)
        entries = db.exec(
            select(AuditEntry.action, AuditEntry.changes)
            .where(AuditEntry.subject_id == row.id)
            .order_by(col(AuditEntry.id))
        ).all()

    assert [tuple(entry) for entry in entries] == [
        ("call.sent", {}),
        ("call.answered", {"answer": ["", "yes"]}),
        ("call.answered", {"answer": ["yes", "no"]}),
    ]


def test_a_call_that_is_over_takes_no_answer(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db)
        wish = call(providers=[provider.slug], ends_on=days(3))
        row = send_call(db, make_secretariat(db), wish, now=NOW)
        with pytest.raises(CallOverError):
            answer_call(
                db,
                owner_of(db, provider.id),
                row.id,
                AnswerIn(answer="yes"),
                now=NOW + timedelta(days=4),
            )


def test_a_stranger_finds_no_call_and_the_secretariat_does_not_answer(database: Database) -> None:
    with database.write() as db:
        secretariat = make_secretariat(db)
        row = send_call(db, secretariat, joint(), now=NOW)
        for stranger in (make_focal_point(db, "KE"), make_trainee(db)):
            with pytest.raises(NotFoundError):
                answer_call(db, stranger, row.id, AnswerIn(answer="yes"), now=NOW)
        with pytest.raises(ForbiddenError):
            answer_call(db, secretariat, row.id, AnswerIn(answer="yes"), now=NOW)


def test_who_speaks_for_two_says_for_whom(database: Database) -> None:
    with database.write() as db:
        both = make_focal_point(db, "GH", "TG")
        row = send_call(db, make_secretariat(db), joint(), now=NOW)
        with pytest.raises(InvalidError) as refused:
            answer_call(db, both, row.id, AnswerIn(answer="yes"), now=NOW)
        togo = next(each for each in _parties(db, row.id) if each.country == "TG")
        answered = answer_call(db, both, row.id, AnswerIn(answer="yes", party=togo.id), now=NOW)
        with pytest.raises(InvalidError) as unknown:
            answer_call(db, both, row.id, AnswerIn(answer="no", party=UUID(int=1)), now=NOW)

    assert codes(refused.value) == ["which_party"]
    assert codes(unknown.value) == ["unknown_party"]
    assert answered.country == "TG"


def test_countries_see_each_other_once_both_have_said_yes(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        ghana, togo = make_focal_point(db, "GH"), make_focal_point(db, "TG")
        row = send_call(db, make_secretariat(db), joint(), now=NOW)
    sent = {each: headers(database, who) for each, who in (("GH", ghana), ("TG", togo))}

    def seen(country: str) -> list[str]:
        answer = client.get(f"/api/v1/calls/{row.id}", headers=sent[country])
        return [party["country"] for party in answer.json()["parties"]]

    assert seen("GH") == ["GH"]
    for country in ("GH", "TG"):
        answer = client.post(
            f"/api/v1/calls/{row.id}/answer", headers=sent[country], json={"answer": "yes"}
        )
        assert answer.status_code == 200, answer.text
    assert seen("GH") == ["GH", "TG"]


def test_small_counts_are_told_to_the_secretariat_only(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        provider, secretariat = make_provider(db), make_secretariat(db)
        owner = owner_of(db, provider.id)
        for people, countries in ((2, 2), (9, 1), (9, 2), (9, 4)):
            subject = {"people": people, "countries": countries}
            send_call(db, secretariat, call(providers=[provider.slug], subject=subject), now=NOW)

    def counts(actor: Actor) -> list[tuple[int | None, int | None]]:
        answer = client.get("/api/v1/calls", headers=headers(database, actor)).json()
        subjects = [each["subject"] for each in answer["items"]]
        return [(each["people"], each["countries"]) for each in subjects]

    assert counts(owner) == [(9, 4), *[(None, None)] * 3]
    assert counts(secretariat) == [(9, 4), (9, 2), (9, 1), (2, 2)]


def test_a_country_reads_only_its_own_requests_in_a_call(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        ghana, togo = make_focal_point(db, "GH"), make_focal_point(db, "TG")
        mine = make_request(db, actor=ghana, country="GH")
        theirs = make_request(db, actor=togo, country="TG")
        subject = {"requests": [str(mine.id), str(theirs.id)]}
        row = send_call(db, make_secretariat(db), joint(subject=subject), now=NOW)

    answer = client.get(f"/api/v1/calls/{row.id}", headers=headers(database, ghana)).json()

    assert answer["subject"]["requests"] == [str(mine.id)]


def test_the_list_goes_on_where_a_page_ends(client: TestClient, database: Database) -> None:
    with database.write() as db:
        secretariat = make_secretariat(db)
        sent = [str(send_call(db, secretariat, joint(), now=NOW).id) for _ in range(3)]
    asked = headers(database, secretariat)

    first = client.get("/api/v1/calls?limit=2", headers=asked).json()
    second = client.get(first["next"], headers=asked).json()

    assert first["total"] == 3
    assert [each["id"] for each in first["items"] + second["items"]] == sent[::-1]
    assert second["next"] is None


def test_sending_over_json_answers_with_the_call(client: TestClient, database: Database) -> None:
    with database.write() as db:
        provider, secretariat = make_provider(db), make_secretariat(db)
    body = {
        "kind": "slots",
        "skill": SKILL,
        "region": "western-africa",
        "providers": [provider.slug],
    }

    answer = client.post("/api/v1/calls", json=body, headers=headers(database, secretariat))

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["region"], made["asked"], made["said_yes"]) == ("western-africa", 1, 0)
    assert made["parties"][0]["provider"]["slug"] == provider.slug


def test_a_call_says_nothing_to_visitors(client: TestClient) -> None:
    assert client.get("/api/v1/calls").status_code == 401


def _parties(db: Session, call_id: UUID) -> list[SupplyCallParty]:
    return list(db.exec(select(SupplyCallParty).where(SupplyCallParty.call_id == call_id)))


def test_nothing_that_a_party_reads_moves_with_the_answers_of_others(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        ghana, togo = make_focal_point(db, "GH"), make_focal_point(db, "TG")
        office = make_secretariat(db)
        row = send_call(db, office, joint(), now=NOW)

    def read(actor: Actor) -> dict[str, Any]:
        answer = client.get(f"/api/v1/calls/{row.id}", headers=headers(database, actor))
        found: dict[str, Any] = answer.json()
        return found

    before, told = read(ghana), read(office)
    with database.write() as db:
        answer_call(db, togo, row.id, AnswerIn(answer="yes"), now=NOW)

    assert read(ghana) == before
    assert read(office)["version"] == told["version"] + 1
