"""What a process keeps for reports: as new as the question, and no older."""

from datetime import timedelta
from uuid import UUID

from fastapi.testclient import TestClient
from sqlmodel import Session, col, select, update

from app.booking.schemas import CohortIn
from app.booking.service.cohorts import hold_cohort
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.ids import new_id
from app.core.outbox import Fact, OutboxEvent, record
from app.reports.queries.kept import demand_now, supply_now
from app.reports.queries.supply import Wanted
from tests.factories import NOW, bearer, make_focal_point, make_request, make_secretariat
from tests.reports.test_api import need, placed_slot

DESK = Desk(lambda: NOW)


def say(db: Session, name: str, *, event_id: UUID | None = None) -> None:
    """Record a fact about nothing in particular; with an id, as if it had been made then."""
    subject_id = new_id()
    record(db, Fact(name, subject_id, 1, NOW))
    if event_id is not None:
        query = update(OutboxEvent).where(col(OutboxEvent.subject_id) == subject_id)
        db.execute(query.values(id=event_id))


def kept_demand(database: Database) -> object:
    with database.read() as db:
        return demand_now(db, now=NOW)


def test_demand_is_read_once_for_as_long_as_other_things_happen(database: Database) -> None:
    with database.write() as db:
        make_request(db)
    first = kept_demand(database)
    with database.write() as db:
        say(db, "slot.changed")

    assert kept_demand(database) is first
    with database.write() as db:
        say(db, "request.counted")
    assert kept_demand(database) is not first


def test_a_fact_that_is_committed_after_a_later_one_is_noticed(database: Database) -> None:
    early = new_id()
    with database.write() as db:
        make_request(db)
    first = kept_demand(database)
    with database.write() as db:
        say(db, "request.counted", event_id=early)

    with database.read() as db:
        last = db.exec(select(OutboxEvent.id).order_by(col(OutboxEvent.id).desc())).first()
    assert last is not None
    assert early < last
    assert kept_demand(database) is not first


def test_supply_is_read_again_in_each_new_minute(database: Database) -> None:
    with database.write() as db:
        placed_slot(db, "RW", day=1)
    with database.read() as db:
        soon = supply_now(db, Wanted(), now=NOW)
        same = supply_now(db, Wanted(), now=NOW.replace(second=59))
        later = supply_now(db, Wanted(), now=NOW + timedelta(days=2))

    assert same is soon
    assert (len(soon), len(later)) == (1, 0)


def test_lists_that_were_kept_follow_seats_and_requests(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        requests = [
            make_request(db, country=country, needs=need(5), earliest=str(NOW.date()))
            for country in ("KE", "UG")
        ]
        one, _ = (placed_slot(db, country, seats=12) for country in ("RW", "ZA"))
        office = bearer(db, make_secretariat(db))

    def seen() -> tuple[int, int]:
        totals = [
            client.get(f"/api/v1/{name}", headers=office).json()["total"]
            for name in ("overlaps", "synergies")
        ]
        return totals[0], totals[1]

    assert seen() == (1, 1)
    with database.write() as db:
        hold_cohort(db, kenya, requests[0].id, CohortIn(slot=one.id, seats=5), DESK)
    assert seen() == (1, 0)
    with database.write() as db:
        for _ in range(2):
            wanted = make_request(db, actor=kenya, needs=need(5))
            hold_cohort(db, kenya, wanted.id, CohortIn(slot=one.id, seats=3), DESK)
        more = make_request(db, actor=kenya, needs=need(5))
        hold_cohort(db, kenya, more.id, CohortIn(slot=one.id, seats=1), DESK)
    assert seen()[0] == 0


def test_joint_proposals_come_in_pages(client: TestClient, database: Database) -> None:
    with database.write() as db:
        for skill in ("mfg-aseptic-fill", "mfg-gowning", "mfg-lyophilisation"):
            for country in ("KE", "UG"):
                make_request(db, country=country, needs=need(6, skill))
        office = bearer(db, make_secretariat(db))
    whole = client.get("/api/v1/synergies", headers=office).json()
    first = client.get("/api/v1/synergies?limit=2", headers=office).json()
    second = client.get(first["next"], headers=office).json()

    assert (whole["total"], whole["next"]) == (3, None)
    assert (first["total"], second["total"], second["next"]) == (3, 3, None)
    assert first["items"] + second["items"] == whole["items"]
