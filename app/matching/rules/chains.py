"""Prerequisites: when people who start from nothing can have finished a chain of courses."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from app.matching.rules.facts import REMOTE_MODES, Need, Offer, Paths, Run
from app.registry.rules.chains import due_by, end_of, with_earlier


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
    waiting = with_earlier(courses, paths.requires)
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
        for course in with_earlier(offer.requires, paths.requires)
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


def _ends(need: Need, runs: Iterable[Run], ready_at: datetime, now: datetime) -> list[datetime]:
    ends = (end_of(run, ready_at) for run in runs if _is_open(need, run, now))
    return [end for end in ends if end is not None]


def _is_open(need: Need, run: Run, now: datetime) -> bool:
    return (
        run.apply_by > now
        and run.seats_free > 0
        and any(language in run.languages for language in need.languages)
        and (run.mode in REMOTE_MODES or not need.remote_only)
    )
