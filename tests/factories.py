"""Rows that tests are about, made through the services: name only what the test is about.

Every maker takes a write session. Times default to :data:`NOW`, the start of the test run, since
the application under a client reads the real clock.
"""

from datetime import date, datetime, timedelta
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
from app.qualifications.models import Qualification
from app.qualifications.service import qualifications
from app.qualifications.service.qualifications import Passed
from app.registry.models import Course, Facility, Provider, Slot
from app.registry.rules import ProviderState
from app.registry.schemas.inputs import (
    CourseIn,
    FacilityIn,
    ProviderIn,
    SlotIn,
    VerificationIn,
)
from app.registry.service import courses, facilities, providers
from app.registry.service import slots as slot_service

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


def make_provider(
    db: Session, *, state: str = ProviderState.VERIFIED, now: datetime = NOW, **facts: Any
) -> Provider:
    """A provider in Kenya, verified unless ``state`` says otherwise; see :func:`owner_of`."""
    owner = make_actor(db, make_user(db, name="Owner Example").id)
    sent = {"name": "Training Centre", "type": "university", "country": "KE", "languages": ["en"]}
    body = ProviderIn.model_validate({**sent, **facts})
    provider = providers.apply_to_join(db, owner, body, now=now)
    steps = {
        ProviderState.APPLIED: [],
        ProviderState.SUSPENDED: [ProviderState.VERIFIED, ProviderState.SUSPENDED],
    }.get(ProviderState(state), [ProviderState(state)])
    for step in steps:
        decide(db, provider, step, now=now)
    return provider


def decide(db: Session, provider: Provider, state: str, *, now: datetime = NOW) -> None:
    """The secretariat's decision on a provider."""
    decision = VerificationIn(state=ProviderState(state), reason="Looked at.")
    providers.decide_verification(db, make_secretariat(db), str(provider.id), decision, now=now)


def owner_of(db: Session, provider_id: UUID) -> Actor:
    """The person who looks after the provider's listing."""
    owner, _ = accounts_queries.members_of_provider(db, provider_id)[0]
    return make_actor(db, owner.id)


def make_facility(
    db: Session, provider: Provider | None = None, *, now: datetime = NOW, **facts: Any
) -> Facility:
    """A public place of the provider with room for 30."""
    provider = provider or make_provider(db)
    sent = {"name": "Hall", "type": "commercial-gmp-plant", "city": "Nairobi", "places": 30}
    body = FacilityIn.model_validate({**sent, "provider": str(provider.id), **facts})
    return facilities.register_facility(db, owner_of(db, provider.id), body, now=now)


def make_course(
    db: Session, provider: Provider | None = None, *, now: datetime = NOW, **facts: Any
) -> Course:
    """A live remote class of one skill; with a ``facility`` name its mode too."""
    provider = provider or make_provider(db)
    sent = {
        "title": "Aseptic filling",
        "mode": "classroom-remote",
        "level": 3,
        "skills": ["mfg-aseptic-fill"],
        "languages": ["en"],
        "length": 1,
        "seats": 12,
        "funding": "free",
    }
    body = CourseIn.model_validate({**sent, "provider": str(provider.id), **facts})
    return courses.publish_course(db, owner_of(db, provider.id), body, now=now)


def in_days(count: int) -> dict[str, Any]:
    """Times of a slot on another day than the rest: nobody is in two places at once."""
    starts_at = NOW + timedelta(days=count)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}


def make_slot(
    db: Session, course: Course | None = None, *, now: datetime = NOW, **facts: Any
) -> Slot:
    """A confirmed slot of one meeting of two hours, thirty days from now, unless told otherwise."""
    course = course or make_course(db)
    starts_at = NOW + timedelta(days=30)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
    sent = {"status": "confirmed", **({} if {"meetings", "starts_at"} & facts.keys() else times)}
    body = SlotIn.model_validate({**sent, "course": str(course.id), **facts})
    return slot_service.plan_slot(db, owner_of(db, course.provider_id), body, now=now)


def make_qualification(
    db: Session, person_id: UUID, course: Course, *, valid_until: date | None = None, **facts: Any
) -> Qualification:
    """The course as passed by the person a year ago, good for ever unless told otherwise."""
    passed = Passed(
        **{
            "person_id": person_id,
            "course_id": course.id,
            "provider_id": course.provider_id,
            "issuer": "Training Centre",
            "issued_on": TODAY - timedelta(days=365),
            "valid_until": valid_until,
            **facts,
        }
    )
    by = owner_of(db, course.provider_id).identified()
    return qualifications.record_passed(db, passed, by=by, now=NOW)
