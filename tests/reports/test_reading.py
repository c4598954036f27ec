"""What reports read in columns and keep as text is what the rows say, in a network of hundreds."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from app.core.db import Database
from app.core.zones import to_local
from app.demand.models import GapNeed, GapRequest
from app.matching.queries import region_of
from app.matching.rules.overlaps import Dated, overlapping
from app.registry.models import Course, CourseSkill, Provider, Slot
from app.reports.queries import synergies
from app.reports.schemas import PlaceFilter
from app.reports.service import overlaps
from benchmarks import data
from tests.factories import NOW

_MOMENT = timedelta(microseconds=1)
Lines = list[tuple[Any, ...]]


def network(database: Database) -> None:
    data.fill(database, slots=400, requests=60, meetings=(1, 9))
    with database.write() as db:
        for number, row in enumerate(db.exec(select(Slot).order_by(col(Slot.id)))):
            row.waiting = number % 5
            row.minimum_to_run = number % 4 or None
            row.status = "tentative" if number % 7 == 0 else "confirmed"
        for number, one in enumerate(db.exec(select(Provider).order_by(col(Provider.id)))):
            one.state = "in-review" if number % 6 == 0 else "verified"


def skills_of(db: Session, slot: Slot) -> list[CourseSkill]:
    query = select(CourseSkill).where(CourseSkill.course_id == slot.course_id)
    return list(db.exec(query.order_by(col(CourseSkill.position))))


def spare(db: Session) -> list[Slot]:
    """Dates that can be applied for and have seats to spare, by their rows."""
    return [
        slot
        for slot in db.exec(select(Slot).order_by(col(Slot.starts_at), col(Slot.id)))
        if slot.status == "confirmed"
        and db.get_one(Provider, slot.provider_id).state == "verified"
        and slot.starts_at > NOW
        and slot.apply_by is not None
        and slot.apply_by > NOW
        and slot.seats_claimed + slot.waiting < slot.seats
    ]


def groups_by_rows(db: Session) -> Lines:
    """Overlaps reckoned from rows, one by one."""
    kinds = defaultdict(list)
    slots = {slot.id: slot for slot in spare(db) if slot.country}
    for slot in slots.values():
        begins, ends = slot.starts_at, slot.ends_at - _MOMENT
        days = (to_local(moment, slot.zone).date() for moment in (begins, ends))
        dated = Dated(slot.id, *days)
        for skill in skills_of(db, slot):
            kinds[skill.skill_id, region_of(slot.country or "")].append(dated)
    found: Lines = []
    for kind, dates in sorted(kinds.items(), key=str):
        for group in overlapping(dates):
            rows = [slots[each.slot_id] for each in group]
            found.append(
                (
                    *kind,
                    group[0].starts_on,
                    max(each.ends_on for each in group),
                    len({row.provider_id for row in rows}),
                    sum(row.seats - row.seats_claimed for row in rows),
                    [row.id for row in rows],
                )
            )
    return sorted(found, key=lambda line: (line[4] == 1, line[2]))


def test_overlaps_are_those_of_the_rows(database: Database) -> None:
    network(database)
    with database.read() as db:
        found = overlaps(db, PlaceFilter(), now=NOW, limit=10_000)
        expected = groups_by_rows(db)
        some = overlaps(db, PlaceFilter(region=["AFR"]), now=NOW, limit=10_000)

    lines = [
        (
            *(each.skill, each.region, each.starts_on, each.ends_on),
            *(each.providers, each.seats_free, [slot.id for slot in each.slots]),
        )
        for each in found.items
    ]
    assert len(expected) > 20
    assert lines == expected
    assert some.items == [each for each in found.items if each.region == "AFR"]


def test_dates_for_joint_proposals_are_the_first_of_each_skill(database: Database) -> None:
    network(database)
    with database.read() as db:
        skills = set(db.exec(select(GapNeed.skill_id)))
        early: dict[str, list[Slot]] = defaultdict(list)
        for slot in spare(db):
            for each in skills_of(db, slot):
                early[each.skill_id].append(slot)
        expected = {slot.id: slot for skill in skills for slot in early[skill][:30]}
        found = {each.slot_id: each for each in synergies.openings(db, skills, now=NOW)}
        taught = {
            slot_id: tuple((each.skill_id, each.level) for each in skills_of(db, slot))
            for slot_id, slot in expected.items()
        }
        homes = {each: db.get_one(Provider, row.provider_id) for each, row in expected.items()}
        courses = {each: db.get_one(Course, row.course_id) for each, row in expected.items()}

    assert found.keys() == expected.keys()
    for slot_id, opening in found.items():
        row = expected[slot_id]
        assert opening.taught == taught[slot_id]
        assert opening.seats_free == row.seats - row.seats_claimed
        assert opening.missing == max(0, (row.minimum_to_run or 0) - row.seats_claimed)
        assert (opening.home, opening.country) == (homes[slot_id].country, row.country)
        assert opening.languages == set(courses[slot_id].languages)


def test_people_without_a_seat_are_those_of_the_rows(database: Database) -> None:
    network(database)
    with database.read() as db:
        rows = {row.id: row for row in db.exec(select(GapRequest))}
        needs = {each.request_id: each for each in db.exec(select(GapNeed))}
        found = {each.request_id: each for each in synergies.wants(db, today=NOW.date())}

    assert found.keys() == rows.keys()
    for request_id, want in found.items():
        row, need = rows[request_id], needs[request_id]
        assert (want.skill, want.level, want.people) == (need.skill_id, need.level, need.people)
        assert (want.earliest, want.needed_by) == (row.earliest, row.needed_by)
        assert (want.country, want.weight) == (row.country, row.urgency * row.significance)
        assert want.languages == set(row.languages)
