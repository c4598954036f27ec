"""Looking after an installation: migrate it, verify it, measure it."""

import importlib.util
import runpy
import sys

import typer

from app.booking.queries.history import lines_off
from app.booking.queries.invariants import broken, counted
from app.cli.setup import opened, ready_settings
from app.core import migrate
from app.core.clock import utc_now
from app.core.errors import NotFoundError


def migrate_database() -> None:
    """Bring the database to the newest revision; an SQLite file is copied first."""
    settings = ready_settings()
    migrate.upgrade(settings.database_url)
    print("The database is at the newest revision.", file=sys.stderr)


def verify() -> None:
    """Recompute every counter and constraint; exit 1 and a list when anything is off."""
    with opened() as database, database.snapshot() as db:
        problems = [*broken(db), *lines_off(db, now=utc_now())]
        counts = counted(db)
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print("ok: " + ", ".join(f"{count} {what}" for what, count in counts.items()))


def bench(context: typer.Context) -> None:
    """Measure, and print each number with its spread; arguments go to the benchmarks."""
    if importlib.util.find_spec("benchmarks") is None:
        raise NotFoundError("The benchmarks are part of the source tree, which this is not.")
    sys.argv = ["benchmarks", *context.args]
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
