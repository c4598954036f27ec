"""The states of a claim and of a block, the steps between them, and what can be wrong."""

from enum import StrEnum

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

    WAITLISTED = "waitlisted"
    ACTIVE = "active"
    RELEASED = "released"
    CANCELLED = "cancelled"


class HeldBack(StrEnum):
    """Why a free seat passed an entry of the line by."""

    COUNTRY_CAP = "country-cap"
    AUTHORITY_CAP = "authority-cap"
    SEATS_KEPT = "seats-kept"
    CLASH = "clash"
    PREREQUISITE = "prerequisite"
    GROUP_AHEAD = "group-ahead"


_S = BookingState

SEAT_TAKING = frozenset({_S.REQUESTED, _S.HELD, _S.OFFERED, _S.CONFIRMED, _S.ATTENDED, _S.NO_SHOW})
"""States in which a claim holds a seat."""

HOLDS = frozenset({_S.REQUESTED, _S.HELD, _S.OFFERED})
"""States that end by themselves, at ``held_until``."""

LIVE = SEAT_TAKING | {_S.WAITLISTED}
"""States in which a person is in the slot or its line; at most one such claim per person."""

STEPS: dict[BookingState, frozenset[BookingState]] = {
    _S.REQUESTED: frozenset({_S.CONFIRMED, _S.CANCELLED, _S.REJECTED, _S.EXPIRED}),
    # A seat that the provider has to clear is requested by confirming it.
    _S.HELD: frozenset({_S.CONFIRMED, _S.REQUESTED, _S.CANCELLED, _S.EXPIRED}),
    _S.OFFERED: frozenset({_S.CONFIRMED, _S.REQUESTED, _S.DECLINED, _S.CANCELLED, _S.EXPIRED}),
    # A slot can give the seat that came free to the next in line without asking.
    _S.WAITLISTED: frozenset(
        {_S.OFFERED, _S.CONFIRMED, _S.REQUESTED, _S.CANCELLED, _S.REJECTED, _S.EXPIRED}
    ),
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


class AuthorityCapError(ConflictError):
    """The person's employer already has all the seats that the slot gives one."""

    code = "authority_cap"


class NotEnoughSeatsError(ConflictError):
    """A block is all or nothing, and fewer seats are free."""

    code = "not_enough_seats"


class HoldExpiredError(ConflictError):
    """The hold or offer ran out before it was confirmed."""

    code = "hold_expired"


class BookingStepError(ConflictError):
    """The booking cannot go from its present state to the one asked for."""

    code = "step_not_allowed"


def check_step(before: str, after: BookingState) -> None:
    """Allow a change of state.

    Raises:
        BookingStepError: There is no such step.
    """
    if after not in STEPS[BookingState(before)]:
        raise BookingStepError(f"A booking that is {before} cannot become {after}.")
