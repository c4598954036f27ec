"""Networks of any size, made by bulk inserts of rows with a fixed seed.

Not through the services, which would take minutes for 100,000 slots: what is measured reads these
rows, or writes beside them. The same seed gives the same network on both databases, but for the
ids, which are minted from the time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from app.accounts.models import ApiToken, Membership, User
from app.accounts.rules import Role, Scope, token_hash
from app.core import countries, outbox
from app.core.clock import utc_now, whole_second
from app.core.db import Database
from app.core.ids import new_id
from app.core.outbox import Fact
from app.core.text import search_form
from app.demand.models import GapNeed, GapRequest
from app.registry.models import Course, CourseSkill, Facility, Meeting, Provider, Slot
from app.taxonomy import queries as taxonomy

Rows = list[dict[str, Any]]

SEED = 20270104
DEMONSTRATION = 199
"""Slots of the demonstration network."""

_PLACES = ("KE", "ZA", "SN", "EG", "NG", "RW", "BR", "IN", "KR", "FR", "ID", "AR", "TN")
_MODES = ("hands-on", "hands-on", "hands-on", "classroom-onsite", "classroom-remote")
_ON_LOCATION = frozenset({"hands-on", "classroom-onsite"})
_LANGUAGES = (("en",), ("en",), ("en", "fr"), ("fr",), ("es",), ("pt", "en"), ("ar", "en"))
_WORDS = ("Introduction to", "Practice of", "Advanced", "Supervised", "Principles of")
_SLOTS_PER_COURSE = 3.3
_COURSES_PER_PROVIDER = 4.6
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Network:
    """What a measurement needs to know of what was made."""

    slots: tuple[UUID, ...]
    requests: tuple[UUID, ...]
    secretariat: UUID


@dataclass(frozen=True, slots=True)
class People:
    """Trainees by id, each with the text of an API token."""

    ids: tuple[UUID, ...]
    tokens: tuple[str, ...]


def fill(
    database: Database, *, slots: int, requests: int = 0, meetings: tuple[int, int] = (1, 5)
) -> Network:
    """Make a network of published slots in the coming year, in the demonstration's proportions.

    Args:
        database: Migrated and empty.
        slots: How many; all confirmed, of verified providers, open to apply.
        requests: Submitted skill-gap requests, one need each.
        meetings: Fewest and most meetings of a slot, one a day.
    """
    maker = _Maker(Random(SEED), whole_second(utc_now()))
    people = [maker.user("Secretariat Example"), maker.user("Focal Point Example", "KE")]
    providers = [maker.provider(n) for n in range(max(13, _share(slots, _all_per_provider())))]
    facilities = [maker.facility(n, providers[n // 2]) for n in range(2 * len(providers))]
    courses = [maker.course(n, providers) for n in range(max(60, _share(slots, _SLOTS_PER_COURSE)))]
    skills = [row for course in courses for row in maker.skills_of(course)]
    sites = {row["provider_id"]: row for row in facilities}
    planned = [maker.slot(maker.random.choice(courses), sites) for _ in range(slots)]
    dates = [row for slot in planned for row in maker.meetings_of(slot, meetings)]
    asked = [maker.request(people[1]["id"]) for _ in range(requests)]
    member = {"id": new_id(), "user_id": people[0]["id"], "role": str(Role.SECRETARIAT)}
    tables: list[tuple[type[SQLModel], Rows]] = [
        *((User, people), (Membership, [member | {"country": "", "created_at": maker.now}])),
        *((Provider, providers), (Facility, facilities), (Course, courses)),
        *((CourseSkill, skills), (Slot, planned), (Meeting, dates)),
        *((GapRequest, asked), (GapNeed, [maker.need_of(row) for row in asked])),
    ]
    _insert(database, tables)
    return Network(
        tuple(row["id"] for row in planned),
        tuple(row["id"] for row in asked),
        people[0]["id"],
    )


def add_people(database: Database, count: int) -> People:
    """Make trainees who may call the API."""
    maker = _Maker(Random(SEED), whole_second(utc_now()))
    people = [maker.user(f"Trainee {n}", maker.random.choice(_PLACES)) for n in range(count)]
    texts = [f"cadre_bench-{row['id'].hex}" for row in people]
    tokens = [
        {
            "id": new_id(),
            "user_id": row["id"],
            "label": "benchmark",
            "token_hash": token_hash(text),
            "scopes": (str(Scope.READ), str(Scope.WRITE)),
            "created_at": maker.now,
        }
        for row, text in zip(people, texts, strict=True)
    ]
    _insert(database, [(User, people), (ApiToken, tokens)])
    return People(tuple(row["id"] for row in people), tuple(texts))


def say_changed(db: Session, slot_id: UUID, *, version: int) -> None:
    """Record that a slot has changed, as every service does in the commit of its change."""
    outbox.record(db, Fact("slot.changed", slot_id, version, utc_now()))


def _all_per_provider() -> float:
    return _SLOTS_PER_COURSE * _COURSES_PER_PROVIDER


def _share(total: int, per: float) -> int:
    return round(total / per)


def _insert(database: Database, tables: Sequence[tuple[type[SQLModel], Rows]]) -> None:
    for table, rows in tables:
        for batch in _batches(rows):
            with database.write() as db:
                db.execute(insert(table), batch)


def _batches(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


class _Maker:
    """Rows, one table after the other, from one source of chance."""

    def __init__(self, random: Random, now: datetime) -> None:
        self.random, self.now = random, now
        self._stamps: dict[str, Any] = {"created_at": now, "updated_at": now}
        self._skills = sorted(skill.id for skill in taxonomy.skills())
        self._taught: list[str] = []

    def user(self, name: str, country: str | None = None) -> dict[str, Any]:
        key = new_id()
        email = f"{key.hex}@people.example"
        row = User(id=key, email=email, name=name, country=country, **self._stamps)
        return row.model_dump()

    def provider(self, number: int) -> dict[str, Any]:
        place = countries.country(self.random.choice(_PLACES))
        assert place is not None
        row = Provider(
            slug=f"provider-{number}",
            name=f"Training Centre {number}",
            type="university",
            country=place.alpha2,
            zone=place.timezone,
            languages=("en",),
            state="verified",
            **self._stamps,
        )
        return row.model_dump()

    def facility(self, number: int, provider: dict[str, Any]) -> dict[str, Any]:
        row = Facility(
            slug=f"facility-{number}",
            provider_id=provider["id"],
            name=f"Hall {number}",
            type="commercial-gmp-plant",
            country=provider["country"],
            city=f"City {number % 50}",
            zone=provider["zone"],
            places=40,
            equipment=("isolator", "autoclave"),
            **self._stamps,
        )
        return row.model_dump()

    def course(self, number: int, providers: Rows) -> dict[str, Any]:
        random = self.random
        provider = random.choice(providers)
        title = f"{random.choice(_WORDS)} subject {number}"
        row = Course(
            slug=f"course-{number}",
            provider_id=provider["id"],
            title=title,
            summary="What people do in this course, in two or three lines. " * 3,
            mode=random.choice(_MODES),
            level=random.randint(1, 3),
            platforms=tuple(random.sample(("vaccines", "biologics", "diagnostics"), 2)),
            languages=random.choice(_LANGUAGES),
            audience=("any",),
            length=5,
            seats=random.randint(8, 30),
            funding=random.choice(("free", "funded", "fee")),
            search_text=search_form(f"{title} {provider['name']}"),
            **self._stamps,
        )
        return row.model_dump()

    def skills_of(self, course: dict[str, Any]) -> Rows:
        chosen = self.random.sample(self._skills, self.random.randint(1, 3))
        self._taught += chosen
        return [
            {"course_id": course["id"], "skill_id": skill, "level": course["level"], "position": n}
            for n, skill in enumerate(chosen)
        ]

    def slot(self, course: dict[str, Any], sites: dict[UUID, dict[str, Any]]) -> dict[str, Any]:
        starts_at = self.now + timedelta(days=self.random.randint(15, 365))
        site = sites[course["provider_id"]]
        here = course["mode"] in _ON_LOCATION
        claimed = self.random.choice((0, 0, 3, course["seats"]))
        row = Slot(
            course_id=course["id"],
            provider_id=course["provider_id"],
            facility_id=site["id"] if here else None,
            mode=course["mode"],
            status="confirmed",
            seats=course["seats"],
            seats_claimed=claimed,
            zone=site["zone"],
            country=site["country"] if here else None,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=7),
            apply_by=starts_at - timedelta(days=7),
            revised_at=self.now,
            stamped_at=self.now,
            **self._stamps,
        )
        return row.model_dump()

    def meetings_of(self, slot: dict[str, Any], fewest_most: tuple[int, int]) -> Rows:
        rows = []
        for position in range(self.random.randint(*fewest_most)):
            starts_at = slot["starts_at"] + timedelta(days=position)
            meeting = Meeting(
                slot_id=slot["id"],
                position=position,
                local_starts=f"{starts_at:%Y-%m-%dT%H:%M}",
                local_ends=f"{starts_at + timedelta(hours=7):%Y-%m-%dT%H:%M}",
                zone="UTC",
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=7),
                mode=slot["mode"],
            )
            rows.append(meeting.model_dump())
        slot["ends_at"] = rows[-1]["ends_at"]
        return rows

    def request(self, filed_by: UUID) -> dict[str, Any]:
        today: date = self.now.astimezone(UTC).date()
        row = GapRequest(
            country=self.random.choice(_PLACES),
            filed_by=filed_by,
            state="submitted",
            people=6,
            sector="industry-private",
            urgency=self.random.randint(1, 4),
            significance=3,
            evidence="survey",
            earliest=today + timedelta(days=20),
            needed_by=today + timedelta(days=200),
            modes=(),
            languages=self.random.choice(_LANGUAGES),
            **self._stamps,
        )
        return row.model_dump()

    def need_of(self, request: dict[str, Any]) -> dict[str, Any]:
        need = GapNeed(
            request_id=request["id"],
            position=0,
            skill_id=self.random.choice(self._taught),
            level=2,
            platform="vaccines",
            people=request["people"],
        )
        return need.model_dump()
