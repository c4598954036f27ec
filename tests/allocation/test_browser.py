"""Pages of a plan in a browser: accessible, no wider than a phone, applied without a script."""

import re

from playwright.sync_api import Browser

from app.core.db import Database
from tests.allocation.plans import ask, lines_of, made_run, slot_of
from tests.factories import login
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
    first = lines_of(sqlite_database, run_id)[0]
    with sqlite_database.write() as db:
        cookie = login(db, actor)
    plan = f"{HOME}/{run_id}"
    pages = (HOME, plan, f"{plan}?by=request", f"{plan}/application", f"{plan}/lines/{first.id}")
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
