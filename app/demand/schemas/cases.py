"""What clients send about the way of a request: its triage, notes, links and ends."""

from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.core.text import Line, Prose, Storable
from app.demand.schemas.inputs import Needs, Sent
from app.taxonomy.fields import in_vocabulary

_MAX_ADDRESS = 500

Reason = Annotated[Prose, Field(min_length=1)]
Text = Annotated[Prose, Field(min_length=1)]
EndReason = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    in_vocabulary("request_end_reasons", "reason"),
]
"""Why a request ended, for counting; the words are in the written reason."""


def _secure_address(value: str) -> str:
    # A link is shown to colleagues in the secretariat: nothing that runs, hides or phishes.
    try:
        parts = urlsplit(value)
        refused = parts.scheme != "https" or not parts.hostname or "@" in parts.netloc
        _ = parts.port
    except ValueError:
        refused = True
    if refused or any(letter.isspace() for letter in value):
        raise PydanticCustomError(
            "not_https", "Please enter an address that begins with https:// and names a website."
        )
    return value


SecureUrl = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_MAX_ADDRESS),
    Storable,
    AfterValidator(_secure_address),
]
"""The address of a page or document; https only."""


class WithdrawIn(Sent):
    """Why the country takes the request back."""

    reason: Reason
    reason_code: EndReason | None = None


class CloseIn(Sent):
    """How the request ended, other than by people trained through the network."""

    outcome: Literal["met", "expired"]
    reason: Reason
    reason_code: EndReason | None = None


class QuestionIn(Sent):
    """What the secretariat asks the country."""

    question: Text


class AnswerIn(Sent):
    """What the country answers."""

    answer: Text


class OwnerIn(Sent):
    """Who of the secretariat looks after the request; null for nobody."""

    owner: UUID | None = None


class NoteIn(Sent):
    """A private remark; ``secretariat`` alone reads its own, ``both`` the country too."""

    body: Text
    audience: Literal["both", "secretariat"] = "both"


class LinkIn(Sent):
    """A document on the web that belongs to the request."""

    title: Line
    url: SecureUrl


class MergeIn(Sent):
    """The request that this one goes into, and what stands there afterwards."""

    into: UUID
    reason: Reason
    needs: Needs | None = Field(
        default=None, description="Default: the larger number of each line that is in both."
    )
