"""Matches of a request among many slots: the whole use case, and the pure ranking alone."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import UUID

from app.accounts import queries as accounts
from app.accounts.rules import Actor
from app.core.clock import utc_now
from app.core.db import Database
from app.demand.models import GapRequest
from app.matching import queries
from app.matching.rules import Need, Offer, Paths, rank_offers
from app.matching.service import matches_for
from benchmarks import data
from benchmarks.figures import note, percentile
from benchmarks.plan import Plan
from benchmarks.stores import opened

SIZES = (1_000, 100_000)
_QUICK_SIZES = (200, 1_000)
_REQUESTS = 40
_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Market:
    """A database full of slots, and requests for them."""

    database: Database
    actor: Actor
    requests: Sequence[UUID]
    prepared: Sequence[tuple[Need, list[Offer], Paths]]


def matches(plan: Plan) -> None:
    """Ranked matches at two sizes: from the database, and from facts that are in memory."""
    for slots in _QUICK_SIZES if plan.quick else SIZES:
        with _markets(plan, slots) as markets:
            for store in plan.turns():
                note(f"matches: {slots} slots, {store.kind}")
                market = markets[store.kind]
                what = f"matches of a request, {slots:,} slots"
                _note(plan, what, store.kind, _times(_ask(market), plan.seconds))
                what = f"pure ranking, {slots:,} slots"
                _note(plan, what, store.kind, _times(_rank(market), plan.seconds))


@contextmanager
def _markets(plan: Plan, slots: int) -> Iterator[dict[str, Market]]:
    with ExitStack() as stack:
        found = {}
        for store in plan.stores:
            note(f"matches: making {slots} slots, {store.kind}")
            name = f"market_{slots}"
            url = store.create(name)
            stack.callback(store.drop, name)
            database = stack.enter_context(opened(url))
            network = data.fill(database, slots=slots, requests=_REQUESTS, meetings=(1, 1))
            store.settle(url)
            market = _market(database, network)
            taught = statistics.median(len(offers) for _, offers, _ in market.prepared)
            what = f"offers that teach a wanted skill, {slots:,} slots"
            plan.results.add(what, "slots", store.kind, taught)
            found[store.kind] = market
        yield found


def _market(database: Database, network: data.Network) -> Market:
    now = utc_now()
    with database.read() as db:
        actor = accounts.actor_of_user(db, network.secretariat)
        prepared = []
        for request_id in network.requests:
            request = db.get_one(GapRequest, request_id)
            need = queries.need_of(db, request, today=now.date())
            offers = queries.offers_for(db, need, now=now)
            prepared.append((need, offers, queries.paths(db, offers, now=now)))
    return Market(database, actor, network.requests, prepared)


def _ask(market: Market) -> Iterator[Callable[[], object]]:
    for request_id in itertools.cycle(market.requests):

        def ask(request_id: UUID = request_id) -> object:
            with market.database.read() as db:
                return matches_for(db, market.actor, request_id, now=utc_now())

        yield ask


def _rank(market: Market) -> Iterator[Callable[[], object]]:
    now = utc_now()
    for need, offers, paths in itertools.cycle(market.prepared):

        def rank(need: Need = need, offers: list[Offer] = offers, paths: Paths = paths) -> object:
            return rank_offers(need, offers, now=now, paths=paths)

        yield rank


def _times(work: Iterator[Callable[[], object]], seconds: float) -> list[float]:
    """Milliseconds of each call for so long, and of two rounds of the requests at the least."""
    for call in itertools.islice(work, _WARM_UP):
        call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    for call in work:
        started = time.perf_counter()
        if started > end and len(times) >= 2 * _REQUESTS:
            break
        call()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _note(plan: Plan, what: str, kind: str, times: list[float]) -> None:
    plan.results.add(f"{what}, p50", "ms", kind, percentile(times, 0.5))
    plan.results.add(f"{what}, p99", "ms", kind, percentile(times, 0.99))
