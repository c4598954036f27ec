"""The people of the demonstration: those who sign in, those who own and speak for, the named."""

from dataclasses import dataclass
from typing import Any

from app.accounts import passwords, queries, service
from app.accounts.models import User
from app.accounts.rules import Actor, Role
from app.accounts.schemas import NewUser
from app.core import countries
from app.demo.stage import Stage

PASSWORD = "demo-demo-demo"  # noqa: S105 - printed on the sign-in page; nothing here is secret

SECRETARIAT, PROVIDER, FOCAL, TRAINEE = SIGN_INS = (
    "secretariat@demo.example",
    "provider@demo.example",
    "focal@demo.example",
    "trainee@demo.example",
)
"""The four addresses that the password opens."""

_OWN_PROVIDER, _OWN_COUNTRY, _OWN_PERSON = "P01", "GH", "H01"
_ZONES = {"H18": "Pacific/Kiritimati"}  # fourteen hours ahead of UTC, unlike her capital


@dataclass(frozen=True, slots=True)
class Hashes:
    """A hash of the password for each sign-in; made before the transaction, as it takes time."""

    secretariat: str
    provider: str
    focal: str
    trainee: str

    @classmethod
    def make(cls) -> "Hashes":
        """Four hashes, each with its own salt."""
        return cls(*(passwords.hash_password(PASSWORD) for _ in SIGN_INS))


def add_secretariat(stage: Stage, hashes: Hashes) -> Actor:
    """The secretariat, with its sign-in."""
    user = _add(
        stage,
        email=SECRETARIAT,
        name="Network secretariat (demo)",
        password_hash=hashes.secretariat,
    )
    now = stage.clock()
    service.add_membership(stage.db, user.id, Role.SECRETARIAT, by=None, now=now)
    return queries.actor_of_user(stage.db, user.id)


def add_owner(stage: Stage, provider: dict[str, Any], hashes: Hashes) -> Actor:
    """Somebody who will apply for a provider, and so come to own it."""
    known = provider["id"] == _OWN_PROVIDER
    user = _add(
        stage,
        email=PROVIDER if known else f"{provider['id'].lower()}@demo.example",
        name=f"Training office of {provider['id']} (demo)",
        country=provider["country"],
        languages=tuple(provider["languages"]),
        organisation=provider["name"],
        password_hash=hashes.provider if known else None,
    )
    return queries.actor_of_user(stage.db, user.id)


def add_focal_points(stage: Stage, hashes: Hashes) -> None:
    """One focal point for every country that files a request."""
    for country in dict.fromkeys(row["country"] for row in stage.story.rows("requests")):
        known = country == _OWN_COUNTRY
        user = _add(
            stage,
            email=FOCAL if known else f"focal.{country.lower()}@demo.example",
            name=f"Focal point of {countries.name(country)} (demo)",
            country=country,
            password_hash=hashes.focal if known else None,
        )
        now = stage.clock()
        service.add_membership(
            stage.db, user.id, Role.FOCAL_POINT, country=country, by=None, now=now
        )
        stage.focal_points[country] = queries.actor_of_user(stage.db, user.id)


def add_people(stage: Stage, hashes: Hashes) -> None:
    """The named people, and those who apply for the over-subscribed session."""
    for row in stage.story.rows("people"):
        known = row["id"] == _OWN_PERSON
        user = _add(
            stage,
            email=TRAINEE if known else f"{row['id'].lower()}@demo.example",
            name=row["name"],
            country=row["country"],
            citizenship=row["citizen_of"],
            languages=tuple(row["languages"]),
            zone=_ZONES.get(row["id"]),
            password_hash=hashes.trainee if known else None,
        )
        stage.people[row["id"]] = queries.actor_of_user(stage.db, user.id)
    for row in stage.story.rows("applications"):
        applicant = applicant_id(row)
        user = _add(
            stage,
            email=f"{applicant.lower()}@demo.example",
            name=row["name"],
            country=row["country"],
        )
        stage.people[applicant] = queries.actor_of_user(stage.db, user.id)


def applicant_id(application: dict[str, Any]) -> str:
    """How an applicant is called in :attr:`Stage.people`, such as ``A01``."""
    return f"A{application['n']:02}"


def _add(stage: Stage, **facts: Any) -> User:
    return service.create_user(stage.db, NewUser(**facts), now=stage.clock())
