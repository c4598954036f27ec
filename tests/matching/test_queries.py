"""The tables as the facts that ranking looks at, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from app.booking.schemas import BookSeatIn, CohortIn
from app.booking.service.cohorts import hold_cohort
from app.booking.service.desk import Desk
from app.booking.service.seats import book_seat
from app.core import countries
from app.core.db import Database
from app.matching import queries
from app.matching.rules import EMPTY, Offer
from app.registry.schemas.inputs import CancellationIn
from app.registry.service.slots import cancel_slot
from tests.factories import (
    NOW,
    TODAY,
    days,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_slot,
    make_trainee,
    owner_of,
)

SKILL = "mfg-aseptic-fill"
DESK = Desk(lambda: NOW)


def offers_of(db: Session, **facts: Any) -> list[Offer]:
    """The offers for a request of Kenya."""
    need = queries.need_of(db, make_request(db, **facts), today=TODAY)
    return queries.offers_for(db, need, now=NOW)


def test_a_need_says_what_its_request_says(database: Database) -> None:
    wants = [
        {"skill": SKILL, "level": 3, "platform": "vaccines", "people": 4, "weight": 2},
        {"skill": "mfg-gowning", "level": 2, "people": 1},
    ]
    with database.write() as db:
        request = make_request(
            db,
            needs=wants,
            modes=["hands-on"],
            languages=["fr", "en"],
            travel="region",
            travel_limit_km=900,
            fee_limit=50,
            earliest=days(10),
        )
        need = queries.need_of(db, request, today=TODAY)

    assert [(want.skill, want.level, want.platform, want.weight) for want in need.wants] == [
        (SKILL, 3, "vaccines", 2),
        ("mfg-gowning", 2, "all", 1),
    ]
    assert need.wants[1].called == "Cleanroom gowning and behaviour"
    assert (need.people, need.urgency, need.sector) == (5, 4, "industry-private")
    assert (need.modes, need.languages) == (frozenset({"hands-on"}), ("fr", "en"))
    assert (need.country, need.region, need.travel) == ("KE", "AFR", "region")
    assert (need.travel_limit_km, need.fee_limit_usd) == (900, 50)
    assert need.earliest == TODAY + timedelta(days=10)
    assert need.point is not None


def test_the_window_of_a_need_opens_today_when_its_first_date_has_passed(
    database: Database,
) -> None:
    with database.write() as db:
        request = make_request(db, earliest=days(-30), needed_by=days(30))
        today = queries.need_of(db, request, today=TODAY)
        too_late = queries.need_of(db, request, today=TODAY + timedelta(days=40))

    assert today.earliest == TODAY
    assert too_late.earliest == too_late.needed_by == request.needed_by


def test_an_offer_says_what_slot_course_and_place_say(database: Database) -> None:
    starts_at = datetime(TODAY.year + 1, 3, 1, 22, tzinfo=UTC)
    with database.write() as db:
        provider = make_provider(db)
        facility = make_facility(
            db, provider, latitude=-1.0, longitude=36.0, access_rules=["nda", "background-check"]
        )
        first = make_course(db, provider)
        course = make_course(
            db,
            provider,
            facility=str(facility.id),
            level=2,
            mode="hands-on",
            skills=[{"id": SKILL, "level": 3}, "mfg-gowning"],
            platforms=["vaccines", "mrna"],
            languages=["en"],
            interpretation=["fr"],
            audience=["regulator"],
            eligible_countries=["KE", "UG"],
            funding="fee",
            fee_usd=900,
            prerequisites=[str(first.id)],
        )
        slot = make_slot(
            db, course, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3), seats=9
        )
        offer = offers_of(db)[0]

    assert (offer.slot_id, offer.course_id, offer.requires) == (slot.id, course.id, (first.id,))
    assert offer.skills == ((SKILL, 3), ("mfg-gowning", 2))
    assert offer.platforms == {"vaccines", "mrna"}
    assert (offer.languages, offer.interpretation) == (frozenset({"en"}), frozenset({"fr"}))
    assert offer.audience == {"regulator"}
    assert offer.eligible_countries == {"KE", "UG"}
    assert (offer.funding, offer.fee_usd) == ("fee", 900)
    assert (offer.country, offer.region, offer.point) == ("KE", "AFR", (-1.0, 36.0))
    assert (offer.lead_days, offer.seats_free, offer.waiting) == (45, 9, 0)
    assert (offer.provider_verified, offer.status, offer.mode) == (True, "confirmed", "hands-on")
    # Ten in the evening UTC is after midnight in Nairobi.
    assert offer.starts_on == offer.ends_on == starts_at.date() + timedelta(days=1)
    assert (offer.starts_at, offer.apply_by) == (starts_at, starts_at)
    assert (offer.hours, offer.country_seats_left) == (None, None)


def test_a_place_without_coordinates_is_where_its_country_is(database: Database) -> None:
    with database.write() as db:
        facility = make_facility(db, provider := make_provider(db))
        course = make_course(db, provider, mode="hands-on", facility=str(facility.id))
        placed, remote = make_slot(db, course), make_slot(db)
        found = {offer.slot_id: offer for offer in offers_of(db)}

    kenya = countries.country("KE")
    assert kenya is not None
    assert found[placed.id].point == (kenya.lat, kenya.lon)
    assert (found[remote.id].country, found[remote.id].point) == (None, None)


def test_only_published_slots_to_come_of_listed_providers_are_offers(database: Database) -> None:
    with database.write() as db:
        confirmed = make_slot(db)
        tentative = make_slot(db, status="tentative")
        in_review = make_slot(db, make_course(db, make_provider(db, state="in-review")))
        make_slot(db, status="draft")
        make_slot(db, make_course(db, make_provider(db, state="applied")))
        make_slot(db, make_course(db, make_provider(db, state="suspended")))
        make_slot(db, make_course(db, skills=["mfg-gowning"]))
        past = NOW - timedelta(days=3)
        make_slot(db, starts_at=past, ends_at=past + timedelta(hours=1))
        cancelled = make_slot(db)
        owner = owner_of(db, cancelled.provider_id)
        cancel_slot(db, owner, cancelled.id, CancellationIn(), now=NOW)
        found = {offer.slot_id: offer for offer in offers_of(db)}

    assert found.keys() == {confirmed.id, tentative.id, in_review.id}
    assert not found[in_review.id].provider_verified


def test_what_runs_at_ones_own_pace_can_be_joined_until_it_ends(database: Database) -> None:
    with database.write() as db:
        course = make_course(db, mode="self-paced", length=7.5, length_unit="hours")
        running = make_slot(
            db,
            course,
            starts_at=NOW - timedelta(days=3),
            ends_at=NOW + timedelta(days=30),
            apply_by=NOW + timedelta(days=20),
        )
        offer = offers_of(db)[0]

    assert (offer.slot_id, offer.hours) == (running.id, 8)


def test_a_slot_that_ends_at_midnight_ends_on_the_day_before(database: Database) -> None:
    # Midnight in Nairobi is nine in the evening UTC.
    ends_at = datetime(TODAY.year + 1, 3, 5, 21, tzinfo=UTC)
    with database.write() as db:
        make_slot(db, starts_at=ends_at - timedelta(hours=6), ends_at=ends_at)
        offer = offers_of(db)[0]

    assert offer.ends_on == ends_at.date()


def test_what_is_over_is_an_offer_only_where_nothing_else_is(database: Database) -> None:
    with database.write() as db:
        for days_ago in (30, 3):
            past = NOW - timedelta(days=days_ago)
            slot = make_slot(db, starts_at=past, ends_at=past + timedelta(hours=1))
        over = offers_of(db)
        none = offers_of(db, needs=[{"skill": "mfg-viral-vector", "level": 1, "people": 1}])

    assert [offer.slot_id for offer in over] == [slot.id]
    assert none == []


def test_seats_left_for_a_country_are_its_cap_less_what_it_holds(database: Database) -> None:
    with database.write() as db:
        capped = make_slot(db, max_per_country=5)
        open_to_all = make_slot(db)
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya)
        hold_cohort(db, kenya, request.id, CohortIn(slot=capped.id, seats=2), DESK)
        for country in ("KE", "UG"):
            book_seat(db, make_trainee(db, country=country), capped.id, BookSeatIn(), DESK)
        need = queries.need_of(db, request, today=TODAY)
        found = {offer.slot_id: offer for offer in queries.offers_for(db, need, now=NOW)}

    assert found[capped.id].country_seats_left == 2
    assert found[capped.id].seats_free == capped.seats - 4
    assert found[open_to_all.id].country_seats_left is None


def test_paths_hold_the_whole_chain_and_the_runs_open_to_join(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db)
        first = make_course(
            db, provider, title="First", skills=["mfg-pqs-gmp"], interpretation=["fr"]
        )
        second = make_course(
            db, provider, title="Second", skills=["mfg-gowning"], prerequisites=[str(first.id)]
        )
        last = make_course(db, provider, prerequisites=[str(second.id)])
        make_slot(db, last)
        run = make_slot(db, first, seats=4)
        make_slot(db, first, status="tentative")
        make_slot(db, first, apply_by=NOW - timedelta(days=1))
        make_slot(db, make_course(db, provider, skills=["mfg-oral-solid"]))
        offers = offers_of(db)
        found = queries.paths(db, offers, now=NOW)

    assert found.requires == {second.id: (first.id,), first.id: ()}
    assert found.titles == {second.id: "Second", first.id: "First"}
    assert found.runs.keys() == {first.id}
    (only,) = found.runs[first.id]
    assert (only.starts_at, only.seats_free) == (run.starts_at, 4)
    assert only.languages == {"en", "fr"}
    assert only.hours is None


def test_offers_without_prerequisites_have_no_paths(database: Database) -> None:
    with database.write() as db:
        make_slot(db)
        found = queries.paths(db, offers_of(db), now=NOW)

    assert found == EMPTY
