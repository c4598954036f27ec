"""What watches over the product: does it live, can it serve, how is it doing."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlmodel import select

from app.core import migrate, outbox, zones
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.core.idempotency import IdempotencyKey
from app.core.ids import new_id
from app.core.outbox import Fact
from app.main import create_app
from app.web.health import OUTBOX_AGE_MAX
from app.web.metrics import template_of
from tests.factories import make_request


def samples(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What ``/metrics`` says, by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def say(database: Database, *, age: timedelta) -> None:
    """Record a fact that happened so long ago."""
    fact = Fact("thing.done", new_id(), 1, utc_now() - age)
    database.run(lambda db: outbox.record(db, fact))


def test_a_process_that_answers_lives(client: TestClient) -> None:
    answer = client.get("/livez")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


def test_a_fresh_installation_is_ready_and_says_why(client: TestClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {
            "database": {"ok": True, "detail": "writable"},
            "migrations": {"ok": True, "detail": f"at {migrate.head()}"},
            "outbox": {"ok": True, "detail": "empty"},
            "tzdata": {"ok": True, "detail": zones.tzdata_version()},
        },
    }


def test_the_write_of_the_readiness_check_is_taken_back(
    client: TestClient, database: Database
) -> None:
    for _ in range(3):
        assert client.get("/readyz").status_code == 200

    with database.read() as db:
        assert db.exec(select(IdempotencyKey)).all() == []


def test_an_outbox_that_nobody_empties_makes_it_unready(
    client: TestClient, database: Database
) -> None:
    say(database, age=OUTBOX_AGE_MAX - timedelta(minutes=5))
    assert client.get("/readyz").status_code == 200

    say(database, age=OUTBOX_AGE_MAX + timedelta(minutes=5))
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    outbox_check = answer.json()["checks"]["outbox"]
    assert not outbox_check["ok"]
    assert outbox_check["detail"].startswith("2 waiting, the oldest for 39")


def test_another_revision_makes_it_unready(client: TestClient, database: Database) -> None:
    database.run(lambda db: db.execute(text("UPDATE alembic_version SET version_num = 'older'")))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == {
        "ok": False,
        "detail": f"at older, the program wants {migrate.head()}",
    }


def test_a_database_that_cannot_be_written_makes_it_unready(
    client: TestClient, database: Database
) -> None:
    database.run(lambda db: db.execute(text("DROP TABLE idempotency_key")))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    check = answer.json()["checks"]["database"]
    assert not check["ok"]
    assert check["detail"].startswith("cannot be written: ")


def test_a_database_that_is_away_is_said_not_raised(settings: Settings) -> None:
    """Nothing listens there; the process itself lives on."""
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    with TestClient(create_app(away, settings), base_url=settings.base_url) as client:
        assert client.get("/livez").status_code == 200
        answer = client.get("/readyz")
        found = samples(client)

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"]["detail"] == "cannot be read: OperationalError"
    assert found["cadre_database_up", ()] == 0


def test_requests_are_counted_by_route_and_never_by_id(client: TestClient) -> None:
    for path in ("/api/v1/skills", "/api/v1/skills", f"/requests/{new_id()}", "/nowhere"):
        client.get(path)
    client.head("/livez")

    found = samples(client)

    def count(method: str, route: str, status: int) -> float:
        labels = (("method", method), ("route", route), ("status", str(status)))
        return found["cadre_http_requests_total", labels]

    assert count("GET", "/api/v1/skills", 200) == 2
    assert count("GET", "/requests/{request_id}", 404) == 1
    assert count("GET", "none", 404) == 1
    assert count("GET", "/livez", 200) == 1
    assert (
        found["cadre_http_request_seconds_count", (("method", "GET"), ("route", "/api/v1/skills"))]
        == 2
    )


@pytest.mark.parametrize(
    ("scope", "template"),
    [
        ({"path": "/nowhere"}, "none"),
        ({"path": "/static/app.css", "endpoint": object(), "root_path": "/static"}, "/static"),
    ],
)
def test_what_no_route_takes_has_one_name(scope: dict[str, object], template: str) -> None:
    assert template_of(scope) == template


def test_files_are_counted_together(client: TestClient) -> None:
    client.get("/static/app.css")

    labels = (("method", "GET"), ("route", "/static"), ("status", "200"))
    assert samples(client)["cadre_http_requests_total", labels] == 1


def test_the_database_says_how_it_stands(client: TestClient, database: Database) -> None:
    database.run(make_request)

    found = samples(client)

    assert found["cadre_database_up", ()] == 1
    assert found["cadre_outbox_waiting", ()] > 0
    assert found["cadre_seats", ()] == 0
    assert found["process_resident_memory_bytes", ()] > 1_000_000
