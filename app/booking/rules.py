"""Seats: the states of a claim, who gets a seat, who is next in line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.core.errors import ConflictError


class BookingState(StrEnum):
    """Where one person's claim on one seat stands."""

    REQUESTED = "requested"
    HELD = "held"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    CONFIRMED = "confirmed"
    ATTENDED = "attended"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"
    REJECTED = "rejected"


class CohortState(StrEnum):
    """Where a block of seats stands."""

    ACTIVE = "active"
    RELEASED = "released"
    CANCELLED = "cancelled"


_S = BookingState

SEAT_TAKING = frozenset({_S.REQUESTED, _S.HELD, _S.OFFERED, _S.CONFIRMED, _S.ATTENDED, _S.NO_SHOW})
"""States in which a claim holds a seat."""

LIVE = SEAT_TAKING | {_S.WAITLISTED}
"""States in which a person is in the slot or its line; at most one such claim per person."""

STEPS: dict[BookingState, frozenset[BookingState]] = {
    _S.REQUESTED: frozenset({_S.CONFIRMED, _S.CANCELLED, _S.REJECTED, _S.EXPIRED}),
    _S.HELD: frozenset({_S.CONFIRMED, _S.CANCELLED, _S.EXPIRED}),
    _S.OFFERED: frozenset({_S.CONFIRMED, _S.DECLINED, _S.CANCELLED, _S.EXPIRED}),
    _S.WAITLISTED: frozenset({_S.OFFERED, _S.CANCELLED, _S.REJECTED}),
    _S.CONFIRMED: frozenset({_S.CANCELLED, _S.ATTENDED, _S.NO_SHOW}),
    # A mistake on the attendance list can be mended.
    _S.ATTENDED: frozenset({_S.NO_SHOW}),
    _S.NO_SHOW: frozenset({_S.ATTENDED}),
    _S.CANCELLED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.REJECTED: frozenset(),
}


class NotBookableError(ConflictError):
    """Seats of this slot cannot be taken: not confirmed, not verified, or too late."""

    code = "not_bookable"


class AlreadyBookedError(ConflictError):
    """The person has a live booking on the slot."""

    code = "already_booked"


class CountryCapError(ConflictError):
    """The country already has all the seats that the slot gives one country."""

    code = "country_cap"


class NotEnoughSeatsError(ConflictError):
    """A block is all or nothing, and fewer seats are free."""

    code = "not_enough_seats"


class HoldExpiredError(ConflictError):
    """The hold or offer ran out before it was confirmed."""

    code = "hold_expired"


class BookingStepError(ConflictError):
    """The booking cannot go from its present state to the one asked for."""

    code = "step_not_allowed"


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """Counts and limits of a slot, read under its lock.

    ``claimed`` counts seats, not bookings; ``country_taken`` those of the person's country;
    ``closes_at`` is when a seat can no longer change hands (the start; self-paced: the end).
    """

    bookable: bool
    selection: bool
    seats: int
    claimed: int
    waiting: int
    country_cap: int | None
    country_taken: int
    already_in: bool
    hold: timedelta
    closes_at: datetime

    @property
    def free(self) -> int:
        """Seats nobody has claimed."""
        return max(0, self.seats - self.claimed)


@dataclass(frozen=True, slots=True)
class SeatDecision:
    """What a person gets who asks for a seat."""

    state: BookingState
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry of a waiting list."""

    booking_id: UUID
    country: str | None


def check_step(before: str, after: BookingState) -> None:
    """Allow a change of state.

    Raises:
        BookingStepError: There is no such step.
    """
    if after not in STEPS[BookingState(before)]:
        raise BookingStepError(f"A booking that is {before} cannot become {after}.")


def decide_seat(facts: SeatFacts, *, now: datetime) -> SeatDecision:
    """Give a free seat as a hold, or a place on the waiting list.

    While anybody waits, a newcomer joins the tail, even when a seat is free this moment. A hold
    never outlives ``closes_at``, so a seat nobody confirmed is back while it is of use.

    Raises:
        NotBookableError: Seats of this slot cannot be taken.
        AlreadyBookedError: The person has a live booking on the slot.
        CountryCapError: The country has its seats already.
    """
    if not facts.bookable:
        raise NotBookableError("Seats of this slot cannot be booked now.")
    if facts.already_in:
        raise AlreadyBookedError("This person already has a place on this slot.")
    if facts.selection:
        return SeatDecision(BookingState.WAITLISTED, held_until=None)
    if _cap_reached(facts.country_cap, facts.country_taken):
        raise CountryCapError(
            f"This slot gives at most {facts.country_cap} seats to one country, and yours has them."
        )
    if facts.free == 0 or facts.waiting > 0:
        return SeatDecision(BookingState.WAITLISTED, held_until=None)
    return SeatDecision(BookingState.HELD, held_until=min(now + facts.hold, facts.closes_at))


def decide_block(facts: SeatFacts, seats: int) -> None:
    """Allow a block of ``seats``, all or nothing.

    Raises:
        NotBookableError: Seats of this slot cannot be taken.
        CountryCapError: The block would pass the country's cap.
        NotEnoughSeatsError: Fewer seats are free once those in line are served.
    """
    if not facts.bookable:
        raise NotBookableError("Seats of this slot cannot be taken now.")
    if facts.country_cap is not None and facts.country_taken + seats > facts.country_cap:
        left = max(0, facts.country_cap - facts.country_taken)
        raise CountryCapError(
            f"This slot gives at most {facts.country_cap} seats to one country; {left} are left.",
            seats_left=left,
        )
    usable = max(0, facts.free - facts.waiting)
    if seats > usable:
        raise NotEnoughSeatsError(
            f"{seats} seats were asked for and {usable} are free.", seats_free=usable
        )


def next_in_line(
    free: int, line: Sequence[Waiting], *, cap: int | None, taken: dict[str | None, int]
) -> list[UUID]:
    """Who is offered the ``free`` seats: strictly in order, passing over capped countries.

    Args:
        free: Seats that nobody claims.
        line: The waiting list in its order.
        cap: Most seats for one country, if there is such a rule.
        taken: Seats claimed per country now; not changed.
    """
    chosen: list[UUID] = []
    counts = dict(taken)
    for entry in line:
        if len(chosen) == free:
            break
        if _cap_reached(cap, counts.get(entry.country, 0)):
            continue
        counts[entry.country] = counts.get(entry.country, 0) + 1
        chosen.append(entry.booking_id)
    return chosen


def offer_until(*, now: datetime, offer: timedelta, closes_at: datetime) -> datetime:
    """When an offer from the waiting list ends: never past the closing time."""
    return min(now + offer, closes_at)


def _cap_reached(cap: int | None, taken: int) -> bool:
    return cap is not None and taken >= cap
