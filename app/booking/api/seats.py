"""JSON routes about slots that move people, and about seats.

Changing and cancelling a slot are here, not in the registry: both may move people.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.booking.deps import DeskDep
from app.booking.queries import attendance as rolls
from app.booking.queries import views
from app.booking.schemas import (
    AttendanceIn,
    AttendanceListIn,
    BookingView,
    BookSeatIn,
    CancelIn,
    DecisionIn,
    ReasonIn,
    RollLine,
    RosterLine,
)
from app.booking.service import attendance, decisions, seats, series
from app.booking.service import slots as slot_service
from app.core.paging import Page
from app.registry.queries.slots import slot_view
from app.registry.schemas.series import SlotCancellationIn, SlotChangeIn
from app.registry.schemas.views import SlotView
from app.web.deps import Now, PagingDep, ReadDb, Write

router = APIRouter(tags=["seats"])

Booked = Annotated[BookSeatIn | None, Body()]
Cancelled = Annotated[CancelIn | None, Body()]
Offered = Annotated[ReasonIn | None, Body()]
Rejected = Annotated[ReasonIn | None, Body()]
Attended = Annotated[AttendanceIn | None, Body()]
SlotCancelled = Annotated[SlotCancellationIn | None, Body()]


@router.patch("/slots/{slot_id}", response_model=SlotView)
def change_slot(
    slot_id: UUID, body: SlotChangeIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Change a slot of one's own provider; seats that are added go to the waiting list first.

    With the scope ``following`` those that follow it in its series change likewise, or none does.
    """
    change = series.change_following if body.scope == "following" else slot_service.change_slot

    def command(db: Session) -> SlotView:
        slot = change(db, actor, slot_id, body.patch(), desk)
        return slot_view(db, actor, slot.id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/slots/{slot_id}/cancellation", response_model=SlotView)
def cancel_slot(
    slot_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: SlotCancelled = None
) -> Response:
    """Cancel a slot of one's own provider, and every booking and block on it.

    With the scope ``following`` the published ones that follow it in its series end too.
    """
    sent = body or SlotCancellationIn()
    cancel = series.cancel_following if sent.scope == "following" else slot_service.cancel_slot

    def command(db: Session) -> SlotView:
        slot = cancel(db, actor, slot_id, sent.request(), desk)
        return slot_view(db, actor, slot.id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/slots/{slot_id}/bookings", status_code=201, response_model=BookingView)
def book_seat(
    slot_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Booked = None
) -> Response:
    """Hold a seat for oneself, or join the waiting list when the slot is full (see ``state``)."""

    def command(db: Session) -> BookingView:
        booking = seats.book_seat(db, actor, slot_id, body or BookSeatIn(), desk)
        return views.booking_view(db, actor, booking.id, now=desk.clock())

    return write.answer(actor.key, command, status=201)


@router.get("/slots/{slot_id}/bookings")
def list_people(slot_id: UUID, db: ReadDb, actor: SignedIn, paging: PagingDep) -> Page[RosterLine]:
    """The people of a slot of one's own provider: with a seat, waiting in order, ended."""
    lines, total, more = views.roster(db, actor, slot_id, limit=paging.limit, after=paging.after)
    return Page(items=lines, total=total, next=paging.next_url(more))


@router.get("/bookings/{booking_id}")
def read_booking(booking_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> BookingView:
    """One booking: one's own, of one's own slot, or named by one's own country."""
    return views.booking_view(db, actor, booking_id, now=now)


@router.post("/bookings/{booking_id}/confirmation", response_model=BookingView)
def confirm_booking(booking_id: UUID, write: Write, actor: SignedIn, desk: DeskDep) -> Response:
    """Keep a seat that is held for, or offered to, oneself; no body."""

    def command(db: Session) -> BookingView:
        seats.confirm_booking(db, actor, booking_id, desk)
        return views.booking_view(db, actor, booking_id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/bookings/{booking_id}/cancellation", response_model=BookingView)
def cancel_booking(
    booking_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Cancelled = None
) -> Response:
    """Give a seat or a place on the list back; one's own offer is declined."""

    def command(db: Session) -> BookingView:
        seats.cancel_booking(db, actor, booking_id, body or CancelIn(), desk)
        return views.booking_view(db, actor, booking_id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/bookings/{booking_id}/attendance", response_model=BookingView)
def record_attendance(
    booking_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Attended = None
) -> Response:
    """Say whether the person was there, once the slot has begun (provider, secretariat)."""

    def command(db: Session) -> BookingView:
        attendance.record_attendance(db, actor, booking_id, body or AttendanceIn(), desk)
        return views.booking_view(db, actor, booking_id, now=desk.clock())

    return write.answer(actor.key, command)


@router.get("/slots/{slot_id}/attendance")
def read_roll(slot_id: UUID, db: ReadDb, actor: SignedIn, paging: PagingDep) -> Page[RollLine]:
    """Everybody expected at a slot, by name, with the days they were there (provider)."""
    items, total, more = rolls.roll(db, actor, slot_id, limit=paging.limit, after=paging.after)
    return Page(items=items, total=total, next=paging.next_url(more))


@router.post("/slots/{slot_id}/attendance", response_model=Page[RollLine])
def record_days(
    slot_id: UUID, body: AttendanceListIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Record who was at which meeting, and results: all of it, or nothing; answers who is named."""

    def command(db: Session) -> Page[RollLine]:
        done = attendance.record_days(db, actor, slot_id, body, desk)
        lines = rolls.lines_of(db, slot_id, [booking.id for booking in done])
        return Page(items=[lines[booking.id] for booking in done], total=len(done))

    return write.answer(actor.key, command)


@router.post("/bookings/{booking_id}/offer", response_model=BookingView)
def offer_place(
    booking_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Offered = None
) -> Response:
    """Offer a seat to somebody on the list.

    The provider, on slots whose provider selects; else the secretariat, with a reason.
    """

    def command(db: Session) -> BookingView:
        reason = body.reason if body else ""
        decisions.offer_place(db, actor, booking_id, desk, reason=reason)
        return views.booking_view(db, actor, booking_id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/bookings/{booking_id}/approval", response_model=BookingView)
def approve(booking_id: UUID, write: Write, actor: SignedIn, desk: DeskDep) -> Response:
    """Clear a person for the site: their seat is confirmed (provider, secretariat); no body."""

    def command(db: Session) -> BookingView:
        decisions.decide_request(db, actor, booking_id, DecisionIn(approve=True), desk)
        return views.booking_view(db, actor, booking_id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/bookings/{booking_id}/rejection", response_model=BookingView)
def reject(
    booking_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Rejected = None
) -> Response:
    """Refuse a seat that waits for the provider's decision, with a reason the person reads."""

    def command(db: Session) -> BookingView:
        decision = DecisionIn(approve=False, reason=body.reason if body else "")
        decisions.decide_request(db, actor, booking_id, decision, desk)
        return views.booking_view(db, actor, booking_id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/slots/{slot_id}/interest", status_code=201, response_model=BookingView)
def show_interest(
    slot_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Booked = None
) -> Response:
    """Join the line of a date that is planned and not sure yet; seats are offered once it is."""

    def command(db: Session) -> BookingView:
        booking = seats.show_interest(db, actor, slot_id, body or BookSeatIn(), desk)
        return views.booking_view(db, actor, booking.id, now=desk.clock())

    return write.answer(actor.key, command, status=201)


@router.get("/me/bookings")
def list_own(db: ReadDb, actor: SignedIn, paging: PagingDep, now: Now) -> Page[BookingView]:
    """One's own bookings, newest first, ended ones too."""
    items, total, more = views.own_bookings(
        db, actor, now=now, limit=paging.limit, after=paging.after
    )
    return Page(items=items, total=total, next=paging.next_url(more))
