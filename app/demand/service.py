"""Use cases of skill-gap requests: file, amend, submit, withdraw, close, count seats."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, delete, update

from app.accounts.rules import Actor
from app.core import countries, outbox, zones
from app.core.errors import FieldProblem, ForbiddenError, InvalidError, NotFoundError, invalid
from app.core.outbox import Fact
from app.demand import queries, rules
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import RequestState, Seats
from app.demand.schemas import CloseIn, GapRequestIn, GapRequestPatch, NeedIn, WithdrawIn
from app.registry.service.catalogue import apply_changes, check_version

_NO_SEATS = Seats(held=0, met=0)


def file_request(db: Session, actor: Actor, request: GapRequestIn, *, now: datetime) -> GapRequest:
    """Keep a request of the actor's country, as a draft or (``submit``) open for matching.

    Raises:
        ForbiddenError: The actor is no focal point.
        InvalidError: Another country's, a window in the past or ending before it starts, needs
            that repeat each other or are for too many people.
    """
    rules.require_focal_point(actor)
    country = _own_country(actor, request.country)
    today = _today(country, now)
    earliest = request.earliest or min(today, request.needed_by)
    needs = [need.facts() for need in request.needs]
    _refuse(
        rules.window_problems(earliest, request.needed_by, today=today)
        + rules.need_problems(needs, _NO_SEATS)
    )
    row = GapRequest(
        **_columns(request.model_dump(exclude={"country", "needs", "submit"})),
        country=country,
        filed_by=actor.identified(),
        state=RequestState.OPEN if request.submit else RequestState.DRAFT,
        people=rules.total_people(needs),
        created_at=now,
        updated_at=now,
    )
    row.earliest = earliest
    db.add(row)
    db.flush()
    _write_needs(db, row.id, request.needs)
    name = "request.filed" if request.submit else "request.drafted"
    outbox.record(db, Fact(name, row.id, row.version, now, actor.identified()))
    return row


def amend_request(
    db: Session, actor: Actor, request_id: UUID, patch: GapRequestPatch, *, now: datetime
) -> GapRequest:
    """Change what a request says while it is a draft or live; what is left out stays.

    Raises:
        NotFoundError: No such request of the actor's country.
        EditConflictError: It changed since the given version was read.
        RequestEndedError: It is met, withdrawn or expired.
        InvalidError: As for :func:`file_request`, or fewer people than seats held.
    """
    row = _lock_own(db, actor, request_id)
    check_version(row, patch.version)
    rules.check_editable(row.state)
    given = patch.model_dump(exclude_unset=True, exclude={"needs", "version"})
    before = _need_rows(queries.needs_of(db, [row.id])[row.id])
    wanted = patch.needs if "needs" in patch.model_fields_set else before
    _check_amendment(row, given, wanted, now=now)
    changes = apply_changes(row, _columns(given))
    if wanted != before:
        _write_needs(db, row.id, wanted)
        changes["needs"] = [[need.model_dump() for need in needs] for needs in (before, wanted)]
        row.people = rules.total_people(need.facts() for need in wanted)
    if changes:
        if len(wanted) == 1:  # of several needs, who counts seats knows which have enough
            row.state = _counted_state(row, Seats(row.seats_held, row.seats_met))
        fact = Fact("request.amended", row.id, 0, now, actor.identified(), changes=changes)
        _save(db, row, fact)
    return row


def submit_request(db: Session, actor: Actor, request_id: UUID, *, now: datetime) -> GapRequest:
    """File a draft: from now on it is matched, and the secretariat sees it.

    Raises:
        RequestStepError: It is no draft.
        InvalidError: Its date has passed meanwhile.
    """
    row = _lock_own(db, actor, request_id)
    rules.check_step(row.state, RequestState.OPEN)
    _refuse(rules.window_problems(row.earliest, row.needed_by, today=_today(row.country, now)))
    _change_state(db, row, RequestState.OPEN, Fact("request.filed", row.id, 0, now, actor.user_id))
    return row


def withdraw_request(
    db: Session, actor: Actor, request_id: UUID, withdrawal: WithdrawIn, *, now: datetime
) -> GapRequest:
    """Take a request back; nobody is trained for it any more.

    Raises:
        RequestStepError: It is over already.
        SeatsStillHeldError: Seats must be given back first.
    """
    row = _lock_own(db, actor, request_id)
    rules.check_withdrawal(row.state, Seats(row.seats_held, row.seats_met))
    fact = Fact("request.withdrawn", row.id, 0, now, actor.user_id, withdrawal.reason)
    _change_state(db, row, RequestState.WITHDRAWN, fact)
    return row


def close_request(
    db: Session, actor: Actor, request_id: UUID, closing: CloseIn, *, now: datetime
) -> GapRequest:
    """End a live request as met or expired; for its country, and for the secretariat.

    Open seats that are still held go back to the public on the release date of their block.

    Raises:
        RequestStepError: It is not live.
    """
    actor.require_write()
    row = queries.lock_request(db, actor, request_id)
    if not rules.sees_everything(actor, row.country):
        raise NotFoundError("No such request.", request=str(request_id))
    outcome = RequestState(closing.outcome)
    rules.check_step(row.state, outcome)
    payload = {"outcome": closing.outcome}
    fact = Fact("request.closed", row.id, 0, now, actor.user_id, closing.reason, payload=payload)
    _change_state(db, row, outcome, fact)
    return row


def count_seats(
    db: Session,
    request_id: UUID,
    *,
    held: int = 0,
    met: int = 0,
    now: datetime,
    counted: Callable[[Session, GapRequest], Seats] | None = None,
) -> GapRequest:
    """Add to (or take from) a request's seats held and met, and let its state follow.

    Called by booking in the transaction that changes the seats, under the slot's lock; for
    several requests in rising order of their ids, so that two callers cannot wait for each other.

    Args:
        db: The running transaction.
        request_id: Whose seats.
        held: Change of seats held; negative when seats are given back.
        met: Change of people who attended.
        now: Aware UTC time.
        counted: Says what the needs have, each at most what it asks for, once the request is
            locked: the state follows from that, for six people trained in one skill do not meet a
            request for four of them and two in another. Without it, the seats alone decide.

    Raises:
        NotFoundError: There is no such request.
    """
    # Added by the database, not here: this row has no lock of ours yet.
    statement = (
        update(GapRequest)
        .where(col(GapRequest.id) == request_id)
        .values(
            seats_held=col(GapRequest.seats_held) + held,
            seats_met=col(GapRequest.seats_met) + met,
        )
        .execution_options(synchronize_session=False)
    )
    db.execute(statement)
    row = db.get(GapRequest, request_id, populate_existing=True)
    if row is None:
        raise NotFoundError("No such request.", request=str(request_id))
    before = row.state
    seats = counted(db, row) if counted else Seats(row.seats_held, row.seats_met)
    row.state = _counted_state(row, seats)
    payload = {"held": row.seats_held, "met": row.seats_met, "state": str(row.state)}
    changes = {"state": [before, str(row.state)]} if before != row.state else {}
    _save(db, row, Fact("request.counted", row.id, 0, now, payload=payload, changes=changes))
    return row


def _lock_own(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    actor.require_write()
    row = queries.lock_request(db, actor, request_id)
    if rules.is_own(actor, row.country):
        return row
    if actor.secretariat:
        raise ForbiddenError("Only the focal point of this country changes its requests.")
    # Published or not: to other countries its address is no place to write to.
    raise NotFoundError("No such request.", request=str(request_id))


def _own_country(actor: Actor, asked: str | None) -> str:
    if asked is not None:
        if not rules.is_own(actor, asked):
            text = f"You are not the focal point of {countries.name(asked)}."
            raise invalid("country", text, "not_your_country")
        return asked
    if len(actor.countries) > 1:
        raise invalid("country", "Please say for which of your countries this is.", "missing")
    return next(iter(actor.countries))


def _today(country: str, now: datetime) -> date:
    """The date in the country's capital: a deadline of today is still open there."""
    found = countries.country(country)
    return zones.to_local(now, found.timezone if found else "UTC").date()


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of the inputs by the names of their columns."""
    renamed = {"fee_limit": "fee_limit_usd"}
    return {
        renamed.get(name, name): str(value) if name == "travel" else value
        for name, value in fields.items()
    }


def _check_amendment(
    row: GapRequest, given: dict[str, Any], needs: Sequence[NeedIn], *, now: datetime
) -> None:
    earliest = given.get("earliest", row.earliest)
    needed_by = given.get("needed_by", row.needed_by)
    # A date that passed since it was filed may stay; a new one must lie ahead.
    today = needed_by if needed_by == row.needed_by else _today(row.country, now)
    _refuse(
        rules.window_problems(earliest, needed_by, today=today)
        + rules.need_problems(
            [need.facts() for need in needs],
            # Seats of people who did not come were taken again: there can be more than people.
            Seats(min(row.seats_held, row.people), min(row.seats_met, row.people)),
        )
    )


def _counted_state(row: GapRequest, seats: Seats) -> RequestState:
    by_hand = row.state == RequestState.MET and bool(row.state_reason)
    state = rules.state_after_count(
        row.state, people=row.people, held=seats.held, met=seats.met, by_hand=by_hand
    )
    if state == RequestState.MET != row.state:
        row.state_reason = ""  # only who closes a request by hand gives one
    return state


def _change_state(db: Session, row: GapRequest, state: RequestState, fact: Fact) -> None:
    changes = {"state": [row.state, str(state)]}
    row.state = state
    row.state_reason = fact.reason or ""
    _save(db, row, replace(fact, changes=changes))


def _save(db: Session, row: GapRequest, fact: Fact) -> None:
    row.version += 1
    row.updated_at = fact.at
    db.add(row)
    outbox.record(db, replace(fact, version=row.version))
    db.flush()


def _need_rows(rows: Sequence[GapNeed]) -> list[NeedIn]:
    return [
        NeedIn(
            skill=row.skill_id,
            level=row.level,
            platform=row.platform,
            people=row.people,
            weight=row.weight,
        )
        for row in rows
    ]


def _write_needs(db: Session, request_id: UUID, needs: Sequence[NeedIn]) -> None:
    db.execute(delete(GapNeed).where(col(GapNeed.request_id) == request_id))
    for position, need in enumerate(needs):
        fields = need.model_dump(exclude={"skill"})
        db.add(GapNeed(request_id=request_id, position=position, skill_id=need.skill, **fields))
    db.flush()


def _refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise InvalidError(*problems)
