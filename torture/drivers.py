"""Two ways to have an order carried out: over HTTP, and by the functions behind the routes."""

import hashlib
import http.client
import json
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from app.accounts.queries import actor_of_user
from app.booking.service.desk import Desk
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import AppError
from app.core.idempotency import KeyReusedError
from app.main import API_PREFIX
from app.web.deps import Writer
from torture.journal import Answer
from torture.network import Network
from torture.orders import ROUTES, Order

TIMEOUT = 20.0
_TRIES = 200
_PAUSE = 0.02
_BUSY = 503
_WRONG = 500
_REPLAYED = "Idempotent-Replayed"
_FREE_TEXT = {"book": "note", "cancel": "reason"}


class Driver(Protocol):
    """Sends an order once."""

    def send(self, order: Order) -> Answer:
        """One try; status 0 when no answer came."""


def settle(driver: Driver, order: Order, *, give_up: Callable[[], bool] = lambda: False) -> Answer:
    """Send the order again, same key and same body, until it is answered."""
    answer = Answer(0)
    for tries in range(1, _TRIES):
        answer = driver.send(order)
        if 0 < answer.status != _BUSY and answer.status < _WRONG:
            return replace(answer, tries=tries)
        if answer.status not in {0, _BUSY} or give_up():
            break
        time.sleep(_PAUSE)
    return replace(
        answer, problem=answer.problem or f"no answer but {answer.status}: {answer.body}"
    )


class Http:
    """A client of the API over one connection that is kept open."""

    def __init__(self, port: int, network: Network) -> None:
        self._port = port
        self._tokens = {person.id: person.token for person in network.everybody()}
        self._connection = self._new()

    def send(self, order: Order) -> Answer:
        """One try; a connection that broke is opened anew for the next one."""
        if not order.doubled:
            return self._read(self._connection) if self._ask(self._connection, order) else Answer(0)
        other = self._new()
        try:
            asked = [self._ask(each, order) for each in (self._connection, other)]
            if not all(asked):
                return Answer(0)
            return _agreed(self._read(self._connection), self._read(other))
        finally:
            other.close()

    def _new(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)

    def _ask(self, connection: http.client.HTTPConnection, order: Order) -> bool:
        headers = {
            "Authorization": f"Bearer {self._tokens[order.actor]}",
            "Idempotency-Key": order.key,
            "Content-Type": "application/json",
        }
        try:
            connection.request(
                ROUTES[order.kind].method, API_PREFIX + order.path, order.payload, headers
            )
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return True

    def _read(self, connection: http.client.HTTPConnection) -> Answer:
        try:
            found = connection.getresponse()
            body = found.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            return Answer(0)
        code = "" if found.status < 400 else str(json.loads(body).get("code", ""))
        return Answer(found.status, body, code, found.headers.get(_REPLAYED) == "true")


class Direct:
    """Calls the function behind the route in this process, on a database of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def send(self, order: Order) -> Answer:
        """One try; what the server would have answered with an error page is a 500 here."""
        try:
            answer = ROUTES[order.kind].function(**self._arguments(order))
        except AppError as error:
            return Answer(error.status, error.message, error.code)
        except Exception:
            return Answer(_WRONG, traceback.format_exc())
        replayed = answer.headers.get(_REPLAYED) == "true"
        return Answer(answer.status_code, answer.body.decode(), "", replayed)

    def _arguments(self, order: Order) -> dict[str, Any]:
        route = ROUTES[order.kind]
        with self._database.read() as db:
            actor = actor_of_user(db, UUID(order.actor))
        said = f"{route.method} {API_PREFIX}{order.path}\n{order.payload}"
        digest = hashlib.sha256(said.encode()).hexdigest()
        available: dict[str, Any] = {
            "write": Writer(self._database, self._clock, order.key, digest),
            "actor": actor,
            "desk": Desk(self._clock, timedelta(minutes=15), timedelta(hours=48)),
            "now": self._clock(),
            "clock": self._clock,
        }
        if route.target_name:
            available[route.target_name] = UUID(order.target)
        if (model := route.model()) is not None:
            available["body"] = model.model_validate_json(order.payload or "{}")
        wanted = route.function.__annotations__
        return {name: value for name, value in available.items() if name in wanted}


def check_spoiled(driver: Driver, order: Order, answer: Answer) -> Answer:
    """Send another body under a used key; remembers the problem when it was not refused."""
    field = _FREE_TEXT.get(order.kind)
    if not answer.done or field is None:
        return answer
    body = {**order.body, field: "another text"}
    other = settle(driver, replace(order, body=body, doubled=False))
    if (other.status, other.code) == (KeyReusedError.status, KeyReusedError.code):
        return answer
    return replace(answer, problem=f"another body under the key: {other.status} {other.body}")


def _agreed(one: Answer, other: Answer) -> Answer:
    """The common answer of two tries at the same moment."""
    for answer in (one, other):
        if answer.status in {0, _BUSY}:
            return answer
    if one.done and other.done and one.body != other.body:
        return replace(one, problem=f"two answers to one key: {one.body} and {other.body}")
    return one if one.done else other
