"""Requests for a slot and for a course: who may read what; on both databases."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.schemas import BookSeatIn, CohortIn, NominationIn
from app.booking.service.cohorts import hold_cohort
from app.booking.service.desk import Desk
from app.booking.service.nominations import nominate
from app.booking.service.seats import book_seat
from app.core.db import Database
from app.core.errors import NotFoundError
from app.matching.service import matches_for
from app.matching.service.directions import (
    new_requests_for,
    requests_for_course,
    requests_for_slot,
)
from app.matching.service.people import people_for_slot
from app.registry.models import Slot
from tests.factories import (
    NOW,
    TODAY,
    bearer,
    days,
    in_days,
    make_course,
    make_focal_point,
    make_request,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

DESK = Desk(lambda: NOW)
KEPT = ("UG", "RW", "TZ")
"""Countries that keep their requests to themselves."""


def keep_to_themselves(db: Session, *countries: str, **facts: Any) -> None:
    """A request of each country that it does not publish."""
    for country in countries:
        make_request(db, country=country, **facts)


def seen_by(db: Session, slot: Slot, actor: Actor | None = None) -> Any:
    """The requests for the slot, by default as its provider reads them."""
    reader = actor or owner_of(db, slot.provider_id)
    return requests_for_slot(db, reader, slot.id, now=NOW)


def test_a_published_request_is_shown_with_the_score_of_its_own_ranking(
    database: Database,
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=4)
        focal = make_focal_point(db)
        request = make_request(db, actor=focal, publish=True)
        view = seen_by(db, slot)
        [ranked] = matches_for(db, focal, request.id, now=NOW).matches
    [found] = view.matches

    assert found.request.id == request.id
    assert (found.score, found.people, found.could_come) == (ranked.score, 6, 4)
    assert [(part.name, part.score) for part in found.criteria] == [
        (part.name, part.score) for part in ranked.criteria
    ]
    assert [(each.country, each.people) for each in view.by_country] == [("KE", 6)]
    assert (view.supply, view.seats_free, view.matches_total) == ("open", 4, 1)


def test_a_near_miss_names_what_the_provider_could_change(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, make_course(db, languages=["es"]))
        make_request(db, publish=True)
        [miss] = seen_by(db, slot).near_misses

    [limit] = miss.blocked_by
    assert (limit.criterion, miss.could_come) == ("language", 0)
    assert limit.change == "Teach it in, or interpret it into, English or French."


def test_people_who_have_a_seat_are_not_counted(database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        first, slot = make_slot(db, course), make_slot(db, course, **in_days(40))
        focal = make_focal_point(db)
        request = make_request(db, actor=focal, publish=True)
        hold_cohort(db, focal, request.id, CohortIn(slot=first.id, seats=2), DESK)
        [found] = seen_by(db, slot).matches
        hold_cohort(db, focal, request.id, CohortIn(slot=first.id, seats=4), DESK)
        after = seen_by(db, slot)

    assert (found.people, found.could_come) == (4, 4)
    assert after.matches == ()


def test_what_countries_keep_to_themselves_is_only_counted(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db)
        keep_to_themselves(db, *KEPT)
        provider, secretariat = seen_by(db, slot), seen_by(db, slot, make_secretariat(db))

    assert (provider.matches, provider.by_country) == ((), ())
    assert provider.more.model_dump() == {"requests": 3, "people": 10, "countries": 3}
    assert {found.request.country for found in secretariat.matches} == set(KEPT)
    assert secretariat.more is None


@pytest.mark.parametrize("countries", [("UG", "UG", "UG", "UG"), ("UG", "RW"), ("UG",), ()])
def test_a_few_are_not_told_from_none(database: Database, countries: tuple[str, ...]) -> None:
    """Not even that there is one: a provider that admits one country would know whose it is."""
    with database.write() as db:
        slot = make_slot(db)
        keep_to_themselves(db, *countries)
        view = seen_by(db, slot)

    assert (view.matches, view.more, view.near_more) == ((), None, ())
    assert not any(country in view.model_dump_json() for country in ("UG", "RW"))


def test_a_country_that_publishes_figures_only_is_counted(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db)
        request = make_request(db, publish=True)
        request.publish_detail = "figures"
        db.add(request)
        view = seen_by(db, slot)

    assert (view.matches, view.more) == ((), None)


def test_near_misses_that_are_kept_are_counted_by_their_limit(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, make_course(db, eligible_countries=["KE"]))
        keep_to_themselves(db, *KEPT)
        keep_to_themselves(db, "KE", languages=["es"])
        view = seen_by(db, slot)

    assert [each.model_dump() for each in view.near_more] == [
        {"criterion": "eligibility", "crowd": {"requests": 3, "people": 10, "countries": 3}}
    ]


def test_two_counts_of_a_provider_cannot_be_subtracted_to_one_country(database: Database) -> None:
    with database.write() as db:
        keep_to_themselves(db, *KEPT, "SN")
        without = make_slot(db, make_course(db, eligible_countries=[*KEPT]))
        with_it = make_slot(db, make_course(db, eligible_countries=[*KEPT, "SN"]))
        fewer, more = seen_by(db, without).more, seen_by(db, with_it).more

    assert (fewer.requests, fewer.countries) == (more.requests, more.countries)
    assert more.people - fewer.people != 6, "that is what Senegal filed for itself"


def test_drafts_and_requests_that_are_over_or_overdue_are_left_out(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, make_course(db, languages=["es"]))
        make_request(db, publish=True, submit=False)
        overdue = make_request(db, publish=True)
        overdue.earliest = overdue.needed_by = TODAY.replace(year=TODAY.year - 1)
        db.add(overdue)
        view = seen_by(db, slot, make_secretariat(db))

    assert (view.matches, view.near_misses) == ((), ())


def test_a_draft_is_judged_as_if_it_were_open_and_what_is_cancelled_serves_nobody(
    database: Database,
) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        draft, over = make_slot(db, status="draft"), make_slot(db)
        over.status = "cancelled"
        db.add(over)
        found = [seen_by(db, slot) for slot in (draft, over)]

    assert [(view.supply, len(view.matches)) for view in found] == [("hidden", 1), ("closed", 0)]


def test_a_cap_per_country_counts_for_each_country_by_itself(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, max_per_country=1)
        book_seat(db, make_trainee(db, country="KE"), slot.id, BookSeatIn(), DESK)
        make_request(db, publish=True)
        ghana = make_request(db, country="GH", publish=True)
        view = seen_by(db, slot)

    assert [(found.request.id, found.could_come) for found in view.matches] == [(ghana.id, 1)]
    assert [miss.blocked_by[0].criterion for miss in view.near_misses] == ["seats"]


def test_requests_are_the_business_of_the_provider_and_the_secretariat_only(
    database: Database,
) -> None:
    with database.write() as db:
        slot, other = make_slot(db), make_slot(db)
        strangers = [owner_of(db, other.provider_id), make_focal_point(db), make_trainee(db)]
        for stranger in strangers:
            with pytest.raises(NotFoundError):
                requests_for_slot(db, stranger, slot.id, now=NOW)
            with pytest.raises(NotFoundError):
                requests_for_course(db, stranger, str(slot.course_id), now=NOW)
            with pytest.raises(NotFoundError):
                new_requests_for(db, stranger, slot.provider_id, now=NOW)
            with pytest.raises(NotFoundError):
                people_for_slot(db, stranger, slot.id, now=NOW)


def test_a_course_says_in_which_months_a_date_would_help(database: Database) -> None:
    with database.write() as db:
        course = make_course(db, seats=2)
        make_request(db, publish=True, earliest=days(0), needed_by=days(40))
        keep_to_themselves(db, *KEPT, earliest=days(0), needed_by=days(200))
        make_request(db, publish=True, country="GH", languages=["es"])
        owner = owner_of(db, course.provider_id)
        view = requests_for_course(db, owner, str(course.id), now=NOW)

    [found] = view.matches
    assert (found.people, found.could_come) == (6, 2)
    assert [miss.blocked_by[0].criterion for miss in view.near_misses] == ["language"]
    first, last = view.months[0], view.months[-1]
    assert (first.month, first.people) == (TODAY.replace(day=1), 6)
    assert first.crowd is not None
    assert (first.crowd.people, first.crowd.countries) == (10, 3)
    assert (last.people, last.due, last.crowd) == (0, 0, None)
    assert sum(month.due for month in view.months) == 6


def test_the_console_shows_new_requests_that_a_date_fits(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db)
        new = make_request(db, publish=True)
        make_request(db, publish=True, languages=["es"])
        old = make_request(db, publish=True)
        old.created_at = NOW.replace(year=NOW.year - 1)
        db.add(old)
        keep_to_themselves(db, "UG")
        owner = owner_of(db, slot.provider_id)
        view = new_requests_for(db, owner, slot.provider_id, now=NOW)

    assert [request.id for request in view.requests] == [new.id]
    assert (view.requests_total, view.more) == (1, None)


def test_people_for_a_slot_are_the_named_and_those_in_line(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        focal = make_focal_point(db)
        request = make_request(db, actor=focal, publish=True)
        block = hold_cohort(db, focal, request.id, CohortIn(slot=slot.id, seats=1), DESK)
        named = make_trainee(db, name="Named Example", country="KE")
        nominate(db, focal, block.id, NominationIn(person=named.user_id), DESK)
        book_seat(db, make_trainee(db), slot.id, BookSeatIn(), DESK)
        book_seat(db, make_trainee(db, name="Waiting Example"), slot.id, BookSeatIn(), DESK)
        view = people_for_slot(db, owner_of(db, slot.provider_id), slot.id, now=NOW)

    assert [(each.country, each.booking.person.name) for each in view.nominated] == [
        ("KE", "Named Example")
    ]
    assert [(line.position, line.person.name) for line in view.waiting] == [(1, "Waiting Example")]
    assert (view.groups, view.requests.slot) == ((), slot.id)


def test_the_api_answers_for_slot_course_and_people(client: TestClient, database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db)
        request = make_request(db, publish=True)
        sent = bearer(db, owner_of(db, slot.provider_id))
        stranger = bearer(db, make_trainee(db))
    paths = (
        f"/api/v1/slots/{slot.id}/requests",
        f"/api/v1/courses/{slot.course_id}/requests",
        f"/api/v1/slots/{slot.id}/people",
    )
    of_slot, of_course, people = (client.get(path, headers=sent).json() for path in paths)

    assert of_slot["matches"][0]["request"]["id"] == str(request.id)
    assert of_course["matches"][0]["request"]["id"] == str(request.id)
    assert people["requests"]["matches_total"] == 1
    assert [client.get(path, headers=stranger).status_code for path in paths] == [404] * 3
    assert [client.get(path).status_code for path in paths] == [401] * 3
