"""Bookings of one hot slot from eight processes, and whether exactly the seats were sold."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, func, select, update

from app.accounts import queries as accounts
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.rules import LIVE, SEAT_TAKING, AlreadyBookedError
from app.booking.schemas import BookSeatIn
from app.booking.service.desk import Desk
from app.booking.service.seats import book_seat
from app.core.clock import utc_now
from app.core.db import Database
from app.registry.models import Slot
from benchmarks import data
from benchmarks.figures import note, percentile
from benchmarks.load import Client, Job, Report, Target, run_job
from benchmarks.plan import WORKERS, Plan
from benchmarks.servers import Server, serving
from benchmarks.stores import Store, opened

T = TypeVar("T")

CLIENTS = 8
_LIMIT = 120.0
_GET_READY = 2.0  # seconds for eight interpreters to start


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one client did: monotonic marks, times of calls in ms, how many bookings it made."""

    began: float
    ended: float
    times: Sequence[float]
    made: int


@dataclass(frozen=True, slots=True)
class Hall:
    """A network in one database, its slots that nobody has booked yet, and people who will."""

    store: Store
    url: str
    unused: Iterator[UUID]
    people: data.People

    def hot_slot(self) -> UUID:
        """A slot that is empty, with seats for half of the people."""
        slot_id = next(self.unused)
        change = update(Slot).where(col(Slot.id) == slot_id)
        values = change.values(seats=self.seats, seats_claimed=0, waiting=0)
        with opened(self.url) as database:
            database.run(lambda db: db.execute(values))
        return slot_id

    @property
    def seats(self) -> int:
        """Seats of a hot slot."""
        return len(self.people.ids) // 2


def bookings(plan: Plan) -> None:
    """Bookings a second on one slot, by services and by API; half of the people have to wait.

    Every tenth person is sent by two clients. Ends with an error when a seat too many or too few
    is sold, or a person gets two places.
    """
    with _halls(plan) as halls:
        for store in plan.turns():
            _by_services(plan, halls[store.kind])
        with ExitStack() as stack:
            servers = {
                kind: stack.enter_context(serving(hall.url, workers=WORKERS))
                for kind, hall in halls.items()
            }
            for store in plan.turns():
                _by_api(plan, halls[store.kind], servers[store.kind])


@contextmanager
def _halls(plan: Plan) -> Iterator[dict[str, Hall]]:
    with ExitStack() as stack:
        found = {}
        for store in plan.stores:
            note(f"bookings: making a network, {store.kind}")
            url = store.create("seats")
            stack.callback(store.drop, "seats")
            with opened(url) as database:
                network = data.fill(database, slots=data.DEMONSTRATION)
                people = data.add_people(database, CLIENTS * plan.size(50, 10))
            store.settle(url)
            found[store.kind] = Hall(store, url, iter(network.slots), people)
        yield found


def _by_services(plan: Plan, hall: Hall) -> None:
    note(f"bookings: services, {hall.store.kind}")
    practice, slot_id = hall.hot_slot(), hall.hot_slot()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.__main__"])  # one import for all clients
    barrier = context.Barrier(CLIENTS)
    with context.Pool(CLIENTS, _meet_at, (barrier,)) as pool:
        work = partial(_book_all, hall.url, practice, slot_id)
        outcomes = pool.map_async(work, _shares(hall.people.ids), chunksize=1).get(_LIMIT)
    _note(plan, hall, "services", outcomes)
    _check(plan, hall, slot_id, "services")


_barrier: "Barrier | None" = None


def _meet_at(barrier: "Barrier") -> None:
    """In each client: remember where all of them wait for each other."""
    global _barrier  # noqa: PLW0603 - a barrier cannot be sent with the work itself
    _barrier = barrier


def _book_all(url: str, practice: UUID, slot_id: UUID, people: Sequence[UUID]) -> Outcome:
    """One client: book for each of the people, as fast as it goes."""
    assert _barrier is not None
    with opened(url) as database:
        with database.read() as db:
            actors = [accounts.actor_of_user(db, person) for person in people]
        _book(database, actors[0], practice)  # compiles the statements, before the clock runs
        _barrier.wait(_LIMIT)
        began, made, times = time.monotonic(), 0, []
        for actor in actors:
            started = time.monotonic()
            made += _book(database, actor, slot_id)
            times.append((time.monotonic() - started) * 1000)
        return Outcome(began, time.monotonic(), times, made)


def _book(database: Database, actor: Actor, slot_id: UUID) -> bool:
    """Whether the person got a place; not, when another client was faster."""
    desk = Desk(utc_now)
    try:
        database.run(lambda db: book_seat(db, actor, slot_id, BookSeatIn(), desk).id)
    except AlreadyBookedError:
        return False
    return True


def _by_api(plan: Plan, hall: Hall, server: Server) -> None:
    note(f"bookings: API, {hall.store.kind}")
    practice, slot_id = hall.hot_slot(), hall.hot_slot()
    run_job(_job(server, practice, hall.people.tokens[:CLIENTS], connections=CLIENTS))
    start_at = time.monotonic() + _GET_READY
    clients = [
        Client(_job(server, slot_id, tokens, start_at=start_at))
        for tokens in _shares(hall.people.tokens)
    ]
    outcomes = [_outcome(client.report()) for client in clients]
    _note(plan, hall, "API", outcomes)
    _check(plan, hall, slot_id, "API")


def _job(
    server: Server,
    slot_id: UUID,
    tokens: Sequence[str],
    *,
    connections: int = 1,
    start_at: float = 0.0,
) -> Job:
    path = f"/api/v1/slots/{slot_id}/bookings"
    return Job(
        server.port,
        [Target(path, "POST", {"Authorization": f"Bearer {token}"}) for token in tokens],
        connections=connections,
        seconds=_LIMIT,
        once=True,
        start_at=start_at,
        expect=(201, 409),
    )


def _outcome(report: Report) -> Outcome:
    return Outcome(report.began, report.ended, report.times, report.statuses.get("201", 0))


def _shares(people: Sequence[T]) -> list[list[T]]:
    """Each client's own people, and a tenth of the next client's, who so are sent twice."""
    own = [list(people[start::CLIENTS]) for start in range(CLIENTS)]
    return [
        mine + own[(number + 1) % CLIENTS][: max(1, len(mine) // 10)]
        for number, mine in enumerate(own)
    ]


def _note(plan: Plan, hall: Hall, way: str, outcomes: Sequence[Outcome]) -> None:
    seconds = max(each.ended for each in outcomes) - min(each.began for each in outcomes)
    times = [one for each in outcomes for one in each.times]
    what, kind = f"one hot slot, {way}, {CLIENTS} clients", hall.store.kind
    plan.results.add(what, "bookings/s", kind, sum(each.made for each in outcomes) / seconds)
    plan.results.add(f"{what}, p50", "ms", kind, percentile(times, 0.5))
    plan.results.add(f"{what}, p99", "ms", kind, percentile(times, 0.99))


def _check(plan: Plan, hall: Hall, slot_id: UUID, way: str) -> None:
    """Count what was sold from the rows alone, and compare with what was there to sell."""
    mine = col(Booking.slot_id) == slot_id
    with opened(hall.url) as database, database.read() as db:
        count = select(func.count()).where(mine)
        sold = db.exec(count.where(col(Booking.state).in_(SEAT_TAKING))).one()
        live = db.exec(count.where(col(Booking.state).in_(LIVE))).one()
        persons = db.exec(select(func.count(col(Booking.person_id).distinct())).where(mine)).one()
        counted = db.get_one(Slot, slot_id).seats_claimed
    kind = hall.store.kind
    plan.results.add(f"one hot slot, {way}, oversold", "seats", kind, max(0, sold - hall.seats))
    plan.results.add(f"one hot slot, {way}, twice", "people", kind, live - persons)
    assert sold == counted == hall.seats, f"{sold} of {hall.seats} seats were sold: {slot_id}"
    assert live == persons == len(hall.people.ids), f"{live} places for {persons} people"
