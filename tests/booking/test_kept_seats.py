"""Keeping seats, a sponsor's seats, and what becomes of them; on both databases."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.jobs import sweep
from app.booking.models import Booking
from app.booking.queries.invariants import broken
from app.booking.queries.shares import share_views
from app.booking.rules import AuthorityCapError, NotEnoughSeatsError
from app.booking.rules.shares import Claimant, Group
from app.booking.schemas import NominationIn, ShareEndIn, ShareIn
from app.booking.service.desk import Desk
from app.booking.service.kept_seats import Room, room_for
from app.booking.service.nominations import nominate, replace_person
from app.booking.service.sponsors import (
    ShareOverError,
    SlotClosedError,
    end_share,
    keep_seats,
)
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.models import SeatShare, Slot
from tests.booking.people import Hands, assert_counters, book_new, confirm_new, state_of, take_block
from tests.factories import (
    NOW,
    make_focal_point,
    make_provider,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

MERCOSUR = ("AR", "BO", "BR", "PY", "UY")
KENYAN, BRAZILIAN = Claimant("KE"), Claimant("BR")


def keep(db: Session, slot_id: UUID, desk: Desk, **wish: Any) -> SeatShare:
    """Seats kept by the slot's own provider; for MERCOSUR unless told otherwise."""
    sent = {"kept_for": Group.COUNTRIES, "countries": MERCOSUR, "seats": 2, **wish}
    actor = owner_of(db, db.get_one(Slot, slot_id).provider_id)
    return keep_seats(db, actor, slot_id, ShareIn.model_validate(sent), desk)


def room(db: Session, slot_id: UUID, hands: Hands, who: Claimant) -> Room:
    """What somebody could have now."""
    return room_for(db, db.get_one(Slot, slot_id), who, now=hands.at)


def test_kept_seats_are_left_to_their_group_until_their_time(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=12)
        keep(db, slot.id, desk, seats=8, until=NOW + timedelta(days=3))
        confirm_new(db, slot.id, desk, country="BR")

        assert room(db, slot.id, hands, KENYAN) == Room(4)
        assert room(db, slot.id, hands, BRAZILIAN) == Room(11)
        hands.on(days=3)
        assert room(db, slot.id, hands, KENYAN) == Room(11)


def test_a_slot_without_shares_and_caps_is_asked_nothing(database: Database, hands: Hands) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3)
        asked: list[str] = []
        event.listen(db.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))

        assert room_for(db, slot, KENYAN, now=hands.at) == Room(3)
        assert asked == []


def test_blocks_count_for_the_group_of_their_country_and_sector(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=6)
        keep(db, slot.id, desk, seats=3)
        take_block(db, make_focal_point(db, "BR"), slot.id, desk, 2)

        assert room(db, slot.id, hands, KENYAN) == Room(3)


def test_only_free_seats_can_be_kept(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=4)
        confirm_new(db, slot.id, desk, country="KE")
        keep(db, slot.id, desk, seats=2)

        with pytest.raises(NotEnoughSeatsError) as caught:
            keep(db, slot.id, desk, seats=2, kept_for=Group.WOMEN)

    assert caught.value.details == {"seats_free": 1}


def test_members_who_have_seats_already_count_for_the_share(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3)
        confirm_new(db, slot.id, desk, country="BR")
        keep(db, slot.id, desk, seats=3)
        views = share_views(db, owner_of(db, slot.provider_id), slot.id, now=NOW)

    assert [(view.taken, view.open) for view in views] == [(1, 2)]


def test_a_sponsors_seats_come_on_top_and_move_the_line_at_once(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        confirm_new(db, slot.id, desk, country="KE")
        _, other = book_new(db, slot.id, desk, country="KE")
        _, member = book_new(db, slot.id, desk, country="BR")
        share = keep(db, slot.id, desk, seats=1, adds_seats=True, sponsor="Fund for seats")
        found = db.get_one(Slot, slot.id, populate_existing=True)

        assert (found.seats, share.added_seats) == (2, 1)
        assert (state_of(db, other.id), state_of(db, member.id)) == ("waitlisted", "offered")
        query = select(AuditEntry).where(col(AuditEntry.subject_id) == share.id)
        assert [(e.action, e.reason) for e in db.exec(query)] == [
            ("share.kept", "paid by Fund for seats")
        ]
    assert_counters(database)


def test_when_their_time_is_over_the_sweeper_gives_kept_seats_to_the_line(
    database: Database, desk: Desk, hands: Hands
) -> None:
    until = NOW + timedelta(days=2)
    with database.write() as db:
        slot = make_slot(db, seats=1)
        confirm_new(db, slot.id, desk, country="KE")
        _, waiting = book_new(db, slot.id, desk, country="KE")
        share = keep(db, slot.id, desk, seats=1, adds_seats=True, sponsor="Fund", until=until)
    hands.at = until - timedelta(seconds=1)
    assert sweep(database, desk) == 0
    hands.at = until
    assert (sweep(database, desk), sweep(database, desk)) == (1, 0)

    with database.read() as db:
        assert state_of(db, waiting.id) == "offered"
        names = select(OutboxEvent.name).where(col(OutboxEvent.subject_id) == share.id)
        assert set(db.exec(names)) == {"share.kept", "share.over"}
    assert_counters(database)


def test_seats_are_kept_until_the_deadline_unless_another_time_is_said(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, apply_by=NOW + timedelta(days=4))

        assert keep(db, slot.id, desk).until == NOW + timedelta(days=4)


def test_kept_seats_that_end_early_go_to_those_in_line(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        confirm_new(db, slot.id, desk, country="KE")
        _, waiting = book_new(db, slot.id, desk, country="KE")
        share = keep(db, slot.id, desk, seats=1, adds_seats=True, sponsor="Fund")
        owner = owner_of(db, slot.provider_id)
        end_share(db, owner, share.id, ShareEndIn(reason="Nobody came forward."), desk)

        assert state_of(db, waiting.id) == "offered"
        assert db.get_one(Slot, slot.id).kept_until is None
        with pytest.raises(ShareOverError):
            end_share(db, owner, share.id, ShareEndIn(reason="Again."), desk)


def test_the_share_that_ends_first_is_the_next_to_be_looked_at(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=6)
        keep(db, slot.id, desk, until=NOW + timedelta(days=9))
        keep(db, slot.id, desk, until=NOW + timedelta(days=3), kept_for=Group.WOMEN)
        assert db.get_one(Slot, slot.id).kept_until == NOW + timedelta(days=3)
    hands.on(days=4)
    sweep(database, desk)

    with database.read() as db:
        assert db.get_one(Slot, slot.id).kept_until == NOW + timedelta(days=9)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"countries": ()}, "countries"),
        ({"adds_seats": True}, "sponsor"),
        ({"until": NOW}, "until"),
        ({"until": NOW + timedelta(days=31)}, "until"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_beside_its_field(
    database: Database, desk: Desk, wish: dict[str, Any], field: str
) -> None:
    with database.write() as db, pytest.raises(InvalidError) as caught:
        keep(db, make_slot(db).id, desk, **wish)

    assert [problem.loc for problem in caught.value.problems] == [(field,)]


def test_nothing_is_kept_on_a_slot_that_began(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = make_slot(db)
        hands.at = slot.starts_at
        with pytest.raises(SlotClosedError):
            keep(db, slot.id, desk)


def _somebody_of_another_provider(db: Session) -> Actor:
    return owner_of(db, make_provider(db).id)


@pytest.mark.parametrize(
    ("who", "keeping", "ending"),
    [
        (make_secretariat, ForbiddenError, ForbiddenError),
        (make_trainee, ForbiddenError, NotFoundError),
        (_somebody_of_another_provider, ForbiddenError, NotFoundError),
    ],
)
def test_only_the_slots_provider_keeps_seats(
    database: Database, desk: Desk, who: Any, keeping: type[Exception], ending: type[Exception]
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        share = keep(db, slot.id, desk)
        actor = who(db)
        with pytest.raises(keeping):
            keep_seats(db, actor, slot.id, ShareIn(kept_for=Group.WOMEN, seats=1), desk)
        with pytest.raises(ending):
            end_share(db, actor, share.id, ShareEndIn(reason="No."), desk)


def test_an_employer_has_no_more_seats_through_names_in_a_block(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        focal = make_focal_point(db, "KE")
        slot = make_slot(db, seats=6, max_per_authority=1)
        block = take_block(db, focal, slot.id, desk, 3)
        board = [make_trainee(db, organisation=name) for name in ("Board", "The  BOARD", "board")]
        named = [NominationIn(person=person.user_id) for person in board]
        first = nominate(db, focal, block.id, named[0], desk)
        nominate(db, focal, block.id, named[1], desk)
        with pytest.raises(AuthorityCapError):
            nominate(db, focal, block.id, named[2], desk)
        replace_person(db, focal, first.id, named[2], desk)

        assert state_of(db, first.id) == "cancelled"


def test_whoever_can_use_kept_seats_need_not_wait_behind_those_who_cannot(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        keep(db, slot.id, desk)
        _, outside = book_new(db, slot.id, desk, country="KE")
        _, member = book_new(db, slot.id, desk, country="BR")

        assert (state_of(db, outside.id), state_of(db, member.id)) == ("waitlisted", "offered")
        assert db.get_one(Booking, outside.id).held_back == "seats-kept"
    assert_counters(database)


def test_verify_finds_a_slot_that_looks_for_its_kept_seats_at_another_time(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        keep(db, slot.id, desk)
        ended = keep(db, make_slot(db).id, desk)
        owner = owner_of(db, db.get_one(Slot, ended.slot_id).provider_id)
        end_share(db, owner, ended.id, ShareEndIn(reason="Not needed."), desk)
        assert broken(db) == []
        db.get_one(Slot, slot.id).kept_until = None
        db.flush()

        assert [sentence for sentence in broken(db) if f"slot {slot.id} keeps" in sentence]
