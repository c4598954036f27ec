"""Booking a seat, and one booking: confirm it, give it back, say who was there."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.block_words import time_left
from app.booking.models import Booking
from app.booking.pages.parts import box_for
from app.booking.pages.posts import Post
from app.booking.queries import views
from app.booking.queries.claims import find_booking
from app.booking.rules import BookingState
from app.booking.schemas import AttendanceIn, BookingView, BookSeatIn, CancelIn
from app.booking.service import attendance, seats
from app.booking.words import actions_for, closes_at, next_text, state_label, state_text
from app.core.errors import ConflictError
from app.registry.queries.slots import slot_view
from app.web.deps import Now, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.post("/slots/{slot_id}/bookings")
def book_seat(
    slot_id: UUID,
    form: Annotated[Submitted[BookSeatIn], Depends(submitted(BookSeatIn))],
    post: Post,
) -> Response:
    """Hold a seat or join the list, then show the booking; or say why it cannot be."""

    def book(db: Session, model: BookSeatIn) -> str:
        booking = seats.book_seat(db, post.actor, slot_id, model, post.desk)
        notice = "held" if booking.state == BookingState.HELD else "waitlisted"
        return f"/bookings/{booking.id}?notice={notice}"

    return post.attempt(form, book) or _not_booked(post, slot_id, form)


@router.post("/slots/{slot_id}/interest")
def show_interest(
    slot_id: UUID,
    form: Annotated[Submitted[BookSeatIn], Depends(submitted(BookSeatIn))],
    post: Post,
) -> Response:
    """Join the list of a planned date, then show the place in it; or say why it cannot be."""

    def join(db: Session, model: BookSeatIn) -> str:
        booking = seats.show_interest(db, post.actor, slot_id, model, post.desk)
        return f"/bookings/{booking.id}?notice=waitlisted"

    return post.attempt(form, join) or _not_booked(post, slot_id, form)


def _not_booked(post: Post, slot_id: UUID, form: Form) -> Response:
    with post.read() as db:
        view = slot_view(db, post.actor, slot_id, now=post.now)
    return page(
        post.request,
        "booking/book.html",
        status=form.status,
        view=view,
        form=form,
        form_key=form.key,
        box=box_for(post.request, view),
        reader_zone=post.actor.zone,
    )


@router.get("/bookings/{booking_id}")
def show_booking(
    request: Request, booking_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """One booking: how it stands, until when, what happens next."""
    view = views.booking_view(db, actor, booking_id, now=now)
    return _booking_page(request, actor, view, now, Form())


@router.post("/bookings/{booking_id}/confirmation")
def confirm_booking(booking_id: UUID, post: Post) -> Response:
    """Keep the seat."""
    return move(
        post,
        booking_id,
        lambda booking: str(booking.state),  # confirmed, or requested of the provider
        lambda db: seats.confirm_booking(db, post.actor, booking_id, post.desk),
    )


@router.post("/bookings/{booking_id}/cancellation")
def cancel_booking(
    booking_id: UUID,
    form: Annotated[Submitted[CancelIn], Depends(submitted(CancelIn))],
    post: Post,
) -> Response:
    """Give the seat, or the place on the list, back."""
    model = form.model
    if model is None:
        return again(post, booking_id, form)
    return move(
        post,
        booking_id,
        "cancelled",
        lambda db: seats.cancel_booking(db, post.actor, booking_id, model, post.desk),
    )


@router.post("/bookings/{booking_id}/attendance")
def record_attendance(
    booking_id: UUID,
    form: Annotated[Submitted[AttendanceIn], Depends(submitted(AttendanceIn))],
    post: Post,
) -> Response:
    """Say whether the person was there."""
    model = form.model
    if model is None:
        return again(post, booking_id, form)
    return move(
        post,
        booking_id,
        "attendance",
        lambda db: attendance.record_attendance(db, post.actor, booking_id, model, post.desk),
    )


def move(
    post: Post,
    booking_id: UUID,
    notice: str | Callable[[Booking], str],
    use: Callable[[Session], Booking],
) -> Response:
    """Change the booking and go back to where its buttons are; or say why not."""

    def command(db: Session) -> str:
        booking = use(db)
        word = notice if isinstance(notice, str) else notice(booking)
        return f"{_home(db, post.actor, booking)}?notice={word}"

    try:
        return post.go(command)
    except ConflictError as error:
        form = Form()
        form.refuse(error)
        return again(post, booking_id, form)


def _home(db: Session, actor: Actor, booking: Booking) -> str:
    if booking.person_id == actor.user_id:
        return f"/bookings/{booking.id}"
    _, slot = find_booking(db, actor, booking.id)
    if slot.provider_id in actor.providers or actor.secretariat:
        return f"/slots/{slot.id}/roster"
    return f"/cohorts/{booking.cohort_id}"


def again(post: Post, booking_id: UUID, form: Form) -> Response:
    """The booking's page with what was wrong."""
    with post.read() as db:
        view = views.booking_view(db, post.actor, booking_id, now=post.now)
    return _booking_page(post.request, post.actor, view, post.now, form)


def _booking_page(
    request: Request, actor: Actor, view: BookingView, now: Now, form: Form
) -> Response:
    own = view.person.id == actor.user_id
    return page(
        request,
        "booking/booking.html",
        status=form.status,
        view=view,
        form=form,
        own=own,
        label=state_label(view.state),
        sentence=state_text(view, own=own),
        next_step=next_text(view) if own else "",
        actions=actions_for(actor, view, now=now),
        closes_at=closes_at(view.slot),
        left=time_left(view.held_until, now) if view.held_until else "",
        reader_zone=actor.zone,
    )
