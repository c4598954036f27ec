"""What people send about what they have proved, and what readers see of it."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.core.fields import Day, known
from app.core.text import Line, Prose
from app.qualifications.rules.qualifications import COURSE
from app.registry.schemas.inputs import Ref
from app.registry.schemas.views import CourseRef
from app.taxonomy import queries as taxonomy


def _is_kind(value: str) -> bool:
    return value == COURSE or taxonomy.is_term("access_requirements", value)


Kind = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    known(_is_kind, "kind of qualification", "unknown_term"),
]
"""``course``, or an id of the vocabulary of access requirements."""

Reason = Annotated[Prose, Field(min_length=1)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class QualificationIn(_In):
    """Something that a person says they hold, with who vouches for it and what shows it."""

    kind: Kind = Field(default=COURSE, description="`course`, or an access requirement's id.")
    course: Ref | None = Field(default=None, description="Which course, for kind `course`.")
    issuer: Line = Field(description="Who vouches for it.")
    provider: Ref | None = Field(default=None, description="The issuer, where it is listed here.")
    evidence: Prose = Field(default="", description="What shows it: a number, a link.")
    issued_on: Day
    valid_until: Day | None = Field(default=None, description="The last good day; none: no end.")

    @model_validator(mode="after")
    def _course_with_its_kind(self) -> Self:
        if (self.kind == COURSE) != (self.course is not None):
            msg = "Say which course was passed; other kinds name none."
            raise ValueError(msg)
        return self


def _split(value: str) -> str:
    kind, _, course = value.partition(":")
    if not (_is_kind(kind) and (kind == COURSE) == bool(course)):
        msg = "Please choose one of the values offered."
        raise ValueError(msg)
    return value


class ClaimForm(_In):
    """The form of a claim: ``what`` is ``course:`` and a course's id, or a requirement's id."""

    what: Annotated[str, Field(max_length=200), AfterValidator(_split)]
    issuer: Line
    evidence: Prose = ""
    issued_on: Day
    valid_until: Day | None = None

    def claim(self) -> QualificationIn:
        """The claim as the API takes it."""
        kind, _, course = self.what.partition(":")
        return QualificationIn(
            kind=kind, course=course or None, **self.model_dump(exclude={"what"})
        )


class VerificationIn(_In):
    """What somebody who looked at the evidence found; a refusal needs its reason."""

    verified: bool
    reason: Annotated[Prose, Field(validate_default=True)] = ""

    @field_validator("reason")
    @classmethod
    def _refused_for_a_reason(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("verified") is False and not value:
            msg = "Say why it is not accepted: the person reads it."
            raise ValueError(msg)
        return value


class RevocationIn(_In):
    """Why a qualification no longer counts."""

    reason: Reason


class QualificationView(BaseModel):
    """A qualification. ``standing`` is its state, or ``expired`` after its last good day."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    person: UUID
    person_name: str
    kind: str
    label: str
    course: CourseRef | None
    issuer: str
    issuer_provider: UUID | None
    evidence: str
    issued_on: date
    valid_until: date | None
    state: str
    standing: str
    reason: str | None
    certificate: UUID | None
    verified_at: datetime | None
    created_at: datetime
    version: int
