"""What else there is when a date is cancelled, or a place was not to be had."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.queries.claims import find_booking
from app.core.zones import to_local
from app.matching import queries
from app.matching.queries import Learner
from app.matching.rules.alternatives import Lost, choose_alternatives
from app.matching.schemas import AlternativeView
from app.matching.service.board import Board, rank_rows
from app.registry.models import Slot
from app.registry.queries.rows import find_slot
from app.registry.queries.slots import slots_by_id


def alternatives_of_booking(
    db: Session, actor: Actor, booking_id: UUID, *, now: datetime, board: Board | None = None
) -> list[AlternativeView]:
    """Other open dates for the person of a booking, best first; nothing is changed.

    In a language the person knows, with a seat that their country can have, and none that they
    are in already.

    Raises:
        NotFoundError: There is no such booking that the actor may see.
    """
    booking, slot = find_booking(db, actor, booking_id)
    return _alternatives(db, slot, queries.learner_of(db, booking.person_id), now=now, board=board)


def alternatives_of_slot(
    db: Session, actor: Actor, slot_id: UUID, *, now: datetime, board: Board | None = None
) -> list[AlternativeView]:
    """Other open dates for the reader of a slot's page, who may be anybody.

    Raises:
        NotFoundError: There is no such slot that the actor may see.
    """
    slot, _ = find_slot(db, actor, slot_id)
    return _alternatives(db, slot, queries.learner_of(db, actor.user_id), now=now, board=board)


def _alternatives(
    db: Session, slot: Slot, learner: Learner, *, now: datetime, board: Board | None
) -> list[AlternativeView]:
    today = to_local(now, slot.zone).date()
    need = queries.need_of_learner(db, slot, learner, today=today)
    found = (rank_rows if board is None else board.rank)(db, need, now=now)
    taken = queries.slots_of_learner(db, learner)
    lost = Lost(slot.course_id, slot.starts_at)
    chosen = choose_alternatives(found, lost, taken={slot.id, *taken})
    slots = slots_by_id(db, [each.slot_id for each in chosen], now=now)
    return [
        AlternativeView(
            slot=slots[each.slot_id],
            same_course=each.same_course,
            levels_short=each.levels_short,
        )
        for each in chosen
        if each.slot_id in slots
    ]
