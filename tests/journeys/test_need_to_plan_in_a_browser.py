"""From a need to seats by a plan, clicked on a phone without scripts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from app.accounts.rules import Actor
from app.allocation.jobs import make_next
from app.core.clock import utc_now
from app.core.db import Database
from tests import factories as make
from tests.journeys.test_accessibility import PHONE


@contextmanager
def signed_in(browser: Browser, base_url: str, database: Database, who: Actor) -> Iterator[Page]:
    """A phone without scripts on which somebody is signed in."""
    with database.write() as db:
        value = make.login(db, who)
    with browser.new_context(
        viewport=PHONE, java_script_enabled=False, base_url=base_url
    ) as context:
        context.add_cookies([{"name": "cadre_login", "value": value, "url": base_url}])
        yield context.new_page()


def file_request(page: Page) -> None:
    """Fill the form for two people and send it; the matches follow."""
    page.goto("/requests/new")
    for name, value in {
        "sector": "industry-private",
        "needs-0-skill": "mfg-aseptic-fill",
        "needs-0-level": "3",
        "evidence": "expert-judgement",
    }.items():
        page.locator(f'select[name="{name}"]').select_option(value)
    page.fill('[name="needs-0-people"]', "2")
    page.fill('[name="needs-0-role"]', "مشغل خط التعبئة")
    page.fill('[name="needed_by"]', make.days(200))
    page.locator('select[name="languages"]').first.select_option("en")
    for name in ("interpretation_ok", "travel", "urgency", "significance", "publish_detail"):
        page.locator(f'[name="{name}"]').first.check()
    page.get_by_role("button", name="File the request").click()


def test_a_focal_point_asks_and_the_secretariat_plans_without_a_script(
    sqlite_database: Database, live_server: str, browser: Browser
) -> None:
    with sqlite_database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        make.make_slot(db, make.make_course(db, title="تعبئة معقمة", seats=4))

    with signed_in(browser, live_server, sqlite_database, focal) as page:
        file_request(page)
        expect(page.get_by_role("heading", name="Best matches first")).to_be_visible()
        expect(page.get_by_role("link", name="تعبئة معقمة").first).to_be_visible()
        request = page.url.partition("/matches")[0]

    with signed_in(browser, live_server, sqlite_database, secretariat) as page:
        page.goto(request)
        page.get_by_role("button", name="Open the request").click()
        page.goto("/secretariat/allocations")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("Waiting for a worker")).to_be_visible()
        assert make_next(sqlite_database, utc_now) is not None
        page.get_by_role("link", name="Look again").click()
        page.get_by_role("link", name="Apply").click()
        page.get_by_role("button", name=re.compile("^Take 2 seats")).click()

    with signed_in(browser, live_server, sqlite_database, focal) as page:
        page.goto(request)
        expect(page.get_by_text("Matched", exact=True).first).to_be_visible()
        expect(page.get_by_role("definition").filter(has_text="2 of 2").first).to_be_visible()
