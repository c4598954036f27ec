"""Ranking from the board of a process: 100,000 slots from a database, a million made in memory."""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from app.accounts import queries as accounts
from app.accounts.rules import Actor
from app.core.clock import utc_now
from app.core.db import Database
from app.core.ids import new_id
from app.matching.queries import offers_to_come
from app.matching.rules import Need, Offer, Want
from app.matching.rules.columns import Columns, rank_columns
from app.matching.service import Board, matches_for
from app.matching.service.board import rank_rows
from app.registry.models import Slot
from benchmarks import data
from benchmarks.figures import note, percentile
from benchmarks.plan import Plan
from benchmarks.stores import opened

SHOWN = 50
_REQUESTS = 40
_LEAST_CALLS = 200
_COPIES = 10
_CHAINED = 5  # every fifth course requires another one
_MB = 1_000_000

Call = Callable[[], object]


class _Took(NamedTuple):
    """Milliseconds of a call: as the clock shows, and of the processor."""

    whole: float
    worked: float


@dataclass(frozen=True, slots=True)
class _Town:
    """A database full of slots, its board, and needs for it."""

    database: Database
    board: Board
    actor: Actor
    network: data.Network
    needs: Mapping[str, list[Need]]


def rankings(plan: Plan) -> None:
    """The board: making it, keeping it up, asking it; beside it the same from the rows."""
    slots = plan.size(100_000, 1_000)
    for store in plan.stores:
        note(f"rankings: {slots} slots, {store.kind}")
        name = "board"
        url = store.create(name)
        try:
            with opened(url) as database:
                network = data.fill(database, slots=slots, requests=_REQUESTS, meetings=(1, 1))
                store.settle(url)
                town = _town(database, network)
                for _ in range(plan.runs):
                    _measure(plan, store.kind, town, f"{slots:,} slots")
                if store is plan.stores[0]:
                    _measure_many(plan, town)
        finally:
            store.drop(name)


def _town(database: Database, network: data.Network) -> _Town:
    with database.read() as db:
        actor = accounts.actor_of_user(db, network.secretariat)
        offers = [listed.offer for listed in offers_to_come(db, now=utc_now())]
    return _Town(database, Board(database), actor, network, _needs(offers, utc_now()))


def _needs(offers: list[Offer], now: datetime) -> dict[str, list[Need]]:
    """Needs of several kinds, for skills that are taught most, as often as others, and least."""
    common = [skill for skill, _ in Counter(s for o in offers for s, _ in o.skills).most_common()]
    random = Random(data.SEED)
    usual = _need(now, [common[0]])

    def some(make: Callable[[list[str]], Need], skills: int) -> list[Need]:
        return [make(random.sample(common, skills)) for _ in range(_REQUESTS)]

    open_wide = replace(usual, modes=frozenset(), languages=("en", "fr", "es", "ar", "pt"))
    return {
        "one skill": some(lambda skills: _need(now, skills), 1),
        "the most taught skill": [usual],
        "five skills": some(lambda skills: _need(now, skills), 5),
        "no limits": some(lambda skills: replace(open_wide, wants=_wants(skills, "all", 1)), 1),
        "the least taught skill": [_need(now, [common[-1]])],
        "a skill nobody teaches": [_need(now, ["none"])],
    }


def _need(now: datetime, skills: list[str]) -> Need:
    return Need(
        request_id=UUID(int=1),
        wants=_wants(skills, "vaccines", 2),
        people=6,
        sector="industry-private",
        urgency=4,
        earliest=now.date() + timedelta(days=20),
        needed_by=now.date() + timedelta(days=300),
        modes=frozenset({"hands-on", "classroom-onsite"}),
        languages=("en", "fr"),
        country="KE",
        region="AFR",
        point=(-1.3, 36.8),
        travel_limit_km=9_000,
    )


def _wants(skills: list[str], platform: str, level: int) -> tuple[Want, ...]:
    return tuple(Want(skill, level, platform) for skill in skills)


def _measure(plan: Plan, kind: str, town: _Town, size: str) -> None:
    started = time.perf_counter()
    town.board.rebuild()
    plan.results.add(f"the board of {size} made from the rows", "s", kind, _since(started))
    plan.results.add(f"columns of {size}", "MB", kind, town.board.nbytes / _MB)
    # As a server begins: what is in memory by then is spared by the collection of garbage.
    town.board.start().join()
    for name, needs in town.needs.items():
        note(f"rankings: {name}")
        _note(plan, f"ranking, {size}, {name}", kind, _times(plan, _asking(town, needs)))
    _measure_batch(plan, kind, town, size)
    _note(plan, f"the next ranking after a change, {size}", kind, _after_changes(plan, town))
    _note(plan, f"whole answer with reasons, {size}", kind, _times(plan, _answers(town)))
    by_rows = _times(plan, _asking_rows(town, town.needs["one skill"]))
    _note(plan, f"ranking from the rows, {size}, one skill", kind, by_rows)


def _measure_batch(plan: Plan, kind: str, town: _Town, size: str) -> None:
    """Many needs one after the other, as an allocation asks them: the matches of each, alone."""
    needs = list(itertools.islice(itertools.cycle(town.needs["one skill"]), plan.size(10_000, 50)))
    note(f"rankings: {len(needs)} needs in a batch")
    with town.database.read() as db:
        started, worked = time.perf_counter(), time.thread_time()
        asked = town.board.rankings(db, needs, now=utc_now(), limit=SHOWN)
        assert sum(1 for _ in asked) == len(needs)
    for what, took in (
        ("", _since(started)),
        (", processor", time.thread_time() - worked),
    ):
        name = f"matches of {len(needs):,} needs, {size}, each{what}"
        plan.results.add(name, "ms", kind, took * 1000 / len(needs))


def _asking(town: _Town, needs: list[Need]) -> Iterator[Call]:
    with town.database.read() as db:
        for need in itertools.cycle(needs):
            yield partial(town.board.rank, db, need, now=utc_now(), limit=SHOWN)


def _asking_rows(town: _Town, needs: list[Need]) -> Iterator[Call]:
    with town.database.read() as db:
        for need in itertools.cycle(needs):
            yield partial(rank_rows, db, need, now=utc_now(), limit=SHOWN)


def _answers(town: _Town) -> Iterator[Call]:
    def answer(request_id: UUID) -> object:
        with town.database.read() as db:
            found = matches_for(db, town.actor, request_id, now=utc_now(), board=town.board)
        return found.model_dump_json()

    for request_id in itertools.cycle(town.network.requests):
        yield partial(answer, request_id)


def _after_changes(plan: Plan, town: _Town) -> list[_Took]:
    """Each time one slot has changed: noticed, read again and ranked."""
    needs, slots = itertools.cycle(town.needs["one skill"]), iter(town.network.slots)

    def change(db: Session) -> None:
        slot = db.get_one(Slot, next(slots))
        slot.waiting += 1
        db.add(slot)
        data.say_changed(db, slot.id, version=slot.waiting + 1_000)

    times = []
    for _ in range(plan.size(_LEAST_CALLS, 20)):
        town.database.run(change)
        with town.database.read() as db:
            ask = partial(town.board.rank, db, next(needs), now=utc_now(), limit=SHOWN)
            times.append(_timed(ask))
    return times


def _measure_many(plan: Plan, town: _Town) -> None:
    """Ten copies of the network under other ids, put into columns without a database."""
    now = utc_now()
    with town.database.read() as db:
        offers = [listed.offer for listed in offers_to_come(db, now=now)]
    note("rankings: ten copies in memory")
    columns = Columns()
    started = time.perf_counter()
    for offer in _copies(offers):
        columns.put(offer)
    columns.trim()
    size = f"{columns.slots.size:,} slots in memory alone"
    kind = "no database"
    plan.results.add(f"columns of {size} filled", "s", kind, _since(started))
    plan.results.add(f"columns of {size}", "MB", kind, columns.nbytes / _MB)
    for name, needs in town.needs.items():
        for _ in range(plan.runs):
            calls = (
                partial(rank_columns, columns, need, now=now, limit=SHOWN)
                for need in itertools.cycle(needs)
            )
            _note(plan, f"ranking, {size}, {name}", kind, _times(plan, calls))


def _copies(offers: list[Offer]) -> Iterator[Offer]:
    """The network again and again, a fifth of its courses with one that must come first."""
    random = Random(data.SEED)
    for _ in range(_COPIES):
        courses = {offer.course_id: new_id() for offer in offers}
        first = random.choice(list(courses.values()))
        for offer in offers:
            course = courses[offer.course_id]
            required = course.int % _CHAINED == 0 and course != first
            yield replace(
                offer,
                slot_id=new_id(),
                course_id=course,
                requires=(first,) if required else (),
            )


def _times(plan: Plan, calls: Iterator[Call]) -> list[_Took]:
    """How long each call took, for so long, and some hundred calls at the least."""
    for call in itertools.islice(calls, 5):
        call()
    times: list[_Took] = []
    end = time.perf_counter() + plan.seconds / 2
    for call in calls:
        if time.perf_counter() > end and len(times) >= plan.size(_LEAST_CALLS, 20):
            break
        times.append(_timed(call))
    return times


def _timed(call: Call) -> _Took:
    started, worked = time.perf_counter(), time.thread_time()
    call()
    return _Took(_since(started) * 1000, (time.thread_time() - worked) * 1000)


def _note(plan: Plan, what: str, kind: str, times: list[_Took]) -> None:
    whole = [each.whole for each in times]
    plan.results.add(f"{what}, p50", "ms", kind, percentile(whole, 0.5))
    plan.results.add(f"{what}, p99", "ms", kind, percentile(whole, 0.99))
    # What it costs the processor: the same on a machine that is busy with something else.
    worked = [each.worked for each in times]
    plan.results.add(f"{what}, processor, p99", "ms", kind, percentile(worked, 0.99))


def _since(started: float) -> float:
    return time.perf_counter() - started
