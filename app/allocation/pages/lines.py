"""Pages that change a plan by hand."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.posts import Post
from app.allocation.pages.posts import Secretariat
from app.allocation.queries import run_views as views
from app.allocation.queries import runs as queries
from app.allocation.schemas.runs import LineIn, LinePatch
from app.allocation.service import edits
from app.core.errors import NotFoundError
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/secretariat/allocations/{run_id}/lines")

Changed = Annotated[Submitted[LinePatch], Depends(submitted(LinePatch))]
Added = Annotated[Submitted[LineIn], Depends(submitted(LineIn))]


@router.get("/new")
def new_line(
    request: Request, run_id: UUID, db: ReadDb, _actor: Secretariat, request_id: UUID | None = None
) -> Response:
    """Where a line is put in by hand."""
    return _new_page(request, db, run_id, Form.of(request=request_id))


@router.post("")
def add_line(run_id: UUID, form: Added, post: Post, _actor: Secretariat) -> Response:
    """Put the line in and show what it does; or which limit stands against it."""

    def add(db: Session, model: LineIn) -> str:
        effect = edits.add_line(db, post.actor, run_id, model, now=post.now)
        return _address(run_id, effect)

    response = post.attempt(form, add)
    if response is not None:
        return response
    with post.read() as db:
        return _new_page(post.request, db, run_id, form)


@router.get("/{line_id}")
def show_line(
    request: Request,
    run_id: UUID,
    line_id: UUID,
    db: ReadDb,
    _actor: Secretariat,
    by: int | None = None,
) -> Response:
    """One line with the form that changes its seats; ``by`` is what the last change added."""
    line = _line(db, run_id, line_id)
    return _line_page(request, db, run_id, line_id, Form.of(seats=line), by=by)


@router.post("/{line_id}")
def change_line(
    run_id: UUID, line_id: UUID, form: Changed, post: Post, _actor: Secretariat
) -> Response:
    """Change the seats and show what that does; or which limit stands against it."""

    def change(db: Session, model: LinePatch) -> str:
        effect = edits.change_line(db, post.actor, run_id, line_id, model, now=post.now)
        return _address(run_id, effect)

    response = post.attempt(form, change)
    if response is not None:
        return response
    with post.read() as db:
        return _line_page(post.request, db, run_id, line_id, form)


def _address(run_id: UUID, effect: edits.Effect) -> str:
    place = f"/secretariat/allocations/{run_id}/lines/{effect.line.id}"
    return f"{place}?notice=saved&by={effect.after - effect.before}"


def _line(db: Session, run_id: UUID, line_id: UUID) -> int:
    """The seats of the line, if it is one of this run."""
    queries.find_run(db, run_id)
    found = next((each for each in queries.lines_of(db, run_id) if each.id == line_id), None)
    if found is None:
        raise NotFoundError("This allocation has no such line.")
    return found.seats


def _line_page(
    request: Request,
    db: Session,
    run_id: UUID,
    line_id: UUID,
    form: Form,
    *,
    by: int | None = None,
) -> Response:
    _line(db, run_id, line_id)
    return page(
        request,
        "allocation/line.html",
        status=form.status,
        run_id=run_id,
        line=views.line_view(db, line_id),
        form=form,
        added=by,
    )


def _new_page(request: Request, db: Session, run_id: UUID, form: Form) -> Response:
    asks, slots = views.what_fits(db, run_id)
    return page(
        request,
        "allocation/new_line.html",
        status=form.status,
        run_id=run_id,
        requests=asks,
        slots=slots,
        form=form,
    )
