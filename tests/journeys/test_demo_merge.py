"""The two requests that two offices of Ghana filed for the same people become one."""

from fastapi.testclient import TestClient
from sqlmodel import select

from app.accounts.models import Membership
from app.accounts.rules import Actor
from app.core.clock import utc_now
from app.core.db import Database
from app.demand.models import GapRequest
from app.demo.loader import load_demo
from app.reports import service as reports
from app.reports.schemas import GapFilter
from tests import factories as make


def demanded(database: Database) -> int:
    """People counted in the public table of gaps."""
    with database.read() as db:
        table, _ = reports.gap_table(db, Actor(), GapFilter(), now=utc_now())
    return table.totals.demand


def test_the_focal_point_merges_them_and_their_people_are_counted_once(
    client: TestClient, database: Database
) -> None:
    load_demo(database, now=utc_now())
    with database.write() as db:
        ids = dict(db.exec(select(GapRequest.code, GapRequest.id)).all())
        [focal] = db.exec(select(Membership.user_id).where(Membership.country == "GH"))
        client.cookies.set("cadre_login", make.login(db, make.make_actor(db, focal)))
    first, second = ids["R02"], ids["R40"]
    before = demanded(database)

    link = f"/requests/{second}/merge?into={first}"
    assert link in client.get(f"/requests/{second}").text.replace("&amp;", "&")
    shown = client.get(link).text
    assert 'name="needs-0-people" type="number" value="4"' in shown
    sent = {
        "into": str(first),
        "needs-0-skill": "reg-gmp-inspection",
        "needs-0-level": "1",
        "needs-0-platform": "vaccines",
        "needs-0-people": "4",
        "reason": "The ministry and the authority filed the same four people.",
    }
    merged = client.post(f"/requests/{second}/merge", data=sent)

    assert merged.headers["location"] == f"/requests/{first}?notice=merged"
    assert f'href="/requests/{first}"' in client.get(f"/requests/{second}").text
    assert demanded(database) == before - 4
    with database.read() as db:
        kept = db.get_one(GapRequest, first)
        assert (kept.people, kept.seats_held, kept.state) == (4, 3, "partly-matched")
