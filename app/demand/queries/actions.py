"""A request, for a page that leads to something one can do with it."""

from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import ConflictError, ForbiddenError, NotFoundError
from app.demand import rules
from app.demand.queries.requests import request_view
from app.demand.rules import Action
from app.demand.schemas import RequestView


def view_for(db: Session, actor: Actor, request_id: UUID, action: Action) -> RequestView:
    """The request, for the page that leads to ``action``.

    Raises:
        NotFoundError: The actor may not know of it, or only reads what is public.
        ForbiddenError: Only its country does this.
        ConflictError: Its state does not allow it.
    """
    view = request_view(db, actor, request_id)
    if not rules.sees_everything(actor, view.country):
        raise NotFoundError("No such request.", request=str(request_id))
    if action != Action.CLOSE and not rules.is_own(actor, view.country):
        raise ForbiddenError("Only the focal point of this country changes its requests.")
    if action not in rules.actions_for(actor, view.country, view.state):
        raise ConflictError(f"You cannot do this with a request that is {view.state}.")
    return view
