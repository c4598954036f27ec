"""Seats kept for a group, and the most seats that one country or one authority can have."""

from dataclasses import dataclass

from sqlmodel import Session

from app.core.errors import ConflictError
from app.registry.models import Slot


class KeptSeatsError(ConflictError):
    """The seats that are left are kept for a group that the person is not in."""

    code = "seats_kept"


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who a seat would be for, as far as shares and caps ask."""

    country: str | None
    authority: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """How many of the free seats a claimant could have, and the cap that stops them, if one does.

    ``capped`` is a reason code of the line (``country-cap``, ``authority-cap``) or empty.
    """

    seats: int
    capped: str = ""


def room_for(db: Session, slot: Slot, claimant: Claimant, *, seats: int = 1) -> Room:  # noqa: ARG001
    """The free seats of ``slot`` that are not kept for others and that no cap forbids."""
    return Room(max(0, slot.seats + slot.overbook - slot.seats_claimed))
