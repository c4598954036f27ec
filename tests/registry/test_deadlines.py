"""Deadlines: announced with clock time and zone, extended, never moved into the past."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import Session

from app.core.db import Database
from app.core.errors import InvalidError
from app.core.moments import deadline_text
from app.registry.cards import slot_card
from app.registry.models import Slot
from app.registry.queries.slots import slots_by_id
from app.registry.rules import first_deadline
from app.registry.schemas.inputs import SlotPatch
from app.registry.service.slots import change_slot
from tests import factories as make
from tests.factories import NOW, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

DAY = timedelta(days=1)
JUNE = datetime(2027, 6, 7, 17, tzinfo=UTC)
"""18:00 in Lisbon."""


def announced(db: Session, *, status: str = "confirmed") -> Slot:
    """A slot in thirty days, with a deadline in ten."""
    return make.make_slot(db, status=status, apply_by=NOW + 10 * DAY)


def move(db: Session, slot: Slot, apply_by: datetime, *, now: datetime = NOW) -> None:
    """Change the deadline as the provider's owner."""
    owner = owner_of(db, slot.provider_id)
    change_slot(db, owner, slot.id, SlotPatch(apply_by=apply_by), now=now)


def test_the_deadline_first_announced_is_kept_through_extensions() -> None:
    once = first_deadline(JUNE, None, JUNE + DAY)

    assert once == JUNE
    assert first_deadline(JUNE + DAY, once, JUNE + 2 * DAY) == JUNE


def test_a_deadline_brought_back_is_no_longer_an_extended_one() -> None:
    assert first_deadline(JUNE + DAY, JUNE, JUNE) is None
    assert first_deadline(JUNE, None, JUNE - DAY) is None


def test_a_deadline_says_its_zone_the_readers_and_where_it_came_from() -> None:
    text = deadline_text(JUNE + 7 * DAY, "Europe/Lisbon", JUNE, "Africa/Nairobi")

    assert text == (
        "Mon 14 Jun 2027, 18:00 (Lisbon) (Mon 14 Jun, 20:00 in Nairobi); "
        "extended from Mon 7 Jun 2027, 18:00"
    )


def test_an_extended_deadline_is_told_on_page_card_and_calendar(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = announced(db)
        move(db, slot, NOW + 12 * DAY)
        card = slot_card(slots_by_id(db, [slot.id], now=NOW)[slot.id], "Asia/Tokyo")
    seen = client.get(f"/api/v1/slots/{slot.id}").json()
    page = client.get(f"/slots/{slot.id}").text
    entry = client.get(f"/slots/{slot.id}.ics").text.replace("\r\n ", "")

    assert "; extended from" in card.apply_by
    assert "in Tokyo)" in card.apply_by
    assert "; extended from" in page
    assert "extended from" in entry
    assert datetime.fromisoformat(seen["first_apply_by"]) == NOW + 10 * DAY


def test_the_deadline_of_a_draft_was_never_announced(database: Database) -> None:
    with database.write() as db:
        slot = announced(db, status="draft")
        move(db, slot, NOW + 12 * DAY)

        assert slot.first_apply_by is None


def test_an_announced_deadline_is_not_moved_into_the_past(database: Database) -> None:
    with database.write() as db:
        slot = announced(db)
        with pytest.raises(InvalidError) as refused:
            move(db, slot, NOW + DAY, now=NOW + 2 * DAY)

    assert [(p.loc, p.code) for p in refused.value.problems] == [(("apply_by",), "deadline_past")]


def test_a_deadline_that_has_passed_can_be_extended_again(database: Database) -> None:
    with database.write() as db:
        slot = announced(db)
        move(db, slot, NOW + 15 * DAY, now=NOW + 11 * DAY)

        assert (slot.apply_by, slot.first_apply_by) == (NOW + 15 * DAY, NOW + 10 * DAY)


def test_a_slot_moved_before_its_deadline_closes_when_it_starts(database: Database) -> None:
    with database.write() as db:
        slot = announced(db)
        start = NOW + 5 * DAY
        moved = SlotPatch.model_validate(
            {"meetings": [{"starts_at": start, "ends_at": start + timedelta(hours=2)}]}
        )
        change_slot(db, owner_of(db, slot.provider_id), slot.id, moved, now=NOW)

        assert slot.apply_by == start
