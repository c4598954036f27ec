"""Load the demonstration network: everything through the services, all of it or nothing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import Session, SQLModel, select

from app.accounts import queries
from app.accounts.models import User
from app.booking.models import Booking
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.demand.models import GapRequest
from app.demo import blocks, events, needs, people, proofs, supply
from app.demo.people import Hashes
from app.demo.scenario import Scenario, scenario
from app.demo.stage import Stage, Ticker
from app.registry.models import Course, Facility, Provider, Slot

_WEEK = timedelta(weeks=1)
_LATELY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """How much there is now of everything, and the day on which the network's window begins."""

    starts_on: date
    people: int
    providers: int
    facilities: int
    courses: int
    slots: int
    requests: int
    bookings: int


def load_demo(database: Database, *, now: datetime) -> DemoSummary:
    """Fill an empty, migrated database with the demonstration, dated from the month after ``now``.

    Supply was announced half a year ago, requests came in since, seats were taken just now.

    One transaction: a load that is interrupted leaves the database as it was, so
    :func:`is_loaded` never takes half a network for a whole one.

    Raises:
        EmailTakenError: The demonstration is there already.
    """
    hashes, story = Hashes.make(), scenario(now)
    return database.run(lambda db: _load(db, story, hashes, now=now))


def is_loaded(db: Session) -> bool:
    """Whether the demonstration is in this database."""
    return queries.user_by_email(db, people.SECRETARIAT) is not None


def is_empty(db: Session) -> bool:
    """Whether nobody has an account yet."""
    return db.exec(select(User.id).limit(1)).first() is None


def _load(db: Session, story: Scenario, hashes: Hashes, *, now: datetime) -> DemoSummary:
    stage = Stage(db, story, Ticker(now - needs.WEEKS * _WEEK, now))
    secretariat = people.add_secretariat(stage, hashes)
    stage.people[people.SECRETARIAT] = secretariat
    supply.add_providers(stage, secretariat, hashes)
    supply.add_facilities(stage)
    supply.add_courses(stage)
    people.add_focal_points(stage, hashes)
    events.add_slots(stage)
    needs.file_requests(stage)
    stage.clock.wait_until(now - _LATELY)
    people.add_people(stage, hashes)
    proofs.add_proofs(stage)
    proofs.add_claims(stage)
    proofs.add_waivers(stage)
    events.add_bookings(stage)
    blocks.hold_blocks(stage)
    db.flush()
    # The worker begins with the load: its events wait since then. The log keeps the true times.
    db.execute(update(OutboxEvent).values(recorded_at=now))
    return DemoSummary(
        starts_on=story.starts_on,
        people=_count(db, User),
        providers=_count(db, Provider),
        facilities=_count(db, Facility),
        courses=_count(db, Course),
        slots=_count(db, Slot),
        requests=_count(db, GapRequest),
        bookings=_count(db, Booking),
    )


def _count(db: Session, table: type[SQLModel]) -> int:
    return db.exec(select(func.count()).select_from(table)).one()
