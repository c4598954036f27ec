"""Timed work about seats."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

from app.booking.queries import claims
from app.booking.queries.progress import training_begun, windows_over
from app.booking.queries.requirements import seats_to_check
from app.booking.rules import REMIND_BEFORE
from app.booking.service.counting import expire_request, recount
from app.booking.service.desk import Desk
from app.booking.service.releases import remind_of_release
from app.booking.service.retimed import retime_slots
from app.booking.service.risks import check_slot
from app.booking.service.slots import sweep_slot
from app.core.db import Database
from app.core.errors import BusyError, ConflictError
from app.core.log import logger
from app.demand import service as demand
from app.registry.queries.retimed import stale_slots

T = TypeVar("T")

_log = logger("booking")


def sweep(database: Database, desk: Desk) -> int:
    """End holds and blocks that ran out, slot by slot; returns how many slots were looked at.

    Only timeliness depends on it: whoever touches a slot ends what ran out there first.
    """
    with database.read() as db:
        due = sorted(claims.slots_with_due_claims(db, now=desk.clock()))
    _each(database, due, lambda slot_id, db: sweep_slot(db, slot_id, desk))
    return len(due)


def remind(database: Database, desk: Desk) -> int:
    """Tell countries of release dates that are near; returns how many blocks that concerned."""
    with database.read() as db:
        near = claims.cohorts_near_release(db, now=desk.clock(), within=max(REMIND_BEFORE))
    return sum(_each(database, near, lambda cohort_id, db: remind_of_release(db, cohort_id, desk)))


def check_requirements(database: Database, desk: Desk) -> int:
    """Warn early of qualifications that will lapse before a seat is used; returns slots looked at.

    Whoever waits and has what is asked for by now is served too.
    """
    with database.read() as db:
        slots = seats_to_check(db, now=desk.clock())
    _each(database, slots, lambda slot_id, db: check_slot(db, slot_id, desk))
    return len(slots)


def requirements_changed(database: Database, desk: Desk, person_id: UUID) -> None:
    """Look again at a person's seats and lines: they have passed something."""
    with database.read() as db:
        slots = seats_to_check(db, now=desk.clock(), person_id=person_id)
    for slot_id in slots:  # one that fails is tried again with the event
        database.run(partial(_check, slot_id, desk))


def _check(slot_id: UUID, desk: Desk, db: Session) -> None:
    check_slot(db, slot_id, desk)


def retime(database: Database, desk: Desk) -> int:
    """Let slots follow their wall clocks after new rules of time zones; returns how many moved.

    A provider whose slots would then need something twice at a time is left as it is: `cadre
    verify` lists its meetings until somebody has moved one.
    """
    with database.read() as db:
        stale = stale_slots(db, now=desk.clock())
    moved = 0
    for slot_ids in stale.values():
        try:
            moved += database.run(partial(_retime, slot_ids, desk))
        except ConflictError as error:
            named = [str(slot_id) for slot_id in slot_ids]
            _log.warning("slots_not_retimed", slots=named, reason=str(error))
    return moved


def _retime(slot_ids: list[UUID], desk: Desk, db: Session) -> int:
    return retime_slots(db, slot_ids, desk)


def needs_changed(database: Database, desk: Desk, request_id: UUID) -> bool:
    """Look again at how far a request is whose needs were changed; whether its state changed."""
    return database.run(lambda db: recount(db, request_id, now=desk.clock()))


def follow_requests(database: Database, desk: Desk) -> tuple[int, int]:
    """Note requests whose first date has begun, and end those whose own date has passed.

    Returns:
        How many began, and how many expired.
    """
    now = desk.clock()
    with database.read() as db:
        begun = training_begun(db, now=now)

    def begin(request_id: UUID, db: Session) -> bool:
        return demand.begin_training(db, request_id, begun_at=begun[request_id], now=now)

    started = sum(_each(database, sorted(begun), begin))
    with database.read() as db:
        over = windows_over(db, now=now)
    return started, sum(_each(database, over, lambda each, db: expire_request(db, each, now=now)))


def _each(
    database: Database, ids: Iterable[UUID], command: Callable[[UUID, Session], T]
) -> list[T]:
    """Run the command for each, in a transaction of its own; what came out where it did.

    One that fails is said in the log and tried again next time: it keeps nobody else waiting.

    Raises:
        BusyError: The database is locked, or away.
    """
    done = []
    for each in ids:
        try:
            done.append(database.run(partial(command, each)))
        except BusyError:
            raise
        except Exception as error:
            _log.exception("timed_work_failed", subject=str(each), reason=type(error).__name__)
    return done
