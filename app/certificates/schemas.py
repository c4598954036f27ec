"""What clients send about certificates, and what readers see of them."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.text import Prose


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class IssueIn(_In):
    """Whose certificates to issue; nobody named: all who have earned one and have none."""

    bookings: Annotated[tuple[UUID, ...], Field(max_length=2000)] = ()


class WhyIn(_In):
    """Why a certificate is revoked or issued again."""

    reason: Annotated[Prose, Field(min_length=1)]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class SkillShown(_View):
    """A skill as the certificate says it, with the level in words."""

    id: str
    label: str
    level: int
    level_label: str


class Facts(_View):
    """What is printed: as it was on the day of issue, whatever changes later."""

    course: str
    provider: str
    provider_place: str
    place: str
    zone: str
    starts_on: date
    ends_on: date
    length: str
    meetings: int
    attended: int
    skills: tuple[SkillShown, ...]
    result: str | None
    replaces: str | None = None
    revoked_on: date | None = None


class CertificateView(_View):
    """A certificate, as anybody may check it.

    ``state``: valid, expired, revoked. ``valid_until`` is the last good day; null: for good.
    """

    code: str
    state: str
    kind: str
    kind_label: str
    person: str
    course: str
    provider: str
    provider_place: str
    place: str
    starts_on: date
    ends_on: date
    length: str
    skills: tuple[SkillShown, ...]
    result: str | None
    issued_on: date
    valid_until: date | None
    revoked_on: date | None
    url: str


class OwnCertificateView(CertificateView):
    """A certificate, for its holder and those who look after it; the reason of a revocation."""

    booking: UUID
    reason: str | None
    pdf_url: str
    created_at: datetime


class CandidateView(_View):
    """One person of a slot, and how they stand towards its certificate."""

    booking: UUID
    name: str
    country: str | None
    state: str
    result: str | None
    earned: bool
    certificate: OwnCertificateView | None


Snapshot = dict[str, Any]
"""Facts as the database keeps them."""
