"""Changing a date of a series and those that follow it: all of them or none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import Session, col, select

from app.booking.rules import BookingState
from app.booking.service.desk import Desk
from app.booking.service.series import NotInSeriesError, cancel_following, change_following
from app.core.db import Database
from app.core.errors import InvalidError
from app.core.outbox import OutboxEvent
from app.core.zones import to_local
from app.registry.models import Series, Slot
from app.registry.queries.rows import meetings_of
from app.registry.rules import StepError
from app.registry.schemas.inputs import CancellationIn, ClosureIn, SlotPatch
from app.registry.schemas.series import SeriesIn
from app.registry.service.facilities import close_facility
from app.registry.service.series import SeriesRefusedError, plan_series
from app.registry.service.slots import change_slot
from tests import factories as make
from tests.booking.browsing import edit_form, sign_in, words
from tests.booking.people import Hands, assert_counters, book_new, confirm_new, seats_of, state_of
from tests.factories import NOW, TODAY, bearer, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

LISBON = "Europe/Lisbon"
TUESDAY = TODAY + timedelta(days=14 + (2 - TODAY.isoweekday()) % 7)
HALF_DAYS = [{"starts": "08:30", "ends": "12:30"}, {"starts": "13:30", "ends": "17:30"}]


def plan(db: Session, *, status: str = "confirmed", **pattern: Any) -> list[Slot]:
    """Four Tuesdays at a bench in Lisbon, from 14:00 to 16:00 unless told otherwise."""
    provider = make.make_provider(db, country="PT", zone=LISBON)
    place = make.make_facility(db, provider, name="Bench")
    course = make.make_course(db, provider, mode="hands-on", facility=place.slug, seats=2)
    usual = {"first": str(TUESDAY), "weekdays": [2], "count": 4}
    usual["times"] = [{"starts": "14:00", "ends": "16:00"}]
    body = {"course": course.slug, "pattern": usual | pattern, "status": status, "apply_days": 2}
    owner = owner_of(db, provider.id)
    return list(plan_series(db, owner, SeriesIn.model_validate(body), now=NOW).slots)


def clock(slot: Slot) -> str:
    """When the slot begins, by the clock of Lisbon."""
    return f"{to_local(slot.starts_at, LISBON):%Y-%m-%dT%H:%M}"


def at(day: int, time: str, weeks: int = 0) -> str:
    """The wall time so many days and weeks after the first Tuesday."""
    return f"{TUESDAY + timedelta(days=day, weeks=weeks)}T{time}"


def block(start: str, end: str) -> dict[str, Any]:
    """A patch that moves the only block of time."""
    return {"meetings": [{"starts_at": start, "ends_at": end}]}


def change(db: Session, slot: Slot, desk: Desk, **fields: Any) -> Slot:
    """Change this slot and those that follow, as its owner."""
    owner = owner_of(db, slot.provider_id)
    return change_following(db, owner, slot.id, SlotPatch.model_validate(fields), desk)


def rows(db: Session) -> Sequence[Slot]:
    return db.exec(select(Slot).order_by(col(Slot.starts_at))).all()


def test_times_move_by_the_clock_from_this_date_on(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db, count=30)
        change(db, slots[1], desk, **block(at(1, "15:00", 1), at(1, "17:30", 1)))
        first, *later = rows(db)
        ends = [to_local(slot.ends_at, LISBON) for slot in later]

    assert clock(first) == at(0, "14:00")
    assert [clock(slot) for slot in later] == [at(1, "15:00", week) for week in range(1, 30)]
    assert {f"{end:%H:%M}" for end in ends} == {"17:30"}


def test_changed_dates_become_a_series_of_their_own(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        old = slots[0].series_id
        change(db, slots[2], desk, note="Bring shoes.")
        ids = [slot.series_id for slot in rows(db)]
        split = db.exec(select(OutboxEvent).where(OutboxEvent.name == "series.split")).all()
        made = db.exec(select(Series)).all()

    assert ids[:2] == [old, old]
    assert ids[2] == ids[3] != old
    assert [event.payload for event in split] == [{"from": str(old), "slots": 2}]
    assert len(made) == 2


def test_a_change_from_the_first_date_on_splits_nothing(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        change(db, slots[0], desk, seats=5)

        assert [slot.seats for slot in rows(db)] == [5] * 4
        assert len({slot.series_id for slot in rows(db)}) == 1


def test_what_was_changed_on_one_date_alone_stays(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        owner = owner_of(db, slots[0].provider_id)
        change_slot(db, owner, slots[2].id, SlotPatch(seats=9, note="In hall 2."), now=NOW)
        change(db, slots[1], desk, seats=2, note="", minimum_to_run=2)

        assert [slot.seats for slot in rows(db)] == [2, 2, 9, 2]
        assert [slot.note for slot in rows(db)] == ["", "", "In hall 2.", ""]
        assert [slot.minimum_to_run for slot in rows(db)] == [None, 2, 2, 2]


def test_a_deadline_keeps_its_distance_to_each_date(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        change(db, slots[1], desk, apply_by=datetime.fromisoformat(at(-1, "18:00", 1)))
        deadlines = [f"{to_local(s.apply_by, LISBON):%Y-%m-%dT%H:%M}" for s in rows(db)]

    assert deadlines == [at(-2, "14:00"), *(at(-1, "18:00", week) for week in (1, 2, 3))]


@pytest.mark.parametrize(
    ("start", "end", "halves"),
    [("13:30", "17:30", ["13:30", "18:30"]), ("04:30", "08:30", ["04:30", "09:30"])],
)
def test_dates_may_move_into_the_time_that_another_one_leaves(
    database: Database, desk: Desk, start: str, end: str, halves: list[str]
) -> None:
    with database.write() as db:
        first = plan(db, times=HALF_DAYS, count=4)[0]
        change(db, first, desk, **block(at(0, start), at(0, end)))

        assert [clock(slot)[11:] for slot in rows(db)] == halves * 2


def test_one_date_that_cannot_move_stops_all(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        owner = owner_of(db, slots[0].provider_id)
        day = TUESDAY + timedelta(days=1, weeks=3)
        closed = ClosureIn(starts_on=day, ends_on=day, reason="campaign")
        close_facility(db, owner, str(slots[0].facility_id), closed, now=NOW)
    moved = block(at(1, "14:00", 1), at(1, "16:00", 1))
    with pytest.raises(SeriesRefusedError, match="Nothing") as refused, database.write() as db:
        change(db, slots[1], desk, **moved)
    with database.read() as db:
        found = [clock(slot) for slot in rows(db)]

    assert refused.value.details == {"dates": at(0, "14:00", 3)}
    assert "campaign" in refused.value.message
    assert found == [at(0, "14:00", week) for week in range(4)]


def test_a_wrong_field_of_a_later_date_names_its_day(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        for _ in range(2):
            confirm_new(db, slots[2].id, desk)
    with pytest.raises(InvalidError) as refused, database.write() as db:
        change(db, slots[1], desk, seats=1)

    (problem,) = refused.value.problems
    assert problem.code == "seats_below_taken"
    assert f"{TUESDAY + timedelta(weeks=2):%b}" in problem.msg


def test_seats_added_to_all_go_to_each_line(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        for _ in range(2):
            confirm_new(db, slots[3].id, desk)
        _, waiting = book_new(db, slots[3].id, desk)
        change(db, slots[1], desk, seats=3)

        assert state_of(db, waiting.id) == BookingState.OFFERED
        assert seats_of(db, slots[3].id) == (3, 0)
    assert_counters(database)


def test_another_number_of_blocks_is_for_one_date_alone(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        two = [*block(at(0, "14:00"), at(0, "15:00"))["meetings"]]
        two += block(at(0, "15:00"), at(0, "16:00"))["meetings"]
        with pytest.raises(InvalidError) as refused:
            change(db, slots[0], desk, meetings=two)

    assert [problem.code for problem in refused.value.problems] == ["other_number"]


def test_a_new_room_is_told_to_all_and_times_stay(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        sent = block(at(0, "14:00"), at(0, "16:00"))
        sent["meetings"][0]["place"] = "Hall 2"
        change(db, slots[0], desk, **sent)
        places = [row.place for s in slots for row in meetings_of(db, [s.id])[s.id]]

    assert places == ["Hall 2"] * 4


def test_a_date_alone_or_begun_is_followed_by_nothing(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        alone = make.make_slot(db)
        begun = plan(db)[0]
        with pytest.raises(NotInSeriesError):
            change(db, alone, desk, note="x")
        hands.at = begun.starts_at
        with pytest.raises(NotInSeriesError):
            change(db, begun, desk, note="x")


def test_the_rest_of_a_series_is_cancelled_with_its_seats(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slots = plan(db)
        _, kept = confirm_new(db, slots[0].id, desk)
        _, lost = confirm_new(db, slots[2].id, desk)
        owner = owner_of(db, slots[0].provider_id)
        cancel_following(db, owner, slots[1].id, CancellationIn(reason="other"), desk)
        states = [slot.status for slot in rows(db)]
        with pytest.raises(StepError):
            cancel_following(db, owner, slots[1].id, CancellationIn(reason="other"), desk)

        assert states == ["confirmed", "cancelled", "cancelled", "cancelled"]
        assert (state_of(db, kept.id), state_of(db, lost.id)) == ("confirmed", "cancelled")
    assert_counters(database)


def test_a_stranger_changes_no_series(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slots = plan(db)
        other = bearer(db, owner_of(db, make.make_provider(db).id))
        own = bearer(db, owner_of(db, slots[0].provider_id))
    address = f"/api/v1/slots/{slots[1].id}"
    sent = {"scope": "following", "note": "Shoes."}
    strange = client.patch(address, json=sent, headers=other)
    changed = client.patch(address, json=sent, headers=own)
    ended = client.post(f"{address}/cancellation", json={"scope": "following"}, headers=own)
    with database.read() as db:
        found = [(slot.note, slot.status) for slot in rows(db)]

    assert (strange.status_code, changed.status_code, ended.status_code) == (403, 200, 200)
    assert found == [("", "confirmed"), *[("Shoes.", "cancelled")] * 3]


def test_the_form_of_a_date_offers_those_that_follow(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slots = plan(db)
        alone = make.make_slot(db, course=None)
        owners = [owner_of(db, each.provider_id) for each in (alone, slots[0])]
    sign_in(client, database, owners[0])
    plain = client.get(f"/slots/{alone.id}/edit")
    sign_in(client, database, owners[1])
    address = f"/slots/{slots[1].id}/edit"
    sent = edit_form(client.get(address), address)
    assert sent["scope"] == "this"
    sent |= {"scope": "following", "meetings-0-starts_at": at(0, "15:00", 1)}
    saved = client.post(address, data=sent | {"meetings-0-ends_at": at(0, "17:00", 1)})
    with database.read() as db:
        found = [clock(slot)[11:] for slot in rows(db) if slot.series_id]

    assert 'name="scope"' not in plain.text
    assert saved.status_code == 303
    assert found == ["14:00", "15:00", "15:00", "15:00"]


def test_the_page_that_cancels_a_date_offers_those_that_follow(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slots = plan(db)
        owner = owner_of(db, slots[0].provider_id)
    sign_in(client, database, owner)
    address = f"/slots/{slots[2].id}/cancellation"
    asked = client.get(address)
    done = client.post(address, data={"reason": "other", "scope": "following"})
    with database.read() as db:
        found = [slot.status for slot in rows(db)]

    assert "This date and those after it in its series" in words(asked)
    assert done.status_code == 303
    assert found == ["confirmed", "confirmed", "cancelled", "cancelled"]
