"""When a process kills itself: at a chosen statement, just before or just after a commit.

SIGKILL leaves no time for anything: no rollback, no ``finally``, no goodbye to the database.
"""

import os
import signal
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

STATEMENT = "at a statement"
BEFORE_COMMIT = "before a commit"
AFTER_COMMIT = "after a commit"
HANDED_OVER = "after handing over"
OUTSIDE = "from outside"


@dataclass(slots=True)
class Fuse:
    """Burns down by one at each of its moments; at nothing left the process is gone."""

    kind: str
    left: int

    def burn(self) -> None:
        """One moment of this fuse's kind has come."""
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def random_fuse(rng: Random, statements: int, *, commits: int, worker: bool) -> Fuse:
    """A fuse of a random kind, that burns through about so many statements or commits at most."""
    kinds = [STATEMENT, STATEMENT, BEFORE_COMMIT, AFTER_COMMIT, *([HANDED_OVER] * 3 * worker)]
    kind = rng.choice(kinds)
    most = statements if kind == STATEMENT else commits
    return Fuse(kind, rng.randint(1, max(1, most)))


def arm(fuse: Fuse) -> None:
    """Let every database engine of this process burn the fuse; for the rest of its life."""
    if fuse.kind == STATEMENT:
        event.listen(Engine, "before_cursor_execute", lambda *_: fuse.burn())
    elif fuse.kind == BEFORE_COMMIT:
        event.listen(Engine, "commit", lambda _: fuse.burn())
    elif fuse.kind == AFTER_COMMIT:
        _burn_after_commits(fuse)


def _burn_after_commits(fuse: Fuse) -> None:
    """SQLAlchemy tells of a commit before it is made; the moment after it is the driver's."""
    commit = DefaultDialect.do_commit

    def commit_and_burn(self: DefaultDialect, connection: Any) -> None:
        commit(self, connection)  # type: ignore[no-untyped-call]
        fuse.burn()

    DefaultDialect.do_commit = commit_and_burn  # type: ignore[method-assign]
