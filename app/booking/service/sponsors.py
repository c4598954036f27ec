"""Keep seats for a group, add the seats that a sponsor pays for, let kept seats go early."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.queries.shares import as_share, find_share
from app.booking.rules import NotEnoughSeatsError
from app.booking.rules.shares import Group, Share
from app.booking.schemas import ShareEndIn, ShareIn
from app.booking.service.desk import Desk, LockedSlot, open_slot, promote
from app.booking.service.kept_seats import note_next_end, open_book
from app.core import outbox
from app.core.errors import ConflictError, NotFoundError, invalid
from app.core.ids import new_id
from app.core.outbox import Fact
from app.registry.models import SeatShare, Slot
from app.registry.queries.rows import find_slot, sees_everything_of
from app.registry.rules import SlotStatus
from app.registry.schemas.inputs import SlotPatch
from app.registry.service import slots as registry
from app.registry.service.catalogue import require_editor
from app.registry.service.meetings import instant

_OVER = (SlotStatus.CANCELLED, SlotStatus.COMPLETED)


class ShareOverError(ConflictError):
    """The seats are kept no longer."""

    code = "share_over"


class SlotClosedError(ConflictError):
    """The slot has begun, is over or was cancelled: no seat can be kept any more."""

    code = "slot_closed"


def keep_seats(db: Session, actor: Actor, slot_id: UUID, wish: ShareIn, desk: Desk) -> SeatShare:
    """Keep free seats of a slot for a group until an instant, or add a sponsor's seats for it.

    Seats that are added go to those in line who are in the group, in the same commit.

    Raises:
        NotEnoughSeatsError: Fewer seats are free; says how many.
        InvalidError: A wrong end, no countries where they are asked for, or no sponsor.
        SlotClosedError: The slot has begun, is over or was cancelled.
        ForbiddenError: The actor sees the slot and is not of its provider.
    """
    slot, provider = find_slot(db, actor, slot_id)
    user_id = require_editor(actor, provider.id)
    locked = open_slot(db, slot.id, desk)
    _check_open(locked)
    share = SeatShare(
        id=new_id(),
        slot_id=slot_id,
        kept_for=wish.kept_for,
        countries=_countries(wish),
        seats=wish.seats,
        added_seats=wish.seats if wish.adds_seats else 0,
        sponsor=_sponsor(wish),
        until=_until(wish, locked),
        created_by=user_id,
        created_at=locked.now,
    )
    if wish.adds_seats:
        patch = SlotPatch(seats=locked.slot.seats + wish.seats)
        registry.change_slot(db, actor, slot_id, patch, now=locked.now)
        db.flush()
    _check_free(db, locked, as_share(share))
    db.add(share)
    note_next_end(db, locked.slot, now=locked.now)
    outbox.record(db, _kept(share, locked.now, user_id))
    promote(db, locked)
    return share


def end_share(
    db: Session, actor: Actor, share_id: UUID, request: ShareEndIn, desk: Desk
) -> SeatShare:
    """Let kept seats go to everybody now, those in line first; a sponsor's seats stay seats.

    Raises:
        ShareOverError: They are kept no longer.
        ForbiddenError: The actor is of the secretariat and not of the slot's provider.
    """
    slot = _slot_of(db, actor, share_id)
    user_id = require_editor(actor, slot.provider_id)
    locked = open_slot(db, slot.id, desk)
    share = db.get_one(SeatShare, share_id, populate_existing=True)
    if share.until <= locked.now:
        raise ShareOverError("These seats are kept no longer; everybody can have them.")
    before, share.until = share.until, locked.now
    share.ended_reason = request.reason
    share.version += 1
    db.add(share)
    note_next_end(db, locked.slot, now=locked.now)
    fact = Fact(
        "share.ended",
        share.id,
        share.version,
        locked.now,
        user_id,
        request.reason,
        payload={"slot": str(slot.id), "seats": share.seats},
        changes={"until": [before.isoformat(), share.until.isoformat()]},
    )
    outbox.record(db, fact)
    promote(db, locked)
    return share


def _slot_of(db: Session, actor: Actor, share_id: UUID) -> Slot:
    slot, _ = find_slot(db, actor, find_share(db, share_id).slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There are no such kept seats.")
    return slot


def _check_open(locked: LockedSlot) -> None:
    if locked.slot.status in _OVER or locked.now >= locked.closes_at:
        raise SlotClosedError("This date has begun, is over or was cancelled.")


def _check_free(db: Session, locked: LockedSlot, share: Share) -> None:
    """Only seats that are free, and not kept already, can be kept; members' seats count."""
    book = open_book(db, locked.slot, now=locked.now, more=(share,))
    kept = sum(book.open_of(index) for index in range(len(book.shares) - 1))
    wanted, free = book.open_of(len(book.shares) - 1), max(0, book.free - kept)
    if wanted > free:
        raise NotEnoughSeatsError(
            f"{wanted} more seats would be kept and {free} are free.", seats_free=free
        )


def _countries(wish: ShareIn) -> tuple[str, ...]:
    if wish.kept_for != Group.COUNTRIES:
        return ()
    if not wish.countries:
        raise invalid("countries", "Please choose the countries.", "missing")
    return tuple(sorted(wish.countries))


def _sponsor(wish: ShareIn) -> str:
    if wish.adds_seats and not wish.sponsor:
        raise invalid("sponsor", "Please say who pays for the seats.", "missing")
    return wish.sponsor


def _until(wish: ShareIn, locked: LockedSlot) -> datetime:
    if wish.until is None:
        apply_by = locked.slot.apply_by
        return apply_by if apply_by > locked.now else locked.closes_at
    moment = instant(wish.until, locked.slot.zone, "until")
    if moment <= locked.now:
        raise invalid("until", "This time is over.", "in_the_past")
    if moment > locked.closes_at:
        raise invalid("until", "This is after the slot begins.", "after_the_start")
    return moment


def _kept(share: SeatShare, now: datetime, by: UUID) -> Fact:
    reason = f"paid by {share.sponsor}" if share.added_seats else None
    payload = {
        "slot": str(share.slot_id),
        "kept_for": share.kept_for,
        "seats": share.seats,
        "added_seats": share.added_seats,
    }
    return Fact("share.kept", share.id, 1, now, by, reason, payload=payload)
