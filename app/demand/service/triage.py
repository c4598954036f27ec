"""The secretariat looks at what was filed: asks, opens, gives the case to somebody."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import invalid
from app.core.outbox import Fact
from app.demand import queries, rules
from app.demand.models import GapRequest, RequestNote
from app.demand.schemas import AnswerIn, OwnerIn, QuestionIn
from app.demand.service.rows import case_of, lock_as_secretariat, lock_own, save


def ask_clarification(
    db: Session, actor: Actor, request_id: UUID, asked: QuestionIn, *, now: datetime
) -> GapRequest:
    """Ask the country about its request; it stays where it is and waits for an answer.

    Raises:
        RequestStepError: It is a draft or over.
        ForbiddenError: The actor does not belong to the secretariat.
    """
    row = lock_as_secretariat(db, actor, request_id)
    rules.check_question(row.state)
    row.asked_at = now
    note = _note(db, row, actor, "question", asked.question, now=now)
    fact = Fact("request.asked", row.id, 0, now, actor.user_id, payload={"note": str(note.id)})
    save(db, row, fact)
    return row


def answer(
    db: Session, actor: Actor, request_id: UUID, given: AnswerIn, *, now: datetime
) -> GapRequest:
    """Answer the question that waits; a request that is only submitted is then clarified.

    Raises:
        NoQuestionError: None waits.
        RequestStepError: The request is a draft or over.
        ForbiddenError: The actor does not speak for its country.
    """
    row = lock_own(db, actor, request_id)
    rules.check_answer(row.state, case_of(row))
    row.asked_at, row.clarified_at = None, now
    note = _note(db, row, actor, "answer", given.answer, now=now)
    _move(db, row, "request.clarified", actor, now=now, note=str(note.id))
    return row


def open_request(db: Session, actor: Actor, request_id: UUID, *, now: datetime) -> GapRequest:
    """Open a request: the secretariat has looked at it, and stands behind it from now on.

    It could be matched and seats be taken for it before; its country never waits for this.

    Raises:
        RequestStepError: It is a draft, over, or open already.
        ForbiddenError: The actor does not belong to the secretariat.
    """
    row = lock_as_secretariat(db, actor, request_id)
    rules.check_opening(row.state, case_of(row))
    row.opened_at = now
    _move(db, row, "request.opened", actor, now=now)
    return row


def assign_owner(
    db: Session, actor: Actor, request_id: UUID, wanted: OwnerIn, *, now: datetime
) -> GapRequest:
    """Give the case to somebody of the secretariat, or to nobody.

    Raises:
        InvalidError: The person does not belong to the secretariat.
        ForbiddenError: The actor does not belong to it either.
    """
    row = lock_as_secretariat(db, actor, request_id)
    if row.owner_id == wanted.owner:
        return row
    if wanted.owner is not None and wanted.owner not in {each.id for each in queries.helpers(db)}:
        raise invalid("owner", "Please choose somebody of the secretariat.", "not_secretariat")
    before, row.owner_id = row.owner_id, wanted.owner
    changes = {"owner": [str(each) if each else None for each in (before, wanted.owner)]}
    save(db, row, Fact("request.assigned", row.id, 0, now, actor.user_id, changes=changes))
    return row


def _note(
    db: Session, row: GapRequest, actor: Actor, kind: str, body: str, *, now: datetime
) -> RequestNote:
    note = RequestNote(
        request_id=row.id, kind=kind, body=body, written_by=actor.identified(), written_at=now
    )
    db.add(note)
    db.flush()
    return note


def _move(
    db: Session, row: GapRequest, name: str, actor: Actor, *, now: datetime, **payload: str
) -> None:
    before, row.state = row.state, rules.state_after_triage(row.state, case_of(row))
    changes = {"state": [before, str(row.state)]} if before != row.state else {}
    fact = Fact(name, row.id, 0, now, actor.user_id, payload=dict(payload), changes=changes)
    save(db, row, fact)
