"""The transaction protocol: locks taken at once, commits in one place, lost races run again."""

import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session, select

from app.core.db import Database, as_read, has_token
from app.core.errors import BusyError
from app.core.ids import new_id
from app.core.outbox import AuditEntry, Fact, OutboxEvent, record
from app.registry.models import Provider
from tests.factories import make_provider, make_user

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def _fact() -> Fact:
    return Fact("thing.made", new_id(), 1, NOW)


def test_a_write_session_holds_the_write_lock_before_its_first_statement(
    sqlite_database: Database,
) -> None:
    other = Database(sqlite_database.url)
    with sqlite_database.write():
        with other.read() as db:  # readers are not kept waiting
            assert db.exec(select(OutboxEvent)).all() == []
        connection = other.read().__enter__().connection()
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        connection.exec_driver_sql("PRAGMA query_only=OFF")
        with pytest.raises(OperationalError, match="locked"):
            connection.exec_driver_sql("DELETE FROM outbox_event")
    other.dispose()


def test_a_reading_session_of_sqlite_cannot_write(sqlite_database: Database) -> None:
    with sqlite_database.read() as db, pytest.raises(OperationalError, match="readonly"):
        db.execute(text("DELETE FROM outbox_event"))


def test_a_snapshot_sees_one_moment_while_others_write(database: Database) -> None:
    with database.snapshot() as db:
        before = db.exec(select(OutboxEvent)).all()
        database.run(lambda other: record(other, _fact()))
        after = db.exec(select(OutboxEvent)).all()

    assert before == after == []
    with database.read() as db:
        assert len(db.exec(select(OutboxEvent)).all()) == 1


def test_a_snapshot_of_postgres_cannot_write(postgres_database: Database) -> None:
    with postgres_database.snapshot() as db, pytest.raises(DBAPIError, match="read-only"):
        db.execute(text("DELETE FROM outbox_event"))


def test_an_error_rolls_everything_back(database: Database) -> None:
    def failing(db: Session) -> None:
        record(db, _fact())
        db.flush()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.run(failing)

    with database.read() as db:
        assert db.exec(select(OutboxEvent)).all() == []
        assert db.exec(select(AuditEntry)).all() == []


def test_a_command_runs_again_after_a_deadlock_and_takes_effect_once(database: Database) -> None:
    first, second = (_make_row(database) for _ in range(2))
    with database.read() as db:
        before = db.get_one(Provider, first).version
    barrier = threading.Barrier(2, timeout=5)
    tries: list[int] = []

    def crossing(one: object, two: object) -> None:
        def command(db: Session) -> None:
            tries.append(1)
            _touch(db, one)
            if len(tries) <= 2 and not database.is_sqlite:
                barrier.wait()
            _touch(db, two)

        database.run(command)

    threads = [
        threading.Thread(target=crossing, args=pair) for pair in ((first, second), (second, first))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    with database.read() as db:
        versions = set(db.exec(select(Provider.version)).all())
    assert versions == {before + 2}
    assert len(tries) == (2 if database.is_sqlite else 3)


def test_a_lock_that_never_comes_free_is_reported_as_busy(postgres_database: Database) -> None:
    row = _make_row(postgres_database)
    with postgres_database.write() as holder:
        _touch(holder, row)

        def impatient(db: Session) -> None:
            db.execute(text("SET LOCAL lock_timeout = '50ms'"))
            _touch(db, row)

        started = time.monotonic()
        with pytest.raises(BusyError):
            postgres_database.run(impatient)
        assert time.monotonic() - started < 5


def test_other_database_errors_are_not_tried_again(database: Database) -> None:
    tries = []

    def wrong(db: Session) -> None:
        tries.append(1)
        db.execute(text("SELECT * FROM no_such_table"))

    with pytest.raises(DBAPIError):
        database.run(wrong)
    assert len(tries) == 1


def test_a_set_of_words_is_found_by_whole_words_only(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db, languages=("en", "fr"))
        provider_id = provider.id

    with database.read() as db:
        found = db.get_one(Provider, provider_id)
        assert found.languages == ("en", "fr")
        for word, expected in (("en", 1), ("fr", 1), ("e", 0), ("n", 0), ("en fr", 1), ("%", 0)):
            rows = db.exec(select(Provider.id).where(has_token(Provider.languages, word))).all()
            assert len(rows) == expected, word


def test_one_fact_gives_one_outbox_row_and_one_audit_row(database: Database) -> None:
    fact = _fact()
    with database.write() as db:
        record(db, fact)

    with database.read() as db:
        (event,) = db.exec(select(OutboxEvent)).all()
        (entry,) = db.exec(select(AuditEntry)).all()
    assert (event.subject, event.subject_id, event.version) == ("thing", fact.subject_id, 1)
    assert (entry.action, entry.at, entry.actor_kind) == ("thing.made", NOW, "system")


def test_the_same_fact_cannot_be_recorded_twice(database: Database) -> None:
    fact = _fact()
    with database.write() as db:
        record(db, fact)

    with pytest.raises(DBAPIError, match=r"(?i)unique"), database.write() as db:
        record(db, fact)


def _make_row(database: Database) -> object:
    with database.write() as db:
        return make_provider(db).id


def _touch(db: Session, provider_id: object) -> None:
    db.execute(
        text("UPDATE provider SET version = version + 1 WHERE id = :id"),
        {"id": provider_id.hex if db.get_bind().dialect.name == "sqlite" else provider_id},  # type: ignore[attr-defined]
    )


def test_the_planner_of_sqlite_learns_the_sizes_of_tables(sqlite_database: Database) -> None:
    with sqlite_database.write() as db:
        make_user(db)

    sqlite_database.refresh_statistics()

    with sqlite_database.read() as db:
        known = set(db.execute(text("SELECT tbl FROM sqlite_stat1")).scalars())
    assert "user" in known


def test_postgres_keeps_its_own_statistics(postgres_database: Database) -> None:
    postgres_database.refresh_statistics()

    with postgres_database.read() as db:
        assert db.execute(text("SELECT 1")).scalar_one() == 1


def test_a_row_that_is_read_past_the_mapper_replaces_what_the_session_had(
    database: Database,
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        values = {**provider.model_dump(), "name": "As it is now"}

        assert as_read(db, Provider, values) is provider
        assert provider.name == "As it is now"
        assert not db.dirty


def test_a_row_that_is_read_past_the_mapper_is_written_when_it_changes(
    database: Database,
) -> None:
    with database.write() as db:
        values = make_provider(db).model_dump()
    with database.write() as db:
        row = as_read(db, Provider, values)
        row.name = "Changed"

    with database.read() as db:
        assert db.get_one(Provider, values["id"]).name == "Changed"
