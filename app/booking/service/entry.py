"""Whether somebody can have a seat: everything that stands in the way, in one answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.queries import employer_of
from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.queries.newcomers import Hours, Newcomer
from app.booking.rules import HeldBack
from app.booking.service.kept_seats import Claimant
from app.booking.service.occupied import clash_of
from app.booking.service.requirements import Standing, standing_of
from app.core import countries
from app.core.errors import ConflictError
from app.core.moments import local_text
from app.core.text import search_form
from app.registry.models import Slot

_BY_COUNTRY = ("ldc", "lldc", "sids")
_REGULATORS = "regulators"
_AUTHORITY_LENGTH = 200


class PrerequisitePendingError(ConflictError):
    """An earlier part is booked and not passed yet; the seat stays held meanwhile."""

    code = "prerequisite_pending"


@dataclass(frozen=True, slots=True)
class Entrance:
    """What a person's own time and qualifications say about entering a slot.

    ``pending_until``: an earlier part is booked and not passed yet; a seat can be held that long.
    """

    problems: tuple[ConflictError, ...] = ()
    held_back: str = ""
    pending_until: datetime | None = None


def entrance_of(
    db: Session,
    slot: Slot,
    person_id: UUID,
    *,
    now: datetime,
    takes_seat: bool = True,
    reader: Actor | None = None,
) -> Entrance:
    """Look at a person's time and qualifications, under the slot's lock.

    Without ``takes_seat`` (a place in the line) the person's time is not asked for: it is looked
    at when a seat comes. Problems are told in full to ``reader``, as far as they may know.
    """
    standing = standing_of(db, slot, person_id, now=now, explain=reader is not None)
    clash = clash_of(db, slot, person_id, reader=reader) if takes_seat else None
    return _entrance(standing, clash)


def entrance_for(
    db: Session,
    slot: Slot,
    newcomer: Newcomer,
    *,
    hours: Hours | None,
    now: datetime,
    reader: Actor,
) -> Entrance:
    """As :func:`entrance_of`, for somebody at whom was looked: only what there is is asked for.

    Without ``hours`` it is about a place in the line.
    """
    person_id = newcomer.person_id
    standing = Standing()
    if newcomer.requires:
        standing = standing_of(db, slot, person_id, now=now)
    clash = None
    if hours is not None and hours.taken:
        clash = clash_of(db, slot, person_id, reader=reader)
    return _entrance(standing, clash)


def require_passed(
    db: Session, slot: Slot, person_id: UUID, *, now: datetime, reader: Actor
) -> None:
    """Look again at what a seat asks for, before it becomes somebody's own.

    Raises:
        ConflictError: The person lacks something, or is somewhere else at that time.
        PrerequisitePendingError: An earlier part is booked and not passed yet.
    """
    entrance = entrance_of(db, slot, person_id, now=now, reader=reader)
    refuse(entrance.problems)
    if entrance.pending_until is not None:
        until = f"{local_text(entrance.pending_until, slot.zone)} ({slot.zone})"
        raise PrerequisitePendingError(
            f"An earlier part has to be passed first. The seat is held until {until}."
        )


def refuse(problems: Sequence[ConflictError]) -> None:
    """Raise the first problem, with all of them in its details when there are several.

    Each is told with its ``code``, its sentence and who could decide otherwise
    (``overridable_by``), so that nobody mends one only to meet the next.

    Raises:
        ConflictError: There is at least one problem.
    """
    if not problems:
        return
    first = problems[0]
    if len(problems) > 1:
        first.details["problems"] = [
            {
                "code": problem.code,
                "msg": problem.message,
                "overridable_by": list(_overridable_by(problem)),
            }
            for problem in problems
        ]
    raise first


def claimant_of(
    db: Session, person_id: UUID, *, country: str | None, declared: Iterable[str] = ()
) -> Claimant:
    """The person as shares and caps count them, as things are at the time of booking."""
    return _claimant(*employer_of(db, person_id), country, declared)


def claimant_from(
    newcomer: Newcomer, *, country: str | None, declared: Iterable[str] = ()
) -> Claimant:
    """As :func:`claimant_of`, for somebody at whom was looked."""
    return _claimant(newcomer.organisation, newcomer.sector, country, declared)


def claimant_of_booking(booking: Booking) -> Claimant:
    """The person as recorded when the booking was made."""
    return Claimant(booking.country, booking.authority, booking.groups)


def claimant_of_block(block: Cohort) -> Claimant:
    """A block as shares and caps count it; the people in it are not known yet."""
    return Claimant(block.country, groups=groups_of(block.country, block.sector))


def groups_of(
    country: str | None, sector: str | None, declared: Iterable[str] = ()
) -> tuple[str, ...]:
    """The groups for which seats can be kept that country, sector and own word give."""
    found = set(declared)
    place = countries.country(country) if country else None
    found |= {code for code in _BY_COUNTRY if place is not None and getattr(place, code)}
    if sector == "regulator":
        found.add(_REGULATORS)
    return tuple(sorted(found))


def _claimant(
    organisation: str, sector: str | None, country: str | None, declared: Iterable[str]
) -> Claimant:
    return Claimant(
        country=country,
        authority=search_form(organisation)[:_AUTHORITY_LENGTH],
        groups=groups_of(country, sector, declared),
    )


def _entrance(standing: Standing, clash: ConflictError | None) -> Entrance:
    problems = tuple(problem for problem in (standing.refusal, clash) if problem is not None)
    held_back = HeldBack.PREREQUISITE if standing.refusal else HeldBack.CLASH if clash else ""
    return Entrance(problems, held_back, standing.pending_until)


def _overridable_by(problem: ConflictError) -> Sequence[str]:
    roles = problem.details.get("overridable_by", ())
    return [str(role) for role in roles] if isinstance(roles, list | tuple) else []
