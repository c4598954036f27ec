"""Blocks of seats for a request: take them, wait in line for them, give them back."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Cohort
from app.booking.queries import claims
from app.booking.queries.fulfilment import blocks_of, lines_of
from app.booking.rules import CohortState, NotEnoughSeatsError, decide_block
from app.booking.rules.fulfilment import seats_useful_on
from app.booking.schemas import CohortIn
from app.booking.service.counting import count_seats
from app.booking.service.desk import (
    Desk,
    LockedSlot,
    leave_line,
    move_seats,
    open_slot,
    promote,
    release_block,
    seat_facts,
    stamp,
)
from app.booking.service.entry import groups_of
from app.booking.service.kept_seats import Claimant
from app.core import outbox
from app.core.errors import ConflictError, ForbiddenError, NotFoundError, invalid
from app.core.ids import new_id
from app.core.outbox import Fact
from app.demand.models import GapRequest
from app.demand.queries import lock_row, needs_of
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

    With ``wish.wait`` a block that cannot be had at once joins the slot's line instead. Its turn
    comes when all its seats are free at once; with ``wish.partial_ok`` it takes what is there.

    Raises:
        RequestNotOpenError: The request is a draft or over.
        NotEnoughSeatsError: Fewer seats are free; says how many.
        CountryCapError: The slot gives one country fewer seats.
        InvalidError: More seats than the request still needs, a wrong release date, or a slot
            that teaches none of the skills at the level asked for.
        ForbiddenError: The actor sees the request and does not speak for its country.
    """
    actor.require_write()
    require_own(actor, claims.find_request(db, actor, request_id).country)
    locked, request = _wished(db, actor, request_id, wish, desk)
    claimant = Claimant(request.country, groups=groups_of(request.country, request.sector))
    facts = seat_facts(db, locked, claimant, seats=wish.seats)
    try:
        decide_block(facts, wish.seats)
    except NotEnoughSeatsError:
        if not wish.wait or facts.selection:
            raise
        _check_fits(facts.seats, wish)
        return _join_line(db, actor, locked, request, wish)
    return _take(db, actor, locked, request, wish)


def hold_planned(
    db: Session, actor: Actor, request_id: UUID, wish: CohortIn, desk: Desk, *, plan: str
) -> Cohort:
    """Take a block that a plan for the whole network gives a country: for the secretariat.

    All of its seats or none, under the rules of :func:`hold_cohort`; nothing waits in line. The
    record names the ``plan``, and the country's focal point can give the block back.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        ConflictError: As :func:`hold_cohort`.
        InvalidError: As :func:`hold_cohort`.
    """
    actor.require_secretariat()
    locked, request = _wished(db, actor, request_id, wish, desk)
    claimant = Claimant(request.country, groups=groups_of(request.country, request.sector))
    decide_block(seat_facts(db, locked, claimant, seats=wish.seats), wish.seats)
    return _take(db, actor, locked, request, wish, reason=plan)


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
    cohort = claims.fresh_cohort(db, cohort_id)
    if cohort.state == CohortState.WAITLISTED:
        leave_line(db, locked, cohort, by=user_id, reason=reason)
    elif cohort.state == CohortState.ACTIVE:
        release_block(db, locked, cohort, by=user_id, reason=reason)
    else:
        raise BlockClosedError("The seats of this block were given back already.")
    promote(db, locked)
    return cohort


def release_date(wanted: datetime | None, locked: LockedSlot) -> datetime:
    """When a block's open seats go back: as wanted, else on the slot's deadline.

    Args:
        wanted: An instant, or wall time on the slot's clock.
        locked: The slot.

    Raises:
        InvalidError: It is over, or after the slot begins.
    """
    if wanted is None:
        apply_by = locked.slot.apply_by
        return apply_by if apply_by > locked.now else locked.closes_at
    moment = instant(wanted, locked.slot.zone, "release_at")
    if moment <= locked.now:
        raise invalid("release_at", "The release date is over.", "in_the_past")
    if moment > locked.closes_at:
        raise invalid("release_at", "The release date is after the slot begins.", "after_the_start")
    return moment


def _wished(
    db: Session, actor: Actor, request_id: UUID, wish: CohortIn, desk: Desk
) -> tuple[LockedSlot, GapRequest]:
    """The slot and the request of a wish for seats, both locked, once nothing speaks against it."""
    claims.find_request(db, actor, request_id)
    _visible(db, actor, wish.slot)
    locked = open_slot(db, wish.slot, desk)
    request = lock_row(db, request_id)
    _check_request(db, request, locked, wish.seats)
    return locked, request


def _check_fits(seats: int, wish: CohortIn) -> None:
    if wish.seats > seats and not wish.partial_ok:
        text = f"This date has {seats} seats in all; a larger group would wait for ever."
        raise invalid("seats", text, "more_than_the_slot_has")


def _take(
    db: Session,
    actor: Actor,
    locked: LockedSlot,
    request: GapRequest,
    wish: CohortIn,
    *,
    reason: str | None = None,
) -> Cohort:
    cohort = _new_cohort(actor, locked, request, wish)
    db.add(cohort)
    db.flush()
    move_seats(db, locked.slot, seats=wish.seats)
    count_seats(db, request.id, held=wish.seats, now=locked.now)
    _record(db, cohort, "cohort.taken", locked, reason=reason)
    return cohort


def _join_line(
    db: Session, actor: Actor, locked: LockedSlot, request: GapRequest, wish: CohortIn
) -> Cohort:
    cohort = _new_cohort(actor, locked, request, wish)
    cohort.state, cohort.seats_open = CohortState.WAITLISTED, 0
    db.add(cohort)
    db.flush()
    move_seats(db, locked.slot, waiting=wish.seats)
    _record(db, cohort, "cohort.waitlisted", locked)
    promote(db, locked)  # those who wait may all be passed over, while this block need not be
    return cohort


def _new_cohort(actor: Actor, locked: LockedSlot, request: GapRequest, wish: CohortIn) -> Cohort:
    return Cohort(
        id=new_id(),
        request_id=request.id,
        slot_id=wish.slot,
        country=request.country,
        seats=wish.seats,
        seats_open=wish.seats,
        release_at=release_date(wish.release_at, locked),
        state=CohortState.ACTIVE,
        sector=request.sector,
        partial_ok=wish.partial_ok,
        entered_at=locked.now,
        created_by=actor.require_write(),
        created_at=locked.now,
        revised_at=stamp(locked.slot, locked.now, None),
    )


def _record(
    db: Session, cohort: Cohort, name: str, locked: LockedSlot, *, reason: str | None = None
) -> None:
    """Say that the block has come to be."""
    payload = {
        "slot": str(cohort.slot_id),
        "request": str(cohort.request_id),
        "seats": cohort.seats,
    }
    changes = {"state": [None, str(cohort.state)]}
    fact = Fact(name, cohort.id, 1, locked.now, cohort.created_by, reason)
    outbox.record(db, replace(fact, payload=payload, changes=changes))
    db.flush()


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


def _check_request(db: Session, request: GapRequest, locked: LockedSlot, seats: int) -> None:
    """The request asks for what the slot teaches, and for as many people as get seats.

    Seats that teach something else would count as held and, later, as a gap that is closed.
    """
    if request.state not in LIVE:
        raise RequestNotOpenError(f"This request is {request.state}; submit it first.")
    course_id = locked.slot.course_id
    taught = {skill.id: skill.level for skill in skills_of(db, {course_id}).get(course_id, ())}
    lines = lines_of(needs_of(db, [request.id])[request.id])
    wanted = {line.skill for line in lines if taught.get(line.skill, 0) >= line.level}
    if not wanted:
        raise invalid(
            "slot",
            "This date teaches none of the skills of the request at the level asked for.",
            "skill_not_taught",
        )
    blocks = blocks_of(db, [request.id], waiting=True).get(request.id, [])
    needed = seats_useful_on(taught, lines, blocks)
    if seats > needed:
        people = sum(line.people for line in lines if line.skill in wanted)
        text = f"The request still needs {needed} of {people} seats"
        waiting = claims.seats_waited_for(db, request.id)
        more = f"; {waiting} wait in line." if waiting else "."
        raise invalid("seats", text + more, "more_than_needed")
