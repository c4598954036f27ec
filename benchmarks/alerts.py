"""Standing requests: what one worker takes to find and tell the requests that a slot newly fits.

Checked in the same run: the alerts of each slot are compared with a ranking of that slot for every
request there is.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlmodel import Session, col, select, update

from app.booking.service.desk import Desk
from app.core import outbox
from app.core.clock import utc_now
from app.core.db import Database
from app.core.outbox import Fact
from app.matching import queries
from app.matching.models import MatchAlert
from app.matching.queries.standing import Standing, standing_needs
from app.matching.rules import rank_offers
from app.registry.models import Provider, Slot
from app.taxonomy import queries as taxonomy
from app.worker import Tools, Worker
from benchmarks import data
from benchmarks.figures import note
from benchmarks.plan import Plan
from benchmarks.stores import opened

REQUESTS, SLOTS, OF_ONE_PROVIDER = 10_000, 5_000, 500
_QUICK = (200, 300, 20)
_SLOTS_A_RUN = 10


@dataclass(frozen=True, slots=True)
class Standings:
    """A database full of standing requests, and slots of it that nobody was told of yet."""

    database: Database
    slots: list[UUID]
    needs: Sequence[Standing]


def alerts(plan: Plan) -> None:
    """One slot that is new, and a provider of many slots that is verified."""
    requests, slots, many = _QUICK if plan.quick else (REQUESTS, SLOTS, OF_ONE_PROVIDER)
    with _markets(plan, requests, slots) as markets:
        for store in plan.turns():
            note(f"alerts: one new slot, {requests:,} standing requests, {store.kind}")
            market = markets[store.kind]
            what = f"{requests:,} standing requests, one new slot"
            for slot_id in market.slots[:_SLOTS_A_RUN]:
                seconds, told = _one_slot(market, slot_id)
                plan.results.add(f"{what}, worker time", "ms", store.kind, seconds * 1000)
                plan.results.add(f"{what}, told", "requests", store.kind, told)
            del market.slots[:_SLOTS_A_RUN]
        for kind, market in markets.items():
            note(f"alerts: a provider of {many} slots, {kind}")
            what = f"{requests:,} standing requests, a provider of {many} slots is verified"
            seconds, told = _one_provider(market, market.slots[:many])
            plan.results.add(f"{what}, worker time", "s", kind, seconds)
            plan.results.add(f"{what}, told", "pairs", kind, told)


@contextmanager
def _markets(plan: Plan, requests: int, slots: int) -> Iterator[dict[str, Standings]]:
    with ExitStack() as stack:
        found = {}
        for store in plan.stores:
            note(f"alerts: making {requests:,} requests, {store.kind}")
            url = store.create("standing")
            stack.callback(store.drop, "standing")
            database = stack.enter_context(opened(url))
            data.fill(database, slots=slots, requests=requests, meetings=(1, 1))
            store.settle(url)
            found[store.kind] = _standings(database, wanted=plan.runs * _SLOTS_A_RUN)
        yield found


def _standings(database: Database, *, wanted: int) -> Standings:
    """The slots that have a seat: first some that a request fits, then the rest, mixed."""
    skills = {skill.id for skill in taxonomy.skills()}
    with database.read() as db:
        free = col(Slot.seats) > col(Slot.seats_claimed)
        slots = sorted(db.exec(select(Slot.id).where(free)), key=lambda each: each.int % 99_991)
        market = Standings(database, slots, standing_needs(db, skills, now=utc_now()))
    fitting = (slot_id for slot_id in slots if _right(market, [slot_id]))
    first = list(islice(fitting, wanted))
    taken = set(first)
    market.slots[:] = [*first, *(slot_id for slot_id in slots if slot_id not in taken)]
    return market


def _one_slot(market: Standings, slot_id: UUID) -> tuple[float, int]:
    seconds = _deliver(market.database, Fact("slot.planned", slot_id, 1, utc_now()))
    return seconds, _checked(market, [slot_id])


def _one_provider(market: Standings, slots: Sequence[UUID]) -> tuple[float, int]:
    def move(db: Session) -> UUID:
        provider_id = db.exec(select(Provider.id).order_by(col(Provider.id)).limit(1)).one()
        mine = col(Slot.id).in_(slots)
        others = update(Slot).where(col(Slot.provider_id) == provider_id).values(status="draft")
        db.execute(others.execution_options(synchronize_session=False))
        ours = update(Slot).where(mine).values(provider_id=provider_id, status="confirmed")
        db.execute(ours.execution_options(synchronize_session=False))
        return provider_id

    provider_id = market.database.run(move)
    seconds = _deliver(market.database, Fact("provider.verified", provider_id, 99, utc_now()))
    return seconds, _checked(market, slots)


def _deliver(database: Database, fact: Fact) -> float:
    """Seconds that a worker takes for the event, from taking it to having dealt with it."""
    database.run(lambda db: outbox.record(db, fact))
    worker = Worker(Tools(database, Desk(utc_now)), timed=())
    started = time.perf_counter()
    worker.turn()
    seconds = time.perf_counter() - started
    while worker.turn():  # what was told is a fact that nobody listens to yet
        pass
    return seconds


def _checked(market: Standings, slots: Sequence[UUID]) -> int:
    """How many pairs were told; they are those that a ranking of every pair gives.

    Raises:
        ValueError: They are not.
    """
    with market.database.read() as db:
        query = select(MatchAlert.request_id, MatchAlert.slot_id).where(
            col(MatchAlert.slot_id).in_(slots)
        )
        told = [(request_id, slot_id) for request_id, slot_id in db.execute(query)]
    right = _right(market, slots)
    if set(told) != right or len(told) != len(right):
        wrong, missed = len(set(told) - right), len(right - set(told))
        raise ValueError(f"{wrong} told wrongly, {missed} not told")
    return len(told)


def _right(market: Standings, slots: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """What every request says of every one of the slots, each pair ranked by itself."""
    now = utc_now()
    with market.database.read() as db:
        listed = queries.offers_of_slots(db, slots)
    return {
        (each.need.request_id, match.slot_id)
        for each in market.needs
        for one in listed
        for match in rank_offers(each.need, [one.to(each.need, now=now)], now=now).matches
    }
