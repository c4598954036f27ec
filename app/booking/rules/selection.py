"""Who gets a seat of a slot for which more people applied than there are seats. Pure.

One pass, the same for the same applications however they come in, and checkable by hand: who is
not eligible is set aside; the others are put in the stated order; going down that order, each
gets a seat unless a cap, or seats kept for others, stand against it; the rest is the reserve, in
the same order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.booking.rules.shares import (
    Claimant,
    Group,
    SeatBook,
    country_groups,
)
from app.booking.rules.states import HeldBack
from app.core.errors import ConflictError

NEW_COUNTRY, EARLIEST = "new-country-first", "earliest"
_GROUP_FIRST = {
    "ldc-first": Group.LDC,
    "lldc-first": Group.LLDC,
    "sids-first": Group.SIDS,
    "women-first": Group.WOMEN,
    "regulators-first": Group.REGULATORS,
}

CRITERIA = (*_GROUP_FIRST, NEW_COUNTRY, EARLIEST)
"""What applicants can be ranked by; time of application, then the id, always come last."""

FULL = "full"
LATE_PRIORITY = 1_000_000
"""The place in line of whoever comes after the selection: behind the whole reserve."""


class Result(StrEnum):
    """What became of an application."""

    SELECTED = "selected"
    RESERVE = "reserve"
    NOT_ELIGIBLE = "not-eligible"


class SelectionMadeError(ConflictError):
    """The selection was made; its outcome stands."""

    code = "already_selected"


class DeadlineAheadError(ConflictError):
    """People can still apply."""

    code = "deadline_ahead"


class NoSelectionError(ConflictError):
    """Seats of this slot are not given by selection."""

    code = "no_selection"


@dataclass(frozen=True, slots=True)
class Applicant:
    """One application: who, since when, and what was there at the deadline.

    ``passed`` and ``missing`` name the required courses; who misses one is not eligible.
    ``clash``: the person has another seat at the slot's times.
    """

    booking_id: UUID
    who: Claimant
    applied_at: datetime
    passed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    clash: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the selection gave one applicant.

    ``position`` is the place in the order of all who are eligible, ``place`` the one among those
    selected or in the reserve (both from 1; 0: not eligible). ``stopped_by`` says why somebody of
    the reserve got no seat: ``country-cap``, ``authority-cap``, ``seats-kept``, ``clash`` or
    ``full``. ``ahead``: when those applied who took the seats that a cap allows, by time.
    """

    applicant: Applicant
    result: Result
    position: int = 0
    place: int = 0
    stopped_by: str = ""
    ahead: tuple[datetime, ...] = ()


def select_applicants(
    applicants: Iterable[Applicant], book: SeatBook, order: Sequence[str], *, now: datetime
) -> list[Outcome]:
    """Decide about all applicants: those selected, the reserve, those not eligible.

    Args:
        applicants: In any order.
        book: Free seats, caps, shares and who has seats already. Shares whose time is over by
            ``now`` were kept until the deadline: their groups come first, and what is left of
            them goes to the others in the same order.
        order: Ids of :data:`CRITERIA`, the first one first.
        now: When the selection is made.

    Returns:
        Selected by place, then the reserve by place, then the others by time of application.
    """
    everybody = sorted(applicants, key=_by_time)
    ranking = ranked([each for each in everybody if not each.missing], order, book)
    taken, stopped, book = _walk(ranking, book)
    left = [each for each in ranking if each.booking_id not in taken]
    taken |= _walk(left, book.without_ended(now))[0]
    chosen = [each for each in ranking if each.booking_id in taken]
    reserve = [each for each in ranking if each.booking_id not in taken]
    position = {each.booking_id: place for place, each in enumerate(ranking, start=1)}
    outcomes = [
        Outcome(each, Result.SELECTED, position[each.booking_id], place)
        for place, each in enumerate(chosen, start=1)
    ]
    for place, each in enumerate(reserve, start=1):
        why = stopped[each.booking_id]
        ahead = tuple(other.applied_at for other in chosen if _shares_cap(each, other, why))
        outcomes.append(
            Outcome(
                each, Result.RESERVE, position[each.booking_id], place, why, tuple(sorted(ahead))
            )
        )
    return outcomes + [Outcome(each, Result.NOT_ELIGIBLE) for each in everybody if each.missing]


def ranked(
    applicants: Sequence[Applicant], order: Sequence[str], book: SeatBook
) -> list[Applicant]:
    """The applicants in the stated order; equals by time of application, then by id.

    ``new-country-first`` puts the best applicant of each country that has no seat yet before all
    others: best by the rest of the order.
    """
    rest = [each for each in order if each != NEW_COUNTRY]
    by_rest = sorted(applicants, key=lambda each: (_key(each, rest, set()), _by_time(each)))
    firsts: dict[str, UUID] = {}
    for each in by_rest:
        country = each.who.country
        if country is not None and not each.clash and not book.by_country.get(country, 0):
            firsts.setdefault(country, each.booking_id)
    new = set(firsts.values())
    return sorted(applicants, key=lambda each: (_key(each, order, new), _by_time(each)))


def _walk(
    ranking: Iterable[Applicant], book: SeatBook
) -> tuple[set[UUID], dict[UUID, str], SeatBook]:
    taken: set[UUID] = set()
    stopped: dict[UUID, str] = {}
    for each in ranking:
        why = _stopped_by(each, book)
        if why:
            stopped[each.booking_id] = why
        else:
            taken.add(each.booking_id)
            book = book.after(each.who)
    return taken, stopped, book


def _stopped_by(applicant: Applicant, book: SeatBook) -> str:
    if applicant.clash:
        return HeldBack.CLASH
    room = book.room(applicant.who)
    if room.capped:
        return room.capped
    if room.seats > 0:
        return ""
    return HeldBack.SEATS_KEPT if book.free > 0 else FULL


def _shares_cap(applicant: Applicant, other: Applicant, why: str) -> bool:
    """Whether ``other`` has one of the seats that the cap ``why`` counts for ``applicant``."""
    if why == HeldBack.COUNTRY_CAP:
        return other.who.country == applicant.who.country
    return why == HeldBack.AUTHORITY_CAP and other.who.authority == applicant.who.authority


def _key(applicant: Applicant, order: Sequence[str], new: set[UUID]) -> tuple[int | float, ...]:
    return tuple(_points(applicant, criterion, new) for criterion in order)


def _points(applicant: Applicant, criterion: str, new: set[UUID]) -> int | float:
    """Fewer come first."""
    if criterion == EARLIEST:
        return applicant.applied_at.timestamp()
    if criterion == NEW_COUNTRY:
        return 0 if applicant.booking_id in new else 1
    group, who = _GROUP_FIRST[criterion], applicant.who
    return 0 if group in who.groups or group in country_groups(who.country) else 1


def _by_time(applicant: Applicant) -> tuple[datetime, UUID]:
    return applicant.applied_at, applicant.booking_id
