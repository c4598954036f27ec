"""Pages of a plan in a browser: accessible, no wider than a phone, applied without a script."""

import re

from playwright.sync_api import Browser

from app.allocation.jobs import make_next
from app.core.db import Database
from tests.allocation.plans import ask, lines_of, made_run, queue_run, slot_of
from tests.factories import NOW, login
from tests.journeys.test_accessibility import PHONE, problems_of

HOME = "/secretariat/allocations"


def test_a_plan_is_accessible_and_applied_without_a_script(
    sqlite_database: Database, live_server: str, browser: Browser
) -> None:
    with sqlite_database.write() as db:
        ask(db, "KE", 9)
        ask(db, "RW", 4, note="ملاحظة")
        slot_of(db, 4)
    made_run(sqlite_database)
    actor, run_id = made_run(sqlite_database)
    _, waiting = queue_run(sqlite_database)
    first = lines_of(sqlite_database, run_id)[0]
    with sqlite_database.write() as db:
        cookie = login(db, actor)
    plan = f"{HOME}/{run_id}"
    pages = (
        HOME,
        plan,
        f"{plan}?by=request",
        f"{plan}/application",
        f"{plan}/lines/{first.id}",
        f"{HOME}/{waiting}",
    )
    with browser.new_context(viewport=PHONE) as context:
        context.add_cookies([{"name": "cadre_login", "value": cookie, "url": live_server}])
        tab = context.new_page()
        found = {path: problems_of(tab, live_server + path) for path in pages}
    with browser.new_context(viewport=PHONE, java_script_enabled=False) as context:
        context.add_cookies([{"name": "cadre_login", "value": cookie, "url": live_server}])
        tab = context.new_page()
        tab.goto(f"{live_server}{plan}/application")
        tab.get_by_role("button", name=re.compile("^Take 4 seats")).click()
        said = tab.content()

    assert {path: problems for path, problems in found.items() if problems} == {}
    assert "2 of 2 lines applied" in said


def test_a_run_is_followed_to_its_plan_without_a_script(
    sqlite_database: Database, live_server: str, browser: Browser
) -> None:
    with sqlite_database.write() as db:
        ask(db, "KE", 4)
        slot_of(db, 4)
    actor, run_id = queue_run(sqlite_database)
    with sqlite_database.write() as db:
        cookie = login(db, actor)
    with browser.new_context(viewport=PHONE, java_script_enabled=False) as context:
        context.add_cookies([{"name": "cadre_login", "value": cookie, "url": live_server}])
        tab = context.new_page()
        tab.goto(f"{live_server}{HOME}/{run_id}")
        tab.get_by_role("link", name="Follow it").click()
        tab.get_by_role("link", name="Stop looking again").wait_for()
        assert make_next(sqlite_database, lambda: NOW) == run_id
        tab.get_by_role("heading", name="The plan", exact=True).wait_for()

        assert tab.get_by_role("link", name="Stop looking again").count() == 0
