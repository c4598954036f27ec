"""A problem as unknowns and limits: who gets how many seats where.

Everything is sorted by identifier first, so the order in which a problem lists things never
matters. Unknowns are made only where they are needed:

* seats of an ask on a place (for an ask that stays together: whether it goes there at all),
* people covered of a need, where one seat can cover several needs,
* whether a place runs, where it has a minimum,
* seats that the last plan gave, and the theory of an ask that stays together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.allocation.rules.facts import Ask, Given, Problem
from app.allocation.rules.objective import PERSON, kept_gain, seat_gain
from app.allocation.solver.engine import Columns, Rows
from app.allocation.solver.links import Link, links_of


@dataclass(frozen=True, slots=True)
class Model:
    """Unknowns and limits of one problem.

    ``cover`` tells for each country which unknowns, with which factors, add up to its covered
    people.
    """

    columns: Columns
    rows: Rows
    links: tuple[Link, ...]
    cover: Mapping[str, tuple[list[int], list[float]]]

    def given(self, values: NDArray[np.float64]) -> tuple[Given, ...]:
        """The plan that a point stands for, sorted by ask and place."""
        seats = [(link, link.unit * round(float(values[link.column]))) for link in self.links]
        return tuple(Given(link.ask.id, link.place.id, count) for link, count in seats if count)


@dataclass(slots=True)
class _Draft:
    """A model while it is made."""

    columns: Columns = field(default_factory=Columns)
    rows: Rows = field(default_factory=Rows)
    cover: dict[str, tuple[list[int], list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: ([], []))
    )

    def at_most(self, links: Sequence[Link], most: float) -> None:
        """Limit the seats of these links together, unless they cannot exceed it anyway."""
        if sum(link.most for link in links) > most:
            self.rows.add(_columns(links), _units(links), at_most=most)

    def balance(self, more: Iterable[Link], less: Iterable[Link], most: float) -> None:
        """Limit the seats of ``more`` less those of ``less``."""
        plus, minus = list(more), list(less)
        if sum(link.most for link in plus) > most:
            factors = [*_units(plus), *(-unit for unit in _units(minus))]
            self.rows.add([*_columns(plus), *_columns(minus)], factors, at_most=most)


def build(problem: Problem) -> Model:
    """The unknowns and limits of a problem; the gains are those of the objective.

    Raises:
        KeyError: An arc names an ask or a place that is not there.
    """
    draft = _Draft()
    links = [_with_column(draft, link) for link in links_of(problem)]
    by_ask = _grouped(links, lambda link: link.ask.id)
    for group in by_ask.values():
        _limit_ask(draft, group)
        _count_covered(draft, group)
    for group in _grouped(links, lambda link: link.place.id).values():
        _limit_place(draft, group)
    _keep(draft, problem, links)
    return Model(draft.columns, draft.rows, tuple(links), dict(draft.cover))


def _with_column(draft: _Draft, link: Link) -> Link:
    is_block = link.ask.together and bool(link.arc.covers)
    unit = link.most if is_block else 1
    gain = unit * seat_gain(link.arc)
    column = draft.columns.add(1 if is_block else link.most, gain)
    return Link(link.arc, link.ask, link.place, link.most, column, unit)


def _limit_ask(draft: _Draft, links: Sequence[Link]) -> None:
    ask = links[0].ask
    covering = [link for link in links if link.arc.covers]
    if ask.together:
        if len(covering) > 1:
            draft.rows.add(_columns(covering), [1.0] * len(covering), at_most=1)
    else:
        most = ask.seats
        # No seat for somebody who lacks nothing that is taught there.
        for needs in {frozenset(link.arc.covers): None for link in covering}:
            people = sum(ask.needs[need].people for need in needs)
            inside = [link for link in covering if needs.issuperset(link.arc.covers)]
            if len(inside) == len(covering):
                most = min(most, people)
            else:
                draft.at_most(inside, people)
        draft.at_most(covering, most)
    _chain(draft, ask, links)


def _chain(draft: _Draft, ask: Ask, links: Sequence[Link]) -> None:
    """Theory before practice, and no theory without practice."""
    courses = {course: None for link in links for course in link.place.requires}
    for course in courses:
        practice = [link for link in links if course in link.place.requires]
        theory = [link for link in links if link.place.course == course and link not in practice]
        done = [each for each in ask.finished if each.course == course]
        for instant in sorted({link.place.starts for link in practice}):
            draft.balance(
                (link for link in practice if link.place.starts <= instant),
                (link for link in theory if link.place.ends <= instant),
                sum(each.people for each in done if each.at <= instant),
            )
    only_theory = [link for link in links if not link.arc.covers]
    for course, theory in _grouped(only_theory, lambda link: link.place.course).items():
        practice = [link for link in links if course in link.place.requires]
        for instant in sorted({link.place.ends for link in theory}):
            draft.balance(
                (link for link in theory if link.place.ends >= instant),
                (link for link in practice if link.place.starts >= instant),
                0,
            )
        if ask.together and len(theory) > 1:
            _choose_one(draft, theory)


def _choose_one(draft: _Draft, links: Sequence[Link]) -> None:
    chosen = [draft.columns.add(1) for _ in links]
    for link, column in zip(links, chosen, strict=True):
        draft.rows.add([link.column, column], [1.0, -float(link.most)], at_most=0)
    draft.rows.add(chosen, [1.0] * len(chosen), at_most=1)


def _count_covered(draft: _Draft, links: Sequence[Link]) -> None:
    """Give each covered person its value, and count it for its country."""
    ask = links[0].ask
    columns, factors = draft.cover[ask.country]
    shared = {need for link in links if len(link.arc.covers) > 1 for need in link.arc.covers}
    for link in links:
        for need in link.arc.covers:
            if need not in shared:  # then the limits above count each person once already
                draft.columns.gain[link.column] += link.unit * PERSON * ask.needs[need].value
                columns.append(link.column)
                factors.append(link.unit)
    for need in sorted(shared):
        covering = [link for link in links if need in link.arc.covers]
        most = ask.needs[need].people
        column = draft.columns.add(most, PERSON * ask.needs[need].value, whole=False)
        draft.rows.add(
            [column, *_columns(covering)], [1.0, *(-unit for unit in _units(covering))], at_most=0
        )
        columns.append(column)
        factors.append(1.0)


def _limit_place(draft: _Draft, links: Sequence[Link]) -> None:
    place = links[0].place
    if place.cap is not None:
        for country, group in _grouped(links, lambda link: link.ask.country).items():
            draft.at_most(group, place.cap - dict(place.taken).get(country, 0))
    if place.minimum <= 1:
        draft.at_most(links, place.free)
        return
    runs = draft.columns.add(1)
    columns, units = [*_columns(links), runs], _units(links)
    draft.rows.add(columns, [*units, -float(place.free)], at_most=0)
    draft.rows.add(columns, [*units, -float(place.minimum)], at_least=0)


def _keep(draft: _Draft, problem: Problem, links: Sequence[Link]) -> None:
    """A seat that the last plan gave counts a little more."""
    before = {(line.ask, line.place): line.seats for line in problem.previous}
    for link in links:
        seats = min(link.most, before.get((link.ask.id, link.place.id), 0))
        gain = kept_gain(link.ask, link.arc, problem.settings)
        if seats and gain:
            kept = draft.columns.add(seats, gain, whole=False)
            draft.rows.add([kept, link.column], [1.0, -float(link.unit)], at_most=0)


def _grouped(links: Iterable[Link], key: Callable[[Link], str]) -> dict[str, list[Link]]:
    groups: dict[str, list[Link]] = {}
    for link in links:
        groups.setdefault(key(link), []).append(link)
    return groups


def _columns(links: Sequence[Link]) -> list[int]:
    return [link.column for link in links]


def _units(links: Sequence[Link]) -> list[float]:
    return [float(link.unit) for link in links]
