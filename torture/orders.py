"""The commands: each as a request of the API, and as the function behind that route."""

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.main import API_ROUTERS


@dataclass(frozen=True, slots=True)
class Route:
    """Where a command is sent, and the function that answers there."""

    path: str
    method: str
    function: Callable[..., Any]

    @property
    def target_name(self) -> str | None:
        """What the function calls the row that the command is about; None when there is none."""
        first = next(iter(inspect.signature(self.function).parameters))
        return first if first.endswith("_id") else None

    def model(self) -> type[BaseModel] | None:
        """The model of the body; None when the command has no body."""
        body = inspect.signature(self.function).parameters.get("body")
        return None if body is None else _model_in(body.annotation)


def _model_in(annotation: Any) -> type[BaseModel]:
    """The one model in ``Annotated[Model | None, Body()]`` or in ``Model``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in annotation.__args__:
        if inner is not type(None):
            return _model_in(inner)
    raise TypeError(annotation)


_PATHS = {
    "book": "POST /slots/{slot_id}/bookings",
    "confirm": "POST /bookings/{booking_id}/confirmation",
    "cancel": "POST /bookings/{booking_id}/cancellation",
    "attend": "POST /bookings/{booking_id}/attendance",
    "offer": "POST /bookings/{booking_id}/offer",
    "approve": "POST /bookings/{booking_id}/approval",
    "refuse": "POST /bookings/{booking_id}/rejection",
    "select": "POST /slots/{slot_id}/selection",
    "replace": "POST /bookings/{booking_id}/replacement",
    "block": "POST /requests/{request_id}/cohorts",
    "name": "POST /cohorts/{cohort_id}/nominations",
    "release": "POST /cohorts/{cohort_id}/release",
    "change": "PATCH /slots/{slot_id}",
    "stop": "POST /slots/{slot_id}/cancellation",
    "plan": "POST /slots",
}


def _routes(router: Any) -> Iterator[APIRoute]:
    """Every route of a router, those of the routers that it includes too."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if isinstance(route, APIRoute):
            yield route
        elif inner is not None:
            yield from _routes(inner)


_FOUND = {
    f"{method} {route.path}": route.endpoint
    for router in API_ROUTERS
    for route in _routes(router)
    for method in route.methods or ()
}
ROUTES: dict[str, Route] = {
    kind: Route(address.partition(" ")[2], address.partition(" ")[0], _FOUND[address])
    for kind, address in _PATHS.items()
}
"""Each kind of command; an address that is gone stops the harness at once."""


@dataclass(frozen=True, slots=True)
class Order:
    """One command of one person; sent again with the same ``key`` until it is answered.

    ``spoiled``: sent once more under its key with another body, which must be refused.
    ``doubled``: sent twice at the same moment, as an impatient person does.
    """

    key: str
    kind: str
    actor: str
    target: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    doubled: bool = False
    spoiled: bool = False

    @property
    def path(self) -> str:
        """The address under the API."""
        route = ROUTES[self.kind]
        return route.path.format(**{str(route.target_name): self.target})

    @property
    def payload(self) -> str:
        """The body as it is sent."""
        return json.dumps(self.body) if self.body else ""


def random_key(rng: Random) -> str:
    """A key that no other order has."""
    return f"torture-{rng.getrandbits(96):024x}"
