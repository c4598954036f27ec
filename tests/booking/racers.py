"""What the processes of a race do, with the guards in place or taken away.

Every process pauses between decision and write, guarded or not, so that whatever a guard does not
prevent happens in every run and not once in a thousand.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.synchronize import Barrier
from types import ModuleType
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.accounts.queries import actor_of_user
from app.accounts.rules import Actor
from app.booking.schemas import BookSeatIn, CancelIn, CohortIn, DecisionIn, NominationIn
from app.booking.service import (
    cohorts,
    decisions,
    desk,
    moves,
    nominations,
    seats,
    selection,
    slots,
)
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import AppError
from app.registry.models import Provider, Slot
from app.registry.schemas.inputs import SlotPatch

PROCESSES = 4
WAIT_SECONDS = 60
_PAUSE_SECONDS = 0.003
CAUGHT = "caught by a constraint"
"""The answer where two processes got so far that only the tables stopped the second."""

_start: Barrier


@dataclass(frozen=True, slots=True)
class Race:
    """One process's part: which database, what it does for whom, and which guards it keeps.

    ``guards``: ``all``; ``no lock`` (the conditional update alone); ``none`` (no lock, and the
    conditional update's answer is not looked at).
    """

    url: str
    part: str
    slot_id: UUID
    work: tuple[Any, ...]
    now: datetime
    guards: str = "all"


class _Careless(Database):
    """The database as SQLAlchemy opens SQLite by itself: nothing is locked before it is written.

    What was read then is not what is written to; a mutex in one process helps no other one.
    """

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that begins with its first write."""
        engine = create_engine(self.url)
        with Session(engine, expire_on_commit=False) as db:
            yield db
            db.commit()
        engine.dispose()


def enter(start: Barrier) -> None:
    """Get ready: called once in each process."""
    global _start  # noqa: PLW0603 - what multiprocessing hands to a process has no other place
    _start = start


def run(race: Race) -> list[str]:
    """Start with all others and do the part; what became of each try (a state or error code)."""
    careless = race.guards != "all" and race.url.startswith("sqlite")
    database = _Careless(race.url) if careless else Database(race.url)
    try:
        with _pauses(), _mutation(race.guards):
            with database.read() as db:  # connects before the start
                db.get(Slot, race.slot_id)
            _start.wait(WAIT_SECONDS)
            return [_tried(database, race, each) for each in race.work]
    finally:
        database.dispose()


def _tried(database: Database, race: Race, item: Any) -> str:
    counter = Desk(clock=lambda: race.now)
    use = _PARTS[race.part]
    try:
        return database.run(lambda db: use(db, race.slot_id, item, counter))
    except AppError as error:
        return error.code
    except IntegrityError:
        return CAUGHT


def _book(db: Session, slot_id: UUID, person_id: UUID, counter: Desk) -> str:
    actor = Actor(user_id=person_id)
    return str(seats.book_seat(db, actor, slot_id, BookSeatIn(), counter).state)


def _take_block(db: Session, slot_id: UUID, request_id: UUID, counter: Desk) -> str:
    actor = Actor(user_id=request_id, countries=frozenset({"KE"}))
    wish = CohortIn(slot=slot_id, seats=3)
    return str(cohorts.hold_cohort(db, actor, request_id, wish, counter).state)


def _confirm(db: Session, _: UUID, booking: tuple[UUID, UUID], counter: Desk) -> str:
    booking_id, person_id = booking
    actor = Actor(user_id=person_id)
    return str(seats.confirm_booking(db, actor, booking_id, counter).state)


def _sweep(db: Session, slot_id: UUID, _: Any, counter: Desk) -> str:
    slots.sweep_slot(db, slot_id, counter)
    return "swept"


def _queue_block(db: Session, slot_id: UUID, request: tuple[UUID, str], counter: Desk) -> str:
    request_id, country = request
    actor = Actor(user_id=request_id, countries=frozenset({country}))
    wish = CohortIn(slot=slot_id, seats=3, wait=True)
    return str(cohorts.hold_cohort(db, actor, request_id, wish, counter).state)


def _nominate(db: Session, _: UUID, item: tuple[UUID, UUID], counter: Desk) -> str:
    block_id, person_id = item
    actor = Actor(user_id=block_id, countries=frozenset({"KE"}))
    named = NominationIn(person=person_id)
    return str(nominations.nominate(db, actor, block_id, named, counter).state)


def _replace(db: Session, _: UUID, item: tuple[UUID, UUID], counter: Desk) -> str:
    booking_id, newcomer_id = item
    actor = Actor(user_id=newcomer_id, countries=frozenset({"KE"}))
    named = NominationIn(person=newcomer_id)
    return str(nominations.replace_person(db, actor, booking_id, named, counter).state)


def _cancel(db: Session, _: UUID, item: tuple[UUID, UUID], counter: Desk) -> str:
    booking_id, person_id = item
    actor = Actor(user_id=person_id)
    return str(seats.cancel_booking(db, actor, booking_id, CancelIn(), counter).state)


def _approve(db: Session, _: UUID, item: tuple[UUID, UUID], counter: Desk) -> str:
    booking_id, provider_id = item
    actor = Actor(user_id=booking_id, providers=frozenset({provider_id}))
    yes = DecisionIn(approve=True)
    return str(decisions.decide_request(db, actor, booking_id, yes, counter).state)


def _grow(db: Session, slot_id: UUID, item: tuple[int, UUID], counter: Desk) -> str:
    count, owner_id = item
    owner = actor_of_user(db, owner_id)
    return f"{slots.change_slot(db, owner, slot_id, SlotPatch(seats=count), counter).seats} seats"


def _hold(db: Session, _: UUID, item: tuple[UUID, UUID], counter: Desk) -> str:
    slot_id, person_id = item
    return _book(db, slot_id, person_id, counter)


def _book_from(db: Session, slot_id: UUID, item: tuple[UUID, str], counter: Desk) -> str:
    person_id, country = item
    actor = Actor(user_id=person_id, country=country)
    return str(seats.book_seat(db, actor, slot_id, BookSeatIn(), counter).state)


def _select(db: Session, slot_id: UUID, owner: Actor, counter: Desk) -> str:
    selection.select_people(db, owner, slot_id, counter)
    return "selected"


_PARTS: dict[str, Callable[[Session, UUID, Any, Desk], str]] = {
    "book": _book,
    "block": _take_block,
    "confirm": _confirm,
    "sweep": _sweep,
    "queue": _queue_block,
    "nominate": _nominate,
    "replace": _replace,
    "cancel": _cancel,
    "approve": _approve,
    "grow": _grow,
    "hold": _hold,
    "book from": _book_from,
    "select": _select,
}


@contextmanager
def _changed(module: ModuleType, name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    before = vars(module)[name]
    vars(module)[name] = change(before)
    try:
        yield
    finally:
        vars(module)[name] = before


@contextmanager
def _pauses() -> Iterator[None]:
    with (
        _changed(seats, "decide_seat", _slowly),
        _changed(cohorts, "decide_block", _slowly),
        _changed(moves, "check_step", _slowly),
    ):
        yield


def _slowly(decide: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*facts: Any, **more: Any) -> Any:
        decision = decide(*facts, **more)
        time.sleep(_PAUSE_SECONDS)
        return decision

    return slow


@contextmanager
def _mutation(guards: str) -> Iterator[None]:
    lock = nullcontext() if guards == "all" else _changed(desk, "lock_counter", _reading)
    update = _changed(moves, "_rows", _always_one) if guards == "none" else nullcontext()
    with lock, update:
        yield


def _reading(_: Any) -> Callable[..., tuple[Slot, str]]:
    def read(db: Session, slot_id: UUID, **_: Any) -> tuple[Slot, str]:
        slot = db.get_one(Slot, slot_id, populate_existing=True)
        return slot, db.get_one(Provider, slot.provider_id).state

    return read


def _always_one(_: Any) -> Callable[[Any], int]:
    return lambda _result: 1
