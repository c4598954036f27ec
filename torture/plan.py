"""What one run of the harness is asked to do, and the numbers that all its processes share."""

import mmap
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.clock import Clock

HTTP_CLIENTS = 3
DIRECT_CLIENTS = 3
SERVERS = 2
WORKERS = 2
WARM_UP = HTTP_CLIENTS + DIRECT_CLIENTS
"""The number of the client that the zygote itself is before the first fork."""


_CELLS = 32
_OFFSET, _STOP, _KILLS, _SAMPLES = range(4)
_DONE = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """One run over one database: where, how much, and where its files go.

    ``kills`` and ``commands`` are least numbers: the run goes on until both are reached, or until
    ``minutes`` are over.
    """

    kind: str
    url: str
    folder: Path
    seed: int
    commands: int
    kills: int
    minutes: float

    def journal(self, client: int) -> Path:
        """Where a client writes what it is about to send and what it was answered."""
        return self.folder / f"client-{client}.jsonl"

    @property
    def delivered(self) -> Path:
        """Where the outbox workers hand events over: one id on a line."""
        return self.folder / "delivered.txt"

    @property
    def seen(self) -> Path:
        """What the sampler found that must not be; empty when all was well."""
        return self.folder / "seen.jsonl"

    @property
    def errors(self) -> Path:
        """What the processes wrote to their standard error."""
        return self.folder / "errors.log"


class Board:
    """Whole numbers in memory that is shared by fork: the time, what was done, when to stop."""

    def __init__(self) -> None:
        self._cells = memoryview(mmap.mmap(-1, _CELLS * 8)).cast("q")

    @property
    def offset(self) -> timedelta:
        """How far the clock of the run is ahead of the real one."""
        return timedelta(seconds=self._cells[_OFFSET])

    def pass_time(self, seconds: int) -> None:
        """Let time pass at once, for everybody; only the supervisor calls it."""
        self._cells[_OFFSET] += seconds

    @property
    def stopped(self) -> bool:
        """Whether no new command may be begun."""
        return bool(self._cells[_STOP])

    def stop(self) -> None:
        """Let every client finish what it has begun, and end."""
        self._cells[_STOP] = 1

    @property
    def commands(self) -> int:
        """Commands that were answered, by all clients."""
        return sum(self._cells[_DONE:])

    def answered(self, client: int) -> None:
        """Count one more answer; each client counts in a cell of its own."""
        self._cells[_DONE + client] += 1

    @property
    def samples(self) -> int:
        """How often the sampler has looked."""
        return self._cells[_SAMPLES]

    def sampled(self) -> None:
        """Count one more look; there is one sampler at a time."""
        self._cells[_SAMPLES] += 1

    def clock(self, skew: timedelta = timedelta(0)) -> Clock:
        """The clock of the run, wrong by ``skew`` as the clocks of machines are."""
        return lambda: datetime.now(UTC) + self.offset + skew
