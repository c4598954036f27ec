"""Seats: the states of a claim, who gets a seat, who is next in line. Pure."""

from app.booking.rules.line import Waiting, next_in_line, offer_until
from app.booking.rules.release import REMIND_BEFORE, is_reminder_due
from app.booking.rules.seats import SeatDecision, SeatFacts, decide_block, decide_seat
from app.booking.rules.states import (
    HOLDS,
    LIVE,
    SEAT_TAKING,
    STEPS,
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    CohortState,
    CountryCapError,
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
    "BookingState",
    "BookingStepError",
    "CohortState",
    "CountryCapError",
    "HoldExpiredError",
    "NotBookableError",
    "NotEnoughSeatsError",
    "SeatDecision",
    "SeatFacts",
    "Waiting",
    "check_step",
    "decide_block",
    "decide_seat",
    "is_reminder_due",
    "next_in_line",
    "offer_until",
]
