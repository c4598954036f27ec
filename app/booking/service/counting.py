"""What requests have: told to them in the transaction that changes their seats."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.booking.queries.fulfilment import counted
from app.booking.queries.progress import has_seats_to_come
from app.demand import service as demand
from app.demand.queries import lock_row


def count_seats(
    db: Session,
    request_id: UUID,
    *,
    held: int = 0,
    met: int = 0,
    now: datetime,
    begun_at: datetime | None = None,
) -> None:
    """Add to a request's seats held and met; its state follows from what each need has.

    See :func:`app.demand.service.count_seats`, also for the order of locks. Called after the
    claims themselves were changed. ``begun_at`` is when the date began that the seats are on, if
    it is known to have begun.
    """
    db.flush()
    demand.count_seats(db, request_id, held=held, met=met, now=now, counted=counted)
    if begun_at is not None and begun_at <= now:
        demand.begin_training(db, request_id, begun_at=begun_at, now=now)


def recount(db: Session, request_id: UUID, *, now: datetime) -> bool:
    """Let the state follow from what each need has, after the needs themselves were changed.

    May run again at any time. A request that holds no seats stays where triage left it.

    Returns:
        Whether the state changed.
    """
    row = lock_row(db, request_id)
    if not row.seats_held:
        return False
    return demand.recount(db, row, counted(db, row), now=now)


def expire_request(db: Session, request_id: UUID, *, now: datetime) -> bool:
    """End a request whose date has passed, unless it holds a seat on a date to come.

    Returns:
        Whether it was ended.
    """
    lock_row(db, request_id)
    if has_seats_to_come(db, request_id, now=now):
        return False
    return demand.expire_request(db, request_id, now=now)
