"""The page of gaps, overlaps and proposals among many requests and slots."""

import time
from collections.abc import Callable

from sqlalchemy import text
from sqlmodel import Session

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
    """The gap table as a visitor gets it, overlaps and joint proposals: first, and again."""
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
            for _ in range(plan.runs):
                _measure(plan, store.kind, url, network)
        finally:
            store.drop("gaps")


def _measure(plan: Plan, kind: str, url: str, network: data.Network) -> None:
    now = utc_now()
    with opened(url) as database:  # which a process opens once, and has kept nothing of before
        with database.read() as db:
            office = accounts.actor_of_user(db, network.secretariat)
        asked: dict[str, Callable[[Session], object]] = {
            "gaps page": lambda db: service.gap_picture(db, VISITOR, GapFilter(), now=now),
            "overlaps": lambda db: service.overlaps(db, PlaceFilter(), now=now, limit=_SHOWN),
            "joint proposals": lambda db: service.synergies(
                db, office, PlaceFilter(), now=now, limit=_SHOWN
            ),
        }
        for what, ask in asked.items():
            plan.results.add(f"{what}, first", "ms", kind, _took(database, ask))
            again = [_took(database, ask) for _ in range(_ROUNDS)]
            plan.results.add(f"{what}, p50", "ms", kind, percentile(again, 0.5))
            plan.results.add(f"{what}, p99", "ms", kind, percentile(again, 0.99))


def _took(database: Database, ask: Callable[[Session], object]) -> float:
    started = time.perf_counter()
    with database.read() as db:
        ask(db)
    return (time.perf_counter() - started) * 1000
