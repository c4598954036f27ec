"""The line that matters, clicked: need, explained match, seats, calendar, trained people.

One story in a real browser, on a phone's width and without scripts: what works so works anywhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.request import urlopen

import pytest
import vobject
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlmodel import Session

from app.accounts import queries as accounts_queries
from app.accounts import service as accounts
from app.accounts.rules import Role
from app.booking.queries.ledger import counters_off
from app.core.db import Database
from tests.factories import NOW, TODAY, days

PASSWORD = "a long enough sentence"
STARTS = TODAY + timedelta(days=40)
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(params=[False, True], ids=["no-script", "script"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts."""
    return bool(request.param)


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url

    def goes(self, path: str) -> None:
        """Open an address of ours; nothing may be wider than the screen."""
        answer = self.page.goto(self.base_url + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        self.fits()

    def fits(self) -> None:
        """No page scrolls sideways on a phone."""
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], (self.page.url, width)

    def types(self, **fields: str) -> None:
        """Fill fields by their names in the form."""
        for name, text in fields.items():
            field = self.page.locator(f'main [name="{name.replace("__", "-")}"]').first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)

    def ticks(self, name: str, value: str) -> None:
        """Tick a box or choose a radio, opening what folds it away."""
        field = self.page.locator(f'main [name="{name}"][value="{value}"]').first
        field.evaluate("field => field.closest('details')?.setAttribute('open', '')")
        field.check()

    def presses(self, label: str) -> None:
        """Press the button with this label; on this phone the page then fits, too."""
        self.page.locator("main").get_by_role("button", name=label).first.click()
        self.page.wait_for_load_state()
        self.fits()

    def sees(self, text: str) -> None:
        """The text stands somewhere on the page."""
        expect(self.page.locator("body")).to_contain_text(text)

    def signs_up(self, name: str, email: str, country: str) -> None:
        """Open an account."""
        self.goes("/sign-up")
        self.types(name=name, email=email, password=PASSWORD, country=country)
        self.presses("Open my account")
        self.sees("Welcome")


@contextmanager
def someone(browser: Browser, base_url: str, *, scripts: bool) -> Iterator[Visitor]:
    """A fresh browser for one person; a script's error fails the test."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts)
    page = context.new_page()
    page.set_default_timeout(10_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    yield Visitor(page, base_url)
    context.close()
    assert not problems, problems


def test_from_a_need_to_a_confirmed_seat_and_its_calendar(
    sqlite_database: Database, live_server: str, browser: Browser, scripts: bool
) -> None:
    """Provider joins, is verified, plans a date; a country asks, takes seats; a person confirms."""
    with someone(browser, live_server, scripts=scripts) as owner:
        owner.signs_up("Ṣọlá Adébáyọ̀", "owner@people.example", "NG")
        _applies(owner)
        with someone(browser, live_server, scripts=scripts) as secretary:
            _is_verified_by(secretary, sqlite_database)
        slot_path = _plans_a_date(owner)

        with someone(browser, live_server, scripts=scripts) as focal:
            request_path = _asks_and_takes_seats(focal, sqlite_database)
            cohort_path = _names(focal, "أمينة بن علي", "amina@people.example")

            with someone(browser, live_server, scripts=scripts) as trainee:
                trainee.signs_up("أمينة بن علي", "amina@people.example", "GH")
                _confirms(trainee)
                _subscribes(trainee, "CONFIRMED")
                _books_a_seat_of_her_own(browser, live_server, slot_path, scripts=scripts)

                focal.goes(cohort_path)
                focal.sees("Confirmed")
                focal.goes(request_path)
                focal.sees("2")

                _cancels(owner, slot_path)
                trainee.goes("/me")
                trainee.sees("cancelled")
                _public_feed_says_cancelled(live_server)

    with sqlite_database.read() as db:
        assert counters_off(db) == []


def _applies(owner: Visitor) -> None:
    owner.goes("/provider/apply")
    owner.types(name="École du Baobab", type="university", country="NG", city="Lagos", about="GMP.")
    owner.ticks("languages", "en")
    owner.presses("Send the application")
    owner.sees("École du Baobab")


def _is_verified_by(secretary: Visitor, database: Database) -> None:
    secretary.signs_up("Secretariat", "secretariat@people.example", "CH")

    def give_role(db: Session) -> None:
        user = accounts_queries.user_by_email(db, "secretariat@people.example")
        assert user is not None
        accounts.add_membership(db, user.id, Role.SECRETARIAT, by=None, now=NOW)

    database.run(give_role)
    secretary.goes("/secretariat")
    secretary.page.get_by_role("link", name="École du Baobab").first.click()
    secretary.ticks("state", "verified")
    secretary.types(reason="Legal papers and one course were looked at.")
    secretary.presses("Record the decision")
    secretary.sees("Your decision was recorded.")


def _plans_a_date(owner: Visitor) -> str:
    owner.goes("/provider/ecole-du-baobab/facilities/new")
    owner.types(name="Salle Un", type="training-pilot-plant", city="Lagos", places="12")
    owner.types(country="NG", zone="Africa/Lagos")
    owner.presses("Add the facility")
    owner.goes("/provider/ecole-du-baobab/courses/new")
    owner.types(title="Aseptic filling, hands-on", mode="hands-on", length="1", seats="3")
    owner.types(level="3", skills__0__id="mfg-aseptic-fill", funding="free")
    owner.page.locator('main [name="facility"]').select_option(index=1)
    owner.ticks("platforms", "vaccines")
    owner.ticks("languages", "en")
    owner.ticks("audience", "any")
    owner.presses("Add the course")
    owner.goes("/provider/ecole-du-baobab/slots/new")
    owner.page.locator('main [name="course"]').select_option(index=1)
    owner.types(meetings__0__starts_at=f"{STARTS}T16:00", meetings__0__ends_at=f"{STARTS}T09:00")
    owner.ticks("status", "confirmed")
    owner.presses("Add the date")
    owner.sees("The end is not after the start.")
    owner.types(meetings__0__ends_at=f"{STARTS}T17:00")
    owner.presses("Add the date")
    owner.goes("/slots")
    owner.page.get_by_role("link", name="Aseptic filling, hands-on").first.click()
    owner.sees("3 of 3 seats free")
    owner.sees("16:00")
    return owner.page.url.removeprefix(owner.base_url).partition("?")[0]


def _asks_and_takes_seats(focal: Visitor, database: Database) -> str:
    focal.signs_up("Focal point", "focal@people.example", "GH")

    def give_role(db: Session) -> None:
        user = accounts_queries.user_by_email(db, "focal@people.example")
        assert user is not None
        accounts.add_membership(db, user.id, Role.FOCAL_POINT, country="GH", by=None, now=NOW)

    database.run(give_role)
    focal.goes("/requests/new")
    focal.types(sector="industry-private", needs__0__skill="mfg-aseptic-fill")
    focal.types(needs__0__level="3", needs__0__platform="vaccines", needs__0__people="2")
    focal.types(needed_by=days(200), languages="en")
    focal.ticks("urgency", "4")
    focal.ticks("significance", "4")
    focal.presses("File the request")
    focal.sees("Matches")
    focal.sees("of 10,000")
    focal.sees("4000 of 4000")
    request_path = focal.page.url.removeprefix(focal.base_url).partition("/matches")[0]
    focal.types(seats="2")
    focal.presses("Take seats")
    focal.sees("Block of 2 seats")
    return request_path


def _names(focal: Visitor, name: str, email: str) -> str:
    focal.types(name=name, email=email)
    focal.presses("Name this person")
    focal.sees(name)
    focal.sees("Without a name")
    return focal.page.url.removeprefix(focal.base_url).partition("?")[0]


def _confirms(trainee: Visitor) -> None:
    trainee.goes("/me")
    trainee.page.locator("main").get_by_role("link", name="Confirm or give back").first.click()
    trainee.presses("Confirm my seat")
    trainee.sees("Your seat is confirmed.")


def _subscribes(trainee: Visitor, status: str) -> None:
    trainee.goes("/me/calendar")
    trainee.page.locator('main form [name="label"]').first.fill("My phone")
    trainee.page.locator("main form").filter(
        has=trainee.page.locator('[name="label"]')
    ).get_by_role("button").first.click()
    trainee.page.wait_for_load_state()
    address = trainee.page.locator('main input[value*="/calendars/private/"]').first
    (event,) = _events(str(address.get_attribute("value")))
    assert event.status.value == status
    assert event.dtstart.value.isoformat() == f"{STARTS}T15:00:00+00:00"  # Lagos is UTC+1


def _books_a_seat_of_her_own(
    browser: Browser, base_url: str, slot_path: str, *, scripts: bool
) -> None:
    with someone(browser, base_url, scripts=scripts) as other:
        other.signs_up("王小明", "wang@people.example", "CN")
        other.goes(slot_path)
        other.presses("Book a seat")
        other.sees("held")
        other.presses("Confirm my seat")
        other.sees("Your seat is confirmed.")
    with someone(browser, base_url, scripts=scripts) as late:
        late.signs_up("Rabe", "rabe@people.example", "MG")
        late.goes(slot_path)
        late.presses("Join the waiting list")
        late.sees("1")


def _cancels(owner: Visitor, slot_path: str) -> None:
    owner.goes(f"{slot_path}/cancellation")
    owner.types(reason="host-production-campaign")
    owner.presses("Cancel this date")
    owner.sees("cancelled")


def _public_feed_says_cancelled(base_url: str) -> None:
    (event,) = _events(f"{base_url}/calendars/providers/ecole-du-baobab.ics")
    assert event.status.value == "CANCELLED"
    assert int(event.sequence.value) > 0


def _events(address: str) -> list[vobject.base.Component]:
    with urlopen(address, timeout=10) as answer:  # noqa: S310 - an address of our own server
        text = answer.read().decode()
    return list(vobject.readOne(text).vevent_list)
