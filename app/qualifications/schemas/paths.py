"""The way to a slot: what has to be passed before it, step by step."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.schemas import SomebodyIn
from app.qualifications.schemas.qualifications import Reason
from app.registry.schemas.inputs import Ref
from app.registry.schemas.views import CourseRef


class WaiverIn(SomebodyIn):
    """Who need not have passed what for a slot, and why: somebody known by id, or by e-mail."""

    course: Ref | None = Field(default=None, description="None: all that the slot requires.")
    reason: Reason


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class WaiverView(_View):
    """A required course that a person need not have passed for one slot, by whose word."""

    id: UUID
    person: UUID
    person_name: str
    slot: UUID
    course: CourseRef
    role: str
    reason: str
    created_at: datetime


class PathDate(_View):
    """A date on which a step can be taken; ``in_time`` when it fits between the steps around it."""

    slot: UUID
    starts_at: datetime
    ends_at: datetime
    zone: str
    mode: str
    seats_free: int
    in_time: bool
    url: str


class PathStep(_View):
    """One course to pass, in its turn.

    ``state``: ``missing``, ``lapsed`` (passed, and not good through the slot's end; see
    ``valid_until``) or ``booked`` (``booking`` has a seat with which it can be passed in time).
    """

    course: CourseRef
    state: str
    valid_until: date | None = None
    booking: UUID | None = None
    dates: tuple[PathDate, ...] = ()


class Document(_View):
    """Something a site asks for; ``valid_until`` of the person's own, when they have recorded one.

    It is shown on site and never keeps anybody from booking.
    """

    kind: str
    label: str
    held: bool = False
    valid_until: date | None = None
    lapses: bool = False


class PathView(_View):
    """What stands between a person and a slot: steps in their order, and what a site asks for.

    ``blocked`` while a course that the slot itself requires is neither passed nor on the way.
    """

    slot: UUID
    summary: str
    due_at: datetime
    blocked: bool = False
    steps: tuple[PathStep, ...] = ()
    documents: tuple[Document, ...] = ()
