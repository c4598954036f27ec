"""What the gap table counts, kept in this process for as long as nothing changed."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.core.ids import lowest_id_of
from app.core.outbox import OutboxEvent
from app.demand.models import GapRequest
from app.registry.models import Course
from app.reports.queries.demand import demand
from app.reports.queries.supply import Wanted, supply
from app.reports.rules import Demand, Supply, counted_for

T = TypeVar("T")

_MOST = 32
"""Things kept of one database; the oldest goes first."""
_LATE = timedelta(seconds=60)

_kept: WeakKeyDictionary[Any, dict[Hashable, tuple[Hashable, Any]]] = WeakKeyDictionary()


def demand_now(db: Session) -> list[Demand]:
    """As :func:`demand`; read again once a request, its seats or a course changed."""
    return _keep(db, "demand", _demand_stamp(db), lambda: demand(db))


def public_demand(db: Session) -> list[Demand]:
    """What may be counted for somebody who sees nothing but what is published."""
    stamp = _demand_stamp(db)
    needs = demand_now(db)
    return _keep(db, "public", stamp, lambda: counted_for(needs, sees=lambda _: False))


def supply_now(db: Session, wanted: Wanted, *, now: datetime) -> list[Supply]:
    """As :func:`supply`; read again once anything at all changed, and every minute."""
    stamp = (_facts_stamp(db, now), now.replace(second=0, microsecond=0))
    return _keep(db, wanted, stamp, lambda: supply(db, wanted, now=now))


def _keep(db: Session, key: Hashable, stamp: Hashable, make: Callable[[], T]) -> T:
    kept = _kept.setdefault(db.get_bind(), {})
    found = kept.get(key)
    if found is not None and found[0] == stamp:
        value: T = found[1]
        return value
    value = make()
    kept.pop(key, None)
    kept[key] = (stamp, value)
    while len(kept) > _MOST:
        kept.pop(next(iter(kept)), None)
    return value


def _demand_stamp(db: Session) -> Hashable:
    """Every step of a request, and every count of its seats, raises its version."""
    requests = select(
        func.count(), func.max(col(GapRequest.updated_at)), func.sum(col(GapRequest.version))
    ).select_from(GapRequest)
    courses = select(func.count(), func.sum(col(Course.version))).select_from(Course)
    return (*db.execute(requests).one(), *db.execute(courses).one())


def _facts_stamp(db: Session, now: datetime) -> Hashable:
    """Every change records a fact; one of the last minute may be committed after a later one."""
    edge = int((now - _LATE).timestamp() * 1000)
    late = select(func.count()).where(col(OutboxEvent.id) > lowest_id_of(edge))
    last = select(col(OutboxEvent.id)).order_by(col(OutboxEvent.id).desc()).limit(1)
    return db.execute(last).scalar_one_or_none(), db.execute(late).scalar_one()
