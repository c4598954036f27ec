"""Counting failed attempts, so that guessing stays slow on every server.

An attempt is charged before it is looked at and refunded when it was right: guesses sent at the
same moment then all count, which they would not if only their failures were written down.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, delete, or_, update
from sqlmodel import Session, col

from app.accounts.models import Login, SignInAttempt
from app.accounts.rules import ATTEMPT_WINDOW, Limit, TooManyAttemptsError, window_start
from app.core.db import insert_into

_KEPT = timedelta(days=30)


def charge(db: Session, limits: Sequence[Limit], *, now: datetime) -> None:
    """Count one attempt against each of ``limits``; refused attempts do not count.

    Windows are fixed quarters of an hour, so at most twice the limit falls into any 15 minutes.

    Raises:
        TooManyAttemptsError: One of them is reached; ``retry_after`` seconds are left of it.
    """
    start = window_start(now)
    for limit in limits:
        statement = insert_into(db, SignInAttempt).values(
            key=limit.key, window_start=start, failures=1
        )
        failures = db.execute(
            statement.on_conflict_do_update(
                index_elements=["key", "window_start"],
                set_={"failures": col(SignInAttempt.failures) + 1},
            ).returning(col(SignInAttempt.failures))
        ).scalar_one()
        if failures > limit.most:
            left = start + ATTEMPT_WINDOW - now
            raise TooManyAttemptsError(
                "That was tried too often. Please wait a quarter of an hour and try again.",
                retry_after=int(left.total_seconds()) + 1,
            )


def refund(db: Session, limits: Sequence[Limit], *, now: datetime) -> None:
    """Take back what :func:`charge` counted at the same ``now``: the attempt was right."""
    db.execute(
        update(SignInAttempt)
        .where(
            col(SignInAttempt.key).in_([limit.key for limit in limits]),
            col(SignInAttempt.window_start) == window_start(now),
            col(SignInAttempt.failures) > 0,
        )
        .values(failures=col(SignInAttempt.failures) - 1)
    )


def forget_old(db: Session, *, now: datetime) -> int:
    """Delete counters of past windows, and logins that ended a month ago; returns how many."""
    ended = now - _KEPT
    counters = delete(SignInAttempt).where(
        col(SignInAttempt.window_start) < now - 2 * ATTEMPT_WINDOW
    )
    logins = delete(Login).where(or_(col(Login.expires_at) < ended, col(Login.revoked_at) < ended))
    return sum(
        cast("CursorResult[object]", db.execute(statement)).rowcount
        for statement in (counters, logins)
    )
