"""Whether a person gets a seat, and whether a block does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.booking.rules.states import (
    AlreadyBookedError,
    BookingState,
    CountryCapError,
    NotBookableError,
    NotEnoughSeatsError,
)


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


def _cap_reached(cap: int | None, taken: int) -> bool:
    return cap is not None and taken >= cap
