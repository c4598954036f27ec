"""Who is calling: what routes of every feature ask for."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from app.accounts import queries
from app.accounts.rules import (
    VISITOR,
    Actor,
    ReadOnlyTokenError,
    Scope,
    TokenUnknownError,
    token_hash,
)
from app.core.db import Database
from app.web.deps import Now, SettingsDep
from app.web.guard import SAFE

COOKIE = "cadre_login"
_SECURE_COOKIE = "__Host-cadre_login"
_TOKEN_LENGTH = 200


def cookie_name(base_url: str) -> str:
    """The name of the login cookie.

    On https the prefix makes browsers refuse a cookie that a neighbouring host or a plain
    connection tries to set. Source: RFC 6265bis, section 4.1.3.2.
    """
    return _SECURE_COOKIE if base_url.startswith("https:") else COOKIE


async def _visitor(request: Request, settings: SettingsDep, now: Now) -> Actor:
    header = request.headers.get("authorization")
    if header is not None:  # also when it is bad: a program never acts as the browser's person
        actor = await run_in_threadpool(_bearer, request.app.state.database, header, now)
        # Each use case asks for this too; here it holds for all of them at once.
        if request.method not in SAFE and Scope.WRITE not in actor.scopes:
            raise ReadOnlyTokenError("This token may only read.")
    elif cookie := request.cookies.get(cookie_name(settings.base_url)):
        actor = await run_in_threadpool(_browser, request.app.state.database, cookie, now)
    else:
        actor = VISITOR
    request.state.actor = actor
    return actor


def _bearer(database: Database, header: str, now: datetime) -> Actor:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token.strip()) <= _TOKEN_LENGTH:
        raise TokenUnknownError("Send “Authorization: Bearer” and your token.")
    with database.read() as db:
        return queries.actor_of_token(db, token_hash(token.strip()), now)


def _browser(database: Database, cookie: str, now: datetime) -> Actor:
    if len(cookie) > _TOKEN_LENGTH:
        return VISITOR
    with database.read() as db:
        return queries.actor_of_login(db, token_hash(cookie), now) or VISITOR


Visitor = Annotated[Actor, Depends(_visitor)]
"""Whoever is calling, signed in or not."""


def caller_of(request: Request) -> Actor:
    """Whoever is calling, for a section that a feature adds to another one's page."""
    actor: Actor = request.state.actor
    return actor


async def _signed_in(actor: Visitor) -> Actor:
    actor.identified()
    return actor


SignedIn = Annotated[Actor, Depends(_signed_in)]
"""Somebody who has signed in; anybody else gets 401, or the sign-in page."""
