"""Select among the applicants of a slot for which more people applied than there are seats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.queries import lock_people
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.selection import (
    applications_of,
    decided_applications,
    requirements_at_deadline,
    selection_book,
)
from app.booking.queries.views import people_refs
from app.booking.reasons import SelectionTerms, order_text, reason_text
from app.booking.rules import BookingState, NotBookableError
from app.booking.rules.selection import (
    Applicant,
    DeadlineAheadError,
    NoSelectionError,
    Outcome,
    Result,
    SelectionMadeError,
    select_applicants,
)
from app.booking.rules.shares import Claimant
from app.booking.schemas import OutcomeView, SelectionView
from app.booking.service.desk import (
    Desk,
    LockedSlot,
    end_claim,
    offer_seat,
    open_slot,
    promote,
    stamp,
)
from app.booking.service.occupied import conflict_of
from app.core import outbox
from app.core.errors import NotFoundError
from app.core.outbox import Fact
from app.registry.models import Slot
from app.registry.queries.rows import find_slot, sees_everything_of
from app.registry.rules import ProviderState, Route, SlotStatus
from app.registry.service.catalogue import bump, require_editor, touch


@dataclass(frozen=True, slots=True)
class _Decision:
    """All outcomes of one run, and what they have in common."""

    outcomes: list[Outcome]
    terms: SelectionTerms
    bookings: dict[UUID, Booking]

    def saved(self, outcome: Outcome) -> dict[str, Any]:
        """What a booking keeps of its outcome."""
        return {
            "result": str(outcome.result),
            "position": outcome.position or None,
            "place": outcome.place or None,
            "stopped_by": outcome.stopped_by,
            "passed": list(outcome.applicant.passed),
            "missing": list(outcome.applicant.missing),
            "order": list(self.terms.order),
            "seats": self.terms.seats,
            "reason": reason_text(outcome, self.terms),
        }


def selection_view(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> SelectionView:
    """The selection as it was made; before that, as it would be made now. Nothing is saved.

    Raises:
        NotFoundError: The actor neither edits the slot's provider nor is the secretariat.
        NoSelectionError: Seats of this slot are not given by selection.
    """
    slot = _seen_slot(db, actor, slot_id)
    if slot.selected_at is not None:
        bookings = decided_applications(db, slot_id)
        found = [(booking, booking.selection) for booking in bookings]
    else:
        decision = _decide(db, slot, now=now)
        found = [
            (decision.bookings[each.applicant.booking_id], decision.saved(each))
            for each in decision.outcomes
        ]
    seats = found[0][1]["seats"] if found else max(0, slot.seats - slot.seats_claimed)
    return SelectionView(
        slot=slot.id,
        made_at=slot.selected_at,
        deadline=slot.apply_by,
        order=slot.criteria,
        order_text=order_text(slot.criteria),
        seats=seats,
        max_per_country=slot.max_per_country,
        max_per_authority=slot.max_per_authority,
        outcomes=_outcome_views(db, found),
    )


def select_people(db: Session, actor: Actor, slot_id: UUID, desk: Desk) -> Slot:
    """Make the selection: offers for those selected, an order for the reserve, reasons for all.

    Decided anew under the slot's lock, so that what a preview showed cannot be out of date. It
    is made once; seats that come free later go down the reserve.

    Raises:
        DeadlineAheadError: People can still apply.
        SelectionMadeError: It was made.
        NoSelectionError: Seats of this slot are not given by selection.
        NotBookableError: The slot is not confirmed, has begun, or its provider is not verified.
        ForbiddenError: The actor is of the secretariat and not of the slot's provider.
    """
    seen = _seen_slot(db, actor, slot_id)
    user_id = require_editor(actor, seen.provider_id)
    locked = open_slot(db, slot_id, desk)
    _check_time(locked)
    lock_people(db, [each.person_id for each in applications_of(db, slot_id)])
    decision = _decide(db, locked.slot, now=locked.now)
    for outcome in decision.outcomes:
        _carry_out(db, locked, decision, outcome, by=user_id)
    slot = locked.slot
    slot.selected_at = locked.now
    touch(slot, now=locked.now)
    db.add(slot)
    results = [outcome.result for outcome in decision.outcomes]
    payload = {str(result): results.count(result) for result in Result}
    outbox.record(
        db, Fact("slot.selected", slot.id, slot.version, locked.now, user_id, payload=payload)
    )
    db.flush()
    promote(db, locked)
    bump(db, now=locked.now)
    return slot


def _seen_slot(db: Session, actor: Actor, slot_id: UUID) -> Slot:
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    if slot.route != Route.SELECTION:
        raise NoSelectionError("Seats of this date are not given by selection.")
    return slot


def _check_time(locked: LockedSlot) -> None:
    slot = locked.slot
    if slot.selected_at is not None:
        raise SelectionMadeError("The selection was made already; its outcome stands.")
    if locked.now < slot.apply_by:
        raise DeadlineAheadError("People can still apply; the selection follows the deadline.")
    runs = slot.status == SlotStatus.CONFIRMED and locked.provider_state == ProviderState.VERIFIED
    if not runs or locked.now >= locked.closes_at:
        raise NotBookableError("Seats of this date can no longer be given.")


def _decide(db: Session, slot: Slot, *, now: datetime) -> _Decision:
    bookings = applications_of(db, slot.id)
    required = requirements_at_deadline(db, slot, {each.person_id for each in bookings})
    applicants = [
        Applicant(
            each.id,
            Claimant(each.country, each.authority, each.groups),
            each.entered_at,
            passed=required.passed(each.person_id),
            missing=required.missing(each.person_id),
            clash=conflict_of(db, slot, each.person_id, None) is not None,
        )
        for each in bookings
    ]
    book = selection_book(db, slot)
    outcomes = select_applicants(applicants, book, slot.criteria, now=now)
    terms = SelectionTerms(
        order=slot.criteria,
        seats=book.free,
        eligible=sum(not each.missing for each in applicants),
        per_country=slot.max_per_country,
        per_authority=slot.max_per_authority,
        deadline=slot.apply_by,
        zone=slot.zone,
    )
    return _Decision(outcomes, terms, {each.id: each for each in bookings})


def _carry_out(
    db: Session, locked: LockedSlot, decision: _Decision, outcome: Outcome, *, by: UUID
) -> None:
    booking = decision.bookings[outcome.applicant.booking_id]
    booking.selection = decision.saved(outcome)
    reason = booking.selection["reason"]
    db.add(booking)
    db.flush()
    if outcome.result == Result.SELECTED:
        offer_seat(db, locked, booking, by=by)
    elif outcome.result == Result.NOT_ELIGIBLE:
        end_claim(db, locked, booking, BookingState.REJECTED, by=by, reason=reason)
    else:
        _reserve(db, locked, booking, outcome.place, by=by)


def _reserve(db: Session, locked: LockedSlot, booking: Booking, place: int, *, by: UUID) -> None:
    """Keep an applicant in the line, at their place in the reserve."""
    booking.priority = place
    booking.version += 1
    booking.revised_at = stamp(locked.slot, locked.now, booking.revised_at)
    db.add(booking)
    fact = Fact(
        "booking.reserved",
        booking.id,
        booking.version,
        locked.now,
        by,
        booking.selection["reason"],
        payload={
            "slot": str(booking.slot_id),
            "person": str(booking.person_id),
            "place": place,
        },
    )
    outbox.record(db, fact)


def _outcome_views(
    db: Session, found: Sequence[tuple[Booking, dict[str, Any]]]
) -> tuple[OutcomeView, ...]:
    people = people_refs(db, [booking for booking, _ in found])
    views = [
        OutcomeView(
            booking=booking.id,
            person=people[booking.person_id],
            applied_at=booking.entered_at,
            groups=booking.groups,
            **{name: saved[name] for name in OutcomeView.model_fields if name in saved},
        )
        for booking, saved in found
    ]
    order = list(Result)
    return tuple(
        sorted(views, key=lambda each: (order.index(Result(each.result)), each.place or 0))
    )
