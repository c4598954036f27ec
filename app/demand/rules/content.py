"""What a request must say. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.clock import months_later
from app.core.errors import FieldProblem
from app.demand.rules.states import Seats

MAX_PEOPLE = 100_000
"""Most people in one request, and in one of its needs."""


class Travel(StrEnum):
    """How far the people of a request can travel."""

    ANYWHERE = "anywhere"
    REGION = "region"
    COUNTRY = "country"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """One line of a request, as far as rules look at it."""

    skill: str
    level: int
    platform: str
    people: int

    @property
    def line(self) -> tuple[str, int, str]:
        """What may be there only once in a request."""
        return (self.skill, self.level, self.platform)


def window_problems(earliest: date, needed_by: date, *, today: date) -> list[FieldProblem]:
    """What is wrong with the dates. ``today`` is the date in the country."""
    problems = []
    if needed_by < today:
        problems.append(FieldProblem(("needed_by",), "This date has already passed.", "past_date"))
    if needed_by < earliest:
        problems.append(
            FieldProblem(
                ("needed_by",),
                f"The window ends before it starts: the earliest date is {earliest}.",
                "window_order",
            )
        )
    return problems


def need_problems(needs: Sequence[NeedFacts], seats: Seats) -> list[FieldProblem]:
    """What is wrong with the needs together.

    No line may be there twice (people would be counted twice), and people may not become fewer
    than the seats already held or met.
    """
    seen: set[tuple[str, int, str]] = set()
    problems = []
    for index, need in enumerate(needs):
        if need.line in seen:
            problems.append(
                FieldProblem(
                    ("needs", index, "skill"),
                    "The same skill, level and product type is there twice. Put the people in one.",
                    "repeated_need",
                )
            )
        seen.add(need.line)
    people = total_people(needs)
    if people > MAX_PEOPLE:
        text = f"One request is for at most {MAX_PEOPLE:,} people; these are {people:,}."
        problems.append(FieldProblem(("needs",), text, "too_many_people"))
    taken = max(seats.held, seats.met)
    if people < taken:
        text = f"{taken} seats are held or met already; give seats back before asking for fewer."
        problems.append(FieldProblem(("needs",), text, "below_seats_held"))
    return problems


def total_people(needs: Iterable[NeedFacts]) -> int:
    """People over all needs."""
    return sum(need.people for need in needs)


def next_window(earliest: date, needed_by: date, *, today: date) -> tuple[date, date]:
    """The window moved by whole years until none of it has passed.

    The 29th of February becomes the 28th where there is none.
    """
    months = 0
    while months_later(earliest, months) < today:
        months += 12
    return months_later(earliest, months), months_later(needed_by, months)
