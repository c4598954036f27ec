"""``cadre demo``, ``demo-tokens``, ``verify`` and ``worker`` as a terminal meets them."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from app import cli
from app.accounts.models import ApiToken
from app.accounts.queries import user_by_email
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.demo import ready
from app.demo.loader import is_loaded
from app.demo.people import SIGN_INS
from app.demo.ready import NotTheDemonstrationError, fresh_tokens, make_ready
from tests.factories import make_trainee

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a loaded demonstration in it."""
    folder = tmp_path_factory.mktemp("demonstration")
    assert make_ready(f"sqlite:///{folder}/demo.db") is not None
    return folder


@pytest.fixture
def url(folder: Path) -> str:
    return f"sqlite:///{folder}/demo.db"


@contextmanager
def opened_again(url: str) -> Iterator[Session]:
    """A reader of a database that was made anew."""
    database = Database(url, pool_size=1)
    with database.read() as db:
        yield db
    database.dispose()


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as whole, closing(sqlite3.connect(target)) as copy:
        whole.backup(copy)


def run(*arguments: str) -> int:
    """The exit status of one command."""
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    return int(end.value.code or 0)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def started(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """One command in a process of its own, ended with the block."""
    environment = {**os.environ, "CADRE_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=Path(url.removeprefix("sqlite:///")).parent,  # not the project's folder
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answer_of(address: str) -> httpx2.Response:
    """The first answer of a server that is starting."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return httpx2.get(address)
        except httpx2.ConnectError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_a_second_look_finds_the_demonstration_and_loads_nothing(url: str) -> None:
    assert make_ready(url) is None


def test_it_lives_beside_the_program_wherever_it_is_started() -> None:
    assert ready.DEFAULT_URL.removeprefix("sqlite:///") == str(ROOT / "var" / "demo.db")


def test_it_is_served_with_its_sign_ins_and_stops_cleanly(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("PORT", str(port))
    base = f"http://127.0.0.1:{port}"
    with started(url, "demo") as process:
        assert answer_of(f"{base}/livez").status_code == 200
        page = httpx2.get(f"{base}/slots")
        sent = {"email": "trainee@demo.example", "password": "demo-demo-demo"}
        signed_in = httpx2.post(f"{base}/sign-in", data=sent, headers={"Origin": base})
        _outbox_is_emptied(url)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert page.status_code == 200
    assert "Everything here is invented" in page.text
    assert signed_in.status_code == 303
    assert process.returncode == 0
    assert base in out
    assert all(f"{who}@demo.example" in out for who in ("secretariat", "provider", "focal"))
    assert "Traceback" not in err


def _outbox_is_emptied(url: str) -> None:
    """The worker inside the server deals with what loading and signing in have said."""
    database = Database(url, pool_size=1)
    query = select(OutboxEvent.id).where(col(OutboxEvent.processed_at).is_(None))
    end = time.monotonic() + START_SECONDS
    waiting: list[Any] = ["not asked yet"]
    while waiting and time.monotonic() < end:
        with database.read() as db:
            waiting = list(db.exec(query))
        time.sleep(0.05)
    database.dispose()
    assert waiting == []


def test_a_port_that_is_taken_is_said_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "demo.db"
    monkeypatch.setenv("CADRE_DATABASE_URL", f"sqlite:///{path}")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert run("demo", "--port", str(other.getsockname()[1])) == 1

    assert "--port" in capsys.readouterr().err
    assert not path.exists()


def test_tokens_open_the_api_for_the_four(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CADRE_DATABASE_URL", url)
    for name in ("CADRE_DEMO", "CADRE_LOG_LEVEL"):  # the command sets them; this puts them back
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    assert run("demo-tokens") == 0

    tokens = json.loads(capsys.readouterr().out)
    assert list(tokens) == ["secretariat", "provider", "focal", "trainee"]
    assert len(set(tokens.values())) == 4


def test_many_calls_for_tokens_keep_only_the_newest(url: str) -> None:
    database = Database(url, pool_size=1)
    for _ in range(12):
        fresh_tokens(database)
    with database.read() as db:
        live = db.exec(select(ApiToken).where(col(ApiToken.revoked_at).is_(None))).all()
    database.dispose()

    assert len(live) == 4 * 10


def test_a_reset_begins_anew(database: Database) -> None:
    """Who has the secretariat's address has the demonstration; all else there is lost."""
    database.run(lambda db: make_trainee(db, email=SIGN_INS[0]))
    database.run(lambda db: make_trainee(db, email="visitor@people.example"))
    assert make_ready(database.url) is None
    database.dispose()

    assert make_ready(database.url, reset=True) is not None

    with opened_again(database.url) as db:
        assert user_by_email(db, "visitor@people.example") is None
        assert user_by_email(db, SIGN_INS[3]) is not None


def test_another_network_is_neither_filled_nor_emptied(database: Database) -> None:
    database.run(make_trainee)

    for reset in (False, True):
        with pytest.raises(NotTheDemonstrationError):
            make_ready(database.url, reset=reset)

    with database.read() as db:
        assert not is_loaded(db)


def test_a_sound_database_is_said_to_be_sound(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CADRE_DATABASE_URL", url)

    assert run("verify") == 0

    out = capsys.readouterr().out
    assert out.startswith("ok: 13 providers, 199 slots, 652 meetings, 63 bookings")


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        ("UPDATE slot SET seats_claimed = 3 WHERE code = 'C01-S2'", "slot.seats_claimed of"),
        ("UPDATE slot SET waiting = 0 WHERE code = 'C14-S1'", "counted 31"),
        ("UPDATE gap_request SET seats_met = 1 WHERE code = 'R01'", "request.seats_met of"),
        (
            "UPDATE meeting SET local_starts = '2027-01-01T03:00' WHERE slot_id ="
            " (SELECT id FROM slot WHERE code = 'C02-S8')",
            "its start is 2027-01-01T03:00 in Africa/Nairobi",
        ),
        ("UPDATE meeting SET zone = 'Asia/Tokyo' WHERE zone = 'Asia/Shanghai'", "in Asia/Tokyo"),
        (
            "UPDATE slot SET ends_at = '2030-01-01 00:00:00' WHERE code = 'C02-S8'",
            "does not begin or end with its meetings",
        ),
    ],
)
def test_what_is_off_is_listed_and_the_status_says_so(
    harm: str,
    complaint: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"sqlite:///{tmp_path}/harmed.db"
    _copy(folder / "demo.db", tmp_path / "harmed.db")
    harmed = Database(url, pool_size=1)
    harmed.run(lambda db: db.execute(text(harm)))
    harmed.dispose()
    monkeypatch.setenv("CADRE_DATABASE_URL", url)

    assert run("verify") == 1

    out = capsys.readouterr().out
    assert complaint in out
    assert not out.startswith("ok")


def test_the_worker_works_until_it_is_told_to_stop(folder: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/worker.db"
    _copy(folder / "demo.db", tmp_path / "worker.db")
    with started(url, "worker") as process:
        _outbox_is_emptied(url)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "Traceback" not in err
