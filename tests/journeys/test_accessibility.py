"""The main pages of every role: no violation of WCAG 2.2 A and AA, none wider than a phone.

What axe cannot see (does a page say at once what matters?) is for people to look at.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from app.accounts.rules import Actor
from app.core.db import Database
from tests.factories import login, make_focal_point
from tests.journeys.network import VISITOR, build
from tests.journeys.planning import plan

PHONE: ViewportSize = {"width": 360, "height": 740}
SURVEY: FilePayload = {
    "name": "needs.csv",
    "mimeType": "text/csv",
    "buffer": (
        b"Skill,Level wanted,People,Sector,Urgency,Significance,Needed by,Languages\n"
        b"mfg-aseptic-fill,3,six,industry-private,3,3,2090-06-30,en; fr\n"
        b"mfg-aseptic-fill,3,6,industry-private,3,3,2090-06-30,en; fr\n"
    ),
}
WIDTHS = (360, 768, 1280)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((heading) => heading.checkVisibility()).map((heading) => Number(heading.tagName[1]))"""


@pytest.mark.parametrize("role", [VISITOR, "trainee", "focal", "provider", "secretariat"])
def test_every_page_fits_and_breaks_no_rule_of_accessibility(
    sqlite_database: Database, live_server: str, browser: Browser, role: str
) -> None:
    with sqlite_database.write() as db:
        network = build(db)
    pages = (*network.pages[role], *plan(sqlite_database, network).get(role, ()))
    with browser.new_context(viewport=PHONE) as context:
        if role != VISITOR:
            value = _login(sqlite_database, network.people[role])
            context.add_cookies([{"name": "cadre_login", "value": value, "url": live_server}])
        tab = context.new_page()
        found = {path: problems_of(tab, live_server + path) for path in pages}

    assert {path: problems for path, problems in found.items() if problems} == {}


def test_what_a_survey_says_fits_and_breaks_no_rule(
    sqlite_database: Database, live_server: str, browser: Browser
) -> None:
    with sqlite_database.write() as db:
        focal = make_focal_point(db, "GH")
    with browser.new_context(viewport=PHONE) as context:
        value = _login(sqlite_database, focal)
        context.add_cookies([{"name": "cadre_login", "value": value, "url": live_server}])
        tab = context.new_page()
        tab.goto(f"{live_server}/requests/import")
        tab.set_input_files("#f-file", files=[SURVEY])
        tab.get_by_role("button", name="Look at it").click()
        expect(tab.get_by_text("Please enter a whole number.")).to_be_visible()

        assert problems_here(tab) == []


def _login(database: Database, actor: Actor) -> str:
    with database.write() as db:
        return login(db, actor)


def problems_of(tab: Page, url: str) -> list[str]:
    """What is wrong with a page, at several widths and in both colour schemes."""
    answer = tab.goto(url)
    assert answer is not None
    problems = [] if answer.status == 200 or url.endswith("/no") else [f"status {answer.status}"]
    return problems + problems_here(tab)


def problems_here(tab: Page) -> list[str]:
    """What is wrong with the page that is shown."""
    problems = []
    if not tab.title().removesuffix(" · Cadre"):
        problems.append("no title")
    problems += _wrong_headings(tab.evaluate(HEADINGS))
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": PHONE["height"]})
        if (wide := tab.evaluate("document.documentElement.scrollWidth")) > width:
            problems.append(f"{wide} wide on {width}")
    for scheme, width in (("light", PHONE["width"]), ("dark", WIDTHS[-1])):
        tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        tab.set_viewport_size({"width": width, "height": PHONE["height"]})
        problems += [f"{scheme}: {each}" for each in _violations(tab)]
    return problems


def _wrong_headings(levels: list[int]) -> list[str]:
    """One heading of the first level, and none that skips a level on the way down."""
    wrong = [] if levels.count(1) == 1 else [f"{levels.count(1)} headings of the first level"]
    deeper = zip([0, *levels], levels, strict=False)
    return wrong + [f"heading {low} after {high}" for high, low in deeper if low > high + 1]


def _violations(tab: Page) -> list[str]:
    results = Axe().run(tab, options=OPTIONS).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in results]
