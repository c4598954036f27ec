"""Merge two requests with the seats that are held for them."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Cohort
from app.booking.queries import merging
from app.booking.queries.fulfilment import seats_in_use
from app.booking.service.counting import count_seats
from app.booking.service.desk import Desk, stamp
from app.core import outbox
from app.core.errors import ConflictError
from app.core.outbox import Fact
from app.demand import service as demand
from app.demand.models import GapRequest
from app.demand.queries import inside_row
from app.demand.schemas import MergeIn
from app.registry.models import Slot
from app.registry.queries.rows import lock_slots


class SeatsMovingError(ConflictError):
    """Seats were taken for the request at the same moment; a second attempt will know them."""

    code = "seats_moving"


def merge_requests(
    db: Session, actor: Actor, request_id: UUID, wish: MergeIn, desk: Desk
) -> GapRequest:
    """Let one request go into another of the same people, with its blocks of seats.

    For their country, and for the secretariat. People are counted once: what stands afterwards is
    what the caller says, else the larger number of each line that is in both.

    Returns:
        The request that stays.

    Raises:
        NotFoundError: There is no such request of the actor's.
        NotOneNeedError: The two are not for the same people.
        InvalidError: No request to merge into, or lines that cannot stand.
        SeatsMovingError: Seats were taken at the same moment.
    """
    actor.require_write()
    inside_row(db, actor, request_id)
    slots = {row.id: row for row in lock_slots(db, merging.slots_of_request(db, request_id))}
    pair = demand.lock_pair(db, actor, request_id, wish, in_use=seats_in_use)
    blocks = merging.blocks_of_request(db, request_id)
    if not {block.slot_id for block in blocks} <= set(slots):
        raise SeatsMovingError("Seats were taken for this request just now. Please try again.")
    now = desk.clock()
    for block in blocks:
        _move(db, block, slots[block.slot_id], pair.into.id, actor, now=now)
    held, met = pair.merged.seats_held, pair.merged.seats_met
    demand.finish_merge(db, actor, pair, wish, now=now)
    if held or met:
        count_seats(db, pair.merged.id, held=-held, met=-met, now=now)
    count_seats(db, pair.into.id, held=held, met=met, now=now)
    return pair.into


def _move(
    db: Session, block: Cohort, slot: Slot, into: UUID, actor: Actor, *, now: datetime
) -> None:
    """Let the block belong to another request; its calendar entry names it, so that changes too."""
    before, block.request_id = block.request_id, into
    block.version += 1
    block.revised_at = stamp(slot, now, block.revised_at)
    db.add_all([block, slot])
    db.flush()
    payload = {"slot": str(slot.id), "request": str(into)}
    changes = {"request": [str(before), str(into)]}
    fact = Fact("cohort.moved", block.id, block.version, now, actor.user_id)
    outbox.record(db, replace(fact, payload=payload, changes=changes))
