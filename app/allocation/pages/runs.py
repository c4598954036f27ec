"""Pages of runs: start one, follow it, read what came out, compare, apply."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.posts import Post
from app.allocation.pages.posts import Secretariat
from app.allocation.queries import run_views as views
from app.allocation.queries.comparison import comparison
from app.allocation.rules.runs import (
    LINE_LABELS,
    OPEN_STATES,
    PHASE_LABELS,
    STATE_LABELS,
    WITH_PLAN,
)
from app.allocation.schemas.runs import ApplicationIn, RunForm, RunLook, RunView
from app.allocation.service import runs as service
from app.allocation.service.application import apply_plan
from app.allocation.words import elapsed_text
from app.booking.deps import DeskDep
from app.core.errors import ConflictError
from app.web.deps import PagingDep, ReadDb, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/secretariat/allocations")

_LISTED = 20
_SHOWN = 100
_TO_COMPARE = 10

Started = Annotated[Submitted[RunForm], Depends(submitted(RunForm))]


@router.get("")
def list_runs(request: Request, db: ReadDb, _actor: Secretariat, paging: PagingDep) -> Response:
    """All runs, and the form that starts another."""
    defaults = RunForm().model_dump(exclude={"note"})
    return _list_page(request, db, Form.of(**defaults), paging)


@router.post("")
def start_run(form: Started, post: Post, _actor: Secretariat, paging: PagingDep) -> Response:
    """Start a run and go to it; or show what was wrong."""

    def start(db: Session, model: RunForm) -> str:
        row = service.start_run(db, post.actor, model.run(), now=post.now)
        return f"/secretariat/allocations/{row.id}"

    response = post.attempt(form, start)
    if response is not None:
        return response
    with post.read() as db:
        return _list_page(post.request, db, form, paging)


@router.get("/{run_id}")
def show_run(
    request: Request,
    run_id: UUID,
    db: ReadDb,
    _actor: Secretariat,
    look: Annotated[RunLook, Query()],
) -> Response:
    """How far a run is; with its plan, the figures, the lines and why nobody gets more."""
    return _run_page(request, db, views.run_view(db, run_id), Form(), look)


@router.post("/{run_id}/cancellation")
def cancel_run(run_id: UUID, post: Post, _actor: Secretariat) -> Response:
    """Stop the run; or show why it cannot be."""

    def cancel(db: Session) -> str:
        service.cancel_run(db, post.actor, run_id, now=post.now)
        return f"/secretariat/allocations/{run_id}?notice=cancelled"

    form = Form()
    try:
        return post.go(cancel)
    except ConflictError as error:
        form.refuse(error)
    with post.read() as db:
        return _run_page(post.request, db, views.run_view(db, run_id), form, RunLook())


@router.get("/{run_id}/application")
def confirm_application(
    request: Request, run_id: UUID, db: ReadDb, _actor: Secretariat
) -> Response:
    """What applying the plan would do, before somebody says yes."""
    view = views.run_view(db, run_id)
    lines, total, held, seats = views.lines_to_apply(db, run_id, limit=_SHOWN)
    return page(
        request,
        "allocation/apply.html",
        view=view,
        lines=lines,
        more=total - len(lines),
        held=held,
        seats=seats,
        form=Form(),
    )


@router.post("/{run_id}/application")
def apply_run(run_id: UUID, write: Write, actor: Secretariat, desk: DeskDep) -> Response:
    """Take the blocks of seats, line by line, and show what came of each."""
    left = apply_plan(write.run, actor, run_id, ApplicationIn(), desk)
    notice = "plan-begun" if left else "plan-applied"
    return write.redirect(
        actor.key, lambda _db: f"/secretariat/allocations/{run_id}?notice={notice}"
    )


@router.get("/{run_id}/comparison")
def compare_runs(
    request: Request,
    run_id: UUID,
    db: ReadDb,
    _actor: Secretariat,
    other: Annotated[UUID, Query(alias="with")],
) -> Response:
    """Two plans beside each other, with every line that differs and why."""
    return page(request, "allocation/comparison.html", found=comparison(db, run_id, other))


def _list_page(request: Request, db: Session, form: Form, paging: PagingDep) -> Response:
    found, total, more = views.list_runs(db, limit=_LISTED, after=paging.after)
    return page(
        request,
        "allocation/runs.html",
        status=form.status,
        runs=found,
        total=total,
        next_url=paging.next_url(more),
        form=form,
        state_labels=STATE_LABELS,
    )


def _run_page(
    request: Request,
    db: Session,
    view: RunView,
    form: Form,
    look: RunLook,
) -> Response:
    by_request = look.by == "request"
    read = views.verdict_page if by_request else views.line_page
    rows: Any = read(db, view.id, limit=_SHOWN, offset=look.start)
    others, _, _ = views.list_runs(db, limit=_TO_COMPARE)
    return page(
        request,
        "allocation/run.html",
        status=form.status,
        view=view,
        form=form,
        rows=rows[0],
        total=rows[1],
        next_from=rows[2],
        by_request=by_request,
        start=look.start,
        follow=look.follow,
        elapsed=elapsed_text(request.app.state.clock() - (view.started_at or view.requested_at)),
        is_open=view.state in OPEN_STATES,
        has_plan=view.state in WITH_PLAN,
        others=[each for each in others if each.id != view.id and each.state in WITH_PLAN],
        state_labels=STATE_LABELS,
        line_labels=LINE_LABELS,
        phase_labels=PHASE_LABELS,
    )
