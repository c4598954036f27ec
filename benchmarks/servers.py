"""The product as it is run: ``cadre serve`` in processes of its own, on this machine only."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

START_SECONDS = 60.0
STOP_SECONDS = 15.0
_POLL = 0.01
_STARTED = "startup complete"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    workers: int
    log: Path

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers (names in small letters), body.

        Underscores in the names of ``headers`` stand for hyphens.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers=sent)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body

    def worker_pids(self) -> list[int]:
        """The processes that serve requests."""
        if self.workers == 1:
            return [self.process.pid]
        children = [pid for pid in _children(self.process.pid) if "spawn_main" in _command(pid)]
        assert len(children) == self.workers, "Not every worker is there."
        return children


def settings(url: str) -> dict[str, str]:
    """The environment of a server over this database, with nothing of the caller's settings."""
    inherited = {name: value for name, value in os.environ.items() if name[:6] != "CADRE_"}
    return inherited | {
        "CADRE_DATABASE_URL": url,
        "CADRE_SECRET_KEY": secrets.token_hex(32),
        "CADRE_LOG_FORMAT": "json",
        "CADRE_HOLDS_PER_ADDRESS": "10000",  # all clients of a measurement have one address
    }


@contextmanager
def serving(url: str, *, workers: int = 2) -> Iterator[Server]:
    """A server over this database, all of its workers ready; ended when the block ends.

    It writes its access log to a file, as in production.
    """
    arguments = ["serve", "--workers", str(workers), "--port"]
    with started(arguments, settings(url), workers=workers) as server:
        wait_until_live(server)
        wait(lambda: _log(server).count(_STARTED) >= workers, server)
        yield server


@contextmanager
def started(
    arguments: list[str], environment: dict[str, str], *, workers: int = 1
) -> Iterator[Server]:
    """The command ``cadre`` with these arguments and a free port, which may not answer yet.

    Raises:
        RuntimeError: It would not end.
    """
    port = _free_port()
    with TemporaryDirectory(prefix="cadre-bench-log-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *arguments, str(port)],
                env=environment,
                stdout=file,
                stderr=file,
                start_new_session=True,  # Ctrl-C is for the benchmark, which then ends its servers
            )
        try:
            yield Server(process, port, workers, log)
        finally:
            _end(process)


def wait_until_live(server: Server, path: str = "/livez") -> None:
    """Return at the first 200 from ``path``."""

    def answers() -> bool:
        with suppress(OSError, http.client.HTTPException):
            return server.get(path)[0] == http.client.OK
        return False

    wait(answers, server)


def wait(condition: Callable[[], bool], server: Server) -> None:
    """Poll until ``condition`` holds.

    Raises:
        RuntimeError: The server ended, or the time was over.
    """
    end = time.monotonic() + START_SECONDS
    while not condition():
        if server.process.poll() is not None or time.monotonic() > end:
            msg = f"The server did not start:\n{_log(server)}"
            raise RuntimeError(msg)
        time.sleep(_POLL)


def memory_mib(pid: int) -> dict[str, float]:
    """``Rss`` and ``Pss`` of a process in MiB; empty where the system does not tell.

    Pss counts a page that is shared by n processes as one n-th.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = [line.split() for line in lines if line.startswith(("Rss:", "Pss:"))]
    return {name.rstrip(":"): int(kib) / 1024 for name, kib, _ in pairs}


def _log(server: Server) -> str:
    return server.log.read_text(encoding="utf-8", errors="replace")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and what it started; each by its own id."""
    children = _children(process.pid)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    return ""
