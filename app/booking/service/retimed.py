"""Slots follow the clocks of their places, and their people's time with them."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.service.desk import Desk, open_slot
from app.booking.service.moved import move_people
from app.registry.rules import SlotStatus
from app.registry.service.catalogue import bump
from app.registry.service.occupancy import free_up, take_up
from app.registry.service.retimed import retime

_TAKES_UP = (SlotStatus.TENTATIVE, SlotStatus.CONFIRMED)


def retime_slots(db: Session, slot_ids: Iterable[UUID], desk: Desk) -> int:
    """Move slots of one provider to where their wall clocks are by today's rules, all in one.

    Together, because they move alike: one at a time, a slot would move into the old time of the
    next. Their people's time moves along, as when the provider moves a slot.

    Returns:
        How many moved.

    Raises:
        FacilityClashError, ResourceClashError: Rules of several zones changed, and something is
            now needed twice at a time: somebody has to decide, and `cadre verify` says where.
    """
    locked = [open_slot(db, slot_id, desk) for slot_id in sorted(slot_ids)]
    moved = [each for each in locked if retime(db, each.slot, now=each.now)]
    published = [each for each in moved if each.slot.status in _TAKES_UP]
    for each in published:
        free_up(db, each.slot)
    for each in published:
        take_up(db, Actor(), each.slot)
    for each in published:
        move_people(db, each, by=None)
    if moved:
        bump(db, now=moved[0].now)
    return len(moved)
