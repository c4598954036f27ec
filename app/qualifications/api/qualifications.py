"""One's own qualifications. Those of others: see the seats' routes, where people meet providers."""

from datetime import date, datetime

from fastapi import APIRouter, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.paging import Page
from app.core.zones import to_local
from app.qualifications.queries import qualifications as queries
from app.qualifications.schemas.qualifications import QualificationIn, QualificationView
from app.qualifications.service import qualifications as service
from app.web.deps import Now, ReadDb, Write

router = APIRouter(tags=["qualifications"])


@router.get("/me/qualifications")
def list_own(db: ReadDb, actor: SignedIn, now: Now) -> Page[QualificationView]:
    """Everything one has filed or passed, newest first; what is over or refused stays."""
    found = queries.held_by(db, actor.identified(), today=_today(actor, now))
    return Page(items=found, total=len(found))


@router.post("/me/qualifications", status_code=201, response_model=QualificationView)
def claim(body: QualificationIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """File something one holds, with its issuer and what shows it; somebody verifies it."""

    def command(db: Session) -> QualificationView:
        row = service.claim(db, actor, body, now=now)
        return queries.qualification_views(db, [row], today=_today(actor, now))[0]

    return write.answer(actor.key, command, status=201)


def _today(actor: Actor, now: datetime) -> date:
    """The date where the reader is."""
    return to_local(now, actor.zone).date()
