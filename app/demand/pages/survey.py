"""Import a needs survey: choose a file, look at what it says, keep all of it as drafts."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.errors import ConflictError, InvalidError
from app.core.tables import Cell
from app.demand import service
from app.demand.service import Report
from app.demand.survey import COLUMNS, template_file
from app.demand.uploads import Upload
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, Write
from app.web.forms import Form
from app.web.rendering import page

router = APIRouter()

_AT = "/requests/import"
_KEPT = 700_000  # characters of the rows, which come back with the confirmation


@router.get(_AT)
def choose_file(request: Request, actor: SignedIn) -> Response:
    """The form that takes a file, and what its columns are."""
    service.require_importer(actor)
    return _choose_page(request, Form())


@router.get(f"{_AT}/template.csv")
def template() -> Response:
    """A file with the headings and an example."""
    headers = {"Content-Disposition": 'attachment; filename="needs-survey.csv"'}
    return Response(template_file(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post(_AT)
def look_at_file(
    request: Request, upload: Upload, write: Write, actor: SignedIn, now: Now
) -> Response:
    """What the file says, row by row, and what is wrong; nothing is kept yet."""
    service.require_importer(actor)
    try:
        table = upload.table()
        rows = _kept_rows(table)
    except InvalidError as error:
        form = Form()
        form.refuse(error)
        return _choose_page(request, form, status=422)
    with write.database.read() as db:
        report = service.look_at_survey(db, actor, table, now=now)
    return _preview_page(request, report, rows, Form())


@router.post(f"{_AT}/confirmation")
def keep_survey(
    request: Request, upload: Upload, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Keep every request as a draft, after the same checks again; or show what is wrong."""
    service.require_importer(actor)
    form = Form()
    try:
        table = upload.table()
    except InvalidError as error:
        form.refuse(error)
        return _choose_page(request, form, status=422)

    def command(db: Session) -> str:
        service.import_survey(db, actor, table, repeat=upload.repeat, now=now)
        return _after(actor)

    try:
        return write.redirect(actor.key, command)
    except (InvalidError, ConflictError) as error:
        form.refuse(error)
    with write.database.read() as db:
        report = service.look_at_survey(db, actor, table, now=now)
    return _preview_page(request, report, _kept_rows(table), form, status=422)


def _after(actor: Actor) -> str:
    if not actor.countries:
        return "/secretariat/requests?notice=imported"
    return "/requests?state=draft&notice=imported"


def _kept_rows(table: Sequence[Sequence[Cell]]) -> str:
    """The cells as they come back with the confirmation; they are read anew then."""
    text = json.dumps(table, ensure_ascii=False, default=str)
    if len(text.encode()) > _KEPT:
        raise service.too_large()
    return text


def _choose_page(request: Request, form: Form, *, status: int = 200) -> Response:
    return page(request, "demand/import.html", status=status, form=form, columns=COLUMNS)


def _preview_page(
    request: Request, report: Report, rows: str, form: Form, *, status: int | None = None
) -> Response:
    ready = not report.problems
    return page(
        request,
        "demand/import_preview.html",
        status=status or (200 if ready else 422),
        form=form,
        ready=ready,
        report=report,
        rows=rows,
        requests=[_summary(each.rows, each.request) for each in report.survey.requests],
        label=taxonomy.label,
    )


def _summary(rows: tuple[int, ...], request: Any) -> dict[str, Any]:
    needs = [
        f"{taxonomy.skill_label(need.skill)}, level {need.level}: {need.people}"
        for need in request.needs
    ]
    return {"rows": ", ".join(map(str, rows)), "request": request, "needs": needs}
