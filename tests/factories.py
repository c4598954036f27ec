"""Rows that tests are about, made through the services: name only what the test is about.

Every maker takes a write session. Times default to :data:`NOW`, the start of the test run, since
the application under a client reads the real clock.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts import queries as accounts_queries
from app.accounts import service as accounts
from app.accounts.models import User
from app.accounts.rules import Actor, Role, Scope
from app.accounts.schemas import TokenIn
from app.core.clock import utc_now, whole_second
from app.core.ids import new_id
from app.demand import service as demand
from app.demand.models import GapRequest
from app.demand.schemas import GapRequestIn

NOW = whole_second(utc_now())
TODAY = NOW.date()


def days(count: int) -> str:
    """The date so many days from today, as clients send it."""
    return str(TODAY + timedelta(days=count))


def make_user(db: Session, *, name: str = "Ada Example", **facts: Any) -> User:
    """A person without a password and with no role but trainee."""
    user = User(
        **{
            "email": f"{new_id().hex}@people.example",
            "name": name,
            "created_at": NOW,
            "updated_at": NOW,
            **facts,
        }
    )
    db.add(user)
    db.flush()
    return user


def make_actor(db: Session, user_id: UUID) -> Actor:
    """The person as services see them."""
    return accounts_queries.actor_of_user(db, user_id)


def make_trainee(db: Session, **facts: Any) -> Actor:
    """Somebody with no further role."""
    return make_actor(db, make_user(db, **facts).id)


def make_focal_point(db: Session, country: str = "KE", *more: str) -> Actor:
    """The focal point of a country (and of more)."""
    user = make_user(db, name=f"Focal point of {country}", country=country)
    for each in (country, *more):
        accounts.add_membership(db, user.id, Role.FOCAL_POINT, country=each, by=None, now=NOW)
    return make_actor(db, user.id)


def make_secretariat(db: Session) -> Actor:
    """A member of the secretariat."""
    user = make_user(db, name="Secretariat Example")
    accounts.add_membership(db, user.id, Role.SECRETARIAT, by=None, now=NOW)
    return make_actor(db, user.id)


def bearer(db: Session, actor: Actor) -> dict[str, str]:
    """Headers that call the API as this person."""
    scopes = (Scope.READ, Scope.WRITE)
    made = accounts.make_token(db, actor, TokenIn(label="Test", scopes=scopes), now=NOW)
    return {"Authorization": f"Bearer {made.token}"}


def login(db: Session, actor: Actor) -> str:
    """The value of the cookie ``cadre_login`` of a browser signed in as this person."""
    return accounts.start_login(db, actor.identified(), user_agent="", now=NOW)


def request_body(**facts: Any) -> dict[str, Any]:
    """The body of ``POST /requests``: one need of six people, and what is named."""
    need = {"skill": "mfg-aseptic-fill", "level": 3, "platform": "vaccines", "people": 6}
    return {
        "needs": [need],
        "sector": "industry-private",
        "urgency": 4,
        "significance": 3,
        "needed_by": days(200),
        "languages": ["en", "fr"],
        **facts,
    }


def make_request(
    db: Session,
    *,
    actor: Actor | None = None,
    country: str = "KE",
    now: datetime = NOW,
    **facts: Any,
) -> GapRequest:
    """A request of ``country``, open for matching unless ``submit`` is False."""
    body = GapRequestIn.model_validate(request_body(**{"submit": True, **facts}))
    return demand.file_request(db, actor or make_focal_point(db, country), body, now=now)
