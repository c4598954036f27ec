"""The fault table: each fault made for real, on the database it concerns.

A process that dies with the lock, a backend that is ended, a lock that does not come free, a
deadlock, a full disk, a file that a backup has locked, a sweeper and a worker that are gone.
"""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.booking.models import Booking
from app.booking.queries.invariants import broken
from app.booking.rules import BookingState
from app.booking.service.desk import Desk
from app.core import db as db_module
from app.core import delivery
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import BusyError, UnavailableError
from app.core.outbox import OutboxEvent
from app.registry.models import Slot
from app.registry.queries.rows import lock_slots
from app.worker import Tools, Worker
from tests.booking.duels import Move, context, start
from tests.booking.people import Hands, book, book_new
from tests.factories import NOW, bearer, make_course, make_slot, make_trainee

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

S = BookingState
DESK = Desk(clock=Hands())
ROOM = 1_200_000
"""Bytes of the small disk beyond those of an empty database."""


@pytest.fixture
def slot(database: Database) -> Slot:
    """A slot of one seat."""
    return new_slot(database)


def new_slot(database: Database, seats: int = 1) -> Slot:
    """A slot that can be booked."""
    with database.write() as db:
        return make_slot(db, make_course(db), seats=seats)


def newcomer(database: Database) -> UUID:
    """Somebody who has no seat yet."""
    with database.write() as db:
        return make_trainee(db).identified()


def bookings(database: Database) -> list[str]:
    """The states of all bookings."""
    with database.read() as db:
        return sorted(db.exec(select(Booking.state)))


def assert_whole(database: Database) -> None:
    """Nothing is half, and nothing is lost."""
    with database.read() as db:
        assert broken(db) == []
        told = db.exec(select(OutboxEvent.id).where(col(OutboxEvent.name) == "booking.placed"))
        assert len(told.all()) == len(db.exec(select(Booking.id)).all())


def headers(database: Database, key: str = "one key") -> dict[str, str]:
    """Somebody new who calls the API with an idempotency key."""
    with database.write() as db:
        return {**bearer(db, make_trainee(db)), "Idempotency-Key": key}


def test_a_worker_that_is_killed_with_the_lock_leaves_the_seat_to_the_next(
    database: Database, slot: Slot
) -> None:
    """Its successor waits as long as the lock is held, and not longer."""
    one, other = newcomer(database), newcomer(database)
    first = Move(str(database.url), "book", slot.id, one, NOW, pause="before commit")
    holder = start(first)
    holder.comes_to_its_pause()
    waiting = start(replace(first, actor=other, pause=""))

    os.kill(holder.process.pid or 0, signal.SIGKILL)

    assert (holder.answer(), waiting.answer()) == ("killed", S.HELD)
    assert bookings(database) == [S.HELD]
    assert_whole(database)


def end_backends(database: Database) -> int:
    """End every session of this PostgreSQL database but our own, as an administrator would."""
    other = Database(database.url, pool_size=1)
    with other.read() as db:
        ended = db.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        count = len(ended.all())
    other.dispose()
    return count


def test_a_backend_that_is_ended_in_a_transaction_leaves_nothing_half(
    postgres_database: Database,
) -> None:
    slot = new_slot(postgres_database)
    actor_id = newcomer(postgres_database)
    tries = []

    def interrupted(db: Session) -> Any:
        from app.accounts.queries import actor_of_user  # noqa: PLC0415 - reads in the transaction

        tries.append(1)
        booking = book(db, actor_of_user(db, actor_id), slot.id, DESK)
        assert end_backends(postgres_database) > 0
        return booking

    with pytest.raises(UnavailableError):
        postgres_database.run(interrupted)

    assert tries == [1], "Whether its commit was made is not known to it: it is not sent again."
    assert bookings(postgres_database) == []
    assert_whole(postgres_database)
    with postgres_database.write() as db:
        book_new(db, slot.id, DESK)
    assert bookings(postgres_database) == [S.HELD]


@contextmanager
def served(database: Database, settings: Settings) -> "Iterator[TestClient]":
    """A client of the application over this database, on one kind only."""
    from fastapi.testclient import TestClient  # noqa: PLC0415 - others need not wait for it

    from app.main import create_app  # noqa: PLC0415 - the same

    app = create_app(Database(database.url), settings)
    with TestClient(app, base_url=settings.base_url) as client:
        yield client


def test_a_caller_whose_backend_is_ended_may_send_the_same_call_again(
    postgres_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = new_slot(postgres_database)
    sent = headers(postgres_database)
    settle = Session.commit
    left = [1]

    def commit(self: Session) -> None:
        if left:
            left.clear()
            end_backends(postgres_database)
        settle(self)

    with served(postgres_database, settings) as client:
        monkeypatch.setattr(Session, "commit", commit)
        lost = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)
        again = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)
        third = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)

    assert (lost.status_code, lost.headers["Retry-After"]) == (503, "2")
    assert lost.json()["code"] == "unavailable"
    assert (again.status_code, again.json()["state"]) == (201, S.HELD)
    assert third.content == again.content
    assert_whole(postgres_database)


def test_a_lock_that_does_not_come_free_is_answered_with_503(
    postgres_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three seconds, as in production; the tries after it are left out to save nine more."""
    monkeypatch.setattr(db_module, "_TRIES", 1)
    slot = new_slot(postgres_database)
    sent = headers(postgres_database)

    with served(postgres_database, settings) as client:
        with postgres_database.write() as db:
            lock_slots(db, [slot.id])
            refused = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)
        taken = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert refused.elapsed.total_seconds() >= 2.9
    assert (taken.status_code, taken.json()["state"]) == (201, S.HELD)
    assert_whole(postgres_database)


def test_a_deadlock_of_unsorted_locks_is_broken_and_both_are_served(
    postgres_database: Database,
) -> None:
    """Locks are sorted everywhere; here two commands take them crosswise on purpose."""
    slots = [new_slot(postgres_database) for _ in range(2)]
    people = [newcomer(postgres_database) for _ in range(2)]
    both_hold_one = threading.Barrier(2, timeout=10)
    tries: list[int] = []

    def crosswise(number: int) -> None:
        from app.accounts.queries import actor_of_user  # noqa: PLC0415 - reads in the transaction

        def command(db: Session) -> None:
            tries.append(number)
            lock_slots(db, [slots[number].id])
            if len(tries) <= 2:
                both_hold_one.wait()
            lock_slots(db, [slots[1 - number].id])
            book(db, actor_of_user(db, people[number]), slots[number].id, DESK)

        postgres_database.run(command)

    threads = [threading.Thread(target=crosswise, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(tries) == 3, "One of them was begun again."
    assert bookings(postgres_database) == [S.HELD, S.HELD]
    assert_whole(postgres_database)


def test_slots_locked_together_are_locked_in_one_order(postgres_database: Database) -> None:
    """So the deadlock above cannot happen: the same two slots, asked for in either order."""
    slots = [new_slot(postgres_database).id for _ in range(2)]
    failed: list[Exception] = []

    def lock(order: list[UUID]) -> None:
        try:
            for _ in range(60):
                with postgres_database.write() as db:
                    lock_slots(db, order)
        except Exception as error:  # a thread tells nobody else
            failed.append(error)

    threads = [threading.Thread(target=lock, args=(order,)) for order in (slots, slots[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failed == []


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of its own with room for little; a limit on files where that is not allowed."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    words = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    made = None
    if mount and unmount:
        made = subprocess.run([mount, *words], capture_output=True, check=False)
    try:
        yield folder
    finally:
        if unmount and made is not None and made.returncode == 0:
            subprocess.run([unmount, "-l", str(folder)], check=True)


def _fill(url: str, slot_id: UUID, size: int, pipe: Any) -> None:
    """Write bookings with long notes until there is no room; then say what was answered."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if not os.path.ismount(Path(url.removeprefix("sqlite:///")).parent):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    database = Database(url, pool_size=1)
    count = 0
    try:
        while count < 2000:
            with database.read():
                database.run(lambda db: _long_booking(db, slot_id))
            count += 1
        pipe.send((count, "never full"))
    except UnavailableError as error:
        pipe.send((count, error.code))


def _long_booking(db: Session, slot_id: UUID) -> None:
    from app.booking.schemas import BookSeatIn  # noqa: PLC0415 - in the child only
    from app.booking.service import seats  # noqa: PLC0415 - the same

    wish = BookSeatIn(note="x" * 4000, answers={str(number): "y" * 900 for number in range(20)})
    seats.book_seat(db, make_trainee(db), slot_id, wish, DESK)


def test_a_full_disk_is_a_clean_refusal_and_room_brings_everything_back(
    sqlite_template: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    size = sqlite_template.stat().st_size + ROOM
    with small_disk(tmp_path / "disk", size) as folder:
        (folder / "ballast").write_bytes(b"x" * 200_000)
        path = folder / "cadre.db"
        path.write_bytes(sqlite_template.read_bytes())
        url = f"sqlite:///{path}"
        database = Database(url)
        slot = new_slot(database, seats=5000)

        count, code = in_a_process(_fill, url, slot.id, size)

        assert code == "unavailable"
        assert count > 0
        assert len(bookings(database)) == count
        assert_whole(database)
        (folder / "ballast").unlink()
        with database.write() as db:
            book_new(db, slot.id, DESK)
        assert len(bookings(database)) == count + 1
        assert_whole(database)
        with database.read() as db:
            assert db.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        database.dispose()


def in_a_process(work: Callable[..., None], *facts: Any) -> Any:
    """What ``work`` sends back from a process of its own."""
    made = context()
    ours, theirs = made.Pipe(duplex=False)
    process = made.Process(target=work, args=(*facts, theirs), daemon=True)
    process.start()
    theirs.close()
    process.join(60)
    assert process.exitcode == 0
    return ours.recv()


def test_a_file_that_a_backup_has_locked_is_waited_for(
    sqlite_database: Database, settings: Settings
) -> None:
    slot = new_slot(sqlite_database)
    sent = headers(sqlite_database)
    path = str(sqlite_database.url).removeprefix("sqlite:///")

    with served(sqlite_database, settings) as client:
        backup = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        backup.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, lambda: backup.execute("ROLLBACK"))
        release.start()
        taken = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)
        release.join()
        backup.close()

    assert (taken.status_code, taken.json()["state"]) == (201, S.HELD)
    assert taken.elapsed.total_seconds() >= 0.4


def test_a_file_that_stays_locked_is_answered_with_503(
    sqlite_database: Database, settings: Settings
) -> None:
    """After five seconds; readers are not kept waiting, and the same call works afterwards."""
    slot = new_slot(sqlite_database)
    sent = headers(sqlite_database)
    path = str(sqlite_database.url).removeprefix("sqlite:///")
    hold = f"import sqlite3, sys; c = sqlite3.connect({path!r}, isolation_level=None);"
    hold += "c.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); sys.stdin.read()"

    with served(sqlite_database, settings) as client:
        holder = subprocess.Popen(
            [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        holder.stdout.readline()
        refused = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)
        shown = client.get(f"/api/v1/slots/{slot.id}")
        holder.communicate()
        taken = client.post(f"/api/v1/slots/{slot.id}/bookings", headers=sent)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert refused.elapsed.total_seconds() >= 4.5
    assert shown.status_code == 200
    assert (taken.status_code, taken.json()["state"]) == (201, S.HELD)
    assert_whole(sqlite_database)


def test_with_the_sweeper_dead_a_hold_that_ran_out_cannot_be_confirmed(
    database: Database, slot: Slot
) -> None:
    with database.write() as db:
        actor, booking = book_new(db, slot.id, DESK)
    late = NOW + timedelta(minutes=16)
    url = str(database.url)

    confirmed = start(
        Move(url, "confirm", slot.id, actor.identified(), late, target=booking.id)
    ).answer()
    taken = start(Move(url, "book", slot.id, newcomer(database), late)).answer()

    assert (confirmed, taken) == ("hold_expired", S.HELD)
    assert bookings(database) == [S.EXPIRED, S.HELD]
    assert_whole(database)


def _deliver_and_die(url: str, told: str, now: datetime, pipe: Any) -> None:
    """Hand the first event over, and be killed before that is written down."""
    pipe.close()

    def hand_over(_tools: Tools, event: delivery.Delivery) -> None:
        with Path(told).open("a", encoding="utf-8") as file:
            file.write(f"{event.id}\n")
        os.kill(os.getpid(), signal.SIGKILL)

    tools = Tools(Database(url, pool_size=1), Desk(lambda: now))
    Worker(tools, subscribers={"booking.placed": (hand_over,)}, timed=()).turn()


def test_an_event_whose_worker_dies_is_delivered_again_under_the_same_id(
    database: Database, slot: Slot, tmp_path: Path
) -> None:
    with database.write() as db:
        book_new(db, slot.id, DESK)
    told = tmp_path / "told"
    with suppress(AssertionError, EOFError):  # it is killed, and sends nothing
        in_a_process(_deliver_and_die, str(database.url), str(told), NOW)
    heard: list[str] = []
    later = Hands(NOW + delivery.LEASE)
    worker = Worker(
        Tools(database, Desk(later)),
        subscribers={"booking.placed": (lambda _, event: heard.append(str(event.id)),)},
        timed=(),
    )

    assert worker.turn()
    assert not worker.turn()

    assert heard == told.read_text(encoding="utf-8").split()
    with database.read() as db:
        placed = col(OutboxEvent.name) == "booking.placed"
        assert db.exec(select(OutboxEvent.processed_at).where(placed)).all() == [later.at]


def test_a_database_that_is_not_there_is_busy_and_not_a_fault(tmp_path: Path) -> None:
    gone = Database(f"postgresql+psycopg://postgres@/postgres?host={tmp_path}")

    with pytest.raises(BusyError) as caught:
        gone.run(lambda db: db.execute(text("SELECT 1")).scalar_one())

    assert (caught.value.status, caught.value.code) == (503, "unavailable")
