"""Starts the processes of a run, kills them, starts their successors, lets time pass.

It is the zygote, too: it has used the application and holds no connection, so that a
successor is there a few milliseconds after a death.
"""

import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from torture import roles, watch
from torture.fuses import OUTSIDE, Fuse, random_fuse
from torture.plan import DIRECT_CLIENTS, HTTP_CLIENTS, SERVERS, WORKERS, Board, Plan
from torture.roles import Run

_POLL = 0.002
_STATEMENTS = 30
"""Statements of a command, more or less: for how long a fuse is."""

_WORKER_ASKS = 5
_TIME_PASSES = (20, 60, 60, 300, 300, 1000)
_LONG_TIME = 6 * 3600
_COMMANDS_BETWEEN = 25
_SETTLE_SECONDS = 60.0


@dataclass(slots=True)
class Child:
    """A process: what it is for, and when it kills itself."""

    role: str
    number: int
    fuse: Fuse | None
    killed: bool = False


@dataclass(slots=True)
class Toll:
    """How many processes died how, and which ended as they should not."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All that were killed."""
        return sum(self.kills.values())


class Supervisor:
    """One run."""

    def __init__(self, plan: Plan, board: Board, rng: Random) -> None:
        self._plan = plan
        self._board = board
        self._rng = rng
        self._children: dict[int, Child] = {}
        self._run: Run | None = None
        self.toll = Toll()
        self._next_passing = 0
        self.seconds = 0.0

    def go(self, run: Run) -> None:
        """Run until both numbers of the plan are reached; then let everybody finish."""
        self._run = run
        began = time.monotonic()
        end = began + self._plan.minutes * 60
        self._start("sampler", 0)
        for role, count in (("server", SERVERS), ("worker", WORKERS)):
            for number in range(count):
                self._start(role, number)
        for number in range(HTTP_CLIENTS + DIRECT_CLIENTS):
            self._start("http client" if number < HTTP_CLIENTS else "direct client", number)
        while not self._enough() and time.monotonic() < end:
            self._turn()
        self.seconds = time.monotonic() - began
        self._finish()

    def fork(self, role: str, work: Callable[[], None]) -> int:
        """A child that does ``work`` and ends, with 1 when something was raised."""
        pid = os.fork()
        if pid:
            return pid
        status = 1
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            log = os.open(self._plan.errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 2)
            work()
            status = 0
        except BaseException:
            sys.stderr.write(f"{role}: {traceback.format_exc()}\n")
            sys.stderr.flush()
        finally:
            os._exit(status)

    def wait(self, pid: int) -> int:
        """The exit status of a child that is expected to end."""
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def end_all(self) -> None:
        """End every process that is left: servers and sampler, or all after an interruption."""
        for pid, child in self._children.items():
            os.kill(pid, signal.SIGKILL)
            child.killed = True
        while self._children:
            self._reap(restart=False)
            time.sleep(_POLL)

    def _enough(self) -> bool:
        plan, board = self._plan, self._board
        return board.commands >= plan.commands and self.toll.total >= plan.kills

    def _turn(self) -> None:
        self._reap(restart=True)
        if self._behind():
            self._kill_one()
        if self._board.commands >= self._next_passing:
            self._next_passing += self._rng.randint(1, 2 * _COMMANDS_BETWEEN)
            rare = self._rng.random() < 0.01
            self._board.pass_time(_LONG_TIME if rare else self._rng.choice(_TIME_PASSES))
        time.sleep(_POLL)

    def _behind(self) -> bool:
        """Whether fewer have died than commands were answered, in proportion."""
        plan, board = self._plan, self._board
        if board.commands >= plan.commands:
            return self._rng.random() < 0.1
        due = plan.kills * board.commands / plan.commands
        return self.toll.total + 1 < due and self._rng.random() < 0.1

    def _kill_one(self) -> None:
        alive = [
            (pid, child)
            for pid, child in self._children.items()
            if not child.killed and child.role != "sampler"
        ]
        if not alive:
            return
        pid, child = self._rng.choice(alive)
        child.killed = True
        os.kill(pid, signal.SIGKILL)

    def _finish(self) -> None:
        """No new commands and no more deaths: what was begun is finished by a successor."""
        self._board.stop()
        end = time.monotonic() + _SETTLE_SECONDS
        for pid, child in self._children.items():
            if child.fuse and child.role == "server":
                os.kill(pid, signal.SIGKILL)  # its successor has no fuse
                child.killed = True
        while any(child.role not in {"server", "sampler"} for child in self._children.values()):
            self._reap(restart=True)
            if time.monotonic() > end:
                self.toll.crashed.append("clients or workers did not end in a minute")
                return
            time.sleep(_POLL)

    def _reap(self, *, restart: bool) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            if child is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            if code == -signal.SIGKILL:
                how = OUTSIDE if child.killed or child.fuse is None else child.fuse.kind
                if restart:
                    self.toll.kills[child.role, how] += 1
            elif code:
                self.toll.crashed.append(f"{child.role} ended with {code}")
            if restart and (code or not self._board.stopped):
                self._start(child.role, child.number)

    def _start(self, role: str, number: int) -> None:
        fuse = self._fuse(role)
        rng = Random(self._rng.getrandbits(64))
        self._children[self.fork(role, lambda: self._work(role, number, rng, fuse))] = Child(
            role, number, fuse
        )

    def _fuse(self, role: str) -> Fuse | None:
        if role in {"sampler", "http client"} or self._board.stopped:
            return None  # the former must see everything; the latter dies from outside
        plan, board = self._plan, self._board
        left = max(1, plan.commands - board.commands)
        gap = max(1, left // max(1, plan.kills - self.toll.total))  # commands for each death
        share = gap * (SERVERS + DIRECT_CLIENTS) // 3
        if role == "worker":
            share *= _WORKER_ASKS  # it asks all the time, and seldom has anything to do
        commits = max(1, share)
        return random_fuse(self._rng, share * _STATEMENTS, commits=commits, worker=role == "worker")

    def _work(self, role: str, number: int, rng: Random, fuse: Fuse | None) -> None:
        run = self._run
        assert run is not None
        if role == "server":
            roles.serve(run, rng, fuse)
        elif role == "worker":
            roles.work(run, rng, fuse)
        elif role == "sampler":
            watch.sample(run)
        else:
            roles.client(run, number, rng, fuse, over_http=role == "http client")
