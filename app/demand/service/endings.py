"""How a request ends: withdrawn, closed by hand, expired."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import invalid
from app.core.outbox import Fact
from app.core.zones import today_in
from app.demand import queries, rules
from app.demand.models import GapRequest
from app.demand.rules import RequestState
from app.demand.schemas import CloseIn, WithdrawIn
from app.demand.service.rows import InUse, change_state, every_seat, lock_inside, lock_own
from app.taxonomy.queries import vocabulary

WINDOW_OVER = "window-over"
"""The reason code of a request that ended because its date had passed."""


def withdraw_request(
    db: Session,
    actor: Actor,
    request_id: UUID,
    withdrawal: WithdrawIn,
    *,
    now: datetime,
    in_use: InUse = every_seat,
) -> GapRequest:
    """Take a request back; nobody is trained for it any more.

    ``in_use`` leaves out the seats of people who did not come: nobody can give those back.

    Raises:
        RequestStepError: It is over already.
        SeatsStillHeldError: Seats must be given back first.
        InvalidError: The reason code is one of another end.
    """
    row = lock_own(db, actor, request_id)
    rules.check_withdrawal(row.state, in_use(db, row))
    row.end_code = _end_code(withdrawal.reason_code, RequestState.WITHDRAWN)
    fact = Fact("request.withdrawn", row.id, 0, now, actor.user_id, withdrawal.reason)
    change_state(db, row, RequestState.WITHDRAWN, _coded(fact, row.end_code))
    return row


def close_request(
    db: Session, actor: Actor, request_id: UUID, closing: CloseIn, *, now: datetime
) -> GapRequest:
    """End a live request as met or expired; for its country, and for the secretariat.

    Open seats that are still held go back to the public on the release date of their block.

    Raises:
        RequestStepError: It is not live.
        InvalidError: The reason code is one of another end.
    """
    row = lock_inside(db, actor, request_id)
    outcome = RequestState(closing.outcome)
    rules.check_step(row.state, outcome)
    payload = {"outcome": closing.outcome}
    fact = Fact("request.closed", row.id, 0, now, actor.user_id, closing.reason, payload=payload)
    row.end_code = _end_code(closing.reason_code, outcome)
    change_state(db, row, outcome, _coded(fact, row.end_code))
    return row


def expire_request(db: Session, request_id: UUID, *, now: datetime) -> bool:
    """End a live request whose date has passed in its country; whether there was one to end.

    Whoever calls makes sure that it holds no seat on a date to come.
    """
    row = queries.lock_row(db, request_id)
    if row.state not in rules.LIVE or row.needed_by >= today_in(row.country, now=now):
        return False
    row.end_code = WINDOW_OVER
    fact = Fact("request.expired", row.id, 0, now, reason="The date has passed.")
    change_state(db, row, RequestState.EXPIRED, _coded(fact, WINDOW_OVER))
    return True


def _end_code(code: str | None, state: RequestState) -> str:
    """The code, when a person may give it for this end."""
    if code is None:
        return ""
    if code not in end_reasons(state):
        text = f"This is no reason for a request to become {state}."
        raise invalid("reason_code", text, "reason_of_another_end")
    return code


def end_reasons(state: str) -> dict[str, str]:
    """The reasons that a person may give for an end, with their labels."""
    return {
        term.id: term.label
        for term in vocabulary("request_end_reasons")
        if state in _ends(term.facts.get("ends")) and term.facts.get("by") != "system"
    }


def _ends(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _coded(fact: Fact, code: str) -> Fact:
    return replace(fact, payload=fact.payload | {"code": code}) if code else fact
