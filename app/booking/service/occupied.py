"""People's time: nobody is in two places at once."""

from uuid import UUID

from sqlmodel import Session

from app.booking.models import Booking
from app.core.errors import ConflictError
from app.registry.models import Slot


class PersonClashError(ConflictError):
    """The person is taken at that time; names the other item to those who may see it."""

    code = "person_clash"


def clash_of(db: Session, slot: Slot, person_id: UUID) -> PersonClashError | None:  # noqa: ARG001
    """What else the person has at the slot's times (travel between sites included), if anything."""
    return None


def occupy(db: Session, slot: Slot, booking: Booking) -> None:
    """Take the person's time for the slot's meetings; the booking has just taken a seat."""


def vacate(db: Session, booking: Booking) -> None:
    """Give the person's time back; the booking has just let go of its seat."""
