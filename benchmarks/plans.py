"""A plan from the database to the application: made as in production, read, edited, applied.

The run is made by what its process makes it by, in a process of its own, so that its peak memory
is its own. Pages and edits go over HTTP, one after the other.
"""

import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, col, select, update

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.rules import Actor, Scope
from app.accounts.schemas import TokenIn
from app.allocation.jobs import make_next
from app.allocation.models import AllocationLine, AllocationRun
from app.allocation.schemas.runs import ApplicationIn, RunIn, SettingsIn
from app.allocation.service.application import apply_line, begin_application
from app.allocation.service.runs import start_run
from app.booking.service.desk import Desk
from app.core import zones
from app.core.clock import utc_now
from app.core.db import Database
from app.demand.models import GapRequest
from app.registry.models import Slot
from benchmarks import data
from benchmarks.figures import note, percentile
from benchmarks.load import Job, Report, Target, run_job
from benchmarks.plan import Plan
from benchmarks.servers import serving
from benchmarks.stores import Store

T = TypeVar("T")

_SIZE = (1_000, 5_000)
_QUICK_SIZE = (40, 200)
_SECONDS = 60
_OTHER_FLOOR = 50  # so that the two plans differ
_PATIENCE = 600.0
_PAGE = "/secretariat/allocations"
_MIXED = 7  # every seventh request goes together, every seventh slot has a minimum


class Watched(Database):
    """Notes how long each write transaction took."""

    def __init__(self, url: str) -> None:
        super().__init__(url, pool_size=1)
        self.took: list[float] = []

    def run(self, command: Callable[[Session], T]) -> T:
        """As ever, against the clock."""
        started = time.perf_counter()
        try:
            return super().run(command)
        finally:
            self.took.append(_since(started))


@dataclass(frozen=True, slots=True)
class _Town:
    """A network in a database, and somebody of the secretariat who may call it."""

    database: Watched
    actor: Actor
    token: str


def plans(plan: Plan) -> None:
    """Two runs of a network, all pages of the second, edits of its lines, and its application."""
    for store in plan.stores:
        with _town(plan, store) as town:
            first = _made(plan, store, town, floor_percent=_OTHER_FLOOR)
            second = _made(plan, store, town)
            with serving(town.database.url, workers=1) as server:
                for name, path in _pages(town, first, second).items():
                    targets = [_target(town, path)] * plan.size(20, 3)
                    note(f"plans: {name}, {store.kind}")
                    _add(plan, store, name, _asked(server.port, targets))
                for name, targets in _edits(plan, town, second).items():
                    note(f"plans: {name}, {store.kind}")
                    _add(plan, store, name, _asked(server.port, targets))
            _apply(plan, store, town, second)


@contextmanager
def _town(plan: Plan, store: Store) -> Iterator[_Town]:
    requests, slots = _QUICK_SIZE if plan.quick else _SIZE
    note(f"plans: making {requests:,} requests and {slots:,} slots, {store.kind}")
    url = store.create("plans")
    database = Watched(url)
    try:
        network = data.fill(database, slots=slots, requests=requests, meetings=(1, 1))
        database.run(lambda db: _mix(db, network))
        store.settle(url)
        with database.read() as db:
            actor = people.actor_of_user(db, network.secretariat)
        wish = TokenIn(label="benchmark", scopes=(Scope.READ, Scope.WRITE))
        made = database.run(lambda db: accounts.make_token(db, actor, wish, now=utc_now()))
        assert made.token is not None
        yield _Town(database, actor, made.token)
    finally:
        database.dispose()
        store.drop("plans")


def _mix(db: Session, network: data.Network) -> None:
    """Groups that stay together and slots that need a minimum: what makes a plan hard."""
    groups, slots = network.requests[::_MIXED], network.slots[::_MIXED]
    together = update(GapRequest).where(col(GapRequest.id).in_(groups)).values(keep_together=True)
    minimum = update(Slot).where(col(Slot.id).in_(slots)).values(minimum_to_run=5)
    for statement in (together, minimum):
        db.execute(statement.execution_options(synchronize_session=False))


def _made(plan: Plan, store: Store, town: _Town, **settings: int) -> UUID:
    """A run, made in a process of its own; its figures are noted."""
    wish = RunIn(settings=SettingsIn(seconds=_SECONDS, **settings))
    run_id = town.database.run(lambda db: start_run(db, town.actor, wish, now=utc_now()).id)
    note(f"plans: making a run, {store.kind}")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.plans", town.database.url, str(run_id)],
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    for (what, unit), value in _named(json.loads(done.stdout)):
        plan.results.add(f"a run: {what}", unit, store.kind, value)
    with town.database.read() as db:
        run = db.get_one(AllocationRun, run_id)
        assert (run.state, run.error) == ("done", ""), "The run was not made."
        for what in ("requests", "slots", "matches"):
            plan.results.add(f"a run: {what}", "", store.kind, run.figures[what])
        plan.results.add("a run: gap", "%", store.kind, run.figures["gap_percent"])
    return run_id


def main(arguments: list[str]) -> int:
    """Make one run as its process does, and print what it took as JSON."""
    zones.use_packaged_tzdata()
    database = Watched(arguments[0])
    marks: list[tuple[str, float]] = [("reading", time.perf_counter())]
    try:
        make_next(
            database,
            utc_now,
            only=UUID(arguments[1]),
            said=lambda _percent, phase: marks.append((phase, time.perf_counter())),
        )
    finally:
        database.dispose()
    marks.append(("end", time.perf_counter()))
    found: dict[str, float] = {}
    for (phase, at), (_, then) in itertools.pairwise(marks):
        name = {"reading": "reading", "explain": "verdicts", "worth": "worth"}.get(phase, "solving")
        name = "saving" if phase == "writing" else name
        found[f"{name}|s"] = found.get(f"{name}|s", 0.0) + then - at
    found["whole|s"] = marks[-1][1] - marks[0][1]
    found["longest write transaction|ms"] = max(database.took) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found | {"peak memory of the process|MiB": peak}))
    return 0


def _named(found: dict[str, float]) -> Iterator[tuple[tuple[str, str], float]]:
    for key, value in found.items():
        what, _, unit = key.partition("|")
        yield (what, unit), value


def _pages(town: _Town, first: UUID, second: UUID) -> dict[str, str]:
    lines = _lines(town, second)
    home, api = f"{_PAGE}/{second}", f"/api/v1/allocations/{second}"
    return {
        "page of all runs": _PAGE,
        "page of a run": home,
        "page of a run, its last lines": f"{home}?from={max(0, len(lines) - 100)}",
        "page of a run, by request": f"{home}?by=request",
        "page of a line": f"{home}/lines/{lines[0].id}",
        "page that puts a line in": f"{home}/lines/new",
        "page before applying": f"{home}/application",
        "page of two runs compared": f"{home}/comparison?with={first}",
        "API: a run": api,
        "API: lines": f"{api}/lines?limit=100",
        "API: two runs compared": f"{api}/comparison?with={first}",
    }


def _edits(plan: Plan, town: _Town, run_id: UUID) -> dict[str, list[Target]]:
    """Lines taken out of the plan, and put back as they were."""
    some = _lines(town, run_id)[:: plan.size(40, 2)]
    home = f"/api/v1/allocations/{run_id}/lines"

    def changes(seats: Callable[[AllocationLine], int]) -> list[Target]:
        return [
            _target(town, f"{home}/{line.id}", {"seats": seats(line), "reason": "Measured."})
            for line in some
        ]

    return {
        "edit: a line taken out": changes(lambda _: 0),
        "edit: a line put back": changes(lambda line: line.seats),
    }


def _target(town: _Town, path: str, body: dict[str, Any] | None = None) -> Target:
    headers = {"Authorization": f"Bearer {town.token}"}
    if body is None:
        return Target(path, headers=headers)
    headers["Content-Type"] = "application/json"
    return Target(path, "PATCH", headers, json.dumps(body))


def _asked(port: int, targets: list[Target]) -> Report:
    return run_job(Job(port, targets, connections=1, seconds=_PATIENCE, once=True))


def _add(plan: Plan, store: Store, name: str, report: Report) -> None:
    plan.results.add(f"{name}, p50", "ms", store.kind, report.p50)
    plan.results.add(f"{name}, p99", "ms", store.kind, report.p99)
    size = report.received / max(1, len(report.times)) / 1024
    plan.results.add(f"{name}, size", "KiB", store.kind, size)


def _apply(plan: Plan, store: Store, town: _Town, run_id: UUID) -> None:
    """Every line becomes a block, as a person applies the plan; without the limit of 20 s."""
    desk, database = Desk(utc_now), town.database
    note(f"plans: applying, {store.kind}")
    lines = database.run(
        lambda db: begin_application(
            db, actor=town.actor, run_id=run_id, wish=ApplicationIn(), desk=desk
        )
    )
    database.took.clear()
    times = []
    for line_id in lines:
        started = time.perf_counter()
        apply_line(database.run, town.actor, run_id, line_id, desk)
        times.append(_since(started) * 1000)
    states = [line.state for line in _lines(town, run_id)]
    for state in ("applied", "failed"):
        plan.results.add(f"applying: lines {state}", "", store.kind, states.count(state))
    plan.results.add("applying: all lines", "s", store.kind, sum(times) / 1000)
    for share in (0.5, 0.99):
        name = f"applying: a line, p{100 * share:.0f}"
        plan.results.add(name, "ms", store.kind, percentile(times, share))
    longest = max(database.took) * 1000
    plan.results.add("applying: longest write transaction", "ms", store.kind, longest)


def _lines(town: _Town, run_id: UUID) -> list[AllocationLine]:
    with town.database.read() as db:
        query = select(AllocationLine).where(AllocationLine.run_id == run_id)
        return list(db.exec(query.where(col(AllocationLine.seats) > 0)))


def _since(started: float) -> float:
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
