"""Seats kept for groups, and who has the others, as rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.rules import SEAT_TAKING, CohortState
from app.booking.rules.shares import Caps, Claimant, Group, SeatBook, Share, group_text
from app.booking.schemas import ShareView
from app.core.errors import NotFoundError
from app.registry.models import SeatShare, Slot
from app.registry.queries.rows import find_slot, sees_everything_of

_REGULATOR = "regulator"
_SAME = {
    *("id", "kept_for", "countries", "seats", "until", "added_seats", "sponsor", "ended_reason"),
}


def shares_of(db: Session, slot_id: UUID, *, after: datetime | None = None) -> list[SeatShare]:
    """The kept seats of a slot, by their end; with ``after`` those that end later."""
    query = select(SeatShare).where(col(SeatShare.slot_id) == slot_id)
    if after is not None:
        query = query.where(col(SeatShare.until) > after)
    return list(db.exec(query.order_by(col(SeatShare.until), col(SeatShare.id))))


def as_share(row: SeatShare) -> Share:
    """The row as the rules see it."""
    return Share(row.kept_for, row.seats, row.until, row.countries)


def find_share(db: Session, share_id: UUID) -> SeatShare:
    """The kept seats with this id.

    Raises:
        NotFoundError: There are none.
    """
    share = db.get(SeatShare, share_id)
    if share is None:
        raise NotFoundError("There are no such kept seats.")
    return share


def claims_of(db: Session, slot_id: UUID) -> list[tuple[Claimant, int]]:
    """Who has how many seats of a slot: people with a seat, and open seats of blocks."""
    people = (
        select(Booking.country, Booking.authority, Booking.groups, Cohort.sector)
        .outerjoin(Cohort, col(Cohort.id) == col(Booking.cohort_id))
        .where(col(Booking.slot_id) == slot_id, col(Booking.state).in_(SEAT_TAKING))
    )
    blocks = select(Cohort.country, Cohort.sector, Cohort.seats_open).where(
        col(Cohort.slot_id) == slot_id,
        col(Cohort.state) == CohortState.ACTIVE,
        col(Cohort.seats_open) > 0,
    )
    claims = [
        (Claimant(country, authority, (*groups, *groups_of_sector(sector))), 1)
        for country, authority, groups, sector in db.exec(people)
    ]
    return claims + [
        (Claimant(country, groups=groups_of_sector(sector)), seats)
        for country, sector, seats in db.exec(blocks)
    ]


def groups_of_sector(sector: str | None) -> tuple[str, ...]:
    """The group that a sector stands for, if it does."""
    return (str(Group.REGULATORS),) if sector == _REGULATOR else ()


def share_views(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> list[ShareView]:
    """The kept seats of a slot, by their end, those that are over too.

    Raises:
        NotFoundError: There is no slot that the actor may see.
    """
    slot, _ = find_slot(db, actor, slot_id)
    rows = shares_of(db, slot_id)
    counts = _used(db, rows, slot_id) if sees_everything_of(actor, slot.provider_id) else None
    return [
        ShareView(
            **row.model_dump(include=_SAME),
            slot=row.slot_id,
            label=group_text(row.kept_for, row.countries),
            taken=None if counts is None else counts[index],
            open=None if counts is None else max(0, row.seats - counts[index]),
            in_force=row.until > now,
        )
        for index, row in enumerate(rows)
    ]


def share_view(db: Session, actor: Actor, share_id: UUID, *, now: datetime) -> ShareView:
    """Kept seats of a slot that the actor sees.

    Raises:
        NotFoundError: There are none, or none of a slot that the actor may see.
    """
    views = share_views(db, actor, find_share(db, share_id).slot_id, now=now)
    return next(view for view in views if view.id == share_id)


def shares_off(db: Session) -> Iterator[str]:
    """Slots that look for the end of their kept seats at another time than it comes."""
    running = select(col(SeatShare.slot_id), func.min(col(SeatShare.until)))
    # What is over, or was ended, has had its second version.
    running = running.where(col(SeatShare.version) == 1).group_by(col(SeatShare.slot_id))
    ends: dict[UUID, datetime] = dict(db.exec(running).all())
    noted = select(Slot.id, Slot.kept_until).where(
        col(Slot.kept_until).is_not(None) | col(Slot.id).in_(ends)
    )
    for slot_id, kept_until in db.exec(noted):
        if kept_until != ends.get(slot_id):
            yield (
                f"slot {slot_id} keeps seats until {kept_until}, and its shares until "
                f"{ends.get(slot_id)}"
            )


def _used(db: Session, rows: Sequence[SeatShare], slot_id: UUID) -> tuple[int, ...]:
    if not rows:
        return ()
    return SeatBook.of(0, map(as_share, rows), Caps(), claims_of(db, slot_id)).used
