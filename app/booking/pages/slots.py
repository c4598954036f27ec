"""A slot at its provider's desk: change it, cancel it, see its people."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.pages.posts import Post
from app.booking.queries import blocks, views
from app.booking.queries.forms import EditableSlot, editable_slot
from app.booking.rules import BookingState
from app.booking.service import series, slots
from app.booking.words import selects, state_label
from app.registry.queries.slot_form import slot_form_context
from app.registry.queries.slots import slot_view
from app.registry.rules import SlotStatus, check_slot_step
from app.registry.schemas.forms import SlotForm
from app.registry.schemas.series import SlotCancellationIn
from app.registry.schemas.views import SlotView
from app.registry.service.catalogue import require_editor
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, PagingDep, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/slots/{slot_id}/roster")
def show_roster(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, paging: PagingDep, now: Now
) -> Response:
    """Everybody with a seat, the waiting list in its order, and who left."""
    lines, total, more = views.roster(db, actor, slot_id, limit=paging.limit, after=paging.after)
    view = slot_view(db, actor, slot_id, now=now)
    return page(
        request,
        "booking/roster.html",
        view=view,
        lines=lines,
        groups=views.groups_in_line(db, slot_id) if view.waiting else [],
        total=total,
        next_url=paging.next_url(more),
        begun=now >= view.starts_at,
        selects=selects(view) and view.provider.id in actor.providers,
        can_edit=view.provider.id in actor.providers,
        blocks=blocks.unnamed_on_slot(db, actor, slot_id, now=now),
        label=state_label,
        roll=(BookingState.CONFIRMED, BookingState.ATTENDED, BookingState.NO_SHOW),
        form=Form(),
        reader_zone=actor.zone,
    )


@router.get("/slots/{slot_id}/edit")
def edit_slot(request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """The form with what the slot says now."""
    slot = _own_slot(db, actor, slot_id, now)
    return _form_page(request, db, actor, slot, Form.of(**slot.fields, scope="this"))


@router.post("/slots/{slot_id}/edit")
def change_slot(
    slot_id: UUID,
    form: Annotated[Submitted[SlotForm], Depends(submitted(SlotForm))],
    post: Post,
) -> Response:
    """Save the changes; or show what was wrong, a change by somebody else included."""

    def save(db: Session, model: SlotForm) -> str:
        change = series.change_following if model.scope == "following" else slots.change_slot
        slot = change(db, post.actor, slot_id, model.patch(), post.desk)
        return f"/slots/{slot.id}?notice=saved"

    response = post.attempt(form, save)
    if response is not None:
        return response
    with post.read() as db:
        slot = _own_slot(db, post.actor, slot_id, post.now)
        return _form_page(post.request, db, post.actor, slot, form)


@router.get("/slots/{slot_id}/cancellation")
def confirm_cancellation(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """Ask for the reason, and say who loses a seat, before a slot is cancelled."""
    view = _own_view(db, actor, slot_id, now)
    check_slot_step(view.status, SlotStatus.CANCELLED)
    return _cancel_page(request, view, Form.of(scope="this"))


@router.post("/slots/{slot_id}/cancellation")
def cancel_slot(
    slot_id: UUID,
    form: Annotated[Submitted[SlotCancellationIn], Depends(submitted(SlotCancellationIn))],
    post: Post,
) -> Response:
    """Cancel the slot and every claim on it; or show what was wrong."""

    def cancel(db: Session, model: SlotCancellationIn) -> str:
        cancel = series.cancel_following if model.scope == "following" else slots.cancel_slot
        cancel(db, post.actor, slot_id, model.request(), post.desk)
        return f"/slots/{slot_id}?notice=cancelled"

    response = post.attempt(form, cancel)
    if response is not None:
        return response
    with post.read() as db:
        return _cancel_page(post.request, _own_view(db, post.actor, slot_id, post.now), form)


def _own_view(db: Session, actor: Actor, slot_id: UUID, now: datetime) -> SlotView:
    view = slot_view(db, actor, slot_id, now=now)
    require_editor(actor, view.provider.id)
    return view


def _own_slot(db: Session, actor: Actor, slot_id: UUID, now: datetime) -> EditableSlot:
    _own_view(db, actor, slot_id, now)
    return editable_slot(db, actor, slot_id, now=now)


def _form_page(
    request: Request, db: Session, actor: Actor, slot: EditableSlot, form: Form
) -> Response:
    return page(
        request,
        "registry/slot_form.html",
        status=form.status,
        form=form,
        slot=slot.view,
        provider=slot.view.provider,
        action=f"/slots/{slot.view.id}/edit",
        **slot_form_context(db, actor, slot.view.provider),
    )


def _cancel_page(request: Request, view: SlotView, form: Form) -> Response:
    reasons = taxonomy.vocabulary("cancellation_reasons")
    return page(
        request,
        "booking/cancel_slot.html",
        status=form.status,
        view=view,
        form=form,
        reasons=[(term.id, term.label) for term in reasons],
    )
