"""What a slot's provider, or the secretariat, decides about one booking."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlmodel import Session

from app.booking.models import Booking
from app.booking.pages.posts import Post
from app.booking.pages.seats import again, move
from app.booking.schemas import DecisionIn, ReasonIn
from app.booking.service import decisions
from app.core.errors import InvalidError
from app.web.forms import Submitted, submitted

router = APIRouter()

Reason = Annotated[Submitted[ReasonIn], Depends(submitted(ReasonIn))]


@router.post("/bookings/{booking_id}/offer")
def offer_place(booking_id: UUID, form: Reason, post: Post) -> Response:
    """Offer a seat to somebody on the list."""
    return _decide(
        post,
        booking_id,
        form,
        "offered",
        lambda db, reason: decisions.offer_place(
            db, post.actor, booking_id, post.desk, reason=reason
        ),
    )


@router.post("/bookings/{booking_id}/approval")
def approve(booking_id: UUID, form: Reason, post: Post) -> Response:
    """Clear the person for the site."""
    return _decide(
        post,
        booking_id,
        form,
        "approved",
        lambda db, _: decisions.decide_request(
            db, post.actor, booking_id, DecisionIn(approve=True), post.desk
        ),
    )


@router.post("/bookings/{booking_id}/rejection")
def reject(booking_id: UUID, form: Reason, post: Post) -> Response:
    """Refuse the person, with a reason."""
    return _decide(
        post,
        booking_id,
        form,
        "rejected",
        lambda db, reason: decisions.decide_request(
            db, post.actor, booking_id, DecisionIn(approve=False, reason=reason), post.desk
        ),
    )


def _decide(
    post: Post,
    booking_id: UUID,
    form: Submitted[ReasonIn],
    notice: str,
    use: Callable[[Session, str], Booking],
) -> Response:
    model = form.model
    if model is None:
        return again(post, booking_id, form)
    try:
        return move(post, booking_id, notice, lambda db: use(db, model.reason))
    except InvalidError as error:
        form.refuse(error)
        return again(post, booking_id, form)
