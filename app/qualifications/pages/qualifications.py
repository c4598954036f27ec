"""One's own qualifications: what counts, until when, and filing another one."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.errors import ConflictError, InvalidError
from app.core.zones import to_local
from app.qualifications.queries import qualifications as queries
from app.qualifications.rules.qualifications import COURSE
from app.qualifications.schemas.qualifications import ClaimForm
from app.qualifications.service import qualifications as service
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, ReadDb, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/me/qualifications")
def show_own(request: Request, db: ReadDb, actor: SignedIn, now: Now, course: str = "") -> Response:
    """What the reader holds, with its state and last day; ``course`` begins the form."""
    chosen = f"{COURSE}:{course}" if course else None
    return _own_page(request, db, actor, Form.of(what=chosen), now)


@router.post("/me/qualifications")
def claim(
    request: Request,
    form: Annotated[Submitted[ClaimForm], Depends(submitted(ClaimForm))],
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """File a qualification; or show what was wrong, with what was typed."""

    def file(db: Session, model: ClaimForm) -> str:
        service.claim(db, actor, model.claim(), now=now)
        return "/me/qualifications?notice=claimed"

    model = form.model
    if model is not None:
        try:
            return write.redirect(actor.key, lambda db: file(db, model))
        except (InvalidError, ConflictError) as error:
            form.refuse(error)
            form.errors |= {"what": form.errors.pop("course")} if "course" in form.errors else {}
    with write.database.read() as db:
        return _own_page(request, db, actor, form, now)


def _own_page(request: Request, db: Session, actor: Actor, form: Form, now: datetime) -> Response:
    courses = [(f"{COURSE}:{course.id}", course.title) for course in queries.claimable_courses(db)]
    rules = [(term.id, term.label) for term in taxonomy.vocabulary("access_requirements")]
    return page(
        request,
        "qualifications/own.html",
        status=form.status,
        held=queries.held_by(db, actor.identified(), today=_today(actor, now)),
        groups=[("Courses that others require", courses), ("Asked for at a site", rules)],
        form=form,
        today=_today(actor, now),
    )


def _today(actor: Actor, now: datetime) -> date:
    """The date where the reader is."""
    return to_local(now, actor.zone).date()
