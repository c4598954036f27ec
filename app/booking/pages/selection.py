"""The selection at a provider's desk: what it would give everybody, and making it."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.pages.posts import Post
from app.booking.rules.selection import Result
from app.booking.service.selection import select_people, selection_view
from app.core.errors import ConflictError
from app.registry.queries.slots import slot_view
from app.web.deps import Now, ReadDb
from app.web.forms import Form
from app.web.rendering import page

router = APIRouter()

_LABELS = {
    Result.SELECTED: ("good", "Selected"),
    Result.RESERVE: ("info", "Reserve"),
    Result.NOT_ELIGIBLE: ("mute", "Not eligible"),
}


@router.get("/provider/slots/{slot_id}/selection")
def show_selection(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """Every applicant with what is known, the outcome and its reason; nothing is saved."""
    return _selection_page(request, db, actor, slot_id, now, Form())


@router.post("/provider/slots/{slot_id}/selection")
def select_applicants(slot_id: UUID, post: Post) -> Response:
    """Make the selection; or say why it cannot be made now."""

    def command(db: Session) -> str:
        select_people(db, post.actor, slot_id, post.desk)
        return f"/provider/slots/{slot_id}/selection?notice=selected"

    try:
        return post.go(command)
    except ConflictError as error:
        form = Form()
        form.refuse(error)
        with post.read() as db:
            return _selection_page(post.request, db, post.actor, slot_id, post.now, form)


def _selection_page(
    request: Request, db: Session, actor: Actor, slot_id: UUID, now: Now, form: Form
) -> Response:
    view = slot_view(db, actor, slot_id, now=now)
    selection = selection_view(db, actor, slot_id, now=now)
    results = [outcome.result for outcome in selection.outcomes]
    return page(
        request,
        "booking/selection.html",
        status=form.status,
        view=view,
        selection=selection,
        counts={str(result): results.count(result) for result in Result},
        form=form,
        labels={str(result): label for result, label in _LABELS.items()},
        may_select=view.provider.id in actor.providers and selection.made_at is None,
        deadline_ahead=now < selection.deadline,
        reader_zone=actor.zone,
    )
