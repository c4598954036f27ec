"""A load client: raw HTTP/1.1 over connections that stay open, in a process of its own.

``python -m benchmarks.load`` reads one :class:`Job` as JSON from standard input and writes one
:class:`Report` as JSON to standard output. It measures from the first byte sent to the last byte
received, one request at a time on each connection, and every answer is read whole.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from benchmarks.figures import percentile

PATIENCE = 30.0
_LINE_LIMIT = 2**20
_BODILESS = (204, 304)
_SHOWN = 300


class BadAnswerError(RuntimeError):
    """The server answered something that this client does not read, or with another status."""


@dataclass(frozen=True, slots=True)
class Target:
    """One request."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def raw(self, host: str) -> bytes:
        """The request as it goes over the wire."""
        body = self.body.encode()
        headers = {"Host": host, **self.headers}
        if body or self.method != "GET":
            headers["Content-Length"] = str(len(body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Job:
    """What to send, and when to stop.

    Ends after ``seconds``; with ``once`` also when every target was sent once (else they are
    sent round and round). ``start_at`` (of ``time.monotonic``, which all processes share) lets
    several clients begin together. ``warm_up`` seconds come before and are not counted.
    ``expect`` are the statuses that are right; any other ends the run.
    """

    port: int
    targets: Sequence[Target]
    host: str = "127.0.0.1"
    connections: int = 16
    seconds: float = 5.0
    warm_up: float = 0.0
    once: bool = False
    start_at: float = 0.0
    expect: Sequence[int] = (200,)


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured. Times of answers are in milliseconds; the two marks are monotonic."""

    began: float
    ended: float
    times: Sequence[float]
    statuses: dict[str, int]
    received: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / (self.ended - self.began)

    @property
    def p50(self) -> float:
        """Half of the answers were there within so many milliseconds."""
        return percentile(self.times, 0.5)

    @property
    def p99(self) -> float:
        """All but one in a hundred answers were there within so many milliseconds."""
        return percentile(self.times, 0.99)


class Client:
    """A load client in a process of its own, already running; see :func:`run_job` for one."""

    def __init__(self, job: Job) -> None:
        self._limit = job.seconds + job.warm_up + PATIENCE
        self._limit += max(0.0, job.start_at - time.monotonic())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(job)))
        self._process.stdin.close()
        self._process.stdin = None  # communicate() must not try to write to it again

    def report(self) -> Report:
        """Wait for the end of the job.

        Raises:
            BadAnswerError: The job failed; what happened is on standard error.
        """
        try:
            out, _ = self._process.communicate(timeout=self._limit)
        finally:
            self._process.kill()
            self._process.wait()
        if self._process.returncode:
            msg = "The load client failed; see above."
            raise BadAnswerError(msg)
        return Report(**json.loads(out))


def run_job(job: Job) -> Report:
    """Run ``job`` in a process of its own and wait for it."""
    return Client(job).report()


async def perform(job: Job) -> Report:
    """Run ``job`` in this process.

    Raises:
        BadAnswerError: An answer was not one of those expected.
        TimeoutError: The server took far too long.
    """
    await asyncio.sleep(job.start_at - time.monotonic())
    if job.warm_up and not job.once:
        async with asyncio.timeout(job.warm_up + PATIENCE):
            await _send_all(job, time.monotonic() + job.warm_up)
    async with asyncio.timeout(job.seconds + PATIENCE):
        return await _send_all(job, time.monotonic() + job.seconds)


async def _send_all(job: Job, end: float) -> Report:
    requests = [target.raw(job.host) for target in job.targets]
    supply = iter(requests) if job.once else itertools.cycle(requests)
    tally = _Tally(frozenset(job.expect))
    streams = [
        await asyncio.open_connection(job.host, job.port, limit=_LINE_LIMIT)
        for _ in range(job.connections)
    ]
    began = time.monotonic()
    try:
        async with asyncio.TaskGroup() as group:
            for reader, writer in streams:
                group.create_task(_use(reader, writer, supply, end, tally))
        ended = time.monotonic()
    finally:
        for _, writer in streams:
            writer.close()
            await writer.wait_closed()
    statuses = {str(status): count for status, count in sorted(tally.statuses.items())}
    return Report(began, ended, tally.times, statuses, tally.received)


@dataclass(slots=True)
class _Tally:
    expect: frozenset[int]
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    received: int = 0


async def _use(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    supply: Iterator[bytes],
    end: float,
    tally: _Tally,
) -> None:
    for request in supply:
        started = time.monotonic()
        if started >= end:
            return
        writer.write(request)
        status, body = await _answer(reader)
        tally.times.append((time.monotonic() - started) * 1000)
        tally.statuses[status] += 1
        tally.received += len(body)
        if status not in tally.expect:
            first_line = request.partition(b"\r\n")[0].decode()
            msg = f"{first_line} was answered with {status}: {body[:_SHOWN]!r}"
            raise BadAnswerError(msg)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *fields = head.split("\r\n")
    status = int(status_line.split(" ", 2)[1])
    headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    if headers.get("connection", "").lower() == "close":
        raise BadAnswerError("The server does not keep the connection open.")
    if status in _BODILESS:
        return status, b""
    if "content-length" not in headers:
        raise BadAnswerError("The answer does not state its length.")
    return status, await reader.readexactly(int(headers["content-length"]))


def main() -> None:
    """Carry out the job that standard input describes."""
    sent = json.loads(sys.stdin.read())
    targets = [Target(**target) for target in sent.pop("targets")]
    report = asyncio.run(perform(Job(targets=targets, **sent)))
    sys.stdout.write(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
