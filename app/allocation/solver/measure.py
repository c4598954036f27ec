"""How good and how fair a plan is, whoever made it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.allocation.rules import objective
from app.allocation.rules.facts import Given, Problem

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class CountryFigures:
    """People of one country: who lack something, who could be covered were it alone, who are."""

    country: str
    asked: int
    reach: int
    covered: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A plan in numbers. Shares are in millionths, so that they are whole and compare exactly.

    ``lowest`` is the smallest share of its reach that a country has, ``jain`` the fairness index
    over these shares (all equal: a million); both over the countries that can reach anything.
    ``ldc_coverage`` is the share of all covered people who live in least developed countries,
    ``ldc_demand`` their share of all who lack something.

    Source: R. Jain, D. Chiu, W. Hawe, A quantitative measure of fairness, DEC TR-301 (1984).
    """

    objective: int
    value: int
    covered: int
    asked: int
    seats: int
    lowest: int
    jain: int
    ldc_coverage: int
    ldc_demand: int
    countries: tuple[CountryFigures, ...]


def measure(
    problem: Problem,
    given: Sequence[Given],
    *,
    reach: Mapping[str, int],
    ldc: frozenset[str] = frozenset(),
) -> Figures:
    """The figures of a plan; ``reach`` is what ``Plan.reach`` says of the same problem."""
    covered = objective.covered_by_country(problem, given)
    asked: dict[str, int] = {}
    for ask in problem.asks:
        people = sum(need.people for need in ask.needs)
        asked[ask.country] = asked.get(ask.country, 0) + people
    rows = tuple(
        CountryFigures(country, asked[country], reach.get(country, 0), covered[country])
        for country in sorted(asked)
    )
    return Figures(
        objective=objective.objective(problem, given),
        value=objective.value(problem, given),
        covered=sum(row.covered for row in rows),
        asked=sum(row.asked for row in rows),
        seats=sum(line.seats for line in given),
        lowest=min((_share(row.covered, row.reach) for row in rows if row.reach), default=MILLION),
        jain=_jain([row for row in rows if row.reach]),
        ldc_coverage=_share(
            sum(row.covered for row in rows if row.country in ldc),
            sum(row.covered for row in rows),
        ),
        ldc_demand=_share(
            sum(row.asked for row in rows if row.country in ldc),
            sum(row.asked for row in rows),
        ),
        countries=rows,
    )


def _share(part: int, whole: int) -> int:
    return part * MILLION // whole if whole else 0


def _jain(rows: Sequence[CountryFigures]) -> int:
    shares = [_share(row.covered, row.reach) for row in rows]
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 * MILLION // (len(shares) * squares) if squares else MILLION
