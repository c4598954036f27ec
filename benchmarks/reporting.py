"""The page of gaps and the proposals among many requests and slots."""

import time
from collections.abc import Callable

from sqlalchemy import text

from app.accounts import queries as accounts
from app.accounts.rules import VISITOR
from app.core.clock import utc_now
from app.core.db import Database
from app.reports import service
from app.reports.schemas import GapFilter, PlaceFilter
from benchmarks import data
from benchmarks.figures import note, percentile
from benchmarks.plan import Plan
from benchmarks.stores import opened

_SIZE = (50_000, 10_000)
_QUICK_SIZE = (500, 200)
_ROUNDS = 20
_SHOWN = 20


def gaps(plan: Plan) -> None:
    """The gap table as a visitor gets it, first and again, and joint proposals."""
    slots, requests = _QUICK_SIZE if plan.quick else _SIZE
    for store in plan.stores:
        note(f"gaps: making {slots} slots and {requests} requests, {store.kind}")
        url = store.create("gaps")
        try:
            with opened(url) as database:
                network = data.fill(database, slots=slots, requests=requests, meetings=(1, 1))
                with database.write() as db:  # every second country publishes nothing
                    db.execute(text("UPDATE gap_request SET publish = (country < 'M')"))
                store.settle(url)
                _measure(plan, store.kind, database, network)
        finally:
            store.drop("gaps")


def _measure(plan: Plan, kind: str, database: Database, network: data.Network) -> None:
    now = utc_now()

    def picture() -> object:
        with database.read() as db:
            return service.gap_picture(db, VISITOR, GapFilter(), now=now)

    with database.read() as db:
        office = accounts.actor_of_user(db, network.secretariat)

    def proposals() -> object:
        with database.read() as db:
            return service.synergies(db, office, PlaceFilter(), now=now, limit=_SHOWN)

    plan.results.add("gaps page, first", "ms", kind, _took(picture))
    again = [_took(picture) for _ in range(_ROUNDS)]
    plan.results.add("gaps page, p50", "ms", kind, percentile(again, 0.5))
    plan.results.add("gaps page, p99", "ms", kind, percentile(again, 0.99))
    plan.results.add("joint proposals", "ms", kind, _took(proposals))


def _took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
