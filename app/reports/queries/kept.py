"""What reports count, kept in this process for as long as nothing happened that could change it."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import RLock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Row
from sqlmodel import Session

from app.core.watch import Watch, new_facts, watch_from_here
from app.reports.queries.demand import demand
from app.reports.queries.supply import Wanted, supply
from app.reports.rules import Demand, Supply, counted_for

T = TypeVar("T")
About = Callable[[Row[Any]], bool]
"""Whether a fact may change what is kept."""

MADE_ANEW_SECONDS = 600.0
"""After so long everything is made again, which mends what was written without a fact."""

_MOST = 32
"""Things kept of one database; the one that nobody asked for longest goes first."""


def is_demand(fact: Row[Any]) -> bool:
    """Whether a fact may change what is asked for, or who has a seat: each count is a fact."""
    return fact.subject in ("request", "course")


def is_supply(fact: Row[Any]) -> bool:
    """Whether a fact may change dates or their seats."""
    wide = ("slot", "course", "provider", "facility")
    return fact.subject in wide or "slot" in fact.payload


def is_demand_or_supply(fact: Row[Any]) -> bool:
    """Whether a fact may change either."""
    return is_demand(fact) or is_supply(fact)


@dataclass(slots=True)
class _Kept:
    """Something made of rows; ``watch`` knows which facts were in them."""

    value: Any
    watch: Watch
    minute: datetime | None
    made_at: float


@dataclass(slots=True)
class _Shelf:
    """What is kept of one database. One thread at a time, so that nothing is made twice at once."""

    lock: RLock = field(default_factory=RLock)
    things: dict[Hashable, _Kept] = field(default_factory=dict)


_shelves: WeakKeyDictionary[Any, _Shelf] = WeakKeyDictionary()


def demand_now(db: Session, *, now: datetime) -> list[Demand]:
    """As :func:`demand`; read again once a request, its seats or a course changed."""
    return keep(db, "demand", is_demand, lambda: demand(db), now=now)


def public_demand(db: Session, *, now: datetime) -> list[Demand]:
    """What may be counted for somebody who sees nothing but what is published."""

    def count() -> list[Demand]:
        return counted_for(demand_now(db, now=now), sees=lambda _: False)

    return keep(db, "public", is_demand, count, now=now)


def supply_now(db: Session, wanted: Wanted, *, now: datetime) -> list[Supply]:
    """As :func:`supply`; read again once a date or its seats changed, and every minute."""
    make = partial(supply, db, wanted, now=now)
    return keep(db, wanted, is_supply, make, now=now, ages=True)


def keep(
    db: Session,
    key: Hashable,
    about: About,
    make: Callable[[], T],
    *,
    now: datetime,
    ages: bool = False,
) -> T:
    """What ``make`` gave last, or gives now if it could have changed.

    Args:
        db: A session that only reads: what it has not committed must not be kept.
        key: What is kept.
        about: Whether a fact could change it.
        make: Makes it, from ``db``.
        now: Aware UTC time.
        ages: Make it again in each new minute, for it depends on the time as well.
    """
    shelf = _shelves.setdefault(db.get_bind(), _Shelf())
    minute = now.replace(second=0, microsecond=0) if ages else None
    db.connection()  # now: whoever has the lock must not have to wait for those who wait for it
    with shelf.lock:
        found = shelf.things.pop(key, None)
        if found is None or found.minute != minute or not _stands(db, found, about, now=now):
            watch = watch_from_here(db, now=now)  # before the rows: what comes between is new
            found = _Kept(make(), watch, minute, time.monotonic())
        shelf.things[key] = found
        while len(shelf.things) > _MOST:
            shelf.things.pop(next(iter(shelf.things)))
    value: T = found.value
    return value


def _stands(db: Session, kept: _Kept, about: About, *, now: datetime) -> bool:
    if time.monotonic() - kept.made_at > MADE_ANEW_SECONDS:
        return False
    facts = new_facts(db, kept.watch)
    if facts is None:
        return True
    if any(map(about, facts)):
        return False
    kept.watch.seen |= {fact.id for fact in facts}
    kept.watch.forget(now=now)
    return True
