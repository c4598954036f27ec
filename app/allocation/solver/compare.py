"""Two plans side by side: every line that changed, with its cause."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from app.allocation.rules.facts import Ask, Given, Place, Plan, Problem

_Key = TypeVar("_Key")
_Row = TypeVar("_Row")


class Cause(StrEnum):
    """Why a line differs; the first that is true."""

    ASK_NEW = "request-new"
    ASK_GONE = "request-gone"
    PLACE_NEW = "slot-new"
    PLACE_GONE = "slot-gone"
    MATCH_NEW = "match-new"
    MATCH_GONE = "match-gone"
    ASK_CHANGED = "request-changed"
    PLACE_CHANGED = "slot-changed"
    MATCH_CHANGED = "match-changed"
    SETTINGS = "settings-changed"
    OTHERS = "others-changed"
    SAME = "same-input"


@dataclass(frozen=True, slots=True)
class Difference:
    """Seats of one ask on one place in two plans.

    ``others`` are the asks whose seats on the same place moved the other way.
    """

    ask: str
    place: str
    before: int
    after: int
    cause: Cause
    others: tuple[str, ...] = ()


def differences(
    before: tuple[Problem, Plan], after: tuple[Problem, Plan]
) -> tuple[Difference, ...]:
    """Every ask and place whose seats differ, sorted.

    A change in what the line itself stands on is its cause; where nothing of that changed it is
    the settings, or else something that changed for others; with the same input it is an edit, or
    a search that ended early.
    """
    old, new = _Side(*before), _Side(*after)
    changed = {
        key: (old.seats.get(key, 0), new.seats.get(key, 0))
        for key in sorted(old.seats.keys() | new.seats.keys())
        if old.seats.get(key, 0) != new.seats.get(key, 0)
    }
    rest = _rest(before[0], after[0])
    return tuple(
        Difference(*key, *seats, _own(old, new, key) or rest, _moved(changed, key))
        for key, seats in changed.items()
    )


class _Side:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.asks: Mapping[str, Ask] = {ask.id: ask for ask in problem.asks}
        self.places: Mapping[str, Place] = {place.id: place for place in problem.places}
        self.arcs = problem.fits
        self.seats = {(line.ask, line.place): line.seats for line in plan.given if line.seats}


def _own(old: _Side, new: _Side, key: tuple[str, str]) -> Cause | None:
    ask, place = key
    steps = (
        _gone_or_new(old.asks, new.asks, ask, (Cause.ASK_GONE, Cause.ASK_NEW)),
        _gone_or_new(old.places, new.places, place, (Cause.PLACE_GONE, Cause.PLACE_NEW)),
        _gone_or_new(old.arcs, new.arcs, key, (Cause.MATCH_GONE, Cause.MATCH_NEW)),
        Cause.ASK_CHANGED if old.asks.get(ask) != new.asks.get(ask) else None,
        Cause.PLACE_CHANGED if old.places.get(place) != new.places.get(place) else None,
        Cause.MATCH_CHANGED if old.arcs.get(key) != new.arcs.get(key) else None,
    )
    return next((step for step in steps if step is not None), None)


def _gone_or_new(
    old: Mapping[_Key, _Row], new: Mapping[_Key, _Row], key: _Key, causes: tuple[Cause, Cause]
) -> Cause | None:
    if (key in old) == (key in new):
        return None
    return causes[0] if key in old else causes[1]


def _rest(old: Problem, new: Problem) -> Cause:
    if old.settings != replace(new.settings, seconds=old.settings.seconds):
        return Cause.SETTINGS
    same = all(
        set(one) == set(other)
        for one, other in (
            (old.asks, new.asks),
            (old.places, new.places),
            (old.arcs, new.arcs),
            (_kept(old.previous), _kept(new.previous)),
        )
    )
    return Cause.SAME if same else Cause.OTHERS


def _kept(given: Iterable[Given]) -> tuple[Given, ...]:
    return tuple(line for line in given if line.seats)


def _moved(
    changed: Mapping[tuple[str, str], tuple[int, int]], key: tuple[str, str]
) -> tuple[str, ...]:
    before, after = changed[key]
    return tuple(
        ask
        for (ask, place), (had, has) in changed.items()
        if place == key[1] and (has - had) * (after - before) < 0
    )
