"""What pages of requests share: the request that a page is about, when it may be shown."""

from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.rules import Actor
from app.demand import queries, rules, views
from app.taxonomy import queries as taxonomy
from app.web.forms import Form
from app.web.rendering import page


def request_page(
    request: Request,
    db: Session,
    actor: Actor,
    request_id: UUID,
    *,
    form: Form | None = None,
) -> Response:
    """The page of a request: everything that the reader may know, and what they can do.

    Args:
        request: The HTTP request.
        db: To read from.
        actor: Who is asking.
        request_id: Which request.
        form: What was typed on the page and refused; the answer then says so.
    """
    view = queries.request_view(db, actor, request_id)
    inside = rules.sees_everything(actor, view.country)
    case = queries.case_of(view)
    return page(
        request,
        "demand/request.html",
        status=form.status if form else 200,
        view=view,
        form=form or Form(),
        actions=rules.actions_for(actor, view.country, view.state),
        case_actions=rules.case_actions_for(actor, view.country, view.state, case),
        inside=inside,
        notes=queries.notes_of(db, actor, view.id) if inside else [],
        links=queries.links_of(db, actor, view.id) if inside else [],
        helpers=[(str(each.id), each.name) for each in queries.helpers(db)]
        if actor.secretariat
        else [],
        label=taxonomy.label,
        skill_label=taxonomy.skill_label,
        travel_label=views.travel_label,
    )
