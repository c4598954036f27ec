"""Small problems of every kind for Hypothesis: minimums, caps, cohorts, chains, two needs."""

from hypothesis import strategies as st

from app.allocation.rules.facts import (
    Arc,
    Ask,
    AskedNeed,
    Finished,
    Place,
    Problem,
    Settings,
)

COUNTRIES = ("GH", "KE", "SN")
DAY = 86_400
THEORY = "theory"


@st.composite
def problems(
    draw: st.DrawFn, *, most_asks: int = 4, most_places: int = 4, most_seats: int = 5
) -> Problem:
    """A problem with a handful of asks and places; about two in three pairs fit."""
    asks = tuple(draw(_ask(n, most_seats)) for n in range(draw(st.integers(1, most_asks))))
    places = tuple(draw(_place(n, most_seats)) for n in range(draw(st.integers(1, most_places))))
    arcs = tuple(
        draw(_arc(ask, place))
        for ask in asks
        for place in places
        if draw(st.sampled_from((True, True, False)))
    )
    floor = draw(st.sampled_from((0, 50, 90, 100)))
    return Problem(asks, places, arcs, settings=Settings(floor_percent=floor))


@st.composite
def _ask(draw: st.DrawFn, number: int, most: int) -> Ask:
    urgency, significance = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    needs = tuple(
        AskedNeed(f"skill{n}", draw(st.integers(1, most)), urgency * significance)
        for n in range(draw(st.sampled_from((1, 1, 2))))
    )
    people = [need.people for need in needs]
    return Ask(
        f"a{number}",
        draw(st.sampled_from(COUNTRIES)),
        draw(st.integers(max(people), sum(people))),
        needs,
        urgency,
        significance,
        draw(st.sampled_from((False, False, False, True))),
        (Finished(THEORY, draw(st.integers(0, 30)) * DAY, 1),) * draw(st.integers(0, 1)),
    )


@st.composite
def _place(draw: st.DrawFn, number: int, most: int) -> Place:
    starts = draw(st.integers(0, 30)) * DAY
    is_theory = draw(st.sampled_from((False, False, True)))
    needs_theory = not is_theory and draw(st.sampled_from((False, False, True)))
    return Place(
        f"p{number}",
        THEORY if is_theory else f"course{number}",
        starts,
        starts + draw(st.integers(1, 5)) * DAY,
        draw(st.integers(1, most)),
        draw(st.sampled_from((0, 0, 1, 2, 3, 6))),
        draw(st.sampled_from((None, None, 1, 2))),
        ((draw(st.sampled_from(COUNTRIES)), 1),) * draw(st.integers(0, 1)),
        (THEORY,) if needs_theory else (),
    )


@st.composite
def _arc(draw: st.DrawFn, ask: Ask, place: Place) -> Arc:
    every = tuple(range(len(ask.needs)))
    choices = [every, every[:1], every[-1:]]
    if place.course == THEORY:
        choices.append(())
    return Arc(
        ask.id,
        place.id,
        draw(st.integers(0, 10_000)),
        draw(st.sampled_from(choices)),
        draw(st.integers(0, 100)),
    )
