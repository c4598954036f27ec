"""Pages that change a plan by hand."""

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from app.accounts.posts import Post
from app.allocation.models import AllocationLine
from app.allocation.pages.posts import Secretariat
from app.allocation.queries import run_views as views
from app.allocation.queries import runs as queries
from app.allocation.schemas.runs import LineIn, LinePatch
from app.allocation.service import edits
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/secretariat/allocations/{run_id}/lines")

M = TypeVar("M", bound=BaseModel)

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

    def add(reads: edits.Reads, model: LineIn) -> edits.Edit:
        return edits.add_line(reads, post.actor, run_id, model, now=post.now)

    response = _edited(run_id, form, post, add)
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
    line = queries.find_line(db, run_id, line_id)
    return _line_page(request, db, line, Form.of(seats=line.seats), by=by)


@router.post("/{line_id}")
def change_line(
    run_id: UUID, line_id: UUID, form: Changed, post: Post, _actor: Secretariat
) -> Response:
    """Change the seats and show what that does; or which limit stands against it."""

    def change(reads: edits.Reads, model: LinePatch) -> edits.Edit:
        return edits.change_line(reads, post.actor, run_id, line_id, model, now=post.now)

    response = _edited(run_id, form, post, change)
    if response is not None:
        return response
    with post.read() as db:
        return _line_page(post.request, db, queries.find_line(db, run_id, line_id), form)


def _edited(
    run_id: UUID, form: Submitted[M], post: Post, work_out: Callable[[edits.Reads, M], edits.Edit]
) -> Response | None:
    """Go to the edited line; None when the form was refused."""

    def attempt(model: M) -> Response:
        edit = work_out(post.read, model)
        return post.go(lambda db: _address(run_id, edit(db)))

    return form.attempt(lambda model: edits.insist(lambda: attempt(model)))


def _address(run_id: UUID, effect: edits.Effect) -> str:
    place = f"/secretariat/allocations/{run_id}/lines/{effect.line.id}"
    return f"{place}?by={effect.after - effect.before}"


def _line_page(
    request: Request, db: Session, line: AllocationLine, form: Form, *, by: int | None = None
) -> Response:
    return page(
        request,
        "allocation/line.html",
        status=form.status,
        run_id=line.run_id,
        line=views.line_view(db, line.id),
        verdict=views.verdict_view(db, line.run_id, line.request_id),
        warnings=queries.find_run(db, line.run_id).figures.get("warnings", ()),
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
