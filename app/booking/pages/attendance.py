"""The list of a slot's people: marked by day, printed, and as a spreadsheet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.pages.posts import Post
from app.booking.queries import attendance as rolls
from app.booking.rolls import Day, days_of, paper_label, roster_rows
from app.booking.rules import BookingState
from app.booking.schemas import RollForm, RollLine
from app.booking.service import attendance
from app.booking.words import state_label
from app.core import sheets
from app.core.errors import invalid
from app.core.zones import to_local
from app.registry.queries.slots import slot_view
from app.web.deps import Now, PagingDep, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/provider/slots")

_RESULTS = [("passed", "Passed"), ("failed", "Not passed")]


@dataclass(frozen=True, slots=True)
class _Roster:
    """Everybody with a seat, and what each has to bring."""

    lines: list[RollLine]
    days: list[Day]
    papers: tuple[str, ...]
    held: dict[UUID, frozenset[str]]


@router.get("/{slot_id}/attendance")
def show_attendance(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, paging: PagingDep, now: Now
) -> Response:
    """People by name, with a box for each meeting that has come."""
    lines, total, more = rolls.roll(db, actor, slot_id, limit=paging.limit, after=paging.after)
    days = days_of(rolls.meetings_in_order(db, slot_id), now=now)
    form = Form.of(
        meetings=[day.id for day in days if day.come],
        people=[
            {
                "booking": line.id,
                "present": [str(day.id) for day in days if _was_there(line, day)],
                "result": line.result,
            }
            for line in lines
        ],
    )
    facts = {"lines": lines, "total": total, "next_url": paging.next_url(more)}
    return _list_page(request, db, actor, slot_id, form, now, **facts)


@router.post("/{slot_id}/attendance")
def record_attendance(
    slot_id: UUID, form: Annotated[Submitted[RollForm], Depends(submitted(RollForm))], post: Post
) -> Response:
    """Record the boxes, all of them or none; or show them again with what was wrong."""
    back = str(post.request.url.include_query_params(notice="attendance").query)

    def record(db: Session, model: RollForm) -> str:
        if not model.meetings and not model.assessed:
            raise invalid("meetings", "Please choose the days to record.", "missing")
        attendance.record_days(db, post.actor, slot_id, model.marks(), post.desk)
        return f"/provider/slots/{slot_id}/attendance?{back}"

    response = post.attempt(form, record)
    if response is not None:
        return response
    with post.read() as db:
        rolls.find_own_slot(db, post.actor, slot_id)
        known = rolls.lines_of(db, slot_id, _named(form))
        lines = [known.get(each) for each in _named(form)]
        facts = {"lines": lines, "total": len(lines), "next_url": None}
        return _list_page(post.request, db, post.actor, slot_id, form, post.now, **facts)


@router.get("/{slot_id}/roster/print")
def print_roster(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """Everybody with a seat on paper, with room to sign for each day."""
    roster = _roster(db, actor, slot_id, now)
    view = slot_view(db, actor, slot_id, now=now)
    return page(
        request,
        "booking/roster_print.html",
        view=view,
        roster=roster,
        paper_label=paper_label,
        label=state_label,
        printed=to_local(now, view.zone),
    )


@router.get("/{slot_id}/roster.csv")
def export_roster(slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """Everybody with a seat as a spreadsheet."""
    roster = _roster(db, actor, slot_id, now)
    rows = roster_rows(roster.lines, roster.days, roster.papers, roster.held)
    headers = {
        "Content-Disposition": f'attachment; filename="roster-{slot_id}.csv"',
        "Cache-Control": "private, no-store",
    }
    body = sheets.csv_file(rows, marked=True)
    return Response(body, 200, headers, media_type="text/csv; charset=utf-8; header=present")


def _roster(db: Session, actor: Actor, slot_id: UUID, now: datetime) -> _Roster:
    lines = rolls.everybody(db, actor, slot_id)
    slot = rolls.find_own_slot(db, actor, slot_id)
    papers = rolls.papers_needed(db, slot)
    held = rolls.papers_held(
        db,
        [line.person.id for line in lines],
        kinds=papers,
        through=to_local(slot.ends_at, slot.zone).date(),
    )
    days = days_of(rolls.meetings_in_order(db, slot_id), now=now)
    return _Roster(lines, days, papers, held)


def _was_there(line: RollLine, day: Day) -> bool:
    """What the box shows: as recorded, else as was said about the whole."""
    return line.days.get(day.id, line.state == BookingState.ATTENDED)


def _named(form: Form) -> list[UUID]:
    """The bookings of the lines that were sent, in their order."""
    found = []
    for index in form.rows("people", at_least=0):
        try:
            found.append(UUID(form.value(f"people-{index}-booking")))
        except ValueError:  # no page of ours sends this; an empty line stands for it
            found.append(UUID(int=0))
    return found


def _list_page(
    request: Request,
    db: Session,
    actor: Actor,
    slot_id: UUID,
    form: Form,
    now: datetime,
    **facts: Any,
) -> Response:
    slot = rolls.find_own_slot(db, actor, slot_id)
    days = days_of(rolls.meetings_in_order(db, slot_id), now=now)
    query = f"?{request.url.query}" if request.url.query else ""
    return page(
        request,
        "booking/attendance.html",
        status=form.status,
        view=slot_view(db, actor, slot_id, now=now),
        form=form,
        days=[day for day in days if day.come],
        later=[day.label for day in days if not day.come],
        assessed=rolls.asks_result(db, slot),
        percent=rolls.attendance_percent(db, slot),
        results=_RESULTS,
        label=state_label,
        action=f"/provider/slots/{slot_id}/attendance{query}",
        **facts,
    )
