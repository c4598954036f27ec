"""Planning a series through the API: a look that keeps nothing, then all of it or none."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import Session, col, func, select

from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.registry.models import Course, Facility, Provider, Series, Slot
from app.registry.schemas.inputs import ClosureIn
from app.registry.service.facilities import close_facility
from tests import factories as make
from tests.factories import TODAY, bearer, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

NEXT_TUESDAY = TODAY + timedelta(days=14 + (2 - TODAY.isoweekday()) % 7)
HALF_DAYS = [
    {"starts": "08:30", "ends": "12:30"},
    {"starts": "13:30", "ends": "17:30"},
]


def tuesday(number: int) -> date:
    """The n-th Tuesday of the pattern, from 0."""
    return NEXT_TUESDAY + timedelta(weeks=number)


def body(course: str, *, preview: bool = False, **changed: Any) -> dict[str, Any]:
    """A clinic on four Tuesdays, 14:00 to 16:00; what is named belongs to the pattern or to it."""
    usual = {"first": str(NEXT_TUESDAY), "weekdays": [2], "count": 4}
    usual["times"] = [{"starts": "14:00", "ends": "16:00"}]
    names = ("first", "weekdays", "every_weeks", "times", "count", "until", "skip")
    pattern = usual | {name: changed.pop(name) for name in names if name in changed}
    return {"course": course, "pattern": pattern, "preview": preview, **changed}


def count(db: Session, table: Any) -> int:
    return db.exec(select(func.count()).select_from(table)).one()


@pytest.fixture
def lab(database: Database) -> tuple[Course, Facility, Provider]:
    """A hands-on course in a facility of Nairobi."""
    with database.write() as db:
        provider = make.make_provider(db)
        place = make.make_facility(db, provider, name="Bench")
        course = make.make_course(db, provider, mode="hands-on", facility=place.slug)
    return course, place, provider


def post(client: "TestClient", database: Database, provider: Provider, sent: dict[str, Any]) -> Any:
    with database.write() as db:
        headers = bearer(db, owner_of(db, provider.id))
    return client.post("/api/v1/series", json=sent, headers=headers)


def marks(answer: Any) -> list[str]:
    return [each["mark"] for each in answer.json()["occurrences"]]


def test_a_preview_keeps_nothing(client: "TestClient", database: Database, lab: Any) -> None:
    course, _, provider = lab
    answer = post(client, database, provider, body(course.slug, preview=True, status="confirmed"))
    with database.read() as db:
        after = [count(db, table) for table in (Slot, Series)]
        told = db.exec(select(OutboxEvent.name).where(OutboxEvent.subject == "slot")).all()

    assert answer.status_code == 200
    assert marks(answer) == ["ok"] * 4
    assert answer.json()["id"] is None
    assert (after, told) == ([0, 0], [])


def test_a_series_is_made_of_slots_of_their_own(
    client: "TestClient", database: Database, lab: Any
) -> None:
    course, _, provider = lab
    sent = body(course.slug, status="confirmed", code="BENCH-", apply_days=3, apply_at="18:00")
    answer = post(client, database, provider, sent)
    made = answer.json()
    with database.read() as db:
        rows = db.exec(select(Slot).order_by(col(Slot.starts_at))).all()
        (series,) = db.exec(select(Series)).all()

    assert answer.status_code == 201
    assert [slot["code"] for slot in made["slots"]] == [f"BENCH-{n}" for n in (1, 2, 3, 4)]
    assert [(row.series_id, row.series_position) for row in rows] == [
        (series.id, position) for position in (1, 2, 3, 4)
    ]
    assert {row.apply_by.hour for row in rows} == {15}  # 18:00 in Nairobi
    assert series.pattern["apply_days"] == 3


def test_half_days_are_two_slots_a_day(client: "TestClient", database: Database, lab: Any) -> None:
    course, _, provider = lab
    answer = post(
        client, database, provider, body(course.slug, times=HALF_DAYS, status="confirmed")
    )

    days = [slot["starts_at"][:16] for slot in answer.json()["slots"]]
    assert days == [
        f"{tuesday(0)}T05:30",
        f"{tuesday(0)}T10:30",
        f"{tuesday(1)}T05:30",
        f"{tuesday(1)}T10:30",
    ]


def test_a_preview_marks_what_is_taken_closed_and_not_worked(
    client: "TestClient", database: Database, lab: Any
) -> None:
    course, place, provider = lab
    with database.write() as db:
        times = [f"{tuesday(0)}T15:00", f"{tuesday(0)}T18:00"]
        make.make_slot(
            db,
            course,
            code="OTHER",
            meetings=[dict(zip(("starts_at", "ends_at"), times, strict=True))],
        )
        closed = ClosureIn(starts_on=tuesday(1), ends_on=tuesday(1), reason="campaign")
        close_facility(db, owner_of(db, provider.id), place.slug, closed, now=make.NOW)
    sent = body(course.slug, preview=True, weekdays=[2, 6], count=4)
    answer = post(client, database, provider, sent)
    whys = [each["why"] for each in answer.json()["occurrences"]]

    assert marks(answer) == ["taken", "weekend", "closed", "weekend"]
    assert "OTHER" in whys[0]
    assert "campaign" in whys[2]


def test_only_what_nothing_stands_in_the_way_of_is_made(
    client: "TestClient", database: Database, lab: Any
) -> None:
    course, _, provider = lab
    answer = post(client, database, provider, body(course.slug, weekdays=[2, 7], count=4))

    assert [slot["series_position"] for slot in answer.json()["slots"]] == [1, 3]


def test_a_weekend_is_made_where_it_is_wanted(
    client: "TestClient", database: Database, lab: Any
) -> None:
    course, _, provider = lab
    sunday = NEXT_TUESDAY + timedelta(days=5)
    sent = body(course.slug, weekdays=[2, 7], chosen=[f"{sunday}T14:00"])
    answer = post(client, database, provider, sent)

    assert [slot["series_position"] for slot in answer.json()["slots"]] == [2]


def test_one_date_that_cannot_be_made_stops_all_that_were_chosen(
    client: "TestClient", database: Database, lab: Any
) -> None:
    course, place, provider = lab
    with database.write() as db:
        closed = ClosureIn(starts_on=tuesday(1), ends_on=tuesday(1), reason="campaign")
        close_facility(db, owner_of(db, provider.id), place.slug, closed, now=make.NOW)
    chosen = [f"{tuesday(n)}T14:00" for n in range(3)]
    answer = post(client, database, provider, body(course.slug, status="confirmed", chosen=chosen))
    with database.read() as db:
        left = [count(db, table) for table in (Slot, Series)]

    assert answer.status_code == 409
    assert answer.json()["code"] == "series_refused"
    assert answer.json()["dates"] == f"{tuesday(1)}T14:00"
    assert left == [0, 0]


def test_a_draft_can_be_planned_into_a_closed_day(
    client: "TestClient", database: Database, lab: Any
) -> None:
    course, place, provider = lab
    with database.write() as db:
        closed = ClosureIn(starts_on=tuesday(0), ends_on=tuesday(0), reason="campaign")
        close_facility(db, owner_of(db, provider.id), place.slug, closed, now=make.NOW)
    answer = post(client, database, provider, body(course.slug, chosen=[f"{tuesday(0)}T14:00"]))

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"times": [{"starts": "16:00", "ends": "14:00"}]}, "ends_before_start"),
        ({"times": [*HALF_DAYS, {"starts": "12:00", "ends": "13:00"}]}, "times_overlap"),
        ({"weekdays": []}, "too_short"),
        ({"weekdays": [8]}, "less_than_equal"),
        ({"count": None}, "no_end"),
        ({"count": 101}, "less_than_equal"),
        ({"count": None, "until": "2199-01-01"}, "until_out_of_range"),
        ({"skip": [str(NEXT_TUESDAY)], "count": None, "until": str(NEXT_TUESDAY)}, "no_date"),
        ({"count": None, "until": str(tuesday(80)), "weekdays": [2, 3]}, "too_many_dates"),
        ({"chosen": []}, "none_chosen"),
        ({"chosen": [f"{NEXT_TUESDAY}T15:00"]}, "unknown_date"),
        ({"apply_days": 0, "apply_at": "15:00"}, "deadline_after_start"),
        ({"course": "no-such-course"}, "unknown_course"),
        ({"times": [{"starts": "14:00Z", "ends": "16:00"}]}, "zone_not_wanted"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_named(
    client: "TestClient", database: Database, lab: Any, changed: dict[str, Any], code: str
) -> None:
    course, _, provider = lab
    answer = post(client, database, provider, body(**{"course": course.slug, **changed}))

    assert answer.status_code == 422
    assert code in [error["code"] for error in answer.json()["errors"]]


def test_a_time_that_the_clock_skips_or_repeats_is_marked(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        provider = make.make_provider(db, country="PT", zone="Europe/Lisbon")
        course = make.make_course(db, provider)
    night = [{"starts": "01:30", "ends": "03:30"}]
    spring: dict[str, Any] = {
        "first": "2030-03-31",
        "weekdays": [7],
        "times": night,
        "count": 1,
        "preview": True,
    }
    autumn = spring | {"first": "2030-10-27"}
    skipped = post(client, database, provider, body(course.slug, **spring))
    twice = post(client, database, provider, body(course.slug, **autumn))
    first = post(client, database, provider, body(course.slug, **autumn, take_first=True))

    assert marks(skipped) == ["nonexistent-time"]
    assert skipped.json()["occurrences"][0]["starts_at"] is None
    assert marks(twice) == ["ambiguous-time"]
    assert first.json()["occurrences"][0]["starts_at"] == "2030-10-27T00:30:00Z"


def test_a_stranger_plans_no_series(client: "TestClient", database: Database, lab: Any) -> None:
    course, _, _ = lab
    with database.write() as db:
        other = make.make_provider(db)
    answer = post(client, database, other, body(course.slug, preview=True))

    assert answer.status_code == 403


def test_the_same_key_plans_once(client: "TestClient", database: Database, lab: Any) -> None:
    course, _, provider = lab
    with database.write() as db:
        headers = bearer(db, owner_of(db, provider.id)) | {"Idempotency-Key": "once"}
    sent = body(course.slug)
    first = client.post("/api/v1/series", json=sent, headers=headers)
    again = client.post("/api/v1/series", json=sent, headers=headers)
    with database.read() as db:
        made = count(db, Slot)

    assert first.json() == again.json()
    assert made == 4
