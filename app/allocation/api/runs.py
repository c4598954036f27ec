"""JSON routes of allocations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.allocation.queries import run_views as views
from app.allocation.queries.comparison import comparison
from app.allocation.schemas.runs import (
    ApplicationIn,
    ComparisonView,
    EffectView,
    LineIn,
    LinePatch,
    LineView,
    RunDetail,
    RunIn,
    RunView,
    VerdictView,
)
from app.allocation.service import edits, runs
from app.allocation.service.application import apply_plan
from app.booking.deps import DeskDep
from app.core.errors import ForbiddenError, NotFoundError
from app.core.paging import Page, offset_of
from app.web.deps import Now, PagingDep, ReadDb, Write

router = APIRouter(prefix="/allocations", tags=["Allocations"])


def _reader(actor: SignedIn) -> Actor:
    if not actor.secretariat:
        raise NotFoundError("There is no such allocation.")
    return actor


Secretariat = Annotated[Actor, Depends(_reader)]
"""Somebody of the secretariat; to others no allocation exists."""
Started = Annotated[RunIn | None, Body()]
Chosen = Annotated[ApplicationIn | None, Body()]


@router.get("")
def list_runs(db: ReadDb, actor: SignedIn, paging: PagingDep) -> Page[RunView]:
    """All runs, newest first (secretariat)."""
    if not actor.secretariat:
        raise ForbiddenError("Only the secretariat may do this.")
    items, total, more = views.list_runs(db, limit=paging.limit, after=paging.after)
    return Page(items=items, total=total, next=paging.next_url(more))


@router.post("", status_code=201, response_model=RunView)
def start_run(write: Write, actor: SignedIn, now: Now, body: Started = None) -> Response:
    """Ask for a proposal for the whole network; a worker makes it (``state`` queued)."""

    def command(db: Session) -> RunView:
        row = runs.start_run(db, actor, body or RunIn(), now=now)
        return views.run_view(db, row.id)

    return write.answer(actor.key, command, status=201)


@router.get("/{run_id}")
def show_run(run_id: UUID, db: ReadDb, _actor: Secretariat) -> RunDetail:
    """How far a run is, and what came out: figures, lines, and why each request got no more.

    Up to a thousand lines and verdicts; all of them are lists of their own.
    """
    return views.run_detail(db, run_id)


@router.get("/{run_id}/lines")
def list_lines(run_id: UUID, db: ReadDb, _actor: Secretariat, paging: PagingDep) -> Page[LineView]:
    """The lines of a run, by slot and request."""
    views.run_view(db, run_id)
    items, total, end = views.line_page(
        db, run_id, limit=paging.limit, offset=offset_of(paging.after)
    )
    return Page(items=items, total=total, next=paging.next_url(_cursor(end)))


@router.get("/{run_id}/verdicts")
def list_verdicts(
    run_id: UUID, db: ReadDb, _actor: Secretariat, paging: PagingDep
) -> Page[VerdictView]:
    """What each request got and what stood against more, by country."""
    views.run_view(db, run_id)
    items, total, end = views.verdict_page(
        db, run_id, limit=paging.limit, offset=offset_of(paging.after)
    )
    return Page(items=items, total=total, next=paging.next_url(_cursor(end)))


@router.get("/{run_id}/comparison")
def compare_runs(
    run_id: UUID, db: ReadDb, _actor: Secretariat, other: Annotated[UUID, Query(alias="with")]
) -> ComparisonView:
    """What changed from the run ``with`` to this one: every line that differs, and why."""
    return comparison(db, run_id, other)


@router.post("/{run_id}/cancellation", response_model=RunView)
def cancel_run(run_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Stop a run that waits or works; it leaves no lines."""

    def command(db: Session) -> RunView:
        runs.cancel_run(db, actor, run_id, now=now)
        return views.run_view(db, run_id)

    return write.answer(actor.key, command)


@router.post("/{run_id}/lines", status_code=201, response_model=EffectView)
def add_line(run_id: UUID, body: LineIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Put a line in by hand; the answer says what it does to the plan."""

    def attempt() -> Response:
        edit = edits.add_line(write.database.read, actor, run_id, body, now=now)
        return write.answer(actor.key, lambda db: _effect(db, edit(db)), status=201)

    return edits.insist(attempt)


@router.patch("/{run_id}/lines/{line_id}", response_model=EffectView)
def change_line(
    run_id: UUID, line_id: UUID, body: LinePatch, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Give a line another number of seats (0: none); refused where a limit breaks, named."""

    def attempt() -> Response:
        edit = edits.change_line(write.database.read, actor, run_id, line_id, body, now=now)
        return write.answer(actor.key, lambda db: _effect(db, edit(db)))

    return edits.insist(attempt)


@router.post("/{run_id}/application", response_model=RunDetail)
def apply_run(
    run_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Chosen = None
) -> Response:
    """Take the blocks of seats that the plan proposes, or of the lines named, one by one.

    Lines that no longer fit come back ``failed`` with the reason. A call lasts about 20 seconds at
    the most; lines that are still ``proposed`` then are applied by the same call again.
    """
    wish = body or ApplicationIn()
    apply_plan(write.run, actor, run_id, wish, desk)
    return write.answer(actor.key, lambda db: views.run_detail(db, run_id))


def _effect(db: Session, effect: edits.Effect) -> EffectView:
    return EffectView(
        line=views.line_view(db, effect.line.id),
        objective_before=effect.before,
        objective_after=effect.after,
        warnings=effect.warnings,
    )


def _cursor(end: int | None) -> list[str | int] | None:
    return None if end is None else [end]
