"""The secretariat puts a slot forward for a request, or sets it aside, and says why."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import ForbiddenError, NotFoundError, invalid
from app.core.outbox import Fact
from app.demand import queries as demand
from app.demand.models import GapNeed, GapRequest
from app.demand.queries import lock_row
from app.demand.rules import LIVE, check_live
from app.matching.models import MatchOverride
from app.matching.queries.overrides import find_override, live_overrides
from app.matching.rules.overrides import OverrideEndedError, OverrideExistsError
from app.matching.schemas import OverrideIn, OverrideView
from app.registry.models import CourseSkill, Slot
from app.registry.queries.rows import find_slot

_MERGED = "merged"


def override_match(
    db: Session, actor: Actor, request_id: UUID, override: OverrideIn, *, now: datetime
) -> MatchOverride:
    """Put a slot forward for a request, before everything scored, or set it aside.

    The country reads the reason. Booking still decides: nothing that stands against seats is
    lifted by it. Of two that are sent at once the second finds the first, under the request's lock.

    Raises:
        ForbiddenError: Only the secretariat can.
        NotFoundError: There is no such request.
        InvalidError: There is no such slot, or it teaches none of the skills that are asked for.
        RequestNotLiveError: The request is over, or was never filed.
        OverrideExistsError: The slot has been put forward or set aside for it already.
    """
    user_id = _secretariat(actor)
    request = demand.lock_request(db, actor, request_id)
    check_live(request.state)
    _check_slot(db, actor, request_id, override.slot)
    if any(row.slot_id == override.slot for row in live_overrides(db, [request_id])):
        raise OverrideExistsError("This date was put forward or set aside already; end that first.")
    row = MatchOverride(
        request_id=request_id,
        slot_id=override.slot,
        kind=str(override.kind),
        reason=override.reason,
        made_by=user_id,
        made_at=now,
    )
    db.add(row)
    db.flush()
    _record(db, row, "override.made", user_id, now, override.reason)
    return row


def end_override(db: Session, actor: Actor, override_id: UUID, *, now: datetime) -> MatchOverride:
    """Let the ranking alone decide about the slot again; what was said stays in the history.

    Raises:
        ForbiddenError: Only the secretariat can.
        NotFoundError: There is none, or its request is not the actor's business.
        OverrideEndedError: It has ended.
    """
    user_id = _secretariat(actor)
    demand.lock_request(db, actor, find_override(db, override_id).request_id)
    row = find_override(db, override_id)  # again, now that nobody else can end it
    if row.ended_at is not None:
        raise OverrideEndedError("This has ended already.")
    _close(db, row, user_id, now, None)
    return row


def follow_merge(db: Session, merged_id: UUID, *, now: datetime) -> None:
    """Let what was said of slots for a request that was merged hold for the one that stays.

    It keeps its reason, its time and who said it. It only ends where the secretariat has spoken
    of the slot for the other one already, where that is over, or asks for nothing that the slot
    teaches. Running again changes nothing.
    """
    into_id = _stays(db, merged_id)
    rows = {each: lock_row(db, each) for each in sorted({merged_id, into_id})}
    moving = live_overrides(db, [merged_id])
    spoken = {row.slot_id for row in live_overrides(db, [into_id])}
    for row in moving:
        _close(db, row, None, now, _MERGED)
        fits = rows[into_id].state in LIVE and _teaches(db, row.slot_id, into_id)
        if fits and row.slot_id not in spoken:
            said = row.model_dump(include={"slot_id", "kind", "reason", "made_by", "made_at"})
            copy = MatchOverride(request_id=into_id, **said)
            db.add(copy)
            db.flush()
            _record(db, copy, "override.made", None, now, row.reason)


def _stays(db: Session, merged_id: UUID) -> UUID:
    """The request in which a merged one has ended up, over however many mergers."""
    query = select(GapRequest.merged_into_id).where(GapRequest.id == merged_id)
    into_id = db.exec(query).one()
    return merged_id if into_id is None else _stays(db, into_id)


def override_view(row: MatchOverride) -> OverrideView:
    """The row for readers of the API."""
    return OverrideView(
        id=row.id,
        request=row.request_id,
        slot=row.slot_id,
        kind=row.kind,
        reason=row.reason,
        at=row.made_at,
        ended_at=row.ended_at,
    )


def _secretariat(actor: Actor) -> UUID:
    user_id = actor.require_write()
    if not actor.secretariat:
        raise ForbiddenError("Only the secretariat can put dates forward or set them aside.")
    return user_id


def _check_slot(db: Session, actor: Actor, request_id: UUID, slot_id: UUID) -> None:
    try:
        slot, _ = find_slot(db, actor, slot_id)
    except NotFoundError:
        raise invalid("slot", "There is no such date.", "unknown") from None
    if not _teaches(db, slot.id, request_id):
        raise invalid("slot", "This date teaches none of the skills asked for.", "not_taught")


def _teaches(db: Session, slot_id: UUID, request_id: UUID) -> bool:
    wanted = select(GapNeed.skill_id).where(GapNeed.request_id == request_id)
    teaches = (
        select(CourseSkill.skill_id)
        .join(Slot, col(Slot.course_id) == CourseSkill.course_id)
        .where(Slot.id == slot_id, col(CourseSkill.skill_id).in_(wanted))
    )
    return db.exec(teaches.limit(1)).first() is not None


def _close(
    db: Session, row: MatchOverride, by: UUID | None, now: datetime, reason: str | None
) -> None:
    row.ended_by, row.ended_at = by, now
    row.version += 1
    db.add(row)
    _record(db, row, "override.ended", by, now, reason)


def _record(
    db: Session, row: MatchOverride, name: str, by: UUID | None, now: datetime, reason: str | None
) -> None:
    payload = {"request": str(row.request_id), "slot": str(row.slot_id), "kind": row.kind}
    outbox.record(db, Fact(name, row.id, row.version, now, by, reason, payload=payload))
    db.flush()
