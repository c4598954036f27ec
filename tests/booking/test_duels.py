"""Two processes at one point, guards in place: the line, keys, and what calendars are told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.rules import BookingState
from app.booking.service.desk import Desk
from app.calendars.schemas import FeedIn
from app.calendars.service import make_feed
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.registry.models import Slot
from tests.booking.duels import Move, duel, start
from tests.booking.people import Hands, assert_counters, book_new, confirm_new, seats_of
from tests.calendars.examples import events
from tests.factories import NOW, make_slot, make_trainee, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

S = BookingState
DESK = Desk(clock=Hands())
LATER = NOW + timedelta(minutes=20)


def states(database: Database) -> Counter[str]:
    """How many bookings are in which state."""
    with database.read() as db:
        return Counter(db.exec(select(Booking.state)))


def told(database: Database, name: str) -> int:
    """How many messages of this name there are."""
    with database.read() as db:
        query = select(OutboxEvent.id).where(col(OutboxEvent.name) == name)
        return len(db.exec(query).all())


def line_of_two(db: Session) -> tuple[Slot, Actor, Booking, Actor, Booking]:
    """One seat, whose holder is first; the second waits, and a third behind them."""
    slot = make_slot(db, seats=1)
    holder, held = confirm_new(db, slot.id, DESK)
    waiter, waiting = book_new(db, slot.id, DESK)
    book_new(db, slot.id, DESK)
    return slot, holder, held, waiter, waiting


def test_a_promoted_seat_that_two_people_cancel_is_freed_once(database: Database) -> None:
    """W4: the person declines the offer while the provider cancels it."""
    with database.write() as db:
        slot, holder, held, waiter, waiting = line_of_two(db)
        owner = owner_of(db, slot.provider_id).identified()
    url = str(database.url)
    start(Move(url, "cancel", slot.id, holder.identified(), NOW, target=held.id)).answer()
    decline = Move(url, "cancel", slot.id, waiter.identified(), NOW, target=waiting.id)

    answers = duel(replace(decline, pause="before commit"), replace(decline, actor=owner))

    assert answers == (S.DECLINED, "step_not_allowed")
    assert states(database) == {S.CANCELLED: 1, S.DECLINED: 1, S.OFFERED: 1}
    with database.read() as db:
        assert seats_of(db, slot.id) == (1, 0)
    assert_counters(database)


def test_two_sweepers_promote_the_next_once(database: Database) -> None:
    """W5: both find the same hold that ran out, and one seat that came free."""
    with database.write() as db:
        slot = make_slot(db, seats=1)
        holder, _ = book_new(db, slot.id, DESK)
        for _ in range(2):
            book_new(db, slot.id, DESK)
    sweep = Move(str(database.url), "sweep", slot.id, holder.identified(), LATER)

    assert duel(replace(sweep, pause="before commit"), sweep) == ("swept", "swept")

    assert states(database) == {S.EXPIRED: 1, S.OFFERED: 1, S.WAITLISTED: 1}
    assert (told(database, "booking.expired"), told(database, "booking.offered")) == (1, 1)
    assert_counters(database)


def test_an_offer_that_ran_out_is_never_confirmed(database: Database) -> None:
    """W3: not before the sweeper was there, and not at the moment when it is."""
    with database.write() as db:
        slot, holder, held, waiter, waiting = line_of_two(db)
    url = str(database.url)
    start(Move(url, "cancel", slot.id, holder.identified(), NOW, target=held.id)).answer()
    over = NOW + timedelta(hours=48)
    sweep = Move(url, "sweep", slot.id, holder.identified(), over, pause="before commit")
    confirm = Move(url, "confirm", slot.id, waiter.identified(), over, target=waiting.id)

    assert start(confirm).answer() == "hold_expired"
    assert duel(sweep, confirm) == ("swept", "hold_expired")

    assert states(database) == {S.CANCELLED: 1, S.EXPIRED: 1, S.OFFERED: 1}
    assert told(database, "booking.confirmed") == 1, "That of the first holder."


def test_two_calls_with_one_key_have_one_effect(database: Database) -> None:
    """I1: the second waits for the first, and is told the same."""
    with database.write() as db:
        slot = make_slot(db, seats=5)
        actor = make_trainee(db).identified()
    first = Move(str(database.url), "book", slot.id, actor, NOW, key="one key")

    answers = duel(replace(first, pause="before commit"), first)

    assert answers == (S.HELD, S.HELD)
    assert states(database) == {S.HELD: 1}


def test_a_key_of_a_process_that_was_killed_is_not_stuck(database: Database) -> None:
    """I3: killed before its commit, nothing was done and the key is free."""
    with database.write() as db:
        slot = make_slot(db, seats=5)
        actor = make_trainee(db).identified()
    first = Move(str(database.url), "book", slot.id, actor, NOW, key="one key")

    killed = start(replace(first, pause="before commit", dies=True)).answer()
    again = start(first).answer()

    assert (killed, again) == ("killed", S.HELD)
    assert states(database) == {S.HELD: 1}


ENDS: dict[str, Callable[[str, UUID, Actor, UUID], Move]] = {
    "cancelled by the person": lambda url, slot, person, booking: Move(
        url, "cancel", slot, person.identified(), NOW, target=booking
    ),
    "ran out": lambda url, slot, person, _: Move(url, "sweep", slot, person.identified(), LATER),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_calendar_sees_each_change_with_a_higher_sequence_and_the_end_as_cancelled(
    client: "TestClient", database: Database, end: str
) -> None:
    """M3: one UID from the first to the last, whichever process made the change."""
    with database.write() as db:
        slot = make_slot(db, seats=5)
        person, booking = book_new(db, slot.id, DESK)
        feed = make_feed(db, person, FeedIn(), now=NOW).url
    assert feed is not None
    path, url = feed.removeprefix("http://testserver"), str(database.url)
    seen = [_entry(client, path)]
    if end != "ran out":
        confirm = Move(url, "confirm", slot.id, person.identified(), NOW, target=booking.id)
        start(confirm).answer()
        seen.append(_entry(client, path))

    start(ENDS[end](url, slot.id, person, booking.id)).answer()

    seen.append(_entry(client, path))
    assert len({uid for uid, _, _ in seen}) == 1
    numbers = [number for _, number, _ in seen]
    assert numbers == sorted(set(numbers))
    assert [status for _, _, status in seen][-1] == "CANCELLED"


def _entry(client: "TestClient", path: str) -> tuple[str, int, str]:
    """UID, SEQUENCE and STATUS of the one entry of a private feed."""
    (event,) = events(client.get(path).content)
    return event["UID"], int(event["SEQUENCE"]), event["STATUS"]
