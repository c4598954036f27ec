"""What tests of runs have in common: a small network, and a run that was made of it."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.allocation.jobs import make_next
from app.allocation.models import AllocationLine, AllocationRun
from app.allocation.schemas.runs import RunIn
from app.allocation.service.runs import start_run
from app.booking.service.desk import Desk
from app.core.db import Database
from app.demand.models import GapRequest
from app.registry.models import Course, Slot
from tests.factories import NOW, make_course, make_request, make_secretariat, make_slot

SKILL = "mfg-aseptic-fill"
DESK = Desk(lambda: NOW)


def ask(db: Session, country: str, people: int, **facts: Any) -> GapRequest:
    """A request of the country for so many people in the usual skill."""
    need = {"skill": SKILL, "level": 3, "platform": "vaccines", "people": people}
    sent = {"needs": [need], "urgency": 2, "significance": 2, "languages": ["en"], **facts}
    return make_request(db, country=country, **sent)


def slot_of(db: Session, seats: int, *, course: Course | None = None, **facts: Any) -> Slot:
    """A slot that teaches the usual skill, with so many seats."""
    return make_slot(db, course or make_course(db), seats=seats, **facts)


def queue_run(database: Database, **settings: Any) -> tuple[Actor, UUID]:
    """Somebody of the secretariat, and a run that waits for a worker."""

    def queue(db: Session) -> tuple[Actor, UUID]:
        actor = make_secretariat(db)
        wish = RunIn.model_validate({"settings": settings})
        return actor, start_run(db, actor, wish, now=NOW).id

    return database.run(queue)


def made_run(database: Database, **settings: Any) -> tuple[Actor, UUID]:
    """Somebody of the secretariat, and a run with its plan."""
    actor, run_id = queue_run(database, **settings)
    assert make_next(database, lambda: NOW) == run_id
    with database.read() as db:
        run = db.get_one(AllocationRun, run_id)
        assert (run.state, run.error) == ("done", "")
    return actor, run_id


def lines_of(database: Database, run_id: UUID) -> list[AllocationLine]:
    """The lines of a run, by country."""
    with database.read() as db:
        query = select(AllocationLine).where(AllocationLine.run_id == run_id)
        order = (col(AllocationLine.country), col(AllocationLine.seats))
        return list(db.exec(query.order_by(*order)))


def seats_by_country(database: Database, run_id: UUID) -> dict[str, int]:
    """Seats that a plan gives each country, without the theory that comes first."""
    found: dict[str, int] = {}
    for line in lines_of(database, run_id):
        if not line.is_theory:
            found[line.country] = found.get(line.country, 0) + line.seats
    return found
