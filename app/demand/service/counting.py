"""Seats of a request are counted by those who move them, and its state follows."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, update

from app.core.errors import NotFoundError
from app.core.outbox import Fact
from app.demand import queries, rules
from app.demand.models import GapRequest
from app.demand.rules import RequestState, Seats
from app.demand.service.rows import counted_state, save


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
    row = _add_seats(db, request_id, held=held, met=met)
    before = row.state
    if row.seats_held <= 0:
        row.training_since = None
    seats = counted(db, row) if counted else Seats(row.seats_held, row.seats_met)
    row.state = counted_state(row, seats)
    _note_count(db, row, before, now=now)
    return row


def recount(db: Session, row: GapRequest, seats: Seats, *, now: datetime) -> bool:
    """Let the state of a locked request follow from ``seats``, as :func:`count_seats` does.

    Returns:
        Whether it changed.
    """
    before = row.state
    row.state = counted_state(row, seats)
    if row.state == before:
        return False
    _note_count(db, row, before, now=now)
    return True


def begin_training(db: Session, request_id: UUID, *, begun_at: datetime, now: datetime) -> bool:
    """Note that the first date on which a request holds seats has begun.

    Args:
        db: The running transaction.
        request_id: Which request.
        begun_at: When that date began.
        now: Aware UTC time.

    Returns:
        Whether that was news.
    """
    row = queries.lock_row(db, request_id)
    if row.training_since is not None or row.seats_held <= 0 or row.state not in rules.LIVE:
        return False
    before = row.state
    row.training_since = begun_at
    row.state = RequestState.IN_TRAINING
    changes = {"state": [before, str(row.state)]} if before != row.state else {}
    save(db, row, Fact("request.training-began", row.id, 0, now, changes=changes))
    return True


def _add_seats(db: Session, request_id: UUID, *, held: int, met: int) -> GapRequest:
    """The request with the changed seats; locked from here on."""
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
    return row


def _note_count(db: Session, row: GapRequest, before: str, *, now: datetime) -> None:
    payload = {"held": row.seats_held, "met": row.seats_met, "state": str(row.state)}
    changes = {"state": [before, str(row.state)]} if before != row.state else {}
    save(db, row, Fact("request.counted", row.id, 0, now, payload=payload, changes=changes))
