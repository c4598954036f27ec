"""A small network that is fought over: slots with every kind of setting, and who wants them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.schemas import ShareIn
from app.booking.service import sponsors
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.models import Slot
from tests import factories

PEOPLE = 40
HOMES = ("KE", "UG", "NP", "BO", "ET", "FR")
FOCAL = ("KE", "UG", "NP")
_REQUESTS = 3
_SOON = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who sends commands; ``token`` is what the API knows them by."""

    id: str
    token: str
    country: str | None = None

    @property
    def user_id(self) -> UUID:
        """The id of their account."""
        return UUID(self.id)


@dataclass(frozen=True, slots=True)
class Network:
    """Who takes part, and what there is besides the slots, which come and go."""

    people: tuple[Person, ...]
    focal: tuple[Person, ...]
    owner: Person
    secretariat: Person
    course: str
    requests: dict[str, list[str]]

    def save(self, path: Path) -> None:
        """Write it down for processes that are made later."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    def everybody(self) -> Iterator[Person]:
        """All who send commands."""
        yield from (*self.people, *self.focal, self.owner, self.secretariat)


def load(path: Path) -> Network:
    """What :meth:`Network.save` wrote."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Network(
        people=tuple(Person(**each) for each in facts["people"]),
        focal=tuple(Person(**each) for each in facts["focal"]),
        owner=Person(**facts["owner"]),
        secretariat=Person(**facts["secretariat"]),
        course=facts["course"],
        requests=facts["requests"],
    )


def build(database: Database) -> Network:
    """Make everybody and the first slots."""
    with database.write() as db:
        course = factories.make_course(db)
        owner = factories.owner_of(db, course.provider_id)
        _make_slots(db, course, owner)
        focal = {country: factories.make_focal_point(db, country) for country in FOCAL}
        needs = [{"skill": "mfg-aseptic-fill", "level": 3, "platform": "vaccines", "people": 9000}]
        requests = {
            country: [
                str(factories.make_request(db, actor=actor, country=country, needs=needs).id)
                for _ in range(_REQUESTS)
            ]
            for country, actor in focal.items()
        }
        trainees = [
            factories.make_trainee(db, country=HOMES[number % len(HOMES)])
            for number in range(PEOPLE)
        ]
        return Network(
            people=tuple(_person(db, actor) for actor in trainees),
            focal=tuple(_person(db, actor, country) for country, actor in focal.items()),
            owner=_person(db, owner),
            secretariat=_person(db, factories.make_secretariat(db)),
            course=str(course.id),
            requests=requests,
        )


def new_slot(course: str, now: datetime, *, days: int, **facts: Any) -> dict[str, Any]:
    """The body that plans a slot so many days ahead."""
    starts_at = now.replace(microsecond=0) + timedelta(days=days)
    return {
        "course": course,
        "status": "confirmed",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        **facts,
    }


def _person(db: Session, actor: Actor, country: str | None = None) -> Person:
    token = factories.bearer(db, actor)["Authorization"].removeprefix("Bearer ")
    return Person(str(actor.user_id), token, country or actor.country)


_SETTINGS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"seats": 6}, {}),
    ({"seats": 6}, {"same_time_as_first": True}),
    ({"seats": 4}, {"line_mode": "confirm"}),
    ({"seats": 5}, {"decision_hours": 24}),
    ({"seats": 5}, {"decision_hours": 2, "line_mode": "confirm"}),
    ({"seats": 8, "max_per_country": 2}, {}),
    ({"seats": 6}, {"kept": True}),
    ({"seats": 10}, {"offer_hours": 3}),
    ({"seats": 4, "overbook": 2}, {}),
    ({"seats": 4, "route": "individual-selection"}, {}),
    ({"seats": 4, "route": "individual-selection", "apply_by": factories.NOW + _SOON}, {}),
    ({"seats": 6}, {"line_mode": "confirm", "same_time_as_first": True}),
    ({"seats": 3}, {}),
)
"""What a provider can say about a slot; the second part has no field in the API, or a later one."""


def _make_slots(db: Session, course: Any, owner: Actor) -> None:
    for number, (facts, more) in enumerate(_SETTINGS):
        days = 300 if more.get("same_time_as_first") else 300 + number
        times = _times(timedelta(days=days))
        _set(db, factories.make_slot(db, course, **times, **facts), owner, more)
    for ahead in (timedelta(hours=3), timedelta(hours=20), timedelta(days=2)):
        factories.make_slot(db, course, **_times(ahead), seats=5)  # these begin during the run


def _times(ahead: timedelta) -> dict[str, datetime]:
    starts_at = factories.NOW + ahead
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}


def _set(db: Session, slot: Slot, owner: Actor, more: dict[str, Any]) -> None:
    for name in ("line_mode", "decision_hours", "offer_hours"):
        if name in more:
            setattr(slot, name, more[name])
    db.add(slot)
    if more.get("kept"):
        for kept_for in ("ldc", "women"):
            wish = ShareIn.model_validate({"kept_for": kept_for, "seats": 2})
            sponsors.keep_seats(db, owner, slot.id, wish, Desk(lambda: factories.NOW))
