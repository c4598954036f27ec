"""``python3 run.py torture``: random commands, kill -9 at any moment, and the history checked.

Exit code 1 when any invariant was broken, or when the run did not get as far as it should.
"""

import argparse
import os
import random
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core import migrate, zones
from app.core.db import Database
from tests.support import postgres
from torture import network, replay, report, roles
from torture.history import History, Violation, number_rows
from torture.plan import Board, Plan
from torture.report import Result
from torture.roles import Run
from torture.supervisor import Supervisor

KINDS = ("sqlite", "postgresql")
_WARM_UP = 60


def main(arguments: Sequence[str]) -> int:
    """Torture each database in turn and print what was found."""
    options = _options(arguments)
    # Ended from outside, it still ends its processes and removes its databases.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    zones.use_packaged_tzdata()
    clean = True
    for kind in options.databases:
        with _place(kind, options.postgres) as (url, folder):
            plan = Plan(
                kind,
                url,
                folder,
                options.seed,
                commands=options.commands,
                kills=options.kills,
                minutes=options.minutes,
            )
            result = torture(plan)
            print(result.text(), flush=True)
            clean = clean and result.clean
    return 0 if clean else 1


def torture(plan: Plan) -> Result:
    """One run over one database that was just made."""
    rng = random.Random(plan.seed)
    plan.seen.touch()
    plan.delivered.touch()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    board = Board()
    database = roles.make_database(plan)
    app = roles.make_app(database, board)
    supervisor = Supervisor(plan, board, rng)
    _done(supervisor, "prepare", lambda: _prepare(plan))
    everybody = network.load(plan.folder / "network.json")
    run = Run(plan, board, everybody, listener, database, app)
    roles.warm_up(run, rng, min(_WARM_UP, plan.commands // 5))
    try:
        supervisor.go(run)
        _done(supervisor, "drain", lambda: roles.drain(run))
        _done(supervisor, "replay", lambda: replay.check(run))
    finally:
        supervisor.end_all()
        listener.close()
    _done(supervisor, "check", lambda: _check(plan))
    violations = [*report.sampled(plan), *replay.found(plan)]
    violations += [Violation("processes", each) for each in supervisor.toll.crashed]
    if supervisor.toll.crashed:
        violations.append(Violation("processes", plan.errors.read_text(encoding="utf-8")[-3000:]))
    return Result(plan, run.board, supervisor.toll, supervisor.seconds, violations)


def _done(supervisor: Supervisor, what: str, work: Callable[[], None]) -> None:
    """Do it in a process of its own: the zygote holds no connection when it forks."""
    if supervisor.wait(supervisor.fork(what, work)):
        supervisor.toll.crashed.append(f"{what} failed")


def _prepare(plan: Plan) -> None:
    migrate.upgrade(plan.url)
    database = Database(plan.url)
    database.run(number_rows)
    network.build(database).save(plan.folder / "network.json")
    database.dispose()


def _check(plan: Plan) -> None:
    database = Database(plan.url)
    with database.read() as db:
        replay.note(plan, list(History(plan, db).violations()))
    database.dispose()


@contextmanager
def _place(kind: str, server: str | None) -> Iterator[tuple[str, Path]]:
    """An empty database and a folder for the files of the run."""
    with TemporaryDirectory(prefix="cadre-torture-") as name:
        folder = Path(name)
        if kind == "sqlite":
            yield f"sqlite:///{folder}/cadre.db", folder
        elif server is not None:
            database = f"torture_{os.getpid()}"
            yield postgres.create_database(server, database), folder
            postgres.drop_database(server, database)
        else:
            with postgres.server(durable=True) as url:
                yield postgres.create_database(url, "torture"), folder


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python3 run.py torture", description=main.__doc__)
    parser.add_argument("--commands", type=int, default=10_000, help="at least so many (10000)")
    parser.add_argument("--kills", type=int, default=1_000, help="at least so many (1000)")
    parser.add_argument("--minutes", type=float, default=20.0, help="at most so long, each (20)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--postgres", help="address of a PostgreSQL that runs already")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
