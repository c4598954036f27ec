"""Whether somebody has what is asked of them: states of a qualification, and how long it is good.

Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core.errors import ConflictError

COURSE = "course"
"""The kind of a qualification that is a course passed; other kinds are access requirements."""

MOST_CLAIMS = 50
"""Claims of one person that nobody has looked at yet."""


class QualificationState(StrEnum):
    """Where a qualification stands. That it has lapsed is no state: it follows from the day."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    REFUSED = "refused"
    REVOKED = "revoked"


_S = QualificationState

STEPS: dict[QualificationState, frozenset[QualificationState]] = {
    _S.CLAIMED: frozenset({_S.VERIFIED, _S.REFUSED}),
    _S.VERIFIED: frozenset({_S.REVOKED}),
    _S.REFUSED: frozenset(),
    _S.REVOKED: frozenset(),
}


class QualificationStepError(ConflictError):
    """The qualification cannot go from its present state to the one asked for."""

    code = "step_not_allowed"


class TooManyClaimsError(ConflictError):
    """The person has as many unread claims as anybody may have."""

    code = "too_many_claims"


@dataclass(frozen=True, slots=True)
class Proof:
    """A qualification as far as these rules ask; ``subject`` is a course's id or a kind."""

    subject: UUID | str
    state: str
    issued_on: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Hold:
    """The best that a person has of one subject: until when it is good, None being for good."""

    good_until: date | None


def check_step(before: str, after: QualificationState) -> None:
    """Allow a change of state.

    Raises:
        QualificationStepError: There is no such step.
    """
    if after not in STEPS[QualificationState(before)]:
        raise QualificationStepError(f"A qualification that is {before} cannot become {after}.")


def last_day(ends_at: datetime, zone: str) -> date:
    """The day, by the clock of ``zone``, on which something that ends at ``ends_at`` is over.

    Stretches of time are half-open: what ends at midnight was over on the day before.
    """
    return (ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()


def is_good_through(proof: Proof, day: date) -> bool:
    """Whether the qualification still counts on ``day``; its last good day counts."""
    if proof.state != QualificationState.VERIFIED or proof.issued_on > day:
        return False
    return proof.valid_until is None or proof.valid_until >= day


def good_through(proofs: Iterable[Proof], day: date) -> frozenset[UUID | str]:
    """The subjects of which at least one qualification still counts on ``day``."""
    return frozenset(proof.subject for proof in proofs if is_good_through(proof, day))


def latest(proofs: Sequence[Proof], subject: UUID | str) -> Hold | None:
    """The verified qualification in ``subject`` that lasts longest; None where there is none."""
    ends = [
        proof.valid_until
        for proof in proofs
        if proof.subject == subject and proof.state == QualificationState.VERIFIED
    ]
    if not ends:
        return None
    if None in ends:
        return Hold(None)
    return Hold(max(end for end in ends if end is not None))


def standing(state: str, valid_until: date | None, *, today: date) -> str:
    """The state as people read it: a verified qualification past its last day is ``expired``."""
    if state == QualificationState.VERIFIED and valid_until is not None and valid_until < today:
        return "expired"
    return state
