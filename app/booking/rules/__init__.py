"""Seats: the states of a claim, who gets a seat, who is next in line. Pure."""

from app.booking.rules.line import Turn, Waiting, decide_until, next_in_line, offer_until, turn_of
from app.booking.rules.release import REMIND_BEFORE, is_reminder_due
from app.booking.rules.seats import (
    SeatDecision,
    SeatFacts,
    decide_block,
    decide_seat,
    seat_problems,
)
from app.booking.rules.states import (
    HOLDS,
    LIVE,
    SEAT_TAKING,
    STEPS,
    AlreadyBookedError,
    AuthorityCapError,
    BookingState,
    BookingStepError,
    CohortState,
    CountryCapError,
    HeldBack,
    HoldExpiredError,
    NotBookableError,
    NotEnoughSeatsError,
    check_step,
)

__all__ = [
    "HOLDS",
    "LIVE",
    "REMIND_BEFORE",
    "SEAT_TAKING",
    "STEPS",
    "AlreadyBookedError",
    "AuthorityCapError",
    "BookingState",
    "BookingStepError",
    "CohortState",
    "CountryCapError",
    "HeldBack",
    "HoldExpiredError",
    "NotBookableError",
    "NotEnoughSeatsError",
    "SeatDecision",
    "SeatFacts",
    "Turn",
    "Waiting",
    "check_step",
    "decide_block",
    "decide_seat",
    "decide_until",
    "is_reminder_due",
    "next_in_line",
    "offer_until",
    "seat_problems",
    "turn_of",
]
