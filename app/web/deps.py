"""What routes ask for: sessions to read, a writer, the time, and paging."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from app.core import idempotency
from app.core.clock import Clock
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import invalid
from app.core.idempotency import Once
from app.core.paging import DEFAULT_LIMIT, MAX_LIMIT, CursorCodec

T = TypeVar("T")

FORM_KEY = "form_key"
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Writer:
    """Carries out a command in one transaction, committed before the answer is made.

    A command may run more than once (after a deadlock), so it must only touch its session.
    """

    database: Database
    clock: Clock
    key: str | None
    request_hash: str

    def run(self, command: Callable[[Session], T]) -> T:
        """Run ``command`` and commit; no idempotency key is looked at."""
        return self.database.run(command)

    def answer(
        self, owner: str, command: Callable[[Session], BaseModel], *, status: int = 200
    ) -> Response:
        """Run an API command once per ``Idempotency-Key`` and answer with its model as JSON.

        Raises:
            KeyReusedError: The key was used with another body.
        """

        def body(db: Session) -> str:
            return command(db).model_dump_json()

        found, text, replayed = self._once(owner, body, status)
        headers = {"Idempotent-Replayed": "true"} if replayed else None
        return Response(text, found, headers, media_type="application/json")

    def redirect(self, owner: str, command: Callable[[Session], str]) -> Response:
        """Run a form's command once per form, then go where it says (POST, redirect, GET)."""
        _, location, _ = self._once(owner, command, 303)
        return RedirectResponse(location, status_code=303)

    def _once(
        self, owner: str, command: Callable[[Session], str], status: int
    ) -> tuple[int, str, bool]:
        if self.key is None:
            return status, self.database.run(command), False
        once = Once(owner, self.key, self.request_hash, self.clock())

        def guarded(db: Session) -> tuple[int, str, bool]:
            stored = idempotency.claim(db, once)
            if stored is not None:
                return stored.status, stored.body, True
            body = command(db)
            idempotency.settle(db, once, status=status, body=body)
            return status, body, False

        return self.database.run(guarded)


async def _writer(request: Request) -> Writer:
    body = await request.body()
    key = request.headers.get("Idempotency-Key")
    if request.headers.get("content-type", "").startswith(_FORM_TYPES):
        field = (await request.form()).get(FORM_KEY)
        key = field if isinstance(field, str) and field else None
    if key is not None and not (0 < len(key) <= _KEY_LENGTH and key.isprintable()):
        raise invalid("Idempotency-Key", "A key has 1 to 200 printable characters.", "bad_key")
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()
    return Writer(request.app.state.database, request.app.state.clock, key, digest)


# These generators only make and close a session; SQLAlchemy connects at the first query, which
# runs in the route's own thread. As coroutines they save two thread changes a request.
async def _read_db(request: Request) -> AsyncIterator[Session]:
    with request.app.state.database.read() as db:
        yield db


async def _replica_db(request: Request) -> AsyncIterator[Session]:
    with request.app.state.database.replica() as db:
        yield db


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.clock()
    return now


async def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


@dataclass(frozen=True, slots=True)
class Paging:
    """The page of a list that a client asked for; ``after`` holds the last row's sort values."""

    limit: int
    after: list[str | int] | None
    codec: CursorCodec
    request: Request

    def next_url(self, values: list[str | int] | None) -> str | None:
        """The address of the page after the row with these sort values; None at the end.

        A full one where the network was asked at its own address, so that a client can follow it
        as it is; else (another name or port of the same server) without the host.
        """
        if values is None:
            return None
        url = self.request.url
        url = url.include_query_params(cursor=self.codec.encode(values, of=url.path))
        base: str = self.request.app.state.settings.base_url
        at_home = urlsplit(base).netloc == self.request.headers.get("host")
        return f"{base if at_home else ''}{url.path}?{url.query}"


async def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Paging:
    codec: CursorCodec = request.app.state.cursors
    after = codec.decode(cursor, of=request.url.path) if cursor else None
    return Paging(limit, after, codec, request)


ReadDb = Annotated[Session, Depends(_read_db, scope="function")]
ReplicaDb = Annotated[Session, Depends(_replica_db, scope="function")]
Write = Annotated[Writer, Depends(_writer)]
Now = Annotated[datetime, Depends(_now)]
ClockDep = Annotated[Clock, Depends(_clock)]
SettingsDep = Annotated[Settings, Depends(_settings)]
PagingDep = Annotated[Paging, Depends(_paging)]
