"""What readers see of the demand side."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class NeedView(_View):
    """One line of a request."""

    skill: str
    level: int
    platform: str
    people: int
    weight: int
    role: str
    level_now: int | None


class Helper(_View):
    """Somebody of the secretariat who looks after a request."""

    id: UUID
    name: str


class RequestView(_View):
    """A request as its reader may see it.

    What only the country and the secretariat read (office, notes, reasons, likely duplicates, who
    looks after it) is null for everybody else.
    """

    id: UUID
    code: str | None
    title: str
    country: str
    state: str
    state_reason: str | None
    reason_code: str | None
    needs: tuple[NeedView, ...]
    people: int
    sector: str
    urgency: int
    significance: int
    evidence: str
    evidence_note: str | None
    earliest: date
    needed_by: date
    modes: tuple[str, ...]
    languages: tuple[str, ...]
    interpretation_ok: bool
    remote_only: bool
    keep_together: bool
    travel: str
    travel_limit_km: int | None
    fee_limit: int | None
    funding_note: str | None
    publish: bool
    publish_detail: str
    office: str | None
    note: str | None
    seats_asked: int
    seats_held: int
    seats_met: int
    possible_duplicates: tuple[UUID, ...] | None
    owner: Helper | None
    opened_at: datetime | None
    asked_at: datetime | None
    clarified_at: datetime | None
    training_since: datetime | None
    merged_into: UUID | None
    copied_from: UUID | None
    url: str
    version: int
    created_at: datetime
    updated_at: datetime


class RequestCard(_View):
    """A request in a list of cards, ready to show."""

    url: str
    title: str
    country: str
    people: int
    held: int
    met: int
    urgency: int
    urgency_label: str
    significance: int
    significance_label: str
    needed_by: str
    state: str
    state_label: str
    asked: bool
    """Whether a question of the secretariat waits for an answer; False for other readers."""


class NoteView(_View):
    """A private remark on a request, a question of the secretariat or an answer."""

    id: UUID
    kind: str
    audience: str
    body: str
    written_by: str
    by_secretariat: bool
    written_at: datetime


class SurveyProblemView(_View):
    """What is wrong with one cell: the row's number in the file (the headings are row 1)."""

    row: int
    column: str
    message: str


class SurveyRequestView(_View):
    """A request that a survey makes, and the rows that say so."""

    rows: tuple[int, ...]
    country: str | None
    code: str | None
    people: int


class SurveyReport(_View):
    """What becomes of a survey. ``saved`` are the drafts that were kept, none without ``save``.

    ``repeated`` are first rows of requests that look like ones that are there already; ``ignored``
    are headings that mean no column.
    """

    requests: tuple[SurveyRequestView, ...]
    problems: tuple[SurveyProblemView, ...]
    repeated: tuple[int, ...]
    ignored: tuple[str, ...]
    saved: tuple[UUID, ...] = ()


class LinkView(_View):
    """A document on the web that belongs to a request."""

    id: UUID
    title: str
    url: str
    added_at: datetime
