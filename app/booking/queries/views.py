"""Claims as their readers see them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, tuple_
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.claims import (
    find_booking,
    live_booking,
    waiting_line,
)
from app.booking.rules import (
    LIVE,
    SEAT_TAKING,
    BookingState,
    Waiting,
    line_places,
    why_waiting,
)
from app.booking.schemas import BookingView, PersonRef, RosterLine, SelectionNote
from app.core.errors import NotFoundError
from app.core.links import absolute
from app.core.paging import id_of, values_of
from app.registry.models import Slot
from app.registry.queries.rows import find_slot, meetings_of, sees_everything_of
from app.registry.queries.slot_views import meeting_view
from app.registry.queries.slots import slots_by_id
from app.registry.rules import Route, SlotStatus

_WITH_LINK = (BookingState.CONFIRMED, BookingState.ATTENDED, BookingState.NO_SHOW)


@dataclass(frozen=True, slots=True)
class OwnBookings:
    """A person's bookings: those still to come first, then what is over."""

    current: tuple[BookingView, ...]
    past: tuple[BookingView, ...]


def booking_view(db: Session, actor: Actor, booking_id: UUID, *, now: datetime) -> BookingView:
    """One booking.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    booking, _ = find_booking(db, actor, booking_id)
    return booking_views(db, [booking], reader=actor, now=now)[0]


def own_bookings(
    db: Session,
    actor: Actor,
    *,
    now: datetime,
    limit: int | None = None,
    after: list[str | int] | None = None,
) -> tuple[list[BookingView], int, list[str | int] | None]:
    """The actor's own bookings, newest first: a page of them, how many in all, the next cursor.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    own = col(Booking.person_id) == actor.user_id
    total = db.exec(select(func.count()).select_from(Booking).where(own)).one()
    # Identifiers rise with time, so they sort by age.
    query = select(Booking).where(own).order_by(col(Booking.id).desc())
    if after is not None:
        query = query.where(col(Booking.id) < id_of(after))
    found = list(db.exec(query if limit is None else query.limit(limit + 1)))
    shown = found[:limit]
    more: list[str | int] | None = [str(shown[-1].id)] if len(found) > len(shown) else None
    return booking_views(db, shown, reader=actor, now=now), total, more


def by_time(views: Iterable[BookingView], *, now: datetime) -> OwnBookings:
    """``views`` as a person wants them: live and to come, by start; then the rest."""
    ordered = sorted(views, key=lambda view: (view.slot.starts_at, view.id))
    current = [view for view in ordered if view.state in LIVE and view.slot.ends_at > now]
    past = [view for view in reversed(ordered) if view not in current]
    return OwnBookings(tuple(current), tuple(past))


def booking_on(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> BookingView | None:
    """The actor's own live booking on the slot, if there is one."""
    if actor.user_id is None:
        return None
    booking = live_booking(db, slot_id, actor.user_id)
    return booking_views(db, [booking], reader=actor, now=now)[0] if booking else None


def booking_views(
    db: Session, bookings: Sequence[Booking], *, reader: Actor, now: datetime
) -> list[BookingView]:
    """Views of ``bookings``, in their order; the caller checked that ``reader`` may see them."""
    slots = slots_by_id(db, list({booking.slot_id for booking in bookings}), now=now)
    people = people_refs(
        db, bookings, with_email=any(b.person_id != reader.user_id for b in bookings)
    )
    lines = _lines(db, bookings)
    named_by = _named_by(db, bookings)
    meetings = meetings_of(db, list(slots))
    views = []
    for booking in bookings:
        slot = slots[booking.slot_id]
        may_know = booking.person_id == reader.user_id or slot.provider.id in reader.providers
        shows_link = booking.state in _WITH_LINK and may_know
        position, why = lines.get(booking.id, (None, None))
        views.append(
            BookingView(
                **booking.model_dump(
                    include={"id", "state", "note", "answers", "at_risk", "version"}
                ),
                slot=slot,
                person=people[booking.person_id],
                held_until=booking.held_until,
                position=position,
                why_waiting=why,
                decide_by=booking.held_until if booking.state == BookingState.REQUESTED else None,
                reason=booking.reason or None,
                cohort=booking.cohort_id,
                named_by=named_by.get(booking.id),
                replaces=booking.replaces_id,
                selection=SelectionNote(**saved) if (saved := _selection(booking)) else None,
                meetings=tuple(
                    meeting_view(meeting).model_copy(
                        update={"join_url": (meeting.join_url or None) if shows_link else None}
                    )
                    for meeting in meetings[booking.slot_id]
                ),
                url=absolute(f"/bookings/{booking.id}"),
                created_at=booking.created_at,
                updated_at=booking.revised_at,
            )
        )
    return views


def roster(
    db: Session,
    actor: Actor,
    slot_id: UUID,
    *,
    limit: int,
    after: list[str | int] | None = None,
    states: Collection[str] = tuple(BookingState),
) -> tuple[list[RosterLine], int, list[str | int] | None]:
    """Everybody with a seat, then the waiting list, then those whose claim ended.

    With ``states`` only those in one of them.

    Returns:
        A page of lines, how many there are in all, and the next cursor.

    Raises:
        NotFoundError: The actor neither edits the slot's provider nor is the secretariat.
        InvalidError: ``after`` belongs to another list.
    """
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    here = and_(col(Booking.slot_id) == slot_id, col(Booking.state).in_(states))
    total = db.exec(select(func.count()).select_from(Booking).where(here)).one()
    rank = case(
        (col(Booking.state).in_(SEAT_TAKING), 0),
        (col(Booking.state) == BookingState.WAITLISTED, 1),
        else_=2,
    )
    keys = (rank, col(Booking.priority), col(Booking.entered_at), col(Booking.id))
    order = tuple_(*keys)
    query = select(Booking).where(here).order_by(*keys)
    if after is not None:
        last = values_of(after, int, int, datetime.fromisoformat, UUID)
        query = query.where(order > tuple_(*last))
    found = list(db.exec(query.limit(limit + 1)))
    shown = found[:limit]
    more: list[str | int] | None = None
    if len(found) > limit:
        last_one = shown[-1]
        more = [_rank(last_one), last_one.priority, last_one.entered_at.isoformat()]
        more.append(str(last_one.id))
    return _roster_lines(db, shown), total, more


def groups_in_line(db: Session, slot_id: UUID) -> list[tuple[int, Waiting]]:
    """The groups in the slot's waiting list, each with its place; for the reader of a roster."""
    line = enumerate(waiting_line(db, slot_id), start=1)
    return [(place, entry) for place, entry in line if entry.is_block]


def _roster_lines(db: Session, bookings: Sequence[Booking]) -> list[RosterLine]:
    people = people_refs(db, bookings, with_email=True)
    lines = _lines(db, bookings)
    return [
        RosterLine(
            **booking.model_dump(
                include={
                    *("id", "state", "held_until", "entered_at", "note", "answers", "reason"),
                    "at_risk",
                }
            ),
            person=people[booking.person_id],
            position=lines.get(booking.id, (None, None))[0],
            why_waiting=lines.get(booking.id, (None, None))[1],
            cohort=booking.cohort_id,
        )
        for booking in bookings
    ]


def _selection(booking: Booking) -> dict[str, Any]:
    """What a booking keeps of a selection, as far as its own person asks."""
    return {
        name: booking.selection[name]
        for name in SelectionNote.model_fields
        if name in booking.selection
    }


def _rank(booking: Booking) -> int:
    if booking.state in SEAT_TAKING:
        return 0
    return 1 if booking.state == BookingState.WAITLISTED else 2


def people_refs(
    db: Session, bookings: Sequence[Booking], *, with_email: bool = False
) -> dict[UUID, PersonRef]:
    """The people of the bookings in short; the caller checked that the reader may know them."""
    ids = {booking.person_id for booking in bookings}
    return {
        user.id: PersonRef(
            id=user.id,
            name=user.name,
            country=user.country,
            email=user.email if with_email else None,
        )
        for user in db.exec(select(User).where(col(User.id).in_(ids)))
    }


def _lines(db: Session, bookings: Sequence[Booking]) -> dict[UUID, tuple[int, str]]:
    """Of those who wait: the place in the line, and why they have no seat yet."""
    slots = {b.slot_id for b in bookings if b.state == BookingState.WAITLISTED}
    found: dict[UUID, tuple[int, str]] = {}
    for slot in db.exec(select(Slot).where(col(Slot.id).in_(slots))):
        free = slot.seats + slot.overbook - slot.seats_claimed
        selects = slot.route == Route.SELECTION and slot.selected_at is None
        planned = slot.status == SlotStatus.TENTATIVE
        for entry, place in line_places(waiting_line(db, slot.id), free=free).items():
            why = why_waiting(place.held_back, free=free, planned=planned, selects=selects)
            found[entry] = (place.position, why)
    return found


def _named_by(db: Session, bookings: Sequence[Booking]) -> dict[UUID, str]:
    """Who booked for whom, where somebody did it on another's behalf."""
    query = (
        select(Booking.id, User.name)
        .join(User, col(User.id) == col(Booking.created_by))
        .where(
            col(Booking.id).in_([booking.id for booking in bookings]),
            col(Booking.created_by) != col(Booking.person_id),
        )
    )
    return dict(db.exec(query).all())
