"""The PostgreSQL of the tests: one per run, and none left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
OWNER = """
import time
from tests.support import postgres
with postgres.server(durable=False) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def test_the_server_ends_with_the_process_that_owns_it_even_when_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        postgres.execute(url, "SELECT 1")
        owner.send_signal(signal.SIGKILL)

    folder = Path(url.partition("?host=")[2])
    end = time.monotonic() + 20
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.05)

    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        postgres.execute(url, "SELECT 1")


def test_a_server_that_could_not_be_prepared_fails_every_later_caller_at_once() -> None:
    run = postgres.new_run()

    def refuse(_url: str) -> None:
        raise ValueError("no such table")

    try:
        with pytest.raises(ValueError, match="no such table"):
            postgres.ensure_started(run, refuse)
        with pytest.raises(RuntimeError, match="could not be prepared: no such table"):
            postgres.ensure_started(run, refuse)
    finally:
        postgres.stop(run)

    assert not run.folder.exists()


def test_the_server_does_not_run_as_root(postgres_url: str) -> None:
    folder = Path(postgres_url.partition("?host=")[2])

    assert (folder / "data").stat().st_uid != 0
    assert (folder / "data").stat().st_mode & 0o077 == 0
    assert os.environ["CADRE_TESTS_POSTGRES"] == str(folder)
