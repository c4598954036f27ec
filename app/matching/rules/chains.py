"""Prerequisites: when people who start from nothing can have finished a chain of courses."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from app.matching.rules.facts import REMOTE_MODES, SELF_PACED, Need, Offer, Paths, Run

# Half a working day: people learn beside their job, and the other half stays with it.
SELF_PACED_HOURS_PER_DAY = 4


def earliest_completions(
    need: Need, courses: Iterable[UUID], paths: Paths, *, now: datetime
) -> dict[UUID, datetime]:
    """When each course, and each one before it, can be finished at the earliest.

    A course that cannot be finished is missing from the answer: no run is open to the need, the
    runs come before its own prerequisites end, or the chain bites its tail. Each course is looked
    at once per round and a round without news ends the search, so a cycle cannot hang it.

    Args:
        need: Whose languages, and remote people, the runs must suit.
        courses: Where the chains end; what they require is added.
        paths: What requires what, and the runs.
        now: Aware UTC time; nothing starts before it.
    """
    waiting = _with_earlier(courses, paths)
    done: dict[UUID, datetime] = {}
    progress = True
    while waiting and progress:
        progress = False
        for course in list(waiting):
            earlier = paths.requires.get(course, ())
            if any(other not in done for other in earlier):
                continue
            waiting.discard(course)
            ready_at = max([now, *(done[other] for other in earlier)])
            ends = _ends(need, paths.runs.get(course, ()), ready_at, now)
            if ends:
                done[course] = min(ends)
                progress = True
    return done


def missing_courses(
    offer: Offer, completions: Mapping[UUID, datetime], paths: Paths
) -> tuple[UUID, ...]:
    """The courses before the offer that cannot be finished before it starts, in order of id."""
    due_at = due_by(offer)
    late = (
        course
        for course in _with_earlier(offer.requires, paths)
        if course not in completions or completions[course] > due_at
    )
    return tuple(sorted(late))


def is_chain_late(offer: Offer, completions: Mapping[UUID, datetime]) -> bool:
    """Whether a course that the offer requires cannot be finished before it starts."""
    if not offer.requires:
        return False
    due_at = due_by(offer)
    return any(
        course not in completions or completions[course] > due_at for course in offer.requires
    )


def due_by(offer: Offer) -> datetime:
    """When the chain before an offer must be finished.

    That is its start; for self-paced work of known length the last moment that leaves time for it.
    """
    if offer.mode != SELF_PACED or offer.hours is None:
        return offer.starts_at
    return max(offer.starts_at, offer.ends_at - _length(offer.hours))


def _with_earlier(courses: Iterable[UUID], paths: Paths) -> set[UUID]:
    found: set[UUID] = set()
    todo = list(courses)
    while todo:
        course = todo.pop()
        if course not in found:
            found.add(course)
            todo.extend(paths.requires.get(course, ()))
    return found


def _ends(need: Need, runs: Iterable[Run], ready_at: datetime, now: datetime) -> list[datetime]:
    ends = (_end(run, ready_at) for run in runs if _is_open(need, run, now))
    return [end for end in ends if end is not None]


def _is_open(need: Need, run: Run, now: datetime) -> bool:
    return (
        run.apply_by > now
        and run.seats_free > 0
        and any(language in run.languages for language in need.languages)
        and (run.mode in REMOTE_MODES or not need.remote_only)
    )


def _end(run: Run, ready_at: datetime) -> datetime | None:
    if run.mode != SELF_PACED:
        return run.ends_at if run.starts_at >= ready_at else None
    joined_at = max(run.starts_at, ready_at)
    # Without stated hours only the end of the window is certain.
    end = run.ends_at if run.hours is None else joined_at + _length(run.hours)
    return end if joined_at < run.ends_at and end <= run.ends_at else None


def _length(hours: int) -> timedelta:
    return timedelta(days=-(-hours // SELF_PACED_HOURS_PER_DAY))
