"""What somebody wanted to learn on a slot, as a need; and where they are already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.models import User
from app.booking.models import Booking
from app.booking.rules import LIVE
from app.core import languages as known
from app.matching.queries.courses import Taught, courses_of
from app.matching.queries.places import point_of, region_of
from app.matching.rules import Need, Want
from app.matching.rules.facts import ALL_PLATFORMS, ANY
from app.registry.models import Slot
from app.taxonomy import queries as taxonomy

_WITHIN = timedelta(days=400)
_URGENCY = 2
_MOST_WANTS = 24


@dataclass(frozen=True, slots=True)
class Learner:
    """Who looks for another date; all that is not known is left open."""

    user_id: UUID | None = None
    country: str | None = None
    languages: tuple[str, ...] = ()
    sector: str | None = None


def learner_of(db: Session, user_id: UUID | None) -> Learner:
    """The person with this id, or somebody unknown."""
    user = db.get(User, user_id) if user_id is not None else None
    if user is None:
        return Learner()
    return Learner(user.id, user.country, user.languages, user.sector)


def need_of_learner(db: Session, slot: Slot, learner: Learner, *, today: date) -> Need:
    """What the slot would have taught one person, as a need for the months to come.

    Of a person whose languages are not known no language is ruled out; those of the course come
    first.
    """
    taught = courses_of(db, {slot.course_id})[slot.course_id]
    return Need(
        request_id=slot.id,
        wants=_wants(taught),
        people=1,
        sector=learner.sector or min(taught.audience, default=ANY),
        urgency=_URGENCY,
        earliest=today,
        needed_by=max(today, slot.ends_at.date()) + _WITHIN,
        modes=frozenset(),
        languages=learner.languages or _all_languages(taught),
        country=learner.country or "",
        region=region_of(learner.country) if learner.country else None,
        point=point_of(learner.country),
    )


def slots_of_learner(db: Session, learner: Learner) -> set[UUID]:
    """The slots that the person is in, or waits for."""
    if learner.user_id is None:
        return set()
    query = select(Booking.slot_id).where(
        col(Booking.person_id) == learner.user_id,
        col(Booking.state).in_(LIVE),
    )
    return set(db.exec(query))


def _wants(taught: Taught) -> tuple[Want, ...]:
    platforms: Sequence[str] = sorted(taught.platforms) or [ALL_PLATFORMS]
    if len(taught.skills) * len(platforms) > _MOST_WANTS:
        platforms = [ALL_PLATFORMS]
    return tuple(
        Want(skill, level, platform, 1, taxonomy.skill_label(skill))
        for (skill, level), platform in product(taught.skills, platforms)
    )


def _all_languages(taught: Taught) -> tuple[str, ...]:
    own = sorted(taught.languages)
    return (*own, *(each.code for each in known.languages() if each.code not in own))
