"""Turns among the processes of one machine: first come, first served, without polling.

SQLite lets one process write at a time and leaves it to the others to ask again; whoever asks at a
lucky moment goes first. A lock on a file beside the database queues them: the kernel wakes the next
when one is done, and frees the lock of a process that was killed. It is a courtesy, not a guard:
SQLite's own lock still decides, also against programs that do not queue.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks; SQLite's own is enough there
    fcntl = None  # type: ignore[assignment]


def queue_beside(database: str | None) -> Path | None:
    """The file at which writers of this SQLite file queue; None where nobody else can write.

    Args:
        database: The path of an SQLAlchemy address: empty for one in memory.
    """
    if not database or database.startswith((":memory:", "file:")):
        return None
    return Path(f"{database}-turns")


@contextmanager
def turn(queue: Path | None, *, seconds: float) -> Iterator[bool]:
    """Wait for this thread's turn, at most so many seconds; yields whether it came.

    A holder that is killed is no longer in the way; one that is stopped keeps each of the others
    for the whole ``seconds``. A process that is forked meanwhile has a part in the turn.

    Args:
        queue: The file to queue at; made when it is not there, and never removed.
        seconds: After this the block runs without a turn, as it does where no file can be locked.
    """
    place = _opened(queue)
    if place is None:
        yield False
        return
    try:
        yield _come(place, seconds)
    finally:
        os.close(place)


def _opened(queue: Path | None) -> int | None:
    if queue is None or fcntl is None:
        return None
    try:
        return os.open(queue, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # of another user, or no room: then there is no queue
        return None


def _come(place: int, seconds: float) -> bool:
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # The kernel waits without a limit, so a thread does, which can be left behind. It has a
        # copy of its own: the turn ends when both are closed, whichever comes last.
        came = threading.Event()
        threading.Thread(target=_wait, args=(os.dup(place), came), daemon=True).start()
        return came.wait(seconds)
    except OSError:  # a file system without locks
        return False
    return True


def _wait(place: int, came: threading.Event) -> None:
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
    finally:
        os.close(place)
        came.set()
