"""People for a slot: who was named, who waits, and whose requests it fits."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Cohort
from app.booking.queries.views import groups_in_line, roster
from app.booking.rules import BookingState
from app.matching.schemas import GroupInLineView, NomineeView, SlotPeopleView
from app.matching.service.directions import requests_for_slot

_NOT_YET = (BookingState.REQUESTED, BookingState.HELD, BookingState.OFFERED)
_MOST = 500
_REQUESTS = 10


def people_for_slot(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> SlotPeopleView:
    """Who could come to the slot, for its provider and the secretariat.

    Nominated people first came first; the line in its order; the best ten of the requests.

    Raises:
        NotFoundError: There is no such slot, or its people are not the actor's business.
    """
    named, _, _ = roster(db, actor, slot_id, limit=_MOST, states=_NOT_YET)
    waiting, _, _ = roster(db, actor, slot_id, limit=_MOST, states=(BookingState.WAITLISTED,))
    blocks = {line.cohort for line in named if line.cohort is not None}
    query = select(Cohort.id, Cohort.country).where(col(Cohort.id).in_(blocks))
    countries: dict[UUID, str] = dict(db.exec(query).all())
    return SlotPeopleView(
        slot=slot_id,
        nominated=tuple(
            NomineeView(country=countries[line.cohort], booking=line)
            for line in named
            if line.cohort in countries
        ),
        waiting=tuple(waiting),
        groups=tuple(
            GroupInLineView(position=place, country=entry.country or "", seats=entry.seats)
            for place, entry in groups_in_line(db, slot_id)
        ),
        requests=requests_for_slot(db, actor, slot_id, now=now, limit=_REQUESTS),
    )
