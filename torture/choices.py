"""Which command comes next: random, but about rows that are there, so that most can succeed."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import col, select

from app.booking.models import Booking, Cohort
from app.booking.rules import LIVE, CohortState
from app.core.clock import Clock
from app.core.db import Database
from app.registry.models import Slot
from app.registry.rules import Route as Way
from app.registry.rules import SlotStatus
from torture.network import Network, Person, new_slot
from torture.orders import Order, random_key

T = TypeVar("T")

LEAST_SLOTS = 12
_NOT_YET = timedelta(minutes=5)


class Chooser:
    """Looks at the database as it is this moment and makes up an order."""

    def __init__(self, network: Network, database: Database, clock: Clock, rng: Random) -> None:
        self._network = network
        self._database = database
        self._clock = clock
        self._rng = rng
        self._makers: tuple[tuple[int, Callable[[], Order | None]], ...] = (
            (34, self._book),
            (24, self._confirm),
            (16, self._cancel),
            (4, self._block),
            (9, self._name),
            (3, self._replace),
            (2, self._release),
            (4, self._resize),
            (2, self._move),
            (8, self._decide),
            (3, self._offer),
            (3, self._skip),
            (1, self._select),
            (4, self._attend),
            (1, self._stop_or_plan),
        )

    def next(self) -> Order:
        """An order that nobody has sent before."""
        makers = [maker for _, maker in self._makers]
        weights = [weight for weight, _ in self._makers]
        while True:
            order = self._rng.choices(makers, weights)[0]()
            if order is not None:
                return order

    def _order(self, kind: str, actor: Person, target: object = "", **body: Any) -> Order:
        chance = self._rng.random()
        return Order(
            key=random_key(self._rng),
            kind=kind,
            actor=actor.id,
            target=str(target),
            body=body,
            doubled=chance < 0.04,
            spoiled=0.04 <= chance < 0.06,
        )

    def _book(self) -> Order | None:
        slot = self._pick(self._slots())
        person = self._pick(self._network.people)
        if slot is None or person is None:
            return None
        groups = ["women"] if int(person.id[-1], 16) % 2 else []
        note = self._rng.choice(("", "by train"))
        return self._order("book", person, slot.id, note=note, groups=groups)

    def _confirm(self) -> Order | None:
        booking = self._booking("held", "offered")
        if booking is None:
            return None
        return self._order("confirm", self._person(booking.person_id), booking.id)

    def _cancel(self) -> Order | None:
        booking = self._booking("held", "offered", "waitlisted", "confirmed", "requested")
        if booking is None:
            return None
        owns = self._rng.random() < 0.8
        actor = self._person(booking.person_id) if owns else self._network.owner
        return self._order("cancel", actor, booking.id, reason="cannot come")

    def _block(self) -> Order | None:
        focal, slot = self._rng.choice(self._network.focal), self._pick(self._slots())
        if slot is None:
            return None
        request = self._rng.choice(self._network.requests[str(focal.country)])
        seats = self._rng.randint(1, 3)
        release_at = self._clock() + timedelta(hours=self._rng.choice((2, 12, 60)))
        body: dict[str, Any] = {"slot": str(slot.id), "seats": seats}
        body |= {"release_at": release_at.isoformat(), "wait": self._rng.random() < 0.5}
        body["partial_ok"] = body["wait"] and self._rng.random() < 0.5
        return self._order("block", focal, request, **body)

    def _name(self) -> Order | None:
        cohort = self._cohort(with_open_seats=True)
        person = self._pick(self._network.people)
        if cohort is None or person is None:
            return None
        return self._order("name", self._focal(cohort.country), cohort.id, person=person.id)

    def _replace(self) -> Order | None:
        booking = self._booking("offered", "confirmed", "requested", only_named=True)
        person = self._pick(self._network.people)
        if booking is None or person is None:
            return None
        with self._database.read() as db:
            cohort = db.get_one(Cohort, booking.cohort_id)
        return self._order("replace", self._focal(cohort.country), booking.id, person=person.id)

    def _release(self) -> Order | None:
        cohort = self._cohort()
        if cohort is None:
            return None
        return self._order("release", self._focal(cohort.country), cohort.id, reason="not needed")

    def _resize(self) -> Order | None:
        slot = self._pick(self._slots())
        if slot is None:
            return None
        seats = max(2, min(12, slot.seats + self._rng.choice((-2, -1, 1, 2))))
        return self._order("change", self._network.owner, slot.id, seats=seats)

    def _move(self) -> Order | None:
        slot = self._pick(self._slots())
        if slot is None or slot.starts_at < self._clock() + timedelta(days=10):
            return None
        starts_at = slot.starts_at + timedelta(hours=self._rng.choice((-1, 1, 24)))
        meeting = {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        }
        return self._order("change", self._network.owner, slot.id, meetings=[meeting])

    def _offer(self) -> Order | None:
        booking = self._booking("waitlisted", only=lambda slot: slot.route == Way.SELECTION)
        if booking is None:
            return None
        return self._order("offer", self._network.owner, booking.id)

    def _decide(self) -> Order | None:
        """Site clearance: the provider says yes or no."""
        booking = self._booking("requested", only=lambda slot: slot.decision_hours is not None)
        if booking is None:
            return None
        if self._rng.random() < 0.7:
            return self._order("approve", self._network.owner, booking.id)
        return self._order("refuse", self._network.owner, booking.id, reason="no badge")

    def _skip(self) -> Order | None:
        """The secretariat gives a seat to somebody further down the line, and says why."""
        booking = self._booking("waitlisted", only=lambda slot: slot.route == Way.OPEN)
        if booking is None:
            return None
        return self._order("offer", self._network.secretariat, booking.id, reason="urgent")

    def _select(self) -> Order | None:
        slot = self._pick([each for each in self._slots() if each.route == Way.SELECTION])
        return self._order("select", self._network.owner, slot.id) if slot else None

    def _attend(self) -> Order | None:
        states = ("confirmed", "attended", "no-show")
        booking = self._booking(*states, only=lambda slot: slot.starts_at <= self._clock())
        if booking is None:
            return None
        attended = self._rng.random() < 0.7
        return self._order("attend", self._network.owner, booking.id, attended=attended)

    def _stop_or_plan(self) -> Order | None:
        slots = self._slots()
        if len(slots) < LEAST_SLOTS:
            facts = self._rng.choice(({"seats": 4}, {"seats": 6, "max_per_country": 2}))
            days = self._rng.choice((1, 30, 300))
            body = new_slot(self._network.course, self._clock(), days=days, **facts)
            return self._order("plan", self._network.owner, **body)
        slot = self._pick(slots)
        if slot is None or self._rng.random() < 0.7:
            return None
        return self._order("stop", self._network.owner, slot.id, reason="other", note="no trainer")

    def _slots(self, *, begun: bool = False) -> list[Slot]:
        """Slots that can be booked; with ``begun`` those that have started too."""
        query = select(Slot).where(col(Slot.status) == SlotStatus.CONFIRMED)
        if not begun:
            query = query.where(col(Slot.starts_at) > self._clock() + _NOT_YET)
        with self._database.read() as db:
            return list(db.exec(query.order_by(col(Slot.id))))

    def _booking(
        self,
        *states: str,
        only: Callable[[Slot], bool] = lambda _: True,
        only_named: bool = False,
    ) -> Booking | None:
        assert set(states) <= LIVE
        slot = self._pick([slot for slot in self._slots(begun=True) if only(slot)])
        if slot is None:
            return None
        query = select(Booking).where(
            col(Booking.slot_id) == slot.id, col(Booking.state).in_(states)
        )
        if only_named:
            query = query.where(col(Booking.cohort_id).is_not(None))
        with self._database.read() as db:
            return self._pick(list(db.exec(query.order_by(col(Booking.id)))))

    def _cohort(self, *, with_open_seats: bool = False) -> Cohort | None:
        query = select(Cohort).where(col(Cohort.state) == CohortState.ACTIVE)
        if with_open_seats:
            query = query.where(col(Cohort.seats_open) > 0)
        with self._database.read() as db:
            return self._pick(list(db.exec(query.order_by(col(Cohort.id)))))

    def _pick(self, rows: Sequence[T]) -> T | None:
        return self._rng.choice(rows) if rows else None

    def _person(self, person_id: UUID) -> Person:
        return next(each for each in self._network.everybody() if each.user_id == person_id)

    def _focal(self, country: str) -> Person:
        return next(each for each in self._network.focal if each.country == country)
