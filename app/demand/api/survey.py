"""A needs survey in one call: looked at, or kept as drafts."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.demand import service
from app.demand.schemas import SurveyProblemView, SurveyReport, SurveyRequestView
from app.demand.service import Report
from app.demand.uploads import Upload
from app.web.deps import Now, Write

router = APIRouter(tags=["Requests"])

_ROWS = {
    "type": "object",
    "properties": {
        "rows": {
            "type": "array",
            "description": "One object for each need, by headings of the template.",
            "items": {"type": "object"},
        },
        "save": {"type": "boolean", "default": False},
        "repeat": {"type": "boolean", "default": False},
    },
    "required": ["rows"],
}
_FILE = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "save": {"type": "boolean"},
        "repeat": {"type": "boolean"},
    },
    "required": ["file"],
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _ROWS},
            "multipart/form-data": {"schema": _FILE},
        },
    }
}


@router.post("/requests/import", response_model=SurveyReport, openapi_extra=_BODY)
def import_survey(upload: Upload, write: Write, actor: SignedIn, now: Now) -> Response:
    """Read a needs survey (.xlsx, .ods, .csv or rows), one row for each need.

    Without `save` nothing is kept, and every problem is listed with its row and column. With
    `save` all requests become drafts, or none: problems are 422, likely repetitions 409 unless
    `repeat` is said.
    """
    service.require_importer(actor)  # before anything is unpacked
    table = upload.table()

    def command(db: Session) -> SurveyReport:
        report = service.look_at_survey(db, actor, table, now=now)
        if not upload.save:
            return _view(report)
        rows = service.import_survey(db, actor, table, repeat=upload.repeat, now=now)
        return _view(report, saved=(row.id for row in rows))

    return write.answer(actor.key, command)


def _view(report: Report, saved: Iterable[UUID] = ()) -> SurveyReport:
    return SurveyReport(
        requests=tuple(
            SurveyRequestView(
                rows=each.rows,
                country=each.request.country,
                code=each.request.code,
                people=sum(need.people for need in each.request.needs),
            )
            for each in report.survey.requests
        ),
        problems=tuple(
            SurveyProblemView(row=each.row, column=each.column, message=each.message)
            for each in report.problems
        ),
        repeated=report.repeated,
        ignored=report.survey.ignored,
        saved=tuple(saved),
    )
