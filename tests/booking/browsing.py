"""Reading and sending pages as a browser without JavaScript does."""

import html
import re
from typing import TYPE_CHECKING

from app.accounts.rules import Actor
from app.core.db import Database
from tests.factories import login

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

AREA = re.compile(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>\n(.*?)</textarea>', re.DOTALL)
FORM = re.compile(r'<form method="post" action="([^"]+)".*?</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def sign_in(client: "TestClient", database: Database, actor: Actor) -> None:
    """Be this person from now on."""
    client.cookies.clear()
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, actor))


def forms_of(page: "Response") -> dict[str, dict[str, str]]:
    """The forms of a page: where they go and what they send unseen."""
    return {
        match[1]: {name: html.unescape(value) for name, value in HIDDEN.findall(match[0])}
        for match in FORM.finditer(page.text)
    }


def words(page: "Response") -> str:
    """What a page says, without its marks."""
    text = re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2].partition("</main>")[0])
    return re.sub(r"\s+", " ", html.unescape(text))


def send(client: "TestClient", page: "Response", action: str, **typed: str) -> "Response":
    """Press the button of the form that goes to ``action``, with what is typed into it."""
    return client.post(action, data={**forms_of(page)[action], **typed})


def edit_form(page: "Response", action: str) -> dict[str, str]:
    """Everything that the form of a slot would send, unchanged."""
    form = next(match[0] for match in FORM.finditer(page.text) if match[1] == action)
    sent = dict(HIDDEN.findall(form))
    for tag in re.findall(r"<input (?!type=.hidden)[^>]*>", form):
        facts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if facts.get("type") not in ("radio", "checkbox") or " checked" in tag:
            sent[facts["name"]] = html.unescape(facts.get("value", ""))
    for name, options in re.findall(r'<select id="[^"]*" name="([^"]*)"(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    for name, text in re.findall(
        r'<textarea id="[^"]*" name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.S
    ):
        sent[name] = html.unescape(text)
    return {name: value for name, value in sent.items() if "__i__" not in name}
