"""One effect per key, also when two calls with one key arrive at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from app.core import idempotency
from app.core.db import Database
from app.core.idempotency import IdempotencyKey, KeyReusedError, Once
from app.core.ids import new_id
from app.core.outbox import Fact, OutboxEvent, record

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ONCE = Once("somebody", "key-1", "hash-a", NOW)


def _call(database: Database, once: Once = ONCE) -> str:
    def command(db: Session) -> str:
        stored = idempotency.claim(db, once)
        if stored is not None:
            return stored.body
        fact = Fact("thing.made", new_id(), 1, NOW)
        record(db, fact)
        body = str(fact.subject_id)
        idempotency.settle(db, once, status=201, body=body)
        return body

    return database.run(command)


def _effects(database: Database) -> int:
    with database.read() as db:
        return len(db.exec(select(OutboxEvent)).all())


def test_a_second_call_gets_the_stored_answer_and_has_no_effect(database: Database) -> None:
    assert _call(database) == _call(database)
    assert _effects(database) == 1


def test_another_body_under_the_same_key_is_refused(database: Database) -> None:
    _call(database)

    with pytest.raises(KeyReusedError):
        _call(database, Once("somebody", "key-1", "hash-b", NOW))
    assert _effects(database) == 1


def test_the_same_key_of_somebody_else_is_another_key(database: Database) -> None:
    assert _call(database) != _call(database, Once("another", "key-1", "hash-a", NOW))


def test_ten_calls_at_once_have_one_effect(database: Database) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: _call(database), range(10)))

    assert len(set(answers)) == 1
    assert _effects(database) == 1


def test_a_failed_call_leaves_its_key_free(database: Database) -> None:
    def failing(db: Session) -> None:
        idempotency.claim(db, ONCE)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.run(failing)

    assert _call(database)
    assert _effects(database) == 1


def test_old_keys_are_forgotten_and_new_ones_kept(database: Database) -> None:
    _call(database)
    later = NOW + idempotency.KEPT + timedelta(seconds=1)
    _call(database, Once("somebody", "key-2", "hash-a", later))

    assert database.run(lambda db: idempotency.forget_old(db, now=later)) == 1
    with database.read() as db:
        assert db.exec(select(IdempotencyKey.key)).all() == ["key-2"]
