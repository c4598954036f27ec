"""What the use cases of requests share: the lock, the state that follows, the fact that is told."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel import Session, col, delete

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import FieldProblem, ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import Fact
from app.demand import queries, rules
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import Case, RequestState, Seats
from app.demand.schemas import NeedIn


def lock_own(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    """The request, locked, for those who speak for its country.

    Raises:
        NotFoundError: The actor may not know of it, or only reads it.
        ForbiddenError: The secretariat reads it, and does not change it.
    """
    actor.require_write()
    row = queries.lock_request(db, actor, request_id)
    if rules.is_own(actor, row.country):
        return row
    if actor.secretariat:
        raise ForbiddenError("Only the focal point of this country changes its requests.")
    # Published or not: to other countries its address is no place to write to.
    raise NotFoundError("No such request.", request=str(request_id))


InUse = Callable[[Session, GapRequest], Seats]
"""Seats of a request without those of people who did not come, and people trained.

Booking knows them; :func:`every_seat` stands in where nobody asked it.
"""


def every_seat(_db: Session, row: GapRequest) -> Seats:
    """The seats as the request counts them, those of people who did not come among them."""
    return Seats(row.seats_held, row.seats_met)


def counted_state(row: GapRequest, seats: Seats) -> RequestState:
    """The state that follows from what the needs have; one closed by hand stays closed."""
    by_hand = row.state == RequestState.MET and bool(row.state_reason)
    state = rules.state_after_count(
        row.state,
        people=row.people,
        held=seats.held,
        met=seats.met,
        by_hand=by_hand,
        case=case_of(row),
    )
    if state == RequestState.MET != row.state:
        row.state_reason = ""  # only who closes a request by hand gives one
    return state


def change_state(db: Session, row: GapRequest, state: RequestState, fact: Fact) -> None:
    """Move the request to ``state`` and say why."""
    changes = {"state": [row.state, str(state)]}
    row.state = state
    row.state_reason = fact.reason or ""
    save(db, row, replace(fact, changes=changes))


def save(db: Session, row: GapRequest, fact: Fact) -> None:
    """Make it a new version of the request, and tell."""
    row.version += 1
    row.updated_at = fact.at
    db.add(row)
    outbox.record(db, replace(fact, version=row.version))
    db.flush()


def need_rows(rows: Sequence[GapNeed]) -> list[NeedIn]:
    """Needs as they were sent."""
    return [
        NeedIn(
            skill=row.skill_id,
            level=row.level,
            platform=row.platform,
            people=row.people,
            weight=row.weight,
            role=row.role,
            level_now=row.level_now,
        )
        for row in rows
    ]


def write_needs(db: Session, request_id: UUID, needs: Sequence[NeedIn]) -> None:
    """Replace the needs of the request."""
    db.execute(delete(GapNeed).where(col(GapNeed.request_id) == request_id))
    for position, need in enumerate(needs):
        fields = need.model_dump(exclude={"skill"})
        db.add(GapNeed(request_id=request_id, position=position, skill_id=need.skill, **fields))
    db.flush()


def refuse(problems: Sequence[FieldProblem]) -> None:
    """Refuse what has problems.

    Raises:
        InvalidError: There is one.
    """
    if problems:
        raise InvalidError(*problems)


def lock_inside(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    """The request, locked, for its country and the secretariat.

    Raises:
        NotFoundError: There is none, or the actor reads only what is public of it.
    """
    actor.require_write()
    row = queries.lock_request(db, actor, request_id)
    if not rules.sees_everything(actor, row.country):
        raise NotFoundError("No such request.", request=str(request_id))
    return row


def lock_as_secretariat(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    """The request, locked, for the secretariat.

    Raises:
        NotFoundError: There is none, or the actor may not even read all of it.
        ForbiddenError: The actor belongs to its country, not to the secretariat.
    """
    row = lock_inside(db, actor, request_id)
    actor.require_secretariat()
    return row


def case_of(row: GapRequest) -> Case:
    """What was done with the request, as rules look at it."""
    return Case(
        opened=row.opened_at is not None,
        asked=row.asked_at is not None,
        clarified=row.clarified_at is not None,
        training=row.training_since is not None,
    )
