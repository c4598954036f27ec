"""Courses that require each other: what comes before what, and by when it can be finished. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

SELF_PACED = "self-paced"

# Half a working day: people learn beside their job, and the other half stays with it.
SELF_PACED_HOURS_PER_DAY = 4

_HOURS = "hours"


class Sitting(Protocol):
    """One dated delivery of a course. ``hours`` is the work in it; it matters when self-paced."""

    @property
    def starts_at(self) -> datetime:
        """When it begins, or can first be joined."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""

    @property
    def mode(self) -> str:
        """How it is taught."""

    @property
    def hours(self) -> int | None:
        """Hours of work, where they are stated."""


def hours_of(length: float, unit: str) -> int | None:
    """The length of a course in whole hours, where it is counted in hours; rounded up.

    A chain must not look shorter than it is.
    """
    return -int(-length // 1) if unit == _HOURS else None


def with_earlier(courses: Iterable[UUID], requires: Mapping[UUID, Iterable[UUID]]) -> set[UUID]:
    """The courses and everything that comes before them, however far back."""
    found: set[UUID] = set()
    todo = list(courses)
    while todo:
        course = todo.pop()
        if course not in found:
            found.add(course)
            todo.extend(requires.get(course, ()))
    return found


def in_order(
    courses: Iterable[UUID],
    requires: Mapping[UUID, Iterable[UUID]],
    *,
    done: Collection[UUID] = frozenset(),
) -> tuple[UUID, ...]:
    """What is still to do for ``courses``, each after what it requires.

    Nothing before a course in ``done`` is asked for: who has passed a course need not show how
    they came to it. A chain that bites its tail ends where it would begin again.
    """
    ordered: dict[UUID, None] = {}
    seen: set[UUID] = set()

    def visit(course: UUID) -> None:
        if course in seen or course in done:
            return
        seen.add(course)
        for earlier in requires.get(course, ()):
            visit(earlier)
        ordered[course] = None

    for course in courses:
        visit(course)
    return tuple(ordered)


def end_of(sitting: Sitting, ready_at: datetime) -> datetime | None:
    """When somebody who is ready at ``ready_at`` has finished; None when it is too late to join."""
    if sitting.mode != SELF_PACED:
        return sitting.ends_at if sitting.starts_at >= ready_at else None
    joined_at = max(sitting.starts_at, ready_at)
    # Without stated hours only the end of the window is certain.
    end = sitting.ends_at if sitting.hours is None else joined_at + _length(sitting.hours)
    return end if joined_at < sitting.ends_at and end <= sitting.ends_at else None


def due_by(sitting: Sitting) -> datetime:
    """When what comes before must be finished.

    That is the start; for self-paced work of known length the last moment that leaves time for it.
    """
    if sitting.mode != SELF_PACED or sitting.hours is None:
        return sitting.starts_at
    return max(sitting.starts_at, sitting.ends_at - _length(sitting.hours))


def _length(hours: int) -> timedelta:
    return timedelta(days=-(-hours // SELF_PACED_HOURS_PER_DAY))
