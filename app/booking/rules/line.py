"""Who is next in line, and how long an offer stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry of a waiting list."""

    booking_id: UUID
    country: str | None


def next_in_line(
    free: int, line: Sequence[Waiting], *, cap: int | None, taken: dict[str | None, int]
) -> list[UUID]:
    """Who is offered the ``free`` seats: strictly in order, passing over capped countries.

    Args:
        free: Seats that nobody claims.
        line: The waiting list in its order.
        cap: Most seats for one country, if there is such a rule.
        taken: Seats claimed per country now; not changed.
    """
    chosen: list[UUID] = []
    counts = dict(taken)
    for entry in line:
        if len(chosen) == free:
            break
        if cap is not None and counts.get(entry.country, 0) >= cap:
            continue
        counts[entry.country] = counts.get(entry.country, 0) + 1
        chosen.append(entry.booking_id)
    return chosen


def offer_until(*, now: datetime, offer: timedelta, closes_at: datetime) -> datetime:
    """When an offer from the waiting list ends: never past the closing time."""
    return min(now + offer, closes_at)
