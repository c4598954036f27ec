"""Somebody who asks for a seat: everything that a decision needs to know, in two looks.

Most people book with nothing in the way. So each look asks, in one statement, *whether* there is
something; only then do the queries follow that say what. Both are made under the slot's lock, in
statements of their own: on PostgreSQL a statement that waited for a lock sees the other tables as
they were before it waited.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, exists, func, literal_column, select
from sqlmodel import Session, SQLModel

from app.accounts.models import User
from app.booking.models import LIVE_SQL, Booking, Cohort
from app.booking.rules import BookingState, CohortState
from app.core.errors import NotFoundError
from app.registry.models import CoursePrerequisite, Meeting, Occupancy, Slot
from app.registry.rules import Span, takes_time


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who asks for a seat of a slot, and what there is to be looked at closely.

    ``holds_due`` and ``blocks_due``: claims of others have run out. ``already_in``: a live claim
    of this person. ``requires``: the course asks for something. ``times``: when the slot's
    meetings need their people, earliest first.
    """

    person_id: UUID
    organisation: str
    sector: str | None
    holds_due: bool
    blocks_due: bool
    already_in: bool
    requires: bool
    times: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's time about a slot: whether anything is in it; seats that they hold anywhere."""

    taken: bool
    holds: int


_USER, _MEETING, _BOOKING, _COHORT, _REQUIRED, _OCCUPANCY = (
    SQLModel.metadata.tables[str(model.__tablename__)].c
    for model in (User, Meeting, Booking, Cohort, CoursePrerequisite, Occupancy)
)
_SLOT_ID: BindParameter[UUID] = bindparam("slot_id")
_PERSON_ID: BindParameter[UUID] = bindparam("person_id")
_NOW: BindParameter[datetime] = bindparam("now")

# Built once, on the tables: SQLAlchemy takes as long to build a statement as a database to run it.
# Only what is held has an end (a CHECK says so), and the words of a partial index let it be used.
HOLDS_DUE = exists().where(_BOOKING.slot_id == _SLOT_ID, _BOOKING.held_until <= _NOW)
BLOCKS_DUE = exists().where(
    _COHORT.slot_id == _SLOT_ID,
    _COHORT.state == literal_column(f"'{CohortState.ACTIVE}'"),
    _COHORT.release_at <= _NOW,
)
_ALREADY_IN = exists().where(
    _BOOKING.slot_id == _SLOT_ID, _BOOKING.person_id == _PERSON_ID, LIVE_SQL
)
_REQUIRES = exists().where(_REQUIRED.course_id == bindparam("course_id"))
_NEWCOMER = (
    select(
        *(_USER.organisation, _USER.sector),
        *(HOLDS_DUE, BLOCKS_DUE, _ALREADY_IN, _REQUIRES),
        *(_MEETING.starts_at, _MEETING.ends_at, _MEETING.mode),
    )
    .select_from(
        User.__table__.outerjoin(  # type: ignore[attr-defined]  # a mapped class has a table
            Meeting.__table__,  # type: ignore[attr-defined]
            (_MEETING.slot_id == _SLOT_ID) & _MEETING.removed_at.is_(None),
        )
    )
    .where(_USER.id == _PERSON_ID)
    .order_by(_MEETING.starts_at)
)
_HOURS = select(
    exists().where(
        _OCCUPANCY.resource_id == _PERSON_ID,
        _OCCUPANCY.starts_at < bindparam("to_at"),
        _OCCUPANCY.ends_at > bindparam("from_at"),
    ),
    select(func.count())
    .where(
        _BOOKING.person_id == _PERSON_ID,
        _BOOKING.state == literal_column(f"'{BookingState.HELD}'"),
        _BOOKING.held_until > _NOW,
    )
    .scalar_subquery(),
)


def newcomer_at(db: Session, slot: Slot, person_id: UUID, *, now: datetime) -> Newcomer:
    """The person as a newcomer to the slot, which is locked.

    Raises:
        NotFoundError: There is no such person.
    """
    facts = {"slot_id": slot.id, "course_id": slot.course_id, "person_id": person_id, "now": now}
    rows = db.connection().execute(_NEWCOMER, facts).all()
    if not rows:
        raise NotFoundError("No such person.")
    organisation, sector, holds_due, blocks_due, already_in, requires, *_ = rows[0]
    meetings = (row[6:] for row in rows if row[6] is not None)
    return Newcomer(
        person_id,
        organisation,
        sector,
        holds_due=bool(holds_due),
        blocks_due=bool(blocks_due),
        already_in=bool(already_in),
        requires=bool(requires),
        times=tuple(Span(starts, ends) for starts, ends, mode in meetings if takes_time(mode)),
    )


def hours_about(
    db: Session, person_id: UUID, *, from_at: datetime, to_at: datetime, now: datetime
) -> Hours:
    """What the person's time holds in the stretch; the person is locked."""
    facts = {"person_id": person_id, "from_at": from_at, "to_at": to_at, "now": now}
    taken, holds = db.connection().execute(_HOURS, facts).one()
    return Hours(bool(taken), holds)
