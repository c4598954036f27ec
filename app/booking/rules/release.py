"""When a country is reminded that open seats of its block will go back."""

from datetime import datetime, timedelta

REMIND_BEFORE = (timedelta(days=14), timedelta(days=3), timedelta(days=1))
"""How long before the release date; the longest first."""


def is_reminder_due(*, release_at: datetime, told_at: datetime, now: datetime) -> bool:
    """Whether a threshold was passed since the country last heard of the release date.

    Of several thresholds passed meanwhile one reminder tells. After the release none does.

    Args:
        release_at: When the open seats go back.
        told_at: The last reminder, or when the block was taken.
        now: Aware UTC time.
    """
    if now >= release_at:
        return False
    return any(told_at < release_at - before <= now for before in REMIND_BEFORE)
