"""What two processes do that want the same time, with guards in place or taken away.

Both wait for each other before each try, and pause between looking and writing, so that whatever
a guard does not prevent happens in every try.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.synchronize import Barrier
from types import ModuleType
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.schemas import BookSeatIn
from app.booking.service import entry, occupied, seats
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import AppError
from app.registry.models import Facility, Resource
from app.registry.queries.resources import rows_of
from app.registry.schemas.inputs import SlotPatch
from app.registry.service import occupancy, slots

_WAIT_SECONDS = 60
_PAUSE_SECONDS = 0.15

_start: Barrier


@dataclass(frozen=True, slots=True)
class Try:
    """One try: a slot, the person who books it or publishes it, and for which provider."""

    slot_id: UUID
    person_id: UUID
    provider_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One process's part. ``without``: guards taken away (``look``, ``lock``)."""

    url: str
    name: str
    tries: Sequence[Try]
    now: datetime
    without: frozenset[str] = frozenset()


def enter(start: Barrier) -> None:
    """Get ready: called once in each process."""
    global _start  # noqa: PLW0603 - what multiprocessing hands to a process has no other place
    _start = start


def run(part: Part) -> list[str]:
    """Do the part in step with the other process; what became of each try."""
    database = Database(part.url)
    try:
        with ExitStack() as changes:
            for guard in part.without:
                for change in _WITHOUT[guard]:
                    changes.enter_context(change())
            changes.enter_context(_changed(occupied, "_conflict", _slowly))
            changes.enter_context(_changed(occupied, "hours_about", _slowly))
            changes.enter_context(_changed(occupancy, "_check", _slowly))
            return [_tried(database, part, each) for each in part.tries]
    finally:
        database.dispose()


def _tried(database: Database, part: Part, each: Try) -> str:
    _start.wait(_WAIT_SECONDS)
    try:
        return database.run(lambda db: _PARTS[part.name](db, each, part.now))
    except AppError as error:
        return error.code


def _book(db: Session, each: Try, now: datetime) -> str:
    desk = Desk(clock=lambda: now)
    actor = Actor(user_id=each.person_id)
    return str(seats.book_seat(db, actor, each.slot_id, BookSeatIn(), desk).state)


def _publish(db: Session, each: Try, now: datetime) -> str:
    owner = Actor(user_id=each.person_id, providers=frozenset({each.provider_id or each.slot_id}))
    return slots.change_slot(db, owner, each.slot_id, SlotPatch(status="confirmed"), now=now).status


_PARTS: dict[str, Callable[[Session, Try, datetime], str]] = {"book": _book, "publish": _publish}


@contextmanager
def _changed(module: ModuleType, name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    before = vars(module)[name]
    vars(module)[name] = change(before)
    try:
        yield
    finally:
        vars(module)[name] = before


def _slowly(look: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*facts: Any, **more: Any) -> Any:
        seen = look(*facts, **more)
        time.sleep(_PAUSE_SECONDS)
        return seen

    return slow


def _silent(_: Any) -> Callable[..., None]:
    return lambda *_facts, **_more: None


def _one_unlocked(_: Any) -> Callable[[Session, UUID], Facility]:
    return lambda db, facility_id: db.get_one(Facility, facility_id)


def _all_unlocked(_: Any) -> Callable[[Session, Iterable[UUID]], list[Resource]]:
    return lambda db, resource_ids: list(rows_of(db, resource_ids).values())


_WITHOUT: dict[str, tuple[Callable[[], Any], ...]] = {
    "look": (
        lambda: _changed(entry, "clash_of", _silent),
        lambda: _changed(occupancy, "_check", _silent),
    ),
    "lock": (
        lambda: _changed(occupied, "lock_people", _silent),
        lambda: _changed(occupancy, "lock_people", _silent),
        lambda: _changed(occupancy, "lock_facility", _one_unlocked),
        lambda: _changed(occupancy, "lock_resources", _all_unlocked),
    ),
}
