"""Bookings from eight processes, and whether exactly the seats were sold.

By our services, by the driver alone doing the same row work, and by the API; on one hot slot and
on a hundred.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Executable, delete
from sqlmodel import Session, col, func, select, update

from app.accounts import queries as accounts
from app.booking.models import Booking
from app.booking.rules import LIVE, SEAT_TAKING, AlreadyBookedError
from app.booking.schemas import BookSeatIn
from app.booking.service.desk import Desk
from app.booking.service.seats import book_seat
from app.core.clock import utc_now
from app.registry.models import Occupancy, Slot
from benchmarks import data
from benchmarks.figures import note, percentile
from benchmarks.load import Client, Job, Report, Target, run_job
from benchmarks.plan import WORKERS, Plan
from benchmarks.raw import Raw
from benchmarks.servers import Server, serving
from benchmarks.stores import Store, opened

T = TypeVar("T")

Place = tuple[UUID, UUID]
"""A person, and the slot that is booked for them."""

Book = Callable[[UUID, UUID], bool]
"""Books a slot for a person; whether they got a place."""

CLIENTS = 8
PEOPLE = 400
_MANY = 100
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
    """A network in one database, people who will book, and some who book for practice."""

    store: Store
    url: str
    slots: tuple[UUID, ...]
    people: data.People
    learners: data.People

    @property
    def seats(self) -> int:
        """Seats in all: half of the people have to wait."""
        return len(self.people.ids) // 2

    def emptied(self, slots: int) -> tuple[UUID, ...]:
        """So many slots without a booking, with the seats spread evenly over them."""
        chosen = self.slots[:slots]
        mine = col(Slot.id).in_(chosen)
        values = {"seats": self.seats // slots, "seats_claimed": 0, "waiting": 0}
        with opened(self.url) as database:
            for statement in (
                delete(Occupancy),
                delete(Booking),
                update(Slot).where(mine).values(values),
            ):
                database.run(partial(_execute, statement))
        self.store.settle(self.url)
        return chosen


def bookings(plan: Plan) -> None:
    """Bookings a second on one slot and on a hundred; half of the people have to wait.

    Every tenth person is sent by two clients. Ends with an error when a seat too many or too few
    is sold, or a person gets two places.
    """
    with _halls(plan) as halls:
        for store in plan.turns():
            for slots in (1, _MANY):
                for way in WAYS:
                    _by_processes(plan, halls[store.kind], way, slots)
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
                people = data.add_people(database, plan.size(2 * PEOPLE, 2 * _MANY))
                learners = data.add_people(database, CLIENTS)
            found[store.kind] = Hall(store, url, network.slots, people, learners)
        yield found


def _by_processes(plan: Plan, hall: Hall, way: str, slots: int) -> None:
    note(f"bookings: {way}, {slots} slots, {hall.store.kind}")
    chosen = hall.emptied(slots)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.__main__"])  # one import for all clients
    barrier = context.Barrier(CLIENTS)
    with context.Pool(CLIENTS, _meet_at, (barrier,)) as pool:
        places = [(person, chosen[n % slots]) for n, person in enumerate(hall.people.ids)]
        # First one place for practice: it compiles the statements, before the clock runs.
        practice = [(person, hall.slots[_MANY]) for person in hall.learners.ids]
        work = [[first, *own] for first, own in zip(practice, _shares(places), strict=True)]
        book_all = partial(_book_all, way, hall.url)
        outcomes = pool.map_async(book_all, work, chunksize=1).get(_LIMIT)
    _note(plan, hall, f"{_name(slots)}, {way}", outcomes)
    _check(plan, hall, chosen, f"{_name(slots)}, {way}")


_barrier: "Barrier | None" = None


def _meet_at(barrier: "Barrier") -> None:
    """In each client: remember where all of them wait for each other."""
    global _barrier  # noqa: PLW0603 - a barrier cannot be sent with the work itself
    _barrier = barrier


def _book_all(way: str, url: str, places: Sequence[Place]) -> Outcome:
    """One client: book the first place for practice, then the others as fast as it goes."""
    assert _barrier is not None
    with WAYS[way](url, places) as book:
        book(*places[0])
        _barrier.wait(_LIMIT)
        began, made, times = time.monotonic(), 0, []
        for person, slot_id in places[1:]:
            started = time.monotonic()
            made += book(person, slot_id)
            times.append((time.monotonic() - started) * 1000)
        return Outcome(began, time.monotonic(), times, made)


@contextmanager
def _services(url: str, places: Sequence[Place]) -> Iterator[Book]:
    """Bookings by our own services."""
    desk = Desk(utc_now)
    with opened(url) as database:
        with database.read() as db:
            actors = {person: accounts.actor_of_user(db, person) for person, _ in places}

        def book(person: UUID, slot_id: UUID) -> bool:
            actor = actors[person]
            try:
                database.run(lambda db: book_seat(db, actor, slot_id, BookSeatIn(), desk).id)
            except AlreadyBookedError:  # another client was faster
                return False
            return True

        yield book


@contextmanager
def _raw(url: str, places: Sequence[Place]) -> Iterator[Book]:
    """Bookings by the driver alone."""
    raw = Raw(url, {slot_id for _, slot_id in places})
    try:
        yield lambda person, slot_id: raw.book(slot_id, person)
    finally:
        raw.close()


WAYS: dict[str, Callable[[str, Sequence[Place]], AbstractContextManager[Book]]] = {
    "services": _services,
    "raw": _raw,
}


def _by_api(plan: Plan, hall: Hall, server: Server) -> None:
    note(f"bookings: API, {hall.store.kind}")
    (slot_id,) = hall.emptied(1)
    run_job(_job(server, hall.slots[_MANY], hall.learners.tokens, connections=CLIENTS))
    start_at = time.monotonic() + _GET_READY
    clients = [
        Client(_job(server, slot_id, tokens, start_at=start_at))
        for tokens in _shares(hall.people.tokens)
    ]
    outcomes = [_outcome(client.report()) for client in clients]
    _note(plan, hall, f"{_name(1)}, API", outcomes)
    _check(plan, hall, (slot_id,), f"{_name(1)}, API")


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


def _execute(statement: Executable, db: Session) -> None:
    db.execute(statement)


def _name(slots: int) -> str:
    return "one hot slot" if slots == 1 else f"{slots} slots"


def _note(plan: Plan, hall: Hall, way: str, outcomes: Sequence[Outcome]) -> None:
    seconds = max(each.ended for each in outcomes) - min(each.began for each in outcomes)
    times = [one for each in outcomes for one in each.times]
    kind = hall.store.kind
    plan.results.add(way, "bookings/s", kind, sum(each.made for each in outcomes) / seconds)
    plan.results.add(f"{way}, p50", "ms", kind, percentile(times, 0.5))
    plan.results.add(f"{way}, p99", "ms", kind, percentile(times, 0.99))


def _check(plan: Plan, hall: Hall, slots: Sequence[UUID], way: str) -> None:
    """Count what was sold from the rows alone, and compare with what was there to sell."""
    mine = col(Booking.slot_id).in_(slots)
    with opened(hall.url) as database, database.read() as db:
        count = select(func.count()).where(mine)
        sold = db.exec(count.where(col(Booking.state).in_(SEAT_TAKING))).one()
        live = db.exec(count.where(col(Booking.state).in_(LIVE))).one()
        persons = db.exec(select(func.count(col(Booking.person_id).distinct())).where(mine)).one()
        total = select(func.sum(col(Slot.seats_claimed))).where(col(Slot.id).in_(slots))
        counted = db.exec(total).one()
    kind = hall.store.kind
    plan.results.add(f"{way}, oversold", "seats", kind, max(0, sold - hall.seats))
    plan.results.add(f"{way}, twice", "people", kind, live - persons)
    assert sold == counted == hall.seats, f"{sold} of {hall.seats} seats were sold: {slots[0]}"
    assert live == persons == len(hall.people.ids), f"{live} places for {persons} people"
