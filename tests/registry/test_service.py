"""Use cases of the supply side, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, func, select

from app.core.db import Database
from app.core.errors import (
    AppError,
    EditConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from app.registry.models import Course, Meeting, Provider, Slot
from app.registry.queries.rows import catalogue_revision
from app.registry.queries.slots import first_slots, slot_page
from app.registry.rules import FacilityClashError, ProviderState, StepError
from app.registry.schemas.filters import SlotFilter
from app.registry.schemas.inputs import (
    CancellationIn,
    ClosureIn,
    CoursePatch,
    ProviderIn,
    ProviderPatch,
    SlotIn,
    SlotPatch,
    VerificationIn,
)
from app.registry.service import clashes, courses, facilities, providers, slots
from tests import factories as make
from tests.factories import NOW, owner_of

LONG = "ق" * 10_000


def code_of(error: AppError) -> str:
    """The code that a program sees."""
    return error.problems[0].code if isinstance(error, InvalidError) else error.code


def local(day: int, hour: int) -> datetime:
    """A wall time, without zone, far enough in the future."""
    return datetime(2027, 6, day, hour)  # noqa: DTZ001 - wall time is what is typed


def test_an_applicant_owns_the_provider_that_nobody_else_sees(database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db, state="applied")
        owner, stranger = owner_of(db, provider.id), make.make_trainee(db)

        with pytest.raises(NotFoundError):
            providers.edit_provider(db, stranger, provider.slug, ProviderPatch(), now=NOW)

    assert owner.owned == {provider.id}


def test_a_verified_provider_has_a_date_for_its_review(database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db)

    assert provider.state == "verified"
    assert provider.review_by == (NOW + timedelta(days=730)).date()


def test_only_the_secretariat_verifies(database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db, state="applied")
        decision = VerificationIn(state=ProviderState.VERIFIED)
        owner = owner_of(db, provider.id)

        with pytest.raises(ForbiddenError):
            providers.decide_verification(db, owner, provider.slug, decision, now=NOW)

    assert provider.state == "applied"


def test_suspending_needs_a_reason(database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        decision = VerificationIn(state=ProviderState.SUSPENDED)

        with pytest.raises(InvalidError) as refusal:
            providers.decide_verification(
                db, make.make_secretariat(db), provider.slug, decision, now=NOW
            )

    assert code_of(refusal.value) == "reason_missing"


@pytest.mark.parametrize("name", ["أكاديمية القمر النحاسي", "翠灯生物工艺学堂", "École d’été №1"])
def test_names_of_any_script_get_a_readable_address(database: Database, name: str) -> None:
    with database.write() as db:
        provider = make.make_provider(db, name=name)

    assert provider.name == name
    assert provider.slug.isascii()
    assert 0 < len(provider.slug) <= 64


@pytest.mark.parametrize(
    ("name", "kind"), [("a\x00b", "control_characters"), (LONG, "string_too_long")]
)
def test_a_name_that_cannot_be_shown_or_kept_is_refused(name: str, kind: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        ProviderIn.model_validate(
            {"name": name, "type": "university", "country": "KE", "languages": ["en"]}
        )

    assert refusal.value.errors()[0]["type"] == kind


def test_two_providers_of_one_name_have_two_addresses(database: Database) -> None:
    with database.write() as db:
        first, second = make.make_provider(db, name="Twin"), make.make_provider(db, name="Twin")

    assert (first.slug, second.slug) == ("twin", "twin-2")


def test_an_edit_that_began_before_anothers_is_refused(database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        owner = owner_of(db, provider.id)
        seen = provider.version
        patch = ProviderPatch(about="New", version=seen)
        providers.edit_provider(db, owner, provider.slug, patch, now=NOW)

        with pytest.raises(EditConflictError):
            providers.edit_provider(
                db, owner, provider.slug, ProviderPatch(about="Old", version=seen), now=NOW
            )

    assert provider.about == "New"


def test_every_change_raises_the_catalogues_revision(database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db)
        before, _ = catalogue_revision(db)
        make.make_slot(db, course)
        db.expire_all()
        after, _ = catalogue_revision(db)

    assert after > before


def test_a_renamed_course_revises_its_slots_and_is_found_by_its_new_name(
    database: Database,
) -> None:
    with database.write() as db:
        slot = make.make_slot(db)
        course = db.get_one(Course, slot.course_id)
        owner, before = owner_of(db, course.provider_id), slot.sequence
        patch = CoursePatch(title="Übung macht Meister")
        courses.edit_course(db, owner, course.slug, patch, now=NOW + timedelta(minutes=1))
        found, total, _ = slot_page(db, owner, SlotFilter(q="ubung MEISTER"), now=NOW, limit=5)

        assert (total, found[0].id) == (1, slot.id)
        assert found[0].sequence == before + 1


def test_every_page_of_slots_knows_how_many_there_are(database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db)
        made = [make.make_slot(db, course).id for _ in range(3)]
        owner = owner_of(db, course.provider_id)

        def page(limit: int, after: Any = None) -> tuple[int, int, Any]:
            views, total, more = slot_page(
                db, owner, SlotFilter(), now=NOW, limit=limit, after=after
            )
            return len(views), total, more

        first = page(2)
        assert first[:2] == (2, 3)
        assert page(2, first[2]) == (1, 3, None)
        assert page(3) == page(4) == (3, 3, None)
        firsts = first_slots(db, owner, SlotFilter(), now=NOW, limit=2)
        assert [view.id for view in firsts] == sorted(made)[:2]


def test_a_circle_of_prerequisites_is_refused(database: Database) -> None:
    with database.write() as db:
        first = make.make_course(db)
        provider = db.get_one(Provider, first.provider_id)
        second = make.make_course(db, provider, prerequisites=[first.slug])
        owner = owner_of(db, provider.id)

        patch = CoursePatch(prerequisites=[second.slug])
        with pytest.raises(InvalidError) as refusal:
            courses.edit_course(db, owner, first.slug, patch, now=NOW)

    assert code_of(refusal.value) == "prerequisite_circle"


@pytest.mark.parametrize(
    ("zone", "starts_at", "code"),
    [
        ("America/New_York", "2027-03-14T02:30", "nonexistent_time"),
        ("America/New_York", "2027-11-07T01:30", "ambiguous_time"),
        ("Africa/Nairobi", "2027-06-08T09:00", "ends_before_start"),
    ],
)
def test_a_time_that_makes_no_sense_is_named_beside_its_field(
    database: Database, zone: str, starts_at: str, code: str
) -> None:
    with database.write() as db:
        course = make.make_course(db)
        start = datetime.fromisoformat(starts_at)
        end = start - timedelta(hours=1) if code == "ends_before_start" else start.replace(hour=5)
        request = SlotIn.model_validate(
            {
                "course": str(course.id),
                "zone": zone,
                "meetings": [{"starts_at": start, "ends_at": end}],
            }
        )

        with pytest.raises(InvalidError) as refusal:
            slots.plan_slot(db, owner_of(db, course.provider_id), request, now=NOW)

    problem = refusal.value.problems[0]
    field = "ends_at" if code == "ends_before_start" else "starts_at"
    assert (problem.loc, problem.code) == (("meetings", 0, field), code)


def test_an_instant_with_its_offset_settles_a_time_that_happens_twice(database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(
            db,
            zone="America/New_York",
            starts_at="2027-11-07T01:30-05:00",
            ends_at="2027-11-07T04:00",
        )

    assert slot.starts_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"meetings": []}, "missing"),
        ({"mode": "hands-on"}, "facility_missing"),
        ({"apply_by": "2099-01-01T00:00Z"}, "deadline_after_start"),
        ({"course": "no-such-course"}, "unknown_course"),
    ],
)
def test_a_slot_that_lacks_something_is_refused_and_not_half_saved(
    database: Database, facts: dict[str, Any], code: str
) -> None:
    with database.write() as db:
        course = make.make_course(db)
        owner = owner_of(db, course.provider_id)
        times = {"starts_at": NOW + timedelta(days=9), "ends_at": NOW + timedelta(days=10)}
        sent = {"course": str(course.id), **({} if "meetings" in facts else times), **facts}

        with pytest.raises(InvalidError) as refusal:
            slots.plan_slot(db, owner, SlotIn.model_validate(sent), now=NOW)

        assert db.exec(select(func.count(col(Slot.id)))).one() == 0
        assert db.exec(select(func.count(col(Meeting.id)))).one() == 0
    assert code_of(refusal.value) == code


def _hands_on(db: Session) -> tuple[Course, dict[str, Any]]:
    """A course at a facility, and a slot's facts in it: 9 to 17 in Nairobi."""
    provider = make.make_provider(db)
    facility = make.make_facility(db, provider, name="Pilot plant")
    course = make.make_course(db, provider, mode="hands-on", facility=facility.slug)
    return course, {"starts_at": local(8, 9), "ends_at": local(8, 17)}


def test_a_facility_is_not_promised_twice(database: Database) -> None:
    with database.write() as db:
        course, times = _hands_on(db)
        make.make_slot(db, course, code="FIRST", **times)
        draft = make.make_slot(db, course, status="draft", **times)
        owner = owner_of(db, course.provider_id)

        with pytest.raises(FacilityClashError, match="taken by slot FIRST"):
            make.make_slot(db, course, **times)
        with pytest.raises(FacilityClashError):
            slots.change_slot(db, owner, draft.id, SlotPatch(status="confirmed"), now=NOW)


def test_a_closed_facility_takes_no_slot_on_any_hour_of_its_own_days(database: Database) -> None:
    with database.write() as db:
        course, times = _hands_on(db)
        owner = owner_of(db, course.provider_id)
        closed = ClosureIn.model_validate(
            {"starts_on": "2027-06-08", "ends_on": "2027-06-08", "reason": "campaign"}
        )
        facilities.close_facility(db, owner, str(course.facility_id), closed, now=NOW)

        with pytest.raises(FacilityClashError, match="campaign"):
            make.make_slot(db, course, **times)
        # Midnight of Nairobi, not of Greenwich, ends the closed day.
        next_day = {"starts_at": local(9, 0), "ends_at": local(9, 8)}
        assert make.make_slot(db, course, **next_day).status == "confirmed"


def test_a_closure_is_kept_and_the_slots_on_it_are_listed(database: Database) -> None:
    with database.write() as db:
        course, times = _hands_on(db)
        slot = make.make_slot(db, course, **times)
        owner = owner_of(db, course.provider_id)
        closed = ClosureIn.model_validate(
            {"starts_on": "2027-06-01", "ends_on": "2027-06-30", "reason": "shutdown"}
        )
        facilities.close_facility(db, owner, str(course.facility_id), closed, now=NOW)

        own = clashes.closure_clashes(db, now=NOW, provider_id=course.provider_id)
        other = clashes.closure_clashes(db, now=NOW, provider_id=make.make_provider(db).id)
        later = clashes.closure_clashes(db, now=datetime(2027, 7, 2, tzinfo=UTC))

    assert [(clash.slot_id, clash.reason) for clash in own] == [(slot.id, "shutdown")]
    assert other == later == []


def test_a_closure_that_ends_before_it_begins_is_refused(database: Database) -> None:
    with database.write() as db:
        course, _ = _hands_on(db)
        closed = ClosureIn.model_validate(
            {"starts_on": "2027-06-09", "ends_on": "2027-06-08", "reason": "campaign"}
        )

        with pytest.raises(InvalidError) as refusal:
            facilities.close_facility(
                db, owner_of(db, course.provider_id), str(course.facility_id), closed, now=NOW
            )

    assert code_of(refusal.value) == "window_order"


def test_seats_never_go_below_those_taken(database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(db, seats=6)
        slot.seats_claimed = 4
        db.add(slot)
        db.flush()
        owner = owner_of(db, slot.provider_id)

        with pytest.raises(InvalidError, match="4 seats are taken") as refusal:
            slots.change_slot(db, owner, slot.id, SlotPatch(seats=3), now=NOW)
        changed = slots.change_slot(db, owner, slot.id, SlotPatch(seats=4), now=NOW)

    assert code_of(refusal.value) == "seats_below_taken"
    assert changed.seats == 4


def test_a_removed_meeting_of_a_published_slot_stays_as_removed(database: Database) -> None:
    first = {"starts_at": "2027-06-08T09:00", "ends_at": "2027-06-08T12:00"}
    second = {"starts_at": "2027-06-09T09:00", "ends_at": "2027-06-09T12:00"}
    with database.write() as db:
        slot = make.make_slot(db, meetings=[first, second])
        owner, before = owner_of(db, slot.provider_id), slot.sequence
        patch = SlotPatch.model_validate({"meetings": [second]})
        slots.change_slot(db, owner, slot.id, patch, now=NOW + timedelta(minutes=1))
        rows = db.exec(select(Meeting).where(Meeting.slot_id == slot.id)).all()

        assert sorted(row.removed_at is not None for row in rows) == [False, True]
        assert slot.sequence == before + 1


def test_overlapping_meetings_are_refused(database: Database) -> None:
    first = {"starts_at": "2027-06-08T09:00", "ends_at": "2027-06-08T12:00"}
    with database.write() as db, pytest.raises(InvalidError) as refusal:
        make.make_slot(db, meetings=[first, {**first, "starts_at": "2027-06-08T11:00"}])

    assert code_of(refusal.value) == "meetings_overlap"


def test_a_cancelled_slot_keeps_its_reason_and_stays_cancelled(database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(db)
        owner, before = owner_of(db, slot.provider_id), slot.sequence
        reason = CancellationIn(reason="funding-withdrawn", note="Sorry.")
        slots.cancel_slot(db, owner, slot.id, reason, now=NOW)

        assert (slot.status, slot.status_reason) == ("cancelled", "funding-withdrawn: Sorry.")
        assert slot.sequence == before + 1
        with pytest.raises(StepError):
            slots.cancel_slot(db, owner, slot.id, reason, now=NOW)
        with pytest.raises(EditConflictError):
            slots.change_slot(db, owner, slot.id, SlotPatch(seats=9), now=NOW)


def test_a_strangers_draft_does_not_exist(database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(db, status="draft")
        stranger = owner_of(db, make.make_provider(db).id)

        with pytest.raises(NotFoundError):
            slots.change_slot(db, stranger, slot.id, SlotPatch(seats=9), now=NOW)


def test_a_strangers_published_slot_is_seen_and_not_changed(database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(db)
        stranger = owner_of(db, make.make_provider(db).id)

        with pytest.raises(ForbiddenError):
            slots.change_slot(db, stranger, slot.id, SlotPatch(seats=9), now=NOW)

    assert slot.seats == 12
