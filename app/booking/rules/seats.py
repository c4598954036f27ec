"""Whether a person gets a seat, and whether a block does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.booking.rules.states import (
    AlreadyBookedError,
    AuthorityCapError,
    BookingState,
    CountryCapError,
    HeldBack,
    NotBookableError,
    NotEnoughSeatsError,
)
from app.core.errors import ConflictError


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """Counts and limits of a slot, read under its lock.

    ``claimed`` counts seats, not bookings; ``country_taken`` those of the person's country;
    ``closes_at`` is when a seat can no longer change hands (the start; self-paced: the end).
    ``room`` is how many of the free seats this claimant could have (None: all of them), and
    ``capped`` the cap that leaves them fewer, if one does (a reason code of the line).
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
    room: int | None = None
    capped: str = ""

    @property
    def free(self) -> int:
        """Seats nobody has claimed."""
        return max(0, self.seats - self.claimed)

    @property
    def usable(self) -> int:
        """Of these, the ones that are not kept from this claimant."""
        return self.free if self.room is None else min(self.room, self.free)

    @property
    def at_once(self) -> bool:
        """Whether a newcomer could have a seat now, not a place in the line."""
        return not self.selection and self.waiting == 0 and self.usable > 0


@dataclass(frozen=True, slots=True)
class SeatDecision:
    """What a person gets who asks for a seat."""

    state: BookingState
    held_until: datetime | None
    held_back: str = ""


def seat_problems(facts: SeatFacts) -> list[ConflictError]:
    """Everything about the slot that forbids this person a seat and a place in its line."""
    problems: list[ConflictError] = []
    if not facts.bookable:
        problems.append(NotBookableError("Seats of this slot cannot be booked now."))
    if facts.already_in:
        problems.append(AlreadyBookedError("This person already has a place on this slot."))
    if not facts.selection:
        problems += _cap_problems(facts)
    return problems


def decide_seat(
    facts: SeatFacts, *, now: datetime, pending_until: datetime | None = None
) -> SeatDecision:
    """Give a free seat as a hold, or a place on the waiting list.

    While anybody waits, a newcomer joins the tail, even when a seat is free this moment. So does
    somebody for whom no seat is left but those kept for others. A hold never outlives
    ``closes_at``, so a seat nobody confirmed is back while it is of use; for a person who has yet
    to pass an earlier part, it lasts until ``pending_until``.

    Raises:
        NotBookableError: Seats of this slot cannot be taken.
        AlreadyBookedError: The person has a live booking on the slot.
        CountryCapError: The country has its seats already.
        AuthorityCapError: The person's employer has its seats already.
    """
    problems = seat_problems(facts)
    if problems:
        raise problems[0]
    if not facts.at_once:
        kept = not facts.selection and facts.waiting == 0 and facts.free > 0
        held_back = HeldBack.SEATS_KEPT if kept else ""
        return SeatDecision(BookingState.WAITLISTED, held_until=None, held_back=held_back)
    until = now + facts.hold if pending_until is None else pending_until
    return SeatDecision(BookingState.HELD, held_until=min(until, facts.closes_at))


def decide_block(facts: SeatFacts, seats: int) -> None:
    """Allow a block of ``seats``, all or nothing.

    Raises:
        NotBookableError: Seats of this slot cannot be taken.
        CountryCapError: The block would pass the country's cap.
        NotEnoughSeatsError: Fewer seats are free once those in line are served.
    """
    if not facts.bookable:
        raise NotBookableError("Seats of this slot cannot be taken now.")
    left = _left_for_country(facts)
    if left is not None and seats > left:
        raise CountryCapError(
            f"This slot gives at most {facts.country_cap} seats to one country; {left} are left.",
            seats_left=left,
        )
    usable = max(0, min(facts.usable, facts.free - facts.waiting))
    if seats > usable:
        raise NotEnoughSeatsError(
            f"{seats} seats were asked for and {usable} are free.", seats_free=usable
        )


def _left_for_country(facts: SeatFacts) -> int | None:
    """Seats that the country's cap leaves; None: no cap stands in the way."""
    if facts.country_cap is None:
        return None
    if facts.capped == HeldBack.COUNTRY_CAP:
        return facts.usable
    return max(0, facts.country_cap - facts.country_taken)


def _cap_problems(facts: SeatFacts) -> list[ConflictError]:
    full = facts.country_cap is not None and facts.country_taken >= facts.country_cap
    if full or facts.capped == HeldBack.COUNTRY_CAP:
        cap = facts.country_cap
        return [
            CountryCapError(
                f"This slot gives at most {cap} seats to one country, and yours has them."
            )
        ]
    if facts.capped == HeldBack.AUTHORITY_CAP:
        return [AuthorityCapError("Your employer has all the seats that this slot gives to one.")]
    return []
