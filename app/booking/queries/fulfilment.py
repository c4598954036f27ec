"""The seats of requests as the chain from asked to certified looks at them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.chains import ByThemselvesView, ChainView, FulfilmentView, NeedChainView
from app.booking.models import Booking, Cohort
from app.booking.rules import SEAT_TAKING, BookingState, CohortState
from app.booking.rules.fulfilment import (
    Block,
    Fulfilment,
    Line,
    Seats,
    fulfilment_of,
    seats_useful_on,
)
from app.demand.models import GapNeed, GapRequest
from app.demand.queries import needs_of, request_row
from app.demand.rules import Seats as Counted
from app.demand.rules import sees_everything
from app.qualifications.models import Certificate
from app.registry.models import CourseSkill, Slot

_OWN_SEAT = SEAT_TAKING - {BookingState.NO_SHOW}
_SURE = (BookingState.CONFIRMED, BookingState.ATTENDED, BookingState.NO_SHOW)


def fulfilment_view(db: Session, actor: Actor, request_id: UUID) -> FulfilmentView:
    """The chain of a request, for everybody who may see the request.

    Raises:
        NotFoundError: There is none that the actor may know of.
    """
    row = request_row(db, actor, request_id)
    needs = needs_of(db, [row.id])[row.id]
    lines = lines_of(needs)
    found = fulfilment_of(lines, blocks_of(db, [row.id]).get(row.id, []))
    return FulfilmentView(
        request=row.id,
        state=row.state,
        needs=tuple(
            NeedChainView.of_need(
                chain, skill=need.skill_id, level=need.level, platform=need.platform
            )
            for need, chain in zip(needs, found.lines, strict=True)
        ),
        total=ChainView.of(found.total),
        is_met=found.is_met,
        by_themselves=_by_themselves(db, row, lines)
        if sees_everything(actor, row.country)
        else None,
    )


def fulfilment(db: Session, request_id: UUID) -> Fulfilment:
    """The chain of a request as the rows are now, whoever asks."""
    lines = lines_of(needs_of(db, [request_id])[request_id])
    return fulfilment_of(lines, blocks_of(db, [request_id]).get(request_id, []))


def counted(db: Session, request: GapRequest) -> Counted:
    """Trainings of the request with a seat that is not lost, and trainings done, need by need."""
    found = fulfilment(db, request.id)
    return Counted(held=found.total.asked - found.total.lacking, met=found.trained)


def seats_in_use(db: Session, request: GapRequest) -> Counted:
    """Seats of the request, each once, without those of people who did not come; and trained."""
    total = fulfilment(db, request.id).total
    return Counted(held=total.held - total.missed, met=total.attended)


def useful_seats(
    db: Session, request_id: UUID, taught: Mapping[UUID, Mapping[str, int]]
) -> dict[UUID, int]:
    """Most further seats that a request can be given on each date, as booking will decide.

    Blocks that wait in line count as seats. The same few queries for any number of dates.

    Args:
        db: To read from.
        request_id: The request.
        taught: The level of each skill that a date teaches, by any id of the date.
    """
    lines = lines_of(needs_of(db, [request_id])[request_id])
    blocks = blocks_of(db, [request_id], waiting=True).get(request_id, [])
    return {each: seats_useful_on(skills, lines, blocks) for each, skills in taught.items()}


def lines_of(needs: Collection[GapNeed]) -> list[Line]:
    """The needs of a request as lines, in their order."""
    return [Line(need.skill_id, need.level, need.people) for need in needs]


def blocks_of(
    db: Session, request_ids: Collection[UUID] | None = None, *, waiting: bool = False
) -> dict[UUID, list[Block]]:
    """The blocks of each request that have any; of all requests when none are named.

    With ``waiting``, blocks that wait in line count as if their seats were open. Four queries for
    any number of requests.
    """
    query = select(Cohort, Slot.course_id).join(Slot, col(Slot.id) == col(Cohort.slot_id))
    if request_ids is not None:
        query = query.where(col(Cohort.request_id).in_(request_ids))
    cohorts = db.exec(query.order_by(col(Cohort.id))).all()
    if not cohorts:
        return {}
    named = _named(db, request_ids)
    certified = _certified(db, request_ids)
    courses = None if request_ids is None else {course_id for _, course_id in cohorts}
    taught = _taught(db, courses)
    found: dict[UUID, list[Block]] = defaultdict(list)
    for cohort, course_id in cohorts:
        open_seats = cohort.seats_open
        if waiting and cohort.state == CohortState.WAITLISTED:
            open_seats = cohort.seats
        names = named.get(cohort.id, Seats())
        seats = Seats(
            held=open_seats + names.nominated,
            nominated=names.nominated,
            confirmed=names.confirmed,
            attended=names.attended,
            certified=certified.get(cohort.id, 0),
            missed=names.missed,
        )
        if seats.held:
            found[cohort.request_id].append(Block(taught.get(course_id, {}), seats))
    return dict(found)


def _by_themselves(db: Session, request: GapRequest, lines: Sequence[Line]) -> ByThemselvesView:
    """People with a seat of their own, each once; days of the window are days of UTC."""
    named = (
        select(Booking.person_id)
        .join(Cohort, col(Cohort.id) == col(Booking.cohort_id))
        .where(col(Cohort.request_id) == request.id, col(Booking.state).in_(SEAT_TAKING))
    )
    person = col(Booking.person_id)
    came = case((col(Booking.state) == BookingState.ATTENDED, person))
    query = (
        select(func.count(person.distinct()), func.count(came.distinct()))
        .join(Slot, col(Slot.id) == col(Booking.slot_id))
        .join(CourseSkill, col(CourseSkill.course_id) == col(Slot.course_id))
        .where(
            Booking.country == request.country,
            col(Booking.cohort_id).is_(None),
            col(Booking.state).in_(_OWN_SEAT),
            person.not_in(named),
            col(Slot.ends_at) > datetime.combine(request.earliest, time(), UTC),
            col(Slot.starts_at)
            < datetime.combine(request.needed_by, time(), UTC) + timedelta(days=1),
            or_(
                *(
                    and_(
                        col(CourseSkill.skill_id) == line.skill,
                        col(CourseSkill.level) >= line.level,
                    )
                    for line in lines
                )
            ),
        )
    )
    booked, trained = db.exec(query).one()
    return ByThemselvesView(booked=booked, trained=trained)


def _of_requests(query: Any, request_ids: Collection[UUID] | None) -> Any:
    if request_ids is None:
        return query
    query = query.join(Cohort, col(Cohort.id) == col(Booking.cohort_id))
    return query.where(col(Cohort.request_id).in_(request_ids))


def _named(db: Session, request_ids: Collection[UUID] | None) -> dict[UUID, Seats]:
    state = col(Booking.state)

    def number(*states: BookingState) -> Any:
        return func.sum(case((state.in_(states), 1), else_=0))

    columns: tuple[Any, ...] = (
        *(col(Booking.cohort_id), func.count(), number(*_SURE)),
        *(number(BookingState.ATTENDED), number(BookingState.NO_SHOW)),
    )
    query = select(*columns).where(col(Booking.cohort_id).is_not(None), state.in_(SEAT_TAKING))
    rows = db.execute(_of_requests(query, request_ids).group_by(col(Booking.cohort_id)))
    return {
        cohort_id: Seats(
            nominated=int(everybody), confirmed=int(sure), attended=int(came), missed=int(missed)
        )
        for cohort_id, everybody, sure, came, missed in rows
    }


def _certified(db: Session, request_ids: Collection[UUID] | None) -> dict[UUID, int]:
    """People of each block whose certificate stands; a booking has one at the most."""
    columns: tuple[Any, ...] = (col(Booking.cohort_id), func.count())
    query = (
        select(*columns)
        .join(Certificate, col(Certificate.booking_id) == col(Booking.id))
        .where(
            col(Booking.cohort_id).is_not(None),
            col(Booking.state) == BookingState.ATTENDED,
            col(Certificate.state) == "valid",
        )
    )
    rows = db.execute(_of_requests(query, request_ids).group_by(col(Booking.cohort_id)))
    return {cohort_id: int(count) for cohort_id, count in rows}


def _taught(db: Session, courses: Collection[UUID] | None) -> dict[UUID, dict[str, int]]:
    query = select(CourseSkill.course_id, CourseSkill.skill_id, CourseSkill.level)
    if courses is not None:
        query = query.where(col(CourseSkill.course_id).in_(courses))
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for course_id, skill_id, level in db.exec(query):
        found[course_id][skill_id] = level
    return found
