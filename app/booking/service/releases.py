"""The release date of a block: moved by its country, and told in time."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.queries import claims
from app.booking.rules import BookingState, CohortState, is_reminder_due
from app.booking.schemas import ReleaseDateIn
from app.booking.service.cohorts import BlockClosedError, release_date
from app.booking.service.desk import Desk, LockedSlot, open_slot, stamp
from app.core import outbox
from app.core.outbox import Fact


def move_release(
    db: Session, actor: Actor, cohort_id: UUID, wanted: ReleaseDateIn, desk: Desk
) -> Cohort:
    """Give a block's open seats back at another time; for its country and the secretariat.

    Seats that are offered until the release date are offered until the new one.

    Raises:
        BlockClosedError: The block was given back already.
        InvalidError: The date is over, or after the slot begins.
    """
    user_id = actor.require_write()
    found = claims.find_cohort(db, actor, cohort_id)
    locked = open_slot(db, found.slot_id, desk)
    cohort = claims.fresh_cohort(db, cohort_id)
    if cohort.state not in (CohortState.ACTIVE, CohortState.WAITLISTED):
        raise BlockClosedError("The seats of this block were given back already.")
    before, after = cohort.release_at, release_date(wanted.release_at, locked)
    if before == after:
        return cohort
    cohort.release_at = after
    for booking in claims.named_into(db, cohort.id):
        if booking.state == BookingState.OFFERED and booking.held_until == before:
            _extend(db, locked, booking, after, by=user_id)
    fact = _changed(db, locked, cohort, "cohort.release-moved")
    changes = {"release_at": [before.isoformat(), after.isoformat()]}
    outbox.record(db, replace(fact, by=user_id, changes=changes))
    return cohort


def remind_of_release(db: Session, cohort_id: UUID, desk: Desk) -> bool:
    """Tell a country that open seats of its block will go back soon, once for each threshold.

    Returns:
        Whether there was anything to tell.
    """
    locked = open_slot(db, claims.cohort_row(db, cohort_id).slot_id, desk)
    cohort = claims.fresh_cohort(db, cohort_id)
    told_at = cohort.reminded_at or cohort.created_at
    active = cohort.state == CohortState.ACTIVE and cohort.seats_open > 0
    if not active or not is_reminder_due(
        release_at=cohort.release_at, told_at=told_at, now=locked.now
    ):
        return False
    cohort.reminded_at = locked.now
    fact = _changed(db, locked, cohort, "cohort.release-near")
    payload = {"open": cohort.seats_open, "release_at": cohort.release_at.isoformat()}
    outbox.record(db, replace(fact, payload=fact.payload | payload))
    return True


def _extend(
    db: Session, locked: LockedSlot, booking: Booking, until: datetime, *, by: UUID
) -> None:
    changes = {"held_until": [str(booking.held_until), str(until)]}
    booking.held_until = until
    booking.version += 1
    booking.revised_at = stamp(locked.slot, locked.now, booking.revised_at)
    db.add(booking)
    payload = {"slot": str(booking.slot_id), "person": str(booking.person_id)}
    fact = Fact("booking.extended", booking.id, booking.version, locked.now, by)
    outbox.record(db, replace(fact, payload=payload, changes=changes))


def _changed(db: Session, locked: LockedSlot, cohort: Cohort, name: str) -> Fact:
    """Stamp the block as changed; what there is to say of it."""
    cohort.version += 1
    cohort.revised_at = stamp(locked.slot, locked.now, cohort.revised_at)
    db.add(cohort)
    db.flush()
    payload = {"slot": str(cohort.slot_id)}
    return Fact(name, cohort.id, cohort.version, locked.now, payload=payload)
