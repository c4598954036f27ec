"""The commands: each as a request of the API, and as the function behind that route."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pydantic import BaseModel

from app.booking import api as booking
from app.registry import api as registry


@dataclass(frozen=True, slots=True)
class Route:
    """Where a command is sent, and the function that answers there."""

    path: str
    function: Callable[..., Any]
    method: str = "POST"

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


ROUTES: dict[str, Route] = {
    "book": Route("/slots/{}/bookings", booking.book_seat),
    "confirm": Route("/bookings/{}/confirmation", booking.confirm_booking),
    "cancel": Route("/bookings/{}/cancellation", booking.cancel_booking),
    "attend": Route("/bookings/{}/attendance", booking.record_attendance),
    "offer": Route("/bookings/{}/offer", booking.offer_place),
    "block": Route("/requests/{}/cohorts", booking.hold_cohort),
    "name": Route("/cohorts/{}/nominations", booking.nominate),
    "release": Route("/cohorts/{}/release", booking.release_cohort),
    "change": Route("/slots/{}", booking.change_slot, "PATCH"),
    "stop": Route("/slots/{}/cancellation", booking.cancel_slot),
    "plan": Route("/slots", registry.plan_slot),
}


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
        return ROUTES[self.kind].path.format(self.target)

    @property
    def payload(self) -> str:
        """The body as it is sent."""
        return json.dumps(self.body) if self.body else ""


def random_key(rng: Random) -> str:
    """A key that no other order has."""
    return f"torture-{rng.getrandbits(96):024x}"
