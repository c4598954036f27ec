"""Kept seats at a provider's desk: which there are, keep some, add a sponsor's, let them go."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.pages.posts import Post
from app.booking.queries.shares import share_view, share_views
from app.booking.rules.shares import GROUP_LABELS
from app.booking.schemas import ShareEndIn, ShareIn
from app.booking.service import sponsors
from app.core import countries
from app.core.errors import NotFoundError
from app.registry.queries.rows import find_slot, sees_everything_of
from app.registry.queries.slots import slot_view
from app.web.deps import Now, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/provider/slots/{slot_id}/seats")
def show_kept_seats(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """The seats that are kept, with how many are taken, and the form that keeps more."""
    return _seats_page(request, db, actor, slot_id, now, Form.of(adds_seats="false"))


@router.post("/provider/slots/{slot_id}/seats")
def keep_seats(
    slot_id: UUID,
    form: Annotated[Submitted[ShareIn], Depends(submitted(ShareIn))],
    post: Post,
) -> Response:
    """Keep seats, or add a sponsor's; or show what was wrong."""

    def keep(db: Session, model: ShareIn) -> str:
        sponsors.keep_seats(db, post.actor, slot_id, model, post.desk)
        return f"/provider/slots/{slot_id}/seats?notice=kept"

    return post.attempt(form, keep) or _again(post, slot_id, form)


@router.post("/shares/{share_id}/end")
def end_share(
    share_id: UUID,
    form: Annotated[Submitted[ShareEndIn], Depends(submitted(ShareEndIn))],
    post: Post,
) -> Response:
    """Let kept seats go to everybody; or show what was wrong."""

    def end(db: Session, model: ShareEndIn) -> str:
        share = sponsors.end_share(db, post.actor, share_id, model, post.desk)
        return f"/provider/slots/{share.slot_id}/seats?notice=saved"

    response = post.attempt(form, end)
    if response is not None:
        return response
    with post.read() as db:
        slot_id = share_view(db, post.actor, share_id, now=post.now).slot
    return _again(post, slot_id, form)


def _again(post: Post, slot_id: UUID, form: Form) -> Response:
    with post.read() as db:
        return _seats_page(post.request, db, post.actor, slot_id, post.now, form)


def _seats_page(
    request: Request, db: Session, actor: Actor, slot_id: UUID, now: Now, form: Form
) -> Response:
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    return page(
        request,
        "booking/kept_seats.html",
        status=form.status,
        view=slot_view(db, actor, slot_id, now=now),
        shares=share_views(db, actor, slot_id, now=now),
        form=form,
        can_edit=slot.provider_id in actor.providers,
        groups=[(str(group), label) for group, label in GROUP_LABELS.items()],
        countries=[(each.alpha2, each.name_common) for each in countries.countries()],
        reader_zone=actor.zone,
    )
