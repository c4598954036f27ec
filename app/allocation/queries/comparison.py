"""Two runs beside each other."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.allocation.queries.run_views import run_view
from app.allocation.queries.runs import find_run, problem_of_run, seats_of_lines
from app.allocation.rules.facts import Plan, Problem
from app.allocation.rules.lines import Lines, given_of
from app.allocation.rules.runs import check_plan
from app.allocation.schemas.runs import ComparisonView, DifferenceView
from app.allocation.solver.compare import Cause, Difference, differences
from app.core.links import absolute
from app.demand.models import GapRequest
from app.registry.models import Course, Slot

_WHY = {
    Cause.ASK_NEW: "The request was not there, or lacked nobody.",
    Cause.ASK_GONE: "The request has ended, or lacks nobody any more.",
    Cause.PLACE_NEW: "The slot was not there, or had no seat to give.",
    Cause.PLACE_GONE: "The slot is gone, or has no seat to give.",
    Cause.MATCH_NEW: "The slot did not fit the request before.",
    Cause.MATCH_GONE: "The slot no longer fits the request.",
    Cause.ASK_CHANGED: "The request changed: its people, its urgency or significance.",
    Cause.PLACE_CHANGED: "The slot changed: its seats, its minimum or its cap.",
    Cause.MATCH_CHANGED: "The slot fits the request better or worse than before.",
    Cause.SETTINGS: "The two runs weigh differently.",
    Cause.OTHERS: "Nothing of this line changed; seats moved for others.",
    Cause.SAME: "Both saw the same: it was edited by hand, or a search ended early.",
}


def comparison(db: Session, run_id: UUID, other_id: UUID) -> ComparisonView:
    """What changed from the run ``other_id`` to the run ``run_id``, line by line.

    Raises:
        NotFoundError: There is no such run.
        NoPlanError: One of them has no plan.
    """
    rows = [find_run(db, each) for each in (other_id, run_id)]
    for row in rows:
        check_plan(row.state)
    seats = [seats_of_lines(db, row.id) for row in rows]
    found: tuple[Difference, ...] = ()
    if seats[0] != seats[1]:  # else there is no need to look at what they were made from
        sides = [_side(db, row.id, each) for row, each in zip(rows, seats, strict=True)]
        found = differences(sides[0], sides[1])
    changed = {(each.ask, each.place.partition("/")[0]) for each in found}
    same = sum(count > 0 and line not in changed for line, count in seats[1].items())
    return ComparisonView(
        run=run_view(db, run_id),
        other=run_view(db, other_id),
        same_input=rows[0].input_digest == rows[1].input_digest,
        same_lines=same,
        differences=tuple(_views(db, found)),
    )


def _side(db: Session, run_id: UUID, lines: Lines) -> tuple[Problem, Plan]:
    problem = problem_of_run(db, run_id)
    return problem, Plan(given_of(problem, lines), 0, 0, 0, 0, is_proven=True)


def _views(db: Session, found: tuple[Difference, ...]) -> list[DifferenceView]:
    asks = {UUID(each.ask) for each in found}
    slots = {UUID(each.place.partition("/")[0]) for each in found}
    requests = {row.id: row for row in _rows(db, asks)}
    dates = {
        slot: (title, starts_at, zone)
        for slot, title, starts_at, zone in db.exec(
            select(Slot.id, Course.title, Slot.starts_at, Slot.zone)
            .join(Course, col(Course.id) == col(Slot.course_id))
            .where(col(Slot.id).in_(slots))
        )
    }
    return [
        DifferenceView(
            request=UUID(each.ask),
            request_code=requests[UUID(each.ask)].code,
            slot=(slot := UUID(each.place.partition("/")[0])),
            course=dates[slot][0],
            starts_at=dates[slot][1],
            zone=dates[slot][2],
            country=requests[UUID(each.ask)].country,
            seats_before=each.before,
            seats_after=each.after,
            cause=str(each.cause),
            why=_WHY[each.cause],
            url=absolute(f"/requests/{each.ask}"),
        )
        for each in found
    ]


def _rows(db: Session, ids: set[UUID]) -> Any:
    return db.exec(select(GapRequest).where(col(GapRequest.id).in_(ids)))
