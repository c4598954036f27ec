"""Requests that wait for seats, as needs; found from the skills that somebody teaches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.core.zones import today_in
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import LIVE, PUBLIC, sees_everything
from app.matching.queries.needs import (
    OF_NEED,
    OF_REQUEST,
    need_from,
    wants_by_request,
)
from app.matching.rules import Need

_IN_FULL = "full"


@dataclass(frozen=True, slots=True)
class Standing:
    """A live request with people who have no seat yet; ``missing`` is how many.

    ``told`` says that its country agreed to show it to everybody, in full.
    """

    need: Need
    missing: int
    told: bool

    def is_told(self, actor: Actor) -> bool:
        """Whether this reader may know of the request by itself, and not only in a count."""
        return self.told or sees_everything(actor, self.need.country)


def is_standing() -> ColumnElement[bool]:
    """A condition: the request is live, and some of its people have no seat."""
    return and_(
        col(GapRequest.state).in_(LIVE), col(GapRequest.people) > col(GapRequest.seats_held)
    )


def standing_needs(
    db: Session,
    skills: Iterable[str],
    *,
    now: datetime,
    days: tuple[date, date] | None = None,
    since: datetime | None = None,
) -> list[Standing]:
    """The standing requests that want one of the skills; in no particular order.

    Args:
        db: To read from.
        skills: What is taught.
        now: Aware UTC time; windows open today at the earliest.
        days: First and last day that a date may end on, as far as is known: requests whose window
            holds none of them are left out.
        since: Only requests that were made after this.
    """
    wanting = select(GapNeed.request_id).where(col(GapNeed.skill_id).in_(set(skills)))
    where = [col(GapRequest.id).in_(wanting), is_standing()]
    if days is not None:
        where += [col(GapRequest.needed_by) >= days[0], col(GapRequest.earliest) <= days[1]]
    if since is not None:
        where.append(col(GapRequest.created_at) > since)
    return list(_standing(db, where, now=now))


def standing_need(db: Session, request_id: UUID, *, now: datetime) -> Standing | None:
    """One request as it stands; None when it is over, a draft, or holds all its seats."""
    return next(_standing(db, [col(GapRequest.id) == request_id, is_standing()], now=now), None)


def _standing(
    db: Session, where: list[ColumnElement[bool]], *, now: datetime
) -> Iterator[Standing]:
    of_these = select(GapRequest.id).where(*where)
    rows = db.execute(
        select(*OF_NEED)
        .where(col(GapNeed.request_id).in_(of_these))
        .order_by(col(GapNeed.request_id), col(GapNeed.position))
    )
    wants = wants_by_request(rows)
    today: dict[str, date] = {}
    for row in db.execute(select(*OF_REQUEST, *_OF_STANDING).where(*where)):
        # On PostgreSQL, a request filed between the two statements has no needs yet.
        if row.id not in wants:
            continue
        if row.country not in today:
            today[row.country] = today_in(row.country, now=now)
        need = need_from(row, wants[row.id], today=today[row.country])
        yield Standing(need, row.people - row.seats_held, _is_told(row))


_OF_STANDING: tuple[Any, ...] = (
    *(col(GapRequest.seats_held), col(GapRequest.state)),
    *(col(GapRequest.publish), col(GapRequest.publish_detail)),
)


def _is_told(row: Any) -> bool:
    return bool(row.publish) and row.publish_detail == _IN_FULL and row.state in PUBLIC
