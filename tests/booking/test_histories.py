"""Any history of a slot: whatever people do in whatever order, the seats add up after each step."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, select

from app.booking.models import Booking, Cohort
from app.booking.queries.history import histories_off, lines_off
from app.booking.queries.ledger import counters_off
from app.booking.queries.times import times_off
from app.booking.rules import LIVE, STEPS, BookingState
from app.booking.schemas import CancelIn, DecisionIn, NominationIn
from app.booking.service import cohorts, decisions, nominations, seats, slots
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import AuditEntry
from app.registry.models import Slot
from app.registry.schemas.inputs import SlotPatch
from tests.booking.people import Hands, book, take_block
from tests.factories import (
    NOW,
    make_actor,
    make_focal_point,
    make_secretariat,
    make_slot,
    make_user,
    owner_of,
)

PEOPLE = 6
S = BookingState


class History(RuleBasedStateMachine):
    """One slot of four seats, six people, one focal point, a provider and the time."""

    template: Path
    folder: Path
    number = 0

    def __init__(self) -> None:
        super().__init__()
        History.number += 1
        path = self.folder / f"{self.number}.db"
        shutil.copyfile(self.template, path)
        self.database = Database(f"sqlite:///{path}")
        self.refused = 0
        self.hands = Hands()
        self.desk = Desk(clock=self.hands)
        with self.database.write() as db:
            starts_at = NOW + timedelta(days=300)
            times: dict[str, Any] = {
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=2),
            }
            self.slot_id = make_slot(db, seats=4, **times).id
            slot = db.get_one(Slot, self.slot_id)
            self.owner = owner_of(db, slot.provider_id)
            self.focal = make_focal_point(db)
            self.actors = [make_actor(db, make_user(db).id) for _ in range(PEOPLE)]

    def teardown(self) -> None:
        """Close the example's database."""
        self.database.dispose()

    def do(self, command: Callable[[Session], Any]) -> None:
        """Run a command; a refusal is a fine answer and must leave nothing behind."""
        try:
            self.database.run(command)
        except (ConflictError, ForbiddenError, NotFoundError, InvalidError):
            self.refused += 1

    def latest(self, who: int) -> UUID | None:
        """The person's last booking."""
        with self.database.read() as db:
            own = col(Booking.person_id) == self.actors[who].user_id
            query = select(Booking.id).where(own).order_by(col(Booking.id).desc())
            return db.exec(query).first()

    def block(self) -> UUID | None:
        """The last block."""
        with self.database.read() as db:
            return db.exec(select(Cohort.id).order_by(col(Cohort.id).desc())).first()

    @initialize(count=st.integers(0, PEOPLE), block=st.booleans())
    def begin(self, count: int, block: bool) -> None:
        """Perhaps a block of two with a name; then some book and, four seats being all, wait."""
        if block:
            self.take(count=2, hours=200)
            self.name(who=PEOPLE - 1)
        for who in range(count):
            self.book(who)

    @rule(who=st.integers(0, PEOPLE - 1))
    def book(self, who: int) -> None:
        """Somebody books."""
        self.do(lambda db: book(db, self.actors[who], self.slot_id, self.desk))

    @rule(who=st.integers(0, PEOPLE - 1))
    def confirm(self, who: int) -> None:
        """Somebody confirms."""
        booking = self.latest(who)
        if booking:
            self.do(lambda db: seats.confirm_booking(db, self.actors[who], booking, self.desk))

    @rule(who=st.integers(0, PEOPLE - 1))
    def cancel(self, who: int) -> None:
        """Somebody gives a seat or a place back."""
        booking = self.latest(who)
        if booking:
            wish = CancelIn(reason="cannot come")
            actor = self.actors[who]
            self.do(lambda db: seats.cancel_booking(db, actor, booking, wish, self.desk))

    @rule(minutes=st.sampled_from([1, 16, 60 * 49]))
    def wait(self, minutes: int) -> None:
        """Time passes, and the sweeper comes by."""
        self.hands.on(minutes=minutes)
        self.do(lambda db: slots.sweep_slot(db, self.slot_id, self.desk))

    @rule(count=st.integers(2, 6), overbook=st.integers(0, 1))
    def resize(self, count: int, overbook: int) -> None:
        """The provider changes the number of seats."""
        patch = SlotPatch(seats=count, overbook=overbook)
        self.do(lambda db: slots.change_slot(db, self.owner, self.slot_id, patch, self.desk))

    @rule(count=st.integers(1, 3), hours=st.sampled_from([1, 60, 200]))
    def take(self, count: int, hours: int) -> None:
        """The focal point takes a block."""
        until = self.hands.at + timedelta(hours=hours)
        self.do(
            lambda db: take_block(db, self.focal, self.slot_id, self.desk, count, release_at=until)
        )

    @rule(who=st.integers(0, PEOPLE - 1))
    def name(self, who: int) -> None:
        """The focal point names somebody into the last block."""
        block = self.block()
        if block:
            named = NominationIn(person=self.actors[who].user_id)
            self.do(lambda db: nominations.nominate(db, self.focal, block, named, self.desk))

    @rule()
    def release(self) -> None:
        """The focal point gives the last block's open seats back."""
        block = self.block()
        if block:
            self.do(lambda db: cohorts.release_cohort(db, self.focal, block, self.desk))

    @invariant()
    def counters_equal_claims(self) -> None:
        """S1, S2, S5: what is stored is what is there, and no more than there is."""
        with self.database.read() as db:
            slot = db.get_one(Slot, self.slot_id)
            assert counters_off(db) == []
            assert slot.seats_claimed <= slot.seats + slot.overbook

    @invariant()
    def one_place_each(self) -> None:
        """S3: nobody has two live claims."""
        with self.database.read() as db:
            people = list(db.exec(select(Booking.person_id).where(col(Booking.state).in_(LIVE))))
            assert len(people) == len(set(people))

    @invariant()
    def nobody_waits_beside_a_free_seat(self) -> None:
        """W1: the line has moved in the same commit that freed a seat."""
        with self.database.read() as db:
            slot = db.get_one(Slot, self.slot_id)
            free = slot.seats + slot.overbook - slot.seats_claimed
            assert slot.waiting == 0 or free <= 0 or self.hands.at >= slot.starts_at

    @invariant()
    def the_audit_tells_the_same_story(self) -> None:
        """S6: every change went along an allowed edge, and the last one is the state."""
        with self.database.read() as db:
            bookings = {row.id: row.state for row in db.exec(select(Booking))}
            told: dict[UUID, str] = {}
            query = select(AuditEntry).where(AuditEntry.subject == "booking")
            for entry in db.exec(query.order_by(col(AuditEntry.id))):
                before, after = entry.changes.get("state", (None, None))
                if before is not None:
                    assert BookingState(after) in STEPS[BookingState(before)]
                    assert told.get(entry.subject_id, before) == before
                    told[entry.subject_id] = after
            assert {row: bookings[row] for row in told} == told


class FullHistory(History):
    """The same with a provider who clears people, groups in the line, and a secretariat."""

    def __init__(self) -> None:
        super().__init__()
        with self.database.write() as db:
            self.secretariat = make_secretariat(db)

    @initialize(
        hours=st.sampled_from([None, 24]),
        mode=st.sampled_from(["offer", "confirm"]),
        groups=st.integers(0, 2),
    )
    def settle_ways(self, hours: int | None, mode: str, groups: int) -> None:
        """How the slot gives its seats, and how many groups wait from the start."""
        patch = SlotPatch.model_validate({"decision_hours": hours, "line_mode": mode})
        self.do(lambda db: slots.change_slot(db, self.owner, self.slot_id, patch, self.desk))
        for _ in range(groups):
            self.queue(count=2, fewer=False)

    @rule(who=st.integers(0, PEOPLE - 1), approve=st.booleans())
    def decide(self, who: int, approve: bool) -> None:
        """The provider decides about somebody."""
        booking = self.latest(who)
        if booking:
            wish = DecisionIn(approve=approve, reason="" if approve else "No visitors.")
            owner = self.owner
            self.do(lambda db: decisions.decide_request(db, owner, booking, wish, self.desk))

    @rule(count=st.integers(1, 4), fewer=st.booleans())
    def queue(self, count: int, fewer: bool) -> None:
        """The focal point wants seats for a group, and waits where it has to."""
        more = {"wait": True, "partial_ok": fewer}
        self.do(lambda db: take_block(db, self.focal, self.slot_id, self.desk, count, **more))

    @rule(who=st.integers(0, PEOPLE - 1))
    def skip(self, who: int) -> None:
        """The secretariat offers somebody a seat before others."""
        booking = self.latest(who)
        if booking:
            give = partial(decisions.offer_place, reason="An outbreak.")
            self.do(lambda db: give(db, self.secretariat, booking, self.desk))

    @invariant()
    def nobody_waits_beside_a_free_seat(self) -> None:
        """W1, with groups: nobody whose turn it is waits beside the seats they want."""
        with self.database.read() as db:
            assert list(lines_off(db, now=self.hands.at)) == []

    @invariant()
    def every_version_is_told_once(self) -> None:
        """S6 and M1: the audit leads to each row, and the outbox has each of its versions."""
        with self.database.read() as db:
            assert list(histories_off(db)) == []

    @invariant()
    def time_is_taken_as_seats_are(self) -> None:
        """S4: whoever has a seat is taken at its times, and nobody else."""
        with self.database.read() as db:
            assert list(times_off(db)) == []


@pytest.mark.parametrize("machine", [History, FullHistory])
def test_seats_add_up_after_any_history(
    sqlite_template: Path, tmp_path: Path, machine: type[History]
) -> None:
    History.template, History.folder = sqlite_template, tmp_path
    rules = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        phases=[Phase.generate],  # shrinking takes minutes, and the steps are few anyway
        suppress_health_check=list(HealthCheck),
        database=None,
    )

    run_state_machine_as_test(machine, settings=rules)

    assert History.number > 0
