"""Turns among processes: in order, given on by whoever is killed, and never waited for too long."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pytest

from app.core.db import Database
from app.core.turns import queue_beside, turn
from tests.factories import make_provider

LONG = 30.0
SHORT = 0.05
_CHILD = """
import sys
from pathlib import Path
from app.core.turns import turn
print("asks", flush=True)
with turn(Path(sys.argv[1]), seconds=float(sys.argv[2])) as came:
    print("came" if came else "did not come", flush=True)
    sys.stdin.readline()
"""

Child = subprocess.Popen[str]
Start = Callable[[], Child]


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    """Where the processes of a test queue."""
    return tmp_path / "a.db-turns"


@contextmanager
def asking(queue: Path) -> Iterator[Child]:
    """A process that has asked for its turn; it gives it on when it reads a line."""
    words = [sys.executable, "-c", _CHILD, str(queue), str(LONG)]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert said(child) == "asks"
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.fixture
def start(queue: Path) -> Iterator[Start]:
    """Begins a process that asks for its turn; all are ended with the test."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(asking(queue))


def said(child: Child) -> str:
    """The next line that the process says."""
    return _output(child).readline().strip()


def is_silent(child: Child) -> bool:
    """Whether it has said nothing more for a moment."""
    return select.select([_output(child)], [], [], SHORT)[0] == []


def _output(child: Child) -> IO[str]:
    assert child.stdout is not None
    return child.stdout


def done(child: Child) -> None:
    """Let the process give its turn on."""
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def asleep_in_lock(child: Child) -> bool:
    """Whether the kernel knows that the process waits for a lock (a line with an arrow)."""
    found = Path("/proc/locks").read_text(encoding="utf-8").splitlines()
    return any("->" in line and f" {child.pid} " in line for line in found)


def test_processes_have_their_turns_in_the_order_in_which_they_ask(start: Start) -> None:
    first = start()
    assert said(first) == "came"
    others = []
    for _ in range(2):
        others.append(start())
        while not asleep_in_lock(others[-1]):
            time.sleep(0.01)

    for before, after in zip([first, *others], others, strict=False):
        assert all(is_silent(child) for child in others[others.index(after) :])
        done(before)
        assert said(after) == "came"


def test_who_is_killed_with_the_turn_gives_it_on(start: Start) -> None:
    first, second = start(), start()
    assert said(first) == "came"
    assert is_silent(second)

    first.kill()

    assert said(second) == "came"


def test_who_is_killed_while_waiting_is_not_waited_for(start: Start) -> None:
    first = start()
    assert said(first) == "came"
    second, third = start(), start()
    assert is_silent(second)

    second.kill()
    second.wait()
    done(first)

    assert said(third) == "came"


def test_who_is_stopped_with_the_turn_is_not_waited_for_for_ever(start: Start, queue: Path) -> None:
    first = start()
    assert said(first) == "came"
    os.kill(first.pid, signal.SIGSTOP)

    with turn(queue, seconds=SHORT) as came:
        assert not came

    os.kill(first.pid, signal.SIGCONT)
    done(first)
    with turn(queue, seconds=LONG) as came:
        assert came


def test_who_gave_up_does_not_keep_the_turn_that_comes_later(queue: Path) -> None:
    with turn(queue, seconds=LONG), turn(queue, seconds=SHORT) as came:
        assert not came

    for _ in range(3):
        with turn(queue, seconds=LONG) as came:
            assert came


def test_threads_of_one_process_have_turns_as_well(queue: Path) -> None:
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(10):
            with turn(queue, seconds=LONG) as came:
                assert came
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.001)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert most == [1]


def test_an_error_inside_ends_the_turn(queue: Path) -> None:
    with pytest.raises(ValueError, match="no"), turn(queue, seconds=LONG):
        raise ValueError("no")

    with turn(queue, seconds=SHORT) as came:
        assert came


def test_where_there_is_no_place_for_a_file_the_work_is_done_without_a_turn(
    tmp_path: Path,
) -> None:
    with turn(tmp_path / "nowhere" / "a.db-turns", seconds=LONG) as came:
        assert not came


@pytest.mark.parametrize("path", [None, "", ":memory:", "file:a.db"])
def test_a_database_that_nobody_shares_has_no_queue(path: str | None) -> None:
    assert queue_beside(path) is None


def test_writers_of_a_file_queue_beside_it(sqlite_database: Database) -> None:
    queue = queue_beside(sqlite_database.url.removeprefix("sqlite:///"))

    with sqlite_database.write() as db:
        make_provider(db)
        with turn(queue, seconds=SHORT) as came:
            assert not came
    with turn(queue, seconds=SHORT) as came:
        assert came


def test_a_writer_whose_turn_does_not_come_asks_sqlite_itself(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was stopped between its turn and its BEGIN stops nobody."""
    monkeypatch.setattr("app.core.db._TURN_SECONDS", SHORT)
    queue = queue_beside(sqlite_database.url.removeprefix("sqlite:///"))

    with turn(queue, seconds=LONG):
        made = sqlite_database.run(lambda db: make_provider(db).id)

    assert made
