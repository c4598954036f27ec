"""Gaps and overlaps over JSON, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.booking.schemas import AttendanceIn, CohortIn, NominationIn
from app.booking.service.attendance import record_attendance
from app.booking.service.cohorts import hold_cohort
from app.booking.service.desk import Desk
from app.booking.service.nominations import nominate
from app.booking.service.seats import confirm_booking
from app.core.db import Database
from app.demand.models import GapRequest
from app.demand.schemas import CloseIn, WithdrawIn
from app.demand.service import close_request, withdraw_request
from app.registry.models import Course, Provider, Slot
from tests.factories import (
    NOW,
    bearer,
    make_actor,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_secretariat,
    make_slot,
    owner_of,
)

SKILL, OTHER = "mfg-aseptic-fill", "mfg-gowning"
DESK = Desk(lambda: NOW)


def gaps(client: TestClient, query: str = "", **sent: Any) -> Any:
    """The gap table."""
    answer = client.get(f"/api/v1/gaps{query}", **sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def placed_slot(
    db: Session, country: str, *, day: int = 30, slot: dict[str, Any] | None = None, **course: Any
) -> Slot:
    """A slot in a place of the country, so many days from now."""
    provider = make_provider(db, country=country)
    place = make_facility(db, provider, country=country)
    made = make_course(
        db, provider, **{"mode": "hands-on", "facility": str(place.id), "seats": 10, **course}
    )
    starts_at = NOW + timedelta(days=day)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3)}
    return make_slot(db, made, **times, **(slot or {}))


def need(people: int, skill: str = SKILL) -> list[dict[str, Any]]:
    return [{"skill": skill, "level": 1, "people": people}]


def ended_requests(db: Session) -> list[GapRequest]:
    """Requests that no longer ask for anybody, and a draft that does not yet."""
    kenya = make_focal_point(db)
    withdrawn = make_request(db, actor=kenya, publish=True)
    withdraw_request(db, kenya, withdrawn.id, WithdrawIn(reason="Filed twice."), now=NOW)
    closed = []
    for outcome in ("met", "expired"):
        request = make_request(db, actor=kenya, publish=True)
        closing = CloseIn.model_validate({"outcome": outcome, "reason": "Done elsewhere."})
        closed.append(close_request(db, kenya, request.id, closing, now=NOW))
    return [withdrawn, *closed, make_request(db, actor=kenya, submit=False, publish=True)]


def test_demand_supply_and_gap_by_skill_and_region(client: TestClient, database: Database) -> None:
    with database.write() as db:
        make_request(db, needs=need(6), urgency=4, significance=2, publish=True)
        make_request(db, country="RW", needs=need(3), urgency=1, significance=4, publish=True)
        make_request(db, country="FJ", needs=need(2), urgency=3, publish=True)
        placed_slot(db, "ZA")
        make_slot(db, make_course(db, seats=50))
        make_slot(db, make_course(db, seats=8), status="tentative")
        make_slot(db, make_course(db, make_provider(db, state="in-review"), seats=5))
        make_slot(db, make_course(db, make_provider(db, state="applied"), seats=7))
        ended_requests(db)
    found = gaps(client)

    assert [(row["skill"], row["region"]) for row in found["items"]] == [
        (SKILL, "AFR"),
        (SKILL, "WPR"),
    ]
    africa = found["items"][0]
    assert africa == {
        "skill": SKILL,
        "region": "AFR",
        "country": None,
        "quarter": None,
        "domain": None,
        "group": None,
        "platform": None,
        "sector": None,
        "urgency_is": None,
        "significance_is": None,
        "needs": 3,  # the one closed as met by hand counts nobody
        "demand": 9,
        "held": 0,
        "met": 0,
        "gap": 9,
        "urgency": 4,
        "significance": 4,
        "supply": 10,
        "supply_free": 10,
        "supply_remote": 50,
        "supply_planned": 13,
    }
    assert (found["total"], found["next"]) == (2, None)
    assert (found["totals"]["demand"], found["totals"]["gap"]) == (11, 11)


def test_seats_taken_and_people_trained_make_the_gap_smaller(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=need(6), publish=True)
        slot = placed_slot(db, "KE", day=1)
        cohort = hold_cohort(db, kenya, request.id, CohortIn(slot=slot.id, seats=4), DESK)
        person = NominationIn(email="ada@people.example", name="Ada Example")
        booking = nominate(db, kenya, cohort.id, person, DESK)
        confirm_booking(db, make_actor(db, booking.person_id), booking.id, DESK)
        later = Desk(lambda: NOW + timedelta(days=2))
        owner = owner_of(db, slot.provider_id)
        record_attendance(db, owner, booking.id, AttendanceIn(), later)
    [row] = gaps(client)["items"]

    # The seats that nobody was named for went back when the slot began.
    assert (row["demand"], row["held"], row["met"], row["gap"]) == (6, 1, 1, 5)
    assert (row["supply"], row["supply_free"]) == (10, 9)


def test_seats_of_a_request_of_two_skills_count_where_they_are_taught(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=[*need(6), *need(4, OTHER)], publish=True)
        both = placed_slot(db, "KE", skills=[SKILL, OTHER])
        one = placed_slot(db, "KE", skills=[SKILL])
        for slot, seats in ((both, 2), (one, 3)):
            hold_cohort(db, kenya, request.id, CohortIn(slot=slot.id, seats=seats), DESK)
    found = {row["skill"]: row for row in gaps(client, "?group=skill")["items"]}

    assert (found[SKILL]["held"], found[SKILL]["gap"]) == (5, 1)
    assert (found[OTHER]["held"], found[OTHER]["gap"]) == (2, 2)


def test_lines_of_one_skill_share_the_seats_of_their_request(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        lines = [{"skill": SKILL, "level": level, "people": 3} for level in (1, 2)]
        request = make_request(db, actor=kenya, needs=lines, publish=True)
        slot = placed_slot(db, "KE")
        hold_cohort(db, kenya, request.id, CohortIn(slot=slot.id, seats=4), DESK)
    [row] = gaps(client, "?group=skill")["items"]

    assert (row["demand"], row["held"], row["gap"]) == (6, 4, 2)


def test_the_name_of_a_country_that_does_not_publish_is_for_itself_and_the_secretariat(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, needs=need(6), publish=True)
        make_request(db, country="UG", needs=need(2))
        callers = {
            "visitor": {},
            "own": bearer(db, make_focal_point(db, "UG")),
            "other": bearer(db, make_focal_point(db)),
            "secretariat": bearer(db, make_secretariat(db)),
        }
    seen = {
        name: [
            (row["region"], row["country"], row["demand"])
            for row in gaps(client, "?group=skill&group=country", headers=headers)["items"]
        ]
        for name, headers in callers.items()
    }
    hidden = [("AFR", "KE", 6)]  # two people of one country are too few to be counted
    named = [("AFR", "KE", 6), ("AFR", "UG", 2)]

    assert seen == {"visitor": hidden, "other": hidden, "own": named, "secretariat": named}


def test_filters_narrow_the_table(client: TestClient, database: Database) -> None:
    with database.write() as db:
        make_request(db, needs=[*need(6), *need(1, "reg-lot-release")], publish=True)
        make_request(db, country="FJ", needs=need(2, OTHER), publish=True)
        placed_slot(db, "FJ")
        placed_slot(db, "KE")

    def rows(query: str) -> list[tuple[str, str, int, int]]:
        names = ("skill", "region", "demand", "supply")
        return [tuple(row[name] for name in names) for row in gaps(client, query)["items"]]

    assert rows(f"?skill={OTHER}") == [(OTHER, "WPR", 2, 0)]
    assert rows("?region=wpr") == [(OTHER, "WPR", 2, 0), (SKILL, "WPR", 0, 10)]
    assert rows("?domain=regulation") == [("reg-lot-release", "AFR", 1, 0)]
    assert rows(f"?domain=regulation&skill={SKILL}") == []


def test_quarters_group_needs_by_their_date_and_slots_by_their_start(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        request = make_request(db, publish=True)
        slot = make_slot(db)
    found = gaps(client, "?group=quarter")["items"]

    def quarter(month: int, year: int) -> str:
        return f"{year}-Q{(month + 2) // 3}"

    needed = quarter(request.needed_by.month, request.needed_by.year)
    starts = quarter(slot.starts_at.month, slot.starts_at.year)
    figures = {row["quarter"]: (row["demand"], row["supply_remote"]) for row in found}
    assert figures == {needed: (6, 0), starts: (0, slot.seats)}


def test_the_table_comes_in_pages(client: TestClient, database: Database) -> None:
    with database.write() as db:
        for skill in (SKILL, OTHER, "reg-lot-release"):
            make_request(db, needs=need(1, skill), publish=True)
    first = gaps(client, "?limit=2")
    second = client.get(first["next"]).json()

    assert (len(first["items"]), first["total"], first["totals"]["demand"]) == (2, 3, 3)
    assert (len(second["items"]), second["next"]) == (1, None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("skill=juggling", "skill"),
        ("region=ECOWAS", "region"),
        ("group=office", "group"),
        ("domain=circus", "domain"),
        ("cursor=nonsense", "cursor"),
    ],
)
@pytest.mark.parametrize("call", ["gaps", "overlaps"])
def test_unknown_values_are_refused(client: TestClient, call: str, query: str, field: str) -> None:
    if call == "overlaps" and field == "group":
        query, field = "limit=0", "limit"
    answer = client.get(f"/api/v1/{call}?{query}")

    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["loc"]


def test_dates_of_one_skill_and_region_in_adjacent_weeks_overlap(
    client: TestClient, database: Database
) -> None:
    monday = NOW.date() + timedelta(days=35 - NOW.weekday())
    day = (monday - NOW.date()).days
    with database.write() as db:
        same_week = [placed_slot(db, "RW", day=day), placed_slot(db, "ZA", day=day + 2)]
        week_after = placed_slot(db, "SN", day=day + 8)
        placed_slot(db, "KE", day=day + 40)
        placed_slot(db, "BR", day=day)
        placed_slot(db, "GH", day=day, skills=[OTHER])
        make_slot(db)
    answer = client.get("/api/v1/overlaps").json()

    [overlap] = answer["items"]
    assert answer["total"] == 1
    assert (overlap["skill"], overlap["region"]) == (SKILL, "AFR")
    assert (overlap["providers"], overlap["seats_free"]) == (3, 30)
    assert [slot["id"] for slot in overlap["slots"]] == [
        str(slot.id) for slot in (*same_week, week_after)
    ]


def test_full_planned_and_closed_dates_do_not_overlap(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=need(20))
        full = placed_slot(db, "RW")
        hold_cohort(db, kenya, request.id, CohortIn(slot=full.id, seats=10), DESK)
        placed_slot(db, "KE")
        placed_slot(db, "KE", slot={"status": "tentative"})
        placed_slot(db, "KE", slot={"apply_by": NOW - timedelta(hours=1)})
    answer = client.get("/api/v1/overlaps").json()

    assert answer == {"items": [], "total": 0, "next": None}


def test_overlaps_between_providers_come_before_those_of_one(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        early = placed_slot(db, "KE", day=20, skills=[OTHER])
        course = db.get_one(Course, early.course_id)
        place = make_facility(db, db.get_one(Provider, early.provider_id))
        times = {"starts_at": early.starts_at, "ends_at": early.ends_at}
        make_slot(db, course, facility=str(place.id), **times)
        placed_slot(db, "RW", day=60)
        placed_slot(db, "ZA", day=60)
    pages = [client.get("/api/v1/overlaps?limit=1").json()]
    pages.append(client.get(pages[0]["next"]).json())

    assert [page["items"][0]["providers"] for page in pages] == [2, 1]
    assert [page["items"][0]["skill"] for page in pages] == [SKILL, OTHER]
    assert (pages[0]["total"], pages[1]["next"]) == (2, None)
