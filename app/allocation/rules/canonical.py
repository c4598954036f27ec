"""A problem as bytes: to keep it with its run, and to tell whether two runs saw the same. Pure."""

import hashlib
import json
import zlib
from dataclasses import replace
from typing import Any

from app.allocation.rules.facts import (
    Arc,
    Ask,
    AskedNeed,
    Finished,
    Given,
    Place,
    Problem,
    Settings,
)


def packed(problem: Problem) -> bytes:
    """The problem, compressed; equal problems give equal bytes whatever the order of their rows."""
    return zlib.compress(_text(_rows(problem)), 6)


def unpacked(body: bytes) -> Problem:
    """The problem that was packed, its rows sorted."""
    rows = json.loads(zlib.decompress(body))
    asks = tuple(_ask(row) for row in rows["asks"])
    places = tuple(_place(row) for row in rows["places"])
    known: dict[tuple[int, ...], tuple[int, ...]] = {}

    def alike(covers: list[int]) -> tuple[int, ...]:
        """One object for all that are equal: arcs are many, and kept in memory."""
        return known.setdefault(tuple(covers), tuple(covers))

    return Problem(
        asks=asks,
        places=places,
        arcs=tuple(
            Arc(asks[ask].id, places[place].id, score, alike(covers), cost)
            for ask, place, score, covers, cost in rows["arcs"]
        ),
        previous=tuple(Given(*row) for row in rows["previous"]),
        settings=Settings(**rows["settings"]),
    )


def digest(problem: Problem) -> str:
    """SHA-256 of the needs, the seats and what fits, without settings and the last plan."""
    bare = replace(problem, previous=(), settings=Settings())
    return hashlib.sha256(_text(_rows(bare))).hexdigest()


def _text(rows: dict[str, Any]) -> bytes:
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=True).encode()


def _rows(problem: Problem) -> dict[str, Any]:
    settings = problem.settings
    asks = sorted(problem.asks, key=lambda ask: ask.id)
    places = sorted(problem.places, key=lambda place: place.id)
    # By position: an identifier in each arc would make it three times as long.
    ask_at = {ask.id: number for number, ask in enumerate(asks)}
    place_at = {place.id: number for number, place in enumerate(places)}
    return {
        "asks": [_of_ask(ask) for ask in asks],
        "places": [_of_place(place) for place in places],
        "arcs": sorted(
            (ask_at[arc.ask], place_at[arc.place], arc.score, arc.covers, arc.cost)
            for arc in problem.arcs
        ),
        "previous": sorted([line.ask, line.place, line.seats] for line in problem.previous),
        "settings": {
            "floor_percent": settings.floor_percent,
            "stability_percent": settings.stability_percent,
            "seconds": settings.seconds,
        },
    }


def _of_ask(ask: Ask) -> list[Any]:
    needs = [[need.skill, need.people, need.value] for need in ask.needs]
    finished = sorted([each.course, each.at, each.people] for each in ask.finished)
    weight = [ask.urgency, ask.significance, ask.together]
    return [ask.id, ask.country, ask.seats, needs, *weight, finished]


def _ask(row: list[Any]) -> Ask:
    ask, country, seats, needs, urgency, significance, together, finished = row
    return Ask(
        id=ask,
        country=country,
        seats=seats,
        needs=tuple(AskedNeed(*need) for need in needs),
        urgency=urgency,
        significance=significance,
        together=together,
        finished=tuple(Finished(*each) for each in finished),
    )


def _of_place(place: Place) -> list[Any]:
    limits = [place.minimum, place.cap, sorted(map(list, place.taken)), sorted(place.requires)]
    return [place.id, place.course, place.starts, place.ends, place.free, *limits]


def _place(row: list[Any]) -> Place:
    place, course, starts, ends, free, minimum, cap, taken, requires = row
    return Place(
        id=place,
        course=course,
        starts=starts,
        ends=ends,
        free=free,
        minimum=minimum,
        cap=cap,
        taken=tuple((country, seats) for country, seats in taken),
        requires=tuple(requires),
    )
