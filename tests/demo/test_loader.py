"""The demonstration network as it stands after loading."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts import queries
from app.accounts.models import User
from app.accounts.passwords import verify_password
from app.accounts.rules import EmailTakenError
from app.booking.models import Booking, Cohort
from app.booking.queries.ledger import counters_off
from app.booking.queries.times import times_off
from app.booking.service.requirements import standing_of
from app.core import countries
from app.core.db import Database
from app.core.outbox import AuditEntry, OutboxEvent
from app.core.zones import to_local
from app.demand.models import GapNeed, GapRequest
from app.demo.loader import DemoSummary, is_empty, is_loaded, load_demo
from app.demo.people import PASSWORD, SIGN_INS
from app.demo.scenario import scenario
from app.qualifications.queries.qualifications import held_by, waived_courses
from app.registry.models import (
    Course,
    CoursePrerequisite,
    Facility,
    FacilityClosure,
    Meeting,
    Occupancy,
    Provider,
    Slot,
)
from app.registry.rules import FacilityClashError
from app.registry.schemas.inputs import SlotPatch
from app.registry.service.clashes import closure_clashes
from app.registry.service.slots import change_slot
from tests.demo.conftest import NOW

STORY = scenario(NOW)


def slot_named(db: Session, code: str) -> Slot:
    return db.exec(select(Slot).where(Slot.code == code)).one()


def meetings_of(db: Session, code: str) -> list[Meeting]:
    query = select(Meeting).where(Meeting.slot_id == slot_named(db, code).id)
    return list(db.exec(query.order_by(col(Meeting.position))))


def bookings_of(db: Session, code: str) -> list[Booking]:
    query = select(Booking).where(Booking.slot_id == slot_named(db, code).id)
    return list(db.exec(query.order_by(col(Booking.entered_at), col(Booking.id))))


def audited(db: Session, subject_id: UUID, action: str) -> list[dict[str, Any]]:
    query = select(AuditEntry).where(
        AuditEntry.subject_id == subject_id, AuditEntry.action == action
    )
    return [entry.changes for entry in db.exec(query.order_by(col(AuditEntry.at)))]


def test_everything_of_the_file_is_there(loaded: tuple[Database, DemoSummary]) -> None:
    assert loaded[1] == DemoSummary(
        starts_on=date(2026, 12, 7),
        people=1 + 13 + 39 + 24 + 31 + 2,  # two whom Ghana named
        providers=13,
        facilities=25,
        courses=60,
        slots=199,
        requests=40,
        bookings=63,
    )


def test_the_codes_of_the_file_are_kept(network: Database) -> None:
    columns = {
        "providers": Provider.code,
        "facilities": Facility.code,
        "courses": Course.code,
        "slots": Slot.code,
        "requests": GapRequest.code,
    }
    with network.read() as db:
        for name, column in columns.items():
            assert set(db.exec(select(column))) == {row["id"] for row in STORY.rows(name)}


@pytest.mark.parametrize(
    ("today", "first"),
    [
        ((2026, 11, 21), date(2026, 12, 7)),
        ((2026, 12, 31), date(2027, 1, 11)),  # the fourth is too near for its deadlines
        ((2027, 1, 1), date(2027, 2, 1)),  # the first of February is a Monday
        ((2027, 1, 31), date(2027, 2, 8)),
        ((2028, 2, 29), date(2028, 3, 13)),
    ],
)
def test_the_window_begins_next_month_with_time_left_to_apply(
    today: tuple[int, int, int], first: date
) -> None:
    now = datetime(*today, 12, tzinfo=UTC)
    moved = scenario(now)

    assert moved.starts_on == first
    # The first e-learning, which many chains begin with, can still be applied for.
    assert moved.wall(moved.row("slots", "C01-S1")["apply_by"]) > now.replace(tzinfo=None)
    assert moved.shift % timedelta(weeks=1) == timedelta()


def test_the_four_sign_ins_are_who_the_contract_says(network: Database) -> None:
    with network.read() as db:
        users = [queries.known_user(db, email) for email in SIGN_INS]
        secretariat, provider, focal, trainee = (
            queries.actor_of_user(db, user.id) for user in users
        )
        owned = db.exec(select(Provider.code).where(col(Provider.id).in_(provider.owned))).all()

    assert all(user.password_hash for user in users)
    assert verify_password(PASSWORD, str(users[0].password_hash))
    assert secretariat.secretariat
    assert owned == ["P01"]
    assert focal.countries == {"GH"}
    assert trainee.name == "Wanjiru Njeri Kamau"
    assert trainee.roles == {"trainee"}


def test_nobody_else_has_a_password(network: Database) -> None:
    with network.read() as db:
        emails = db.exec(select(User.email).where(col(User.password_hash).is_not(None)))
        assert set(emails) == set(SIGN_INS)


def test_names_are_as_they_were_typed(network: Database) -> None:
    with network.read() as db:
        names = Counter(db.exec(select(User.name)))

    assert Counter(row["name"] for row in STORY.rows("people")) - names == Counter()
    assert names["Aïssatou Sow"] == 2


def test_providers_stand_where_the_secretariat_put_them(network: Database) -> None:
    with network.read() as db:
        states: dict[Any, str] = dict(db.exec(select(Provider.code, Provider.state)).all())

    assert states.pop("P12") == "in-review"
    assert states.pop("P13") == "applied"
    assert set(states.values()) == {"verified"}


def test_facilities_keep_what_only_some_may_know(network: Database) -> None:
    with network.read() as db:
        seen: dict[Any, str] = dict(db.exec(select(Facility.code, Facility.visibility)).all())
        suite = db.exec(select(Facility).where(Facility.code == "F04")).one()

    assert {code for code, who in seen.items() if who == "need-to-know"} == {"F04"}
    assert {code for code, who in seen.items() if who == "network"} == {
        *("F05", "F08", "F14", "F16", "F23", "F24")
    }
    assert "background-check" in suite.access_rules


def test_courses_know_what_comes_before_them(network: Database) -> None:
    with network.read() as db:
        codes: dict[UUID, str | None] = dict(db.exec(select(Course.id, Course.code)).all())
        pairs = {
            (codes[p.course_id], codes[p.requires_id]) for p in db.exec(select(CoursePrerequisite))
        }

    assert pairs == {
        (row["id"], before) for row in STORY.rows("courses") for before in row["prerequisites"]
    }
    assert ("C09", "C11") in pairs


def test_slots_have_the_states_of_the_story(network: Database) -> None:
    with network.read() as db:
        states = Counter(db.exec(select(Slot.status)))

    assert states == {"confirmed": 189, "tentative": 7, "draft": 2, "cancelled": 1}


def test_slots_begin_and_end_when_the_file_says_by_the_clock_of_their_place(
    network: Database,
) -> None:
    with network.read() as db:
        slots = {slot.code: slot for slot in db.exec(select(Slot))}
    for row in STORY.rows("slots"):
        slot = slots[row["id"]]
        times = [to_local(at, row["zone"]) for at in (slot.starts_at, slot.ends_at, slot.apply_by)]
        assert [at.replace(tzinfo=None) for at in times] == [
            STORY.wall(row[key]) for key in ("start", "end", "apply_by")
        ], row["id"]


def test_there_is_one_meeting_on_every_working_day(network: Database) -> None:
    with network.read() as db:
        cairo = meetings_of(db, "C28-S1")
        recife = meetings_of(db, "C19-S1")
        own_pace = meetings_of(db, "C01-S1")

    days = [datetime.fromisoformat(each.local_starts).isoweekday() for each in cairo]
    assert days == [7, 1, 2, 3, 4]
    assert len(recife) == 10
    assert {each.local_starts[11:] for each in recife} == {"07:30"}
    assert {each.local_ends[11:] for each in recife} == {"15:30"}
    assert len(own_pace) == 1
    assert own_pace[0].ends_at - own_pace[0].starts_at == timedelta(weeks=13)


def test_no_meeting_is_on_a_weekend_of_its_country(network: Database) -> None:
    query = select(Meeting, Slot, Provider).where(
        col(Meeting.slot_id) == col(Slot.id),
        col(Slot.provider_id) == col(Provider.id),
        Slot.mode != "self-paced",
    )
    with network.read() as db:
        for meeting, slot, provider in db.exec(query):
            weekend = countries.weekend(slot.country or provider.country)
            assert to_local(meeting.starts_at, meeting.zone).isoweekday() not in weekend, slot.code


def test_seats_were_added_after_the_slot_was_announced(network: Database) -> None:
    with network.read() as db:
        slot = slot_named(db, "C44-S1")
        assert [24, 27] in [each.get("seats") for each in audited(db, slot.id, "slot.changed")]

    assert slot.seats == 27


def test_the_deadline_was_put_off_by_a_week(network: Database) -> None:
    with network.read() as db:
        slot = slot_named(db, "C46-S2")
        (changes,) = audited(db, slot.id, "slot.changed")

    before, after = (datetime.fromisoformat(each) for each in changes["apply_by"])
    assert after - before == timedelta(weeks=1)
    assert (after, before) == (slot.apply_by, slot.first_apply_by)
    assert slot.sequence == 1


def test_a_slot_moved_from_cairo_to_remote_and_stayed_the_same_slot(network: Database) -> None:
    with network.read() as db:
        slot = slot_named(db, "C33-S2")
        pilot = db.exec(select(Facility.id).where(Facility.code == "F14")).one()
        (changes,) = audited(db, slot.id, "slot.changed")
        meetings = meetings_of(db, "C33-S2")

    assert changes["facility_id"] == [str(pilot), None]
    assert (slot.facility_id, slot.mode, slot.sequence) == (None, "classroom-remote", 1)
    assert {each.mode for each in meetings} == {"classroom-remote"}
    assert all(each.removed_at is None for each in meetings)


def test_somebody_waits_to_be_cleared_for_the_site(network: Database) -> None:
    with network.read() as db:
        (booking,) = bookings_of(db, "C02-S10")

    assert booking.state == "requested"
    assert booking.held_until is not None


def test_the_cancelled_slot_ended_six_bookings_and_stays_in_calendars(network: Database) -> None:
    with network.read() as db:
        slot = slot_named(db, "C09-S2")
        bookings = bookings_of(db, "C09-S2")
        confirmed = [b for b in bookings if audited(db, b.id, "booking.confirmed")]

    assert (slot.status, slot.status_reason) == ("cancelled", "contamination-or-shutdown")
    assert slot.sequence == 1
    assert (slot.seats_claimed, slot.waiting) == (0, 0)
    assert [booking.state for booking in bookings] == ["cancelled"] * 6
    assert confirmed == bookings[:4]


def test_the_wanted_session_has_its_applications_in_order(network: Database) -> None:
    wanted = sorted(STORY.rows("applications"), key=lambda row: (row["submitted"], row["n"]))
    with network.read() as db:
        slot = slot_named(db, "C14-S1")
        bookings = bookings_of(db, "C14-S1")
        names: dict[UUID, str] = dict(db.exec(select(User.id, User.name)).all())

    assert (slot.route, slot.max_per_country) == ("individual-selection", 2)
    assert (slot.seats, slot.seats_claimed, slot.waiting) == (8, 0, 31)
    assert [names[b.person_id] for b in bookings] == [row["name"] for row in wanted]
    assert len({b.country for b in bookings}) == 14
    assert Counter(b.answers["C16 passed"] for b in bookings) == {True: 25, False: 6}
    assert bookings[0].answers["submitted"] == str(STORY.day("2027-01-04"))


def test_people_stand_in_the_line_one_after_the_other(network: Database) -> None:
    with network.read() as db:
        entered = [booking.entered_at for booking in bookings_of(db, "C14-S1")]

    assert all(one < other for one, other in pairwise(entered))


def test_every_run_of_the_wanted_course_has_a_cap_per_country(network: Database) -> None:
    with network.read() as db:
        caps = {slot.code: slot.max_per_country for slot in db.exec(select(Slot))}

    assert {code for code, cap in caps.items() if cap} == {"C14-S1", "C14-S2", "C14-S3"}
    assert {cap for cap in caps.values() if cap} == {2}


def test_a_double_booking_stayed_a_draft(network: Database) -> None:
    with network.read() as db:
        slot = slot_named(db, "C39-S9")
        hall = db.exec(select(Facility.id).where(Facility.code == "F18")).one()
        other = slot_named(db, "C38-S1")

    assert (slot.status, slot.sequence, slot.facility_id) == ("draft", 0, hall)
    assert other.facility_id == hall
    assert other.starts_at < slot.starts_at < other.ends_at


def test_whoever_tries_the_double_booking_again_is_told_what_is_there(network: Database) -> None:
    with network.read() as db:
        slot = slot_named(db, "C39-S9")
        people = queries.members_of_provider(db, slot.provider_id)
        owner = queries.actor_of_user(db, people[0][0].id)

    with pytest.raises(FacilityClashError, match="is taken by slot C38-S1"), network.write() as db:
        change_slot(db, owner, slot.id, SlotPatch(status="confirmed"), now=NOW)


def test_nobody_and_nothing_is_in_two_places(network: Database) -> None:
    with network.read() as db:
        taken = Counter(db.exec(select(Occupancy.kind)))
        off = list(times_off(db))

    assert off == []
    assert taken["facility"] > taken["person"] > 0


def test_a_campaign_announced_later_is_flagged(network: Database) -> None:
    with network.read() as db:
        clashes = closure_clashes(db, now=NOW)
        slot = slot_named(db, "C19-S2")

    assert [(clash.slot_label, clash.reason) for clash in clashes] == [
        ("C19-S2", "production campaign")
    ]
    assert slot.status == "confirmed"


def test_closures_moved_with_everything_else(network: Database) -> None:
    query = select(Facility.code, FacilityClosure).where(
        col(FacilityClosure.facility_id) == col(Facility.id)
    )
    with network.read() as db:
        found = {(code, c.starts_on, c.ends_on, c.reason) for code, c in db.exec(query)}

    assert found == {
        (row["facility"], STORY.day(row["start"]), STORY.day(row["end"]), row["reason"])
        for row in STORY.rows("facility_blocks")
    }


def test_the_notes_of_the_file_are_the_slots_notes(network: Database) -> None:
    with network.read() as db:
        notes = {slot.code: slot.note for slot in db.exec(select(Slot)) if slot.note}
        few = slot_named(db, "C05-S3")

    assert notes == {
        row["id"]: " ".join(row["notes"]) for row in STORY.rows("slots") if row["notes"]
    }
    assert "MERCOSUR" in notes["C24-S2"]
    assert (few.status, few.minimum_to_run) == ("tentative", 6)


def test_requests_are_open_and_nearly_all_published(network: Database) -> None:
    query = select(GapRequest, GapNeed).where(col(GapNeed.request_id) == col(GapRequest.id))
    with network.read() as db:
        rows = {request.code: (request, need) for request, need in db.exec(query)}

    holding = {"R01": 2, "R02": 3}  # some of their seats
    states = {code: request.state for code, (request, _) in rows.items()}
    assert {code for code, state in states.items() if state == "partly-matched"} == set(holding)
    assert {state for code, state in states.items() if code not in holding} == {"open"}
    assert {r.country for r, _ in rows.values() if not r.publish} == {"HT", "YE"}
    for row in STORY.rows("requests"):
        request, need = rows[row["id"]]
        hands_on = row["modes"] == ["hands-on"]
        assert (need.skill_id, need.people) == (row["skill"], row["people"])
        assert (need.level, need.platform) == (2 if hands_on else 1, row["platforms"][0])
        assert request.modes == (() if row["modes"] == ["any"] else tuple(row["modes"]))
        assert request.needed_by == STORY.day(row["needed_by"])
        assert request.seats_held == holding.get(row["id"], 0)
        assert request.office


def test_the_trainee_has_seats_and_waits_for_one(network: Database) -> None:
    with network.read() as db:
        trainee = queries.known_user(db, "trainee@demo.example")
        query = select(Slot.code, Booking.state).where(
            col(Booking.slot_id) == col(Slot.id), Booking.person_id == trainee.id
        )
        states = Counter(state for _, state in db.exec(query))

    # Gowning is held until she has passed the e-learning; for the laboratory it was waived.
    assert states == {"confirmed": 2, "held": 1, "waitlisted": 1}


def test_the_applicants_who_passed_the_earlier_course_can_show_it(network: Database) -> None:
    with network.read() as db:
        slot = slot_named(db, "C14-S1")
        found = Counter(
            standing_of(db, slot, booking.person_id, now=NOW).refusal is None
            for booking in bookings_of(db, "C14-S1")
        )

    assert found == {True: 25, False: 6}


def test_one_gowning_certificate_is_over_and_was_waived_for_one_slot(network: Database) -> None:
    with network.read() as db:
        person = queries.known_user(db, "h23@demo.example")
        gowning = db.exec(select(Course).where(Course.code == "C10")).one()
        held = [each for each in held_by(db, person.id, today=STORY.starts_on) if each.course]
        (lapsed,) = [each for each in held if each.course and each.course.id == gowning.id]
        waived = waived_courses(db, person.id, slot_named(db, "C09-S2").id)

    assert (lapsed.standing, lapsed.valid_until) == ("expired", STORY.day("2026-12-01"))
    assert waived == {gowning.id}


def test_every_counter_agrees_with_what_it_counts(network: Database) -> None:
    with network.read() as db:
        assert counters_off(db) == []


def test_nothing_is_dated_in_the_future(network: Database) -> None:
    with network.read() as db:
        assert max(db.exec(select(OutboxEvent.recorded_at))) <= NOW
        assert max(db.exec(select(Slot.stamped_at))) <= NOW


def test_a_second_load_is_refused_and_changes_nothing(network: Database) -> None:
    with network.read() as db:
        assert is_loaded(db)
        before = len(db.exec(select(OutboxEvent.id)).all())

    with pytest.raises(EmailTakenError):
        load_demo(network, now=NOW)

    with network.read() as db:
        assert len(db.exec(select(OutboxEvent.id)).all()) == before


def test_a_load_that_breaks_leaves_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step fails, as when the machine is switched off: nothing of it counts as loaded."""

    def fail(_stage: object) -> None:
        raise OSError("switched off")

    monkeypatch.setattr("app.demo.needs.file_requests", fail)
    with pytest.raises(OSError, match="switched off"):
        load_demo(database, now=NOW)

    with database.read() as db:
        assert not is_loaded(db)
        assert is_empty(db)


def test_two_countries_hold_seats_and_one_has_named_people(network: Database) -> None:
    with network.read() as db:
        rows = db.exec(
            select(GapRequest.code, Slot.code, Cohort.seats, Cohort.seats_open)
            .join(Cohort, col(Cohort.request_id) == col(GapRequest.id))
            .join(Slot, col(Slot.id) == col(Cohort.slot_id))
        ).all()
        named = db.exec(select(Booking.state).where(col(Booking.cohort_id).is_not(None))).all()

    assert sorted(rows) == [("R01", "C34-S1", 2, 2), ("R02", "C08-S1", 3, 1)]
    assert sorted(named) == ["confirmed", "offered"]


def test_regular_dates_were_planned_as_series(network: Database) -> None:
    with network.read() as db:
        rows = db.exec(select(Slot).where(col(Slot.series_id).is_not(None))).all()
    courses = Counter(str(row.code).partition("-")[0] for row in rows)

    assert courses == {"C02": 12, "C10": 14, "C41": 16, "C42": 8}
    assert len({row.series_id for row in rows}) == 4
    assert all(row.code == f"{str(row.code)[:3]}-S{row.series_position}" for row in rows)
