"""Blocks of seats for a request: take them, name people into them, give them back."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Cohort
from app.booking.queries import claims
from app.booking.rules import (
    CohortState,
    decide_block,
)
from app.booking.schemas import CohortIn
from app.booking.service.desk import (
    Desk,
    LockedSlot,
    move_seats,
    open_slot,
    promote,
    release_block,
    seat_facts,
    stamp,
)
from app.core import outbox
from app.core.errors import ConflictError, ForbiddenError, NotFoundError, invalid
from app.core.ids import new_id
from app.core.outbox import Fact
from app.demand import service as demand
from app.demand.models import GapRequest
from app.demand.queries import needs_of
from app.demand.rules import LIVE
from app.registry.queries.rows import find_slot
from app.registry.queries.slot_views import skills_of
from app.registry.service.meetings import instant


class RequestNotOpenError(ConflictError):
    """Seats can be taken for a submitted request that is not over."""

    code = "request_not_open"


class BlockClosedError(ConflictError):
    """The block was released or cancelled."""

    code = "block_closed"


def hold_cohort(db: Session, actor: Actor, request_id: UUID, wish: CohortIn, desk: Desk) -> Cohort:
    """Take a block of seats for a request: all of them or none.

    Raises:
        RequestNotOpenError: The request is a draft or over.
        NotEnoughSeatsError: Fewer seats are free; says how many.
        CountryCapError: The slot gives one country fewer seats.
        InvalidError: More seats than the request still needs, a wrong release date, or a slot
            that teaches none of the skills at the level asked for.
        ForbiddenError: The actor sees the request and does not speak for its country.
    """
    user_id = actor.require_write()
    require_own(actor, claims.find_request(db, actor, request_id).country)
    _visible(db, actor, wish.slot)
    locked = open_slot(db, wish.slot, desk)
    request = claims.lock_request(db, request_id)
    _check_request(request, wish.seats)
    _check_taught(db, request.id, locked)
    facts = seat_facts(db, locked, country=request.country, person_id=None)
    decide_block(facts, wish.seats)
    cohort = Cohort(
        id=new_id(),
        request_id=request.id,
        slot_id=wish.slot,
        country=request.country,
        seats=wish.seats,
        seats_open=wish.seats,
        release_at=_release_at(wish.release_at, locked),
        state=CohortState.ACTIVE,
        sector=request.sector,
        entered_at=locked.now,
        created_by=user_id,
        created_at=locked.now,
        revised_at=stamp(locked.slot, locked.now, None),
    )
    db.add(cohort)
    move_seats(db, locked.slot, seats=wish.seats)
    demand.count_seats(db, request.id, held=wish.seats, now=locked.now)
    payload = {"slot": str(wish.slot), "request": str(request.id), "seats": wish.seats}
    outbox.record(db, Fact("cohort.taken", cohort.id, 1, locked.now, user_id, payload=payload))
    db.flush()
    return cohort


def release_cohort(
    db: Session, actor: Actor, cohort_id: UUID, desk: Desk, *, reason: str = ""
) -> Cohort:
    """Give a block's open seats back before its date; named people keep theirs.

    For its country, and for the secretariat.

    Raises:
        BlockClosedError: It was released already.
    """
    user_id = actor.require_write()
    found = claims.find_cohort(db, actor, cohort_id)
    locked = open_slot(db, found.slot_id, desk)
    cohort = fresh_cohort(db, cohort_id)
    if cohort.state != CohortState.ACTIVE:
        raise BlockClosedError("The seats of this block were given back already.")
    release_block(db, locked, cohort, by=user_id, reason=reason)
    promote(db, locked)
    return cohort


def require_own(actor: Actor, country: str) -> None:
    """Let only those who speak for the country go on.

    Raises:
        ForbiddenError: The actor sees the block or request and does not speak for its country.
    """
    if country not in actor.countries:
        raise ForbiddenError("Only the focal point of this country takes seats and names people.")


def _visible(db: Session, actor: Actor, slot_id: UUID) -> None:
    try:
        find_slot(db, actor, slot_id)
    except NotFoundError as error:
        raise invalid("slot", "There is no such slot.", "unknown_slot") from error


def _check_request(request: GapRequest, seats: int) -> None:
    if request.state not in LIVE:
        raise RequestNotOpenError(f"This request is {request.state}; submit it first.")
    needed = max(0, request.people - request.seats_held)
    if seats > needed:
        raise invalid(
            "seats",
            f"The request still needs {needed} of {request.people} seats.",
            "more_than_needed",
        )


def _check_taught(db: Session, request_id: UUID, locked: LockedSlot) -> None:
    """Seats that teach something else would count as held and, later, as a gap that is closed."""
    course_id = locked.slot.course_id
    taught = {skill.id: skill.level for skill in skills_of(db, {course_id}).get(course_id, ())}
    needs = needs_of(db, [request_id])[request_id]
    if not any(taught.get(need.skill_id, 0) >= need.level for need in needs):
        raise invalid(
            "slot",
            "This date teaches none of the skills of the request at the level asked for.",
            "skill_not_taught",
        )


def _release_at(wanted: datetime | None, locked: LockedSlot) -> datetime:
    if wanted is None:
        apply_by = locked.slot.apply_by
        return apply_by if apply_by > locked.now else locked.closes_at
    moment = instant(wanted, locked.slot.zone, "release_at")
    if moment <= locked.now:
        raise invalid("release_at", "The release date is over.", "in_the_past")
    if moment > locked.closes_at:
        raise invalid("release_at", "The release date is after the slot begins.", "after_the_start")
    return moment


def fresh_cohort(db: Session, cohort_id: UUID) -> Cohort:
    """The block as it is under the lock, not as it was seen before."""
    return db.get_one(Cohort, cohort_id, populate_existing=True)
