"""The load client against a tiny server, and the arithmetic of its figures."""

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.figures import Results, Spread, percentile, short
from benchmarks.load import BadAnswerError, Job, Target, perform, run_job

Sent = list[tuple[str, str, str, str]]


class _Echo(BaseHTTPRequestHandler):
    """Notes what arrives; ``/304`` answers without a body, ``/gone`` with an error."""

    protocol_version = "HTTP/1.1"
    sent: Sent = []  # noqa: RUF012 - replaced for each test

    def do_GET(self) -> None:
        """Answer any method alike."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        self.sent.append((self.command, self.path, self.headers.get("X-Kind", ""), body))
        status = {"/304": 304, "/gone": 410}.get(self.path, 200)
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Length", "5")
        self.end_headers()
        if status != 304:
            self.wfile.write(b"hello")

    do_POST = do_GET  # noqa: N815 - the name that the library calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[int, Sent]]:
    sent: Sent = []
    handler = type("Handler", (_Echo,), {"sent": sent})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield listening.server_port, sent
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("share", "expected"), [(0.01, 1), (0.5, 50), (0.505, 51), (0.99, 99), (1, 100)]
)
def test_a_percentile_is_the_nearest_rank(share: float, expected: float) -> None:
    values = [float(value) for value in range(100, 0, -1)]

    assert percentile(values, share) == expected


def test_of_one_value_every_percentile_is_that_value() -> None:
    assert percentile([7.5], 0.5) == percentile([7.5], 0.99) == 7.5


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0), ([1.0], 1.01)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_a_spread_shows_median_and_both_ends() -> None:
    assert str(Spread.of([3.0, 1.25, 1234.5])) == "3 (1.25..1,234)"
    assert [short(value) for value in (0.0, 0.123, 9.99, 12.34, 99.96)] == [
        "0", "0.12", "9.99", "12.3", "100.0",
    ]  # fmt: skip


def test_the_table_has_a_column_for_each_database() -> None:
    results = Results()
    results.add("page", "req/s", "sqlite", 100.0)
    results.add("page", "req/s", "sqlite", 120.0)
    results.add("page", "req/s", "postgresql", 90.0)
    results.add("start", "s", "sqlite", 1.5)

    head, _, page, start = results.table().splitlines()

    assert head.split() == ["measure", "unit", "sqlite", "postgresql"]
    assert page.split() == ["page", "req/s", "110", "(100..120)", "90", "(90..90)"]
    assert start.split() == ["start", "s", "1.50", "(1.50..1.50)", "-"]
    assert results.as_json()[0]["runs"] == [100.0, 120.0]


def test_once_sends_every_target_once(server: tuple[int, Sent]) -> None:
    port, sent = server
    targets = [
        Target(f"/{number}", "POST", {"X-Kind": "test"}, body='{"é": 1}') for number in range(30)
    ]

    report = asyncio.run(perform(Job(port, targets, connections=4, once=True)))

    expected = [("POST", f"/{number}", "test", '{"é": 1}') for number in range(30)]
    assert sorted(sent) == sorted(expected)
    assert report.statuses == {"200": 30}
    assert report.received == 30 * len("hello")
    assert len(report.times) == 30
    assert 0 < report.p50 <= report.p99


def test_a_timed_job_ends_in_time_and_leaves_the_warm_up_out(server: tuple[int, Sent]) -> None:
    port, sent = server
    job = Job(port, [Target("/304")], connections=2, seconds=0.3, warm_up=0.2, expect=(304,))

    report = asyncio.run(perform(job))

    assert report.statuses == {"304": len(report.times)}
    assert len(report.times) < len(sent)
    assert 0.25 < report.ended - report.began < 1.5
    assert report.rate == pytest.approx(len(report.times) / (report.ended - report.began))


def test_another_status_ends_the_job(server: tuple[int, Sent]) -> None:
    port, _ = server

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(perform(Job(port, [Target("/gone")], connections=1)))

    assert caught.group_contains(BadAnswerError, match="GET /gone HTTP/1.1 was answered with 410")


def test_clients_in_processes_of_their_own_begin_together(server: tuple[int, Sent]) -> None:
    port, sent = server
    start_at = time.monotonic() + 0.8

    report = run_job(
        Job(port, [Target("/a"), Target("/b")], connections=1, once=True, start_at=start_at)
    )

    assert report.began >= start_at
    assert [path for _, path, _, _ in sent] == ["/a", "/b"]
