"""Runs, lines and verdicts as their readers see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.allocation.models import AllocationLine, AllocationRun, AllocationVerdict
from app.allocation.queries.runs import find_run, problem_of_run
from app.allocation.rules.runs import WITH_PLAN, LineState, RunState
from app.allocation.rules.verdicts import why
from app.allocation.schemas.runs import (
    FiguresView,
    LineView,
    RunDetail,
    RunView,
    SettingsIn,
    VerdictView,
)
from app.core import countries
from app.core.links import absolute
from app.core.moments import day_text
from app.core.paging import id_of
from app.core.zones import to_local
from app.demand.models import GapRequest
from app.registry.models import Course, Slot
from app.taxonomy.queries import label

SHOWN = 1000
"""Most lines, and most verdicts, of a run that are shown with it."""

Cursor = list[str | int]

_SAME_OF_RUN = {
    *("id", "state", "progress", "phase", "note", "input_digest", "error"),
    *("requested_at", "started_at", "finished_at", "applied_at", "version"),
}
_SAME_OF_LINE = {
    *("id", "country", "seats", "seats_solved", "score", "is_theory"),
    *("state", "outcome", "edit_reason"),
}
_BESIDE_LINE: tuple[Any, ...] = (
    *(col(GapRequest.code), col(Slot.code), col(Course.title)),
    *(col(Slot.starts_at), col(Slot.zone)),
)


def run_view(db: Session, run_id: UUID) -> RunView:
    """A run in short; who may ask is decided by the caller.

    Raises:
        NotFoundError: There is none.
    """
    return _run_views(db, [find_run(db, run_id)])[0]


def run_detail(db: Session, run_id: UUID) -> RunDetail:
    """A run with its lines and verdicts.

    Raises:
        NotFoundError: There is none.
    """
    view = run_view(db, run_id)
    verdicts, total, _ = verdict_page(db, run_id, limit=SHOWN)
    lines, _, _ = line_page(db, run_id, limit=SHOWN)
    return RunDetail(
        **view.model_dump(), verdicts_total=total, lines=tuple(lines), verdicts=tuple(verdicts)
    )


def list_runs(
    db: Session, *, limit: int, after: Sequence[str | int] | None = None
) -> tuple[list[RunView], int, Cursor | None]:
    """Runs, newest first: a page of them, how many there are, where to go on."""
    total = db.exec(select(func.count()).select_from(AllocationRun)).one()
    query = select(AllocationRun).order_by(col(AllocationRun.id).desc())
    if after is not None:
        query = query.where(col(AllocationRun.id) < id_of(after))
    rows = list(db.exec(query.limit(limit + 1)))
    more: Cursor | None = [str(rows[limit - 1].id)] if len(rows) > limit else None
    return _run_views(db, rows[:limit]), total, more


def line_page(
    db: Session, run_id: UUID, *, limit: int, offset: int = 0
) -> tuple[list[LineView], int, int | None]:
    """Lines of a run by slot and request: some of them, how many there are, where to go on."""
    where = AllocationLine.run_id == run_id
    total = db.exec(select(func.count()).select_from(AllocationLine).where(where)).one()
    query = _in_time(_lines().where(where))
    found = [_line_view(*row) for row in db.execute(query.limit(limit).offset(offset))]
    end = offset + len(found)
    return found, total, end if end < total else None


def lines_to_apply(
    db: Session, run_id: UUID, *, limit: int
) -> tuple[list[LineView], int, int, int]:
    """What applying the plan would take: the first lines, how many, how many blocks and seats."""
    where = (
        AllocationLine.run_id == run_id,
        AllocationLine.state == LineState.PROPOSED,
        col(AllocationLine.seats) > 0,
    )
    block = case((col(AllocationLine.is_theory), 0), else_=1)
    sums: tuple[Any, ...] = (
        *(func.count(), func.sum(block), func.sum(block * col(AllocationLine.seats))),
    )
    total, held, seats = db.execute(select(*sums).where(*where)).one()
    rows = db.execute(_in_time(_lines().where(*where)).limit(limit))
    return [_line_view(*row) for row in rows], total, int(held or 0), int(seats or 0)


def line_view(db: Session, line_id: UUID) -> LineView:
    """One line."""
    return _line_view(*db.execute(_lines().where(AllocationLine.id == line_id)).one())


def verdict_page(
    db: Session, run_id: UUID, *, limit: int, offset: int = 0
) -> tuple[list[VerdictView], int, int | None]:
    """What each request got, by country: some, how many there are, where to go on."""
    where = AllocationVerdict.run_id == run_id
    total = db.exec(select(func.count()).select_from(AllocationVerdict).where(where)).one()
    query = (
        _verdicts()
        .where(where)
        .order_by(col(AllocationVerdict.country), col(AllocationVerdict.request_id))
    )
    found = [
        _verdict_view(verdict, code) for verdict, code in db.exec(query.limit(limit).offset(offset))
    ]
    end = offset + len(found)
    return found, total, end if end < total else None


def verdict_view(db: Session, run_id: UUID, request_id: UUID) -> VerdictView | None:
    """What one request got in a run; None where the run did not look at it."""
    query = _verdicts().where(
        AllocationVerdict.run_id == run_id, AllocationVerdict.request_id == request_id
    )
    found = db.exec(query).first()
    return _verdict_view(*found) if found else None


def what_fits(db: Session, run_id: UUID) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Requests and slots that a line can be put in for: identifier and what to call it.

    Raises:
        NotFoundError: The run has no plan.
    """
    problem = problem_of_run(db, run_id)
    asks = {UUID(ask.id) for ask in problem.asks}
    slots = {UUID(place.id.partition("/")[0]) for place in problem.places}
    requests = select(GapRequest.id, GapRequest.country, GapRequest.code)
    dates = (
        select(Slot.id, Slot.starts_at, Slot.zone, Course.title)
        .join(Course, col(Course.id) == col(Slot.course_id))
        .where(col(Slot.id).in_(slots))
        .order_by(col(Slot.starts_at), col(Slot.id))
    )
    return (
        sorted(
            (
                (str(request_id), f"{countries.name(country)} · {code or str(request_id)[:8]}")
                for request_id, country, code in db.exec(
                    requests.where(col(GapRequest.id).in_(asks))
                )
            ),
            key=lambda pair: pair[1],
        ),
        [
            (str(slot_id), f"{day_text(to_local(starts_at, zone))} · {title}")
            for slot_id, starts_at, zone, title in db.exec(dates)
        ],
    )


def newest_plan(db: Session) -> AllocationRun | None:
    """The newest run that has a plan, applied or not."""
    query = select(AllocationRun).where(col(AllocationRun.state).in_(WITH_PLAN))
    return db.exec(query.order_by(col(AllocationRun.id).desc()).limit(1)).first()


def applied_for(
    db: Session, actor: Actor, request_id: UUID
) -> tuple[AllocationRun, VerdictView | None, list[LineView]] | None:
    """What the last applied plan gave a request of the actor's country, and why not more.

    Only what was applied: a country does not read proposals. None where there is nothing.
    """
    query = (
        select(AllocationRun)
        .join(AllocationVerdict, col(AllocationVerdict.run_id) == col(AllocationRun.id))
        .where(AllocationRun.state == RunState.APPLIED, AllocationVerdict.request_id == request_id)
        .order_by(col(AllocationRun.applied_at).desc())
    )
    if not actor.secretariat:
        query = query.where(col(AllocationVerdict.country).in_(actor.countries))
    run = db.exec(query.limit(1)).first()
    if run is None:
        return None
    lines = _lines().where(
        AllocationLine.run_id == run.id,
        AllocationLine.request_id == request_id,
        col(AllocationLine.state).in_([LineState.APPLIED, LineState.FAILED]),
        col(AllocationLine.seats) > 0,
    )
    rows = db.execute(lines.order_by(col(Slot.starts_at), col(Slot.id)))
    return run, verdict_view(db, run.id, request_id), [_line_view(*row) for row in rows]


def _run_views(db: Session, rows: Sequence[AllocationRun]) -> list[RunView]:
    names: dict[UUID, str] = dict(
        db.exec(
            select(User.id, User.name).where(col(User.id).in_({row.requested_by for row in rows}))
        ).all()
    )
    counts = _counts(db, [row.id for row in rows])
    return [
        RunView(
            **row.model_dump(include=_SAME_OF_RUN),
            settings=SettingsIn(**row.settings),
            figures=FiguresView.model_validate(row.figures) if row.figures else None,
            previous=row.previous_id,
            requested_by=names.get(row.requested_by, ""),
            lines_total=counts.get(row.id, (0, 0, 0))[0],
            lines_applied=counts.get(row.id, (0, 0, 0))[1],
            lines_failed=counts.get(row.id, (0, 0, 0))[2],
            url=absolute(f"/secretariat/allocations/{row.id}"),
        )
        for row in rows
    ]


def _counts(db: Session, run_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int, int]]:
    def number(state: LineState) -> Any:
        return func.sum(case((col(AllocationLine.state) == state, 1), else_=0))

    columns: tuple[Any, ...] = (
        *(col(AllocationLine.run_id), func.count()),
        *(number(LineState.APPLIED), number(LineState.FAILED)),
    )
    query = select(*columns).where(
        col(AllocationLine.run_id).in_(run_ids), col(AllocationLine.seats) > 0
    )
    rows = db.execute(query.group_by(col(AllocationLine.run_id)))
    return {run_id: (int(every), int(done), int(lost)) for run_id, every, done, lost in rows}


def _lines() -> Any:
    columns: tuple[Any, ...] = (AllocationLine, *_BESIDE_LINE)
    return (
        select(*columns)
        .join(GapRequest, col(GapRequest.id) == col(AllocationLine.request_id))
        .join(Slot, col(Slot.id) == col(AllocationLine.slot_id))
        .join(Course, col(Course.id) == col(Slot.course_id))
    )


def _in_time(lines: Any) -> Any:
    return lines.order_by(
        col(Slot.starts_at), col(AllocationLine.slot_id), col(AllocationLine.request_id)
    )


def _verdicts() -> Any:
    return select(AllocationVerdict, GapRequest.code).join(
        GapRequest, col(GapRequest.id) == col(AllocationVerdict.request_id)
    )


def _line_view(
    line: AllocationLine,
    request_code: str | None,
    slot_code: str | None,
    course: str,
    starts: datetime,
    zone: str,
) -> LineView:
    return LineView(
        **line.model_dump(include=_SAME_OF_LINE),
        request=line.request_id,
        request_code=request_code,
        slot=line.slot_id,
        slot_code=slot_code,
        course=course,
        starts_at=starts,
        zone=zone,
        cohort=line.cohort_id,
    )


def _verdict_view(verdict: AllocationVerdict, code: str | None) -> VerdictView:
    reason = verdict.detail.get("reason", "")
    return VerdictView(
        request=verdict.request_id,
        request_code=code,
        country=verdict.country,
        asked=verdict.asked,
        given=verdict.given,
        binding=verdict.binding,
        reason=reason or None,
        why=why(verdict.binding, verdict.detail, reason=label("unmatched_reasons", reason)),
    )
