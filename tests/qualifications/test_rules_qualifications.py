"""What counts, on which day, and what can become of a claim."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from app.qualifications.rules.qualifications import (
    STEPS,
    Hold,
    Proof,
    QualificationState,
    QualificationStepError,
    check_step,
    good_through,
    is_good_through,
    last_day,
    latest,
    standing,
)

S = QualificationState
COURSE = UUID(int=1)
LAST = date(2027, 3, 31)


def proof(**facts: object) -> Proof:
    sent = {"subject": COURSE, "state": S.VERIFIED, "issued_on": date(2026, 1, 1)}
    return Proof(**{**sent, "valid_until": LAST, **facts})  # type: ignore[arg-type]  # by name


def test_the_last_good_day_counts_and_the_next_does_not() -> None:
    assert is_good_through(proof(), LAST)
    assert not is_good_through(proof(), date(2027, 4, 1))


def test_without_an_end_it_is_good_for_ever() -> None:
    assert is_good_through(proof(valid_until=None), date(2199, 12, 31))


def test_it_does_not_count_before_it_was_issued() -> None:
    assert not is_good_through(proof(issued_on=date(2027, 3, 2)), date(2027, 3, 1))


@pytest.mark.parametrize("state", [S.CLAIMED, S.REFUSED, S.REVOKED])
def test_only_what_is_verified_counts(state: QualificationState) -> None:
    assert not is_good_through(proof(state=state), LAST)


def test_one_good_qualification_is_enough() -> None:
    old = proof(valid_until=date(2026, 12, 1))

    assert good_through([old, proof(), proof(subject="nda", state=S.CLAIMED)], LAST) == {COURSE}


@pytest.mark.parametrize(
    ("ends_at", "zone", "day"),
    [
        (datetime(2027, 3, 31, 22, tzinfo=UTC), "Pacific/Kiritimati", date(2027, 4, 1)),
        (datetime(2027, 4, 1, 2, tzinfo=UTC), "America/Lima", date(2027, 3, 31)),
        (datetime(2027, 4, 1, 0, tzinfo=UTC), "UTC", date(2027, 3, 31)),  # midnight: half-open
        (datetime(2027, 4, 1, 0, 1, tzinfo=UTC), "UTC", date(2027, 4, 1)),
    ],
)
def test_the_last_day_is_that_of_the_place(ends_at: datetime, zone: str, day: date) -> None:
    assert last_day(ends_at, zone) == day


def test_the_longest_of_several_is_what_one_holds() -> None:
    proofs = [proof(valid_until=date(2026, 12, 1)), proof(), proof(subject="nda")]

    assert latest(proofs, COURSE) == Hold(LAST)
    assert latest([*proofs, proof(valid_until=None)], COURSE) == Hold(None)
    assert latest([proof(state=S.REVOKED)], COURSE) is None


def test_expired_is_read_off_the_day_and_never_stored() -> None:
    assert standing(S.VERIFIED, LAST, today=LAST) == "verified"
    assert standing(S.VERIFIED, LAST, today=date(2027, 4, 1)) == "expired"
    assert standing(S.CLAIMED, LAST, today=date(2027, 4, 1)) == "claimed"


@pytest.mark.parametrize("before", list(S))
@pytest.mark.parametrize("after", list(S))
def test_only_the_steps_of_the_table_are_taken(
    before: QualificationState, after: QualificationState
) -> None:
    if after in STEPS[before]:
        check_step(before, after)
        return
    with pytest.raises(QualificationStepError):
        check_step(before, after)
