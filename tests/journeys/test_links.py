"""No link leads nowhere: the demonstration's pages, followed as everybody who can sign in."""

import re
import shutil
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import pytest

from app.accounts import queries
from app.core.config import Settings
from app.core.db import Database
from app.demo.loader import load_demo
from tests.factories import login, make_actor

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

BASE = "http://testserver"
ALIKE = 3  # pages of one kind that are looked at
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMED = re.compile(r"(?<=/)(courses|facilities|provider|providers|skills|countries)/[^/]+")
PEOPLE = ("trainee", "focal", "provider", "secretariat")


@pytest.fixture(scope="module")
def network(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The demonstration, loaded once; tests only read it, but for the logins."""
    path = tmp_path_factory.mktemp("links") / "demo.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    load_demo(database, now=datetime.now(UTC))
    yield database
    database.dispose()


@pytest.fixture
def visitor(network: Database, settings: Settings) -> "Iterator[TestClient]":
    """A client of the demonstration that nobody is signed in to."""
    from fastapi.testclient import TestClient  # noqa: PLC0415 - tests of rules need not wait

    from app.main import create_app  # noqa: PLC0415 - the same

    demo = settings.model_copy(update={"base_url": BASE, "demo": True})
    with TestClient(create_app(network, demo), base_url=BASE) as client:
        yield client


class Links(HTMLParser):
    """The addresses that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what links and style sheets point to."""
        if tag in ("a", "link") and (address := dict(attrs).get("href")):
            self.found.append(address)


@pytest.mark.parametrize("person", [None, *PEOPLE])
def test_every_link_on_every_page_leads_somewhere(
    visitor: "TestClient", network: Database, person: str | None
) -> None:
    if person:
        with network.write() as db:
            user = queries.user_by_email(db, f"{person}@demo.example")
            assert user is not None
            visitor.cookies.set("cadre_login", login(db, make_actor(db, user.id)))

    seen, dead = _walk(visitor, "/me" if person else "/")

    assert dead == []
    assert seen["/slots/…"] == seen["/courses/…"] == ALIKE
    assert ("/me" in seen) == bool(person)
    assert len(seen) > 40


def _walk(client: "TestClient", start: str) -> tuple[Counter[str], list[str]]:
    """Every kind of page that links lead to, how many of each were read, and dead links."""
    waiting, known = deque([(start, "the start")]), {start}
    seen: Counter[str] = Counter()
    dead: list[str] = []
    while waiting:
        address, source = waiting.popleft()
        if seen[_kind(address)] == ALIKE:
            continue
        seen[_kind(address)] += 1
        answer = client.get(address)
        if answer.status_code >= 400:
            dead.append(f"{answer.status_code} {address} on {source}")
        for link in _links(answer.text, str(answer.url)) if _is_page(answer) else []:
            if link not in known:
                known.add(link)
                waiting.append((link, address))
    return seen, dead


def _is_page(answer: "Response") -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


def _links(page: str, address: str) -> list[str]:
    parser = Links()
    parser.feed(page)
    whole = (urldefrag(urljoin(address, link)).url for link in parser.found)
    return [link.removeprefix(BASE) or "/" for link in whole if link.startswith(BASE)]


def _kind(address: str) -> str:
    """The address without what tells pages of one kind apart: ids, names, values of filters.

    Filters have a kind each; all pages with several of them are one kind.
    """
    parts = urlsplit(address)
    path = NAMED.sub(r"\1/…", ID.sub("…", parts.path))
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return f"{path}?{names[0] if len(names) == 1 else 'several'}" if names else path
