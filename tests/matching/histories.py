"""Histories by chance, each change through the service that people would use."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.rules import LIVE, CohortState
from app.booking.schemas import BookSeatIn, CancelIn, CohortIn, ShareIn
from app.booking.service import sponsors
from app.booking.service.cohorts import hold_cohort, release_cohort
from app.booking.service.desk import Desk
from app.booking.service.seats import book_seat, cancel_booking
from app.registry.models import Course, Facility, Provider, Slot
from app.registry.schemas.inputs import CancellationIn, CoursePatch, FacilityPatch, SlotPatch
from app.registry.service.courses import edit_course
from app.registry.service.facilities import edit_facility
from app.registry.service.slots import cancel_slot, change_slot
from tests.factories import (
    NOW,
    decide,
    in_days,
    make_actor,
    make_focal_point,
    make_request,
    make_slot,
    make_trainee,
    owner_of,
)

DESK = Desk(lambda: NOW)
COUNTRIES = ("KE", "UG", "NP")


class History:
    """Changes by chance, each through the service that people would use."""

    def __init__(self, db: Session, random: Random) -> None:
        self.db, self.random = db, random

    def step(self) -> None:
        """One change; what a service refuses is no change."""
        steps: list[Callable[[], object]] = [
            *(self._plan, self._plan, self._plan, self._book, self._book, self._cancel),
            *(self._take, self._take, self._release, self._move, self._move, self._drop),
            *(self._teach, self._clear, self._judge, self._keep, self._keep),
        ]
        self.random.choice(steps)()

    def _any(self, table: type[Any]) -> Any:
        """A row by chance."""
        rows = self.db.exec(select(table).order_by(table.id)).all()
        return self.random.choice(rows)

    def _owner(self, provider_id: UUID) -> Actor:
        return owner_of(self.db, provider_id)

    def _plan(self) -> None:
        facts: dict[str, Any] = self.random.choice(
            [{}, {}, {"max_per_country": 2}, {"status": "tentative"}]
        )
        times = in_days(self.random.randint(5, 250))
        make_slot(self.db, self._any(Course), seats=4, **facts, **times)

    def _book(self) -> None:
        person = make_trainee(self.db, country=self.random.choice(COUNTRIES))
        book_seat(self.db, person, self._any(Slot).id, BookSeatIn(), DESK)

    def _cancel(self) -> None:
        live = col(Booking.state).in_(LIVE)
        for booking in self.db.exec(select(Booking).where(live).limit(1)):
            person = make_actor(self.db, booking.person_id)
            cancel_booking(self.db, person, booking.id, CancelIn(), DESK)

    def _take(self) -> None:
        focal = make_focal_point(self.db, self.random.choice(COUNTRIES))
        request = make_request(self.db, actor=focal, country=next(iter(focal.countries)))
        wish = CohortIn(slot=self._any(Slot).id, seats=self.random.randint(1, 3))
        hold_cohort(self.db, focal, request.id, wish, DESK)

    def _release(self) -> None:
        active = select(Cohort).where(Cohort.state == CohortState.ACTIVE)
        for block in self.db.exec(active).all()[:1]:
            release_cohort(self.db, make_focal_point(self.db, block.country), block.id, DESK)

    def _move(self) -> None:
        slot = self._any(Slot)
        patch = SlotPatch(seats=self.random.randint(1, 9))
        change_slot(self.db, self._owner(slot.provider_id), slot.id, patch, now=NOW)

    def _drop(self) -> None:
        slot = self._any(Slot)
        cancel_slot(self.db, self._owner(slot.provider_id), slot.id, CancellationIn(), now=NOW)

    def _teach(self) -> None:
        course = self._any(Course)
        changes = self.random.choice(
            [
                {"languages": ["fr"]},
                {"languages": ["en", "zh"]},
                {"funding": "partial"},
                {"fee_usd": 900},
            ]
        )
        patch = CoursePatch.model_validate(changes)
        edit_course(self.db, self._owner(course.provider_id), str(course.id), patch, now=NOW)

    def _clear(self) -> None:
        place = self._any(Facility)
        rules = self.random.choice([[], ["nda"], ["background-check"]])
        patch = FacilityPatch.model_validate({"access_rules": rules})
        edit_facility(self.db, self._owner(place.provider_id), str(place.id), patch, now=NOW)

    def _judge(self) -> None:
        decide(
            self.db,
            self._any(Provider),
            self.random.choice(["suspended", "verified", "verified", "verified"]),
        )

    def _keep(self) -> None:
        slot = self._any(Slot)
        share = ShareIn.model_validate(
            {"kept_for": "ldc", "seats": 1, "until": NOW + timedelta(days=2)}
        )
        sponsors.keep_seats(self.db, self._owner(slot.provider_id), slot.id, share, DESK)
