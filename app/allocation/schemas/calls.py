"""The shapes of calls."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.allocation.rules.calls import CallKind
from app.core.fields import CountryCode, Day, RegionCode, once
from app.core.text import Prose
from app.registry.schemas.inputs import Ref
from app.registry.schemas.views import ProviderRef
from app.taxonomy.fields import SkillId

_MOST_PARTIES = 500


def _first_day(value: date) -> date:
    return value.replace(day=1)


Month = Annotated[Day, AfterValidator(_first_day)]
"""A month, named by any of its days."""
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CallSubject(_In):
    """What a call is about, in counts and references; small counts are told to nobody outside.

    ``slots`` are public dates. ``requests`` are read by the secretariat, and by each country as
    far as they are its own.
    """

    slots: Annotated[tuple[UUID, ...], Field(max_length=50), once] = ()
    requests: Annotated[tuple[UUID, ...], Field(max_length=500), once] = ()
    level: Annotated[int, Field(ge=1, le=4)] | None = None
    seats: Count | None = None
    people: Count | None = None
    countries: Count | None = None


class CallIn(_In):
    """A call to send out. ``slots`` and ``dates`` go to providers, ``joint`` to countries.

    A call for slots that names no provider goes to all verified ones that teach the skill.
    """

    kind: CallKind
    skill: SkillId
    region: RegionCode | Literal[""] = ""
    month: Month | None = None
    providers: Annotated[tuple[Ref, ...], Field(max_length=_MOST_PARTIES), once] = ()
    countries: Annotated[tuple[CountryCode, ...], Field(max_length=_MOST_PARTIES), once] = ()
    message: Prose = ""
    subject: CallSubject = CallSubject()
    ends_on: Day | None = Field(
        default=None, description="Last day on which it is shown; default: 60 days from now."
    )
    run: UUID | None = Field(default=None, description="The allocation that it follows from.")


class CallForm(_In):
    """The page that sends a call for slots, or for dates to join."""

    kind: CallKind
    skill: SkillId
    region: RegionCode | Literal[""] = ""
    month: Month | None = None
    providers: Annotated[tuple[Ref, ...], Field(max_length=_MOST_PARTIES), once] = ()
    countries: Annotated[tuple[CountryCode, ...], Field(max_length=_MOST_PARTIES), once] = ()
    message: Prose = ""
    level: Annotated[int, Field(ge=1, le=4)] | None = None
    seats: Count | None = None
    people: Count | None = None
    reached: Count | None = None
    ends_on: Day | None = None
    run: UUID | None = None

    def call(self) -> CallIn:
        """The same as the API takes it."""
        subject = CallSubject(
            level=self.level, seats=self.seats, people=self.people, countries=self.reached
        )
        plain = self.model_dump(exclude={"level", "seats", "people", "reached"})
        return CallIn(**plain, subject=subject)


class AnswerIn(_In):
    """A party's answer; it may be changed until the call is over."""

    answer: Literal["yes", "no"]
    note: Prose = ""
    party: UUID | None = Field(
        default=None, description="For whom; needed only by those who speak for several."
    )


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class CallSubjectView(_View):
    """What a call is about. ``people`` and ``countries`` are null where the counts are small."""

    slots: tuple[UUID, ...]
    requests: tuple[UUID, ...]
    level: int | None
    seats: int | None
    people: int | None
    countries: int | None


class CallPartyView(_View):
    """Somebody a call was sent to. ``answer`` is empty until there is one.

    ``is_own`` says that the reader answers for it.
    """

    id: UUID
    provider: ProviderRef | None
    country: str | None
    answer: str
    note: str
    answered_at: datetime | None
    is_own: bool


class CallView(_View):
    """A call as its reader may see it.

    The secretariat sees every party. A party sees itself, and in a joint proposal, once it has
    said yes, the countries that said yes too. ``asked``, ``said_yes``, ``said_no`` and
    ``version``, which counts the answers of all, are null for parties.
    """

    id: UUID
    kind: str
    skill: str
    region: str
    month: date | None
    subject: CallSubjectView
    message: str
    run: UUID | None
    sent_at: datetime
    ends_on: date | None
    is_open: bool
    parties: tuple[CallPartyView, ...]
    asked: int | None
    said_yes: int | None
    said_no: int | None
    url: str
    version: int | None
