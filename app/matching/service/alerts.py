"""Standing requests: a slot that newly fits one is found when the slot changes, and told once.

A pair of a request and a slot is *known* once it was told, or once the country had it before its
eyes: what fits when a request is filed or amended is noted as known. An event about a slot then
tells every pair that fits and is not known yet. Both sides may run again, late, or at the same
moment; the pair is unique (docs/decisions/0021).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, update

from app.accounts.rules import Actor
from app.core import outbox
from app.core.db import insert_into
from app.core.delivery import Delivery
from app.core.errors import ForbiddenError, NotFoundError
from app.core.ids import new_id
from app.core.outbox import Fact
from app.core.paging import id_of
from app.demand import queries as demand
from app.demand.rules import is_own, sees_everything
from app.matching import queries
from app.matching.models import MatchAlert
from app.matching.queries import alerts as rows
from app.matching.queries.standing import Standing, standing_need, standing_needs
from app.matching.rules import Supply, score_of, supply_of, usable_seats
from app.matching.rules.inverse import Judge, teaches
from app.matching.schemas import AlertView
from app.registry.queries.slots import slots_by_id


@dataclass(frozen=True, slots=True)
class Pair:
    """A slot that fits a request, as it is at this moment."""

    request_id: UUID
    slot_id: UUID
    score: int
    seats: int


def new_pairs(db: Session, event: Delivery, *, now: datetime) -> list[Pair]:
    """What fits since the event and is not known yet, in the order of slots and requests.

    Inverted: only requests that want a skill of these slots are looked at, and only those whose
    window can hold one of them.
    """
    opened = rows.slots_opened(db, [(event.name, event.subject_id, event.payload)], now=now)
    listed = [
        each
        for each in queries.offers_of_slots(db, opened)
        if supply_of(each.offer, now=now) is Supply.OPEN and usable_seats(each.offer)
    ]
    if not listed:
        return []
    days = (min(each.offer.ends_on for each in listed), max(each.offer.ends_on for each in listed))
    skills = {skill for each in listed for skill, _ in each.offer.skills}
    standing = _by_skill(standing_needs(db, skills, now=now, days=days))
    if not standing:
        return []
    judge = Judge(now, queries.paths(db, [each.offer for each in listed], now=now))
    known = rows.pairs_known(db, opened)
    found = [pair for each in listed for pair in _fitting(each, standing, judge, known)]
    return sorted(found, key=lambda pair: (pair.slot_id, pair.request_id))


def pairs_at_filing(db: Session, event: Delivery, *, now: datetime) -> list[Pair]:
    """What fitted the request when it was filed or amended, as far as can be told now.

    A slot that a later event is about is left out: whether it fitted before is not known any
    more, and that event is looked at by itself.
    """
    standing = standing_need(db, event.subject_id, now=now)
    if standing is None:
        return []
    later = rows.slots_opened(db, rows.events_after(db, event), now=now)
    listed = queries.offers_for(db, standing.need, now=now)
    judge = Judge(now, queries.paths(db, listed, now=now))
    fitting = (
        Pair(standing.need.request_id, offer.slot_id, score_of(standing.need, offer), seats)
        for offer in listed
        if (seats := usable_seats(offer))
        and offer.slot_id not in later
        and supply_of(offer, now=now) is Supply.OPEN
        and not judge.broken(standing.need, offer, at_most=1)
    )
    return sorted(fitting, key=lambda pair: pair.slot_id)


def note_known(db: Session, pairs: Sequence[Pair], event: Delivery) -> None:
    """Remember what a country had before its eyes when it filed; nothing is told of it."""
    _insert(db, pairs, cause=event.name, at=event.recorded_at, seen_at=event.recorded_at)


def tell(db: Session, pairs: Sequence[Pair], event: Delivery, *, now: datetime) -> int:
    """Write the alerts of these pairs, each once; returns how many are new.

    A request that was withdrawn or got its seats meanwhile is passed over.
    """
    standing = rows.lock_pairs(db, [(pair.request_id, pair.slot_id) for pair in pairs])
    wanted = [pair for pair in pairs if pair.request_id in standing]
    by_id = {(pair.request_id, pair.slot_id): pair for pair in wanted}
    made = _insert(db, wanted, cause=event.name, at=now, seen_at=None)
    facts = [
        Fact("alert.found", alert_id, 1, now, payload=_payload(by_id[request_id, slot_id], event))
        for alert_id, request_id, slot_id in made
    ]
    outbox.record_all(db, facts)
    return len(made)


def _payload(pair: Pair, event: Delivery) -> dict[str, str | int]:
    return {
        "request": str(pair.request_id),
        "slot": str(pair.slot_id),
        "score": pair.score,
        "seats": pair.seats,
        "cause": event.name,
    }


def list_alerts(
    db: Session,
    actor: Actor,
    request_id: UUID,
    *,
    now: datetime,
    limit: int,
    after: list[str | int] | None = None,
) -> tuple[list[AlertView], int, list[str | int] | None]:
    """The alerts of a request, newest first: a page, how many in all, and where to go on.

    Raises:
        NotFoundError: There is no such request, or it is not the actor's business.
    """
    row = demand.request_row(db, actor, request_id)
    if not sees_everything(actor, row.country):
        raise NotFoundError("No such request.", request=str(request_id))
    before = None if after is None else id_of(after)
    found, total = rows.alerts_of(db, request_id, limit=limit + 1, before=before)
    shown = found[:limit]
    slots = slots_by_id(db, [alert.slot_id for alert in shown], now=now)
    views = [
        AlertView(
            slot=slots[alert.slot_id],
            **alert.model_dump(
                include={"id", "score", "seats_usable", "cause", "found_at", "seen_at"}
            ),
        )
        for alert in shown
        if alert.slot_id in slots
    ]
    return views, total, [str(shown[-1].id)] if len(found) > limit else None


def mark_seen(db: Session, actor: Actor, request_id: UUID, *, now: datetime) -> int:
    """Note that the country has read its alerts about a request; returns how many were new.

    The request itself does not change: whoever edits it meanwhile is not disturbed.

    Raises:
        NotFoundError: There is no such request that the actor may know of.
        ForbiddenError: The secretariat reads them too, but they are the country's.
    """
    actor.require_write()
    row = demand.request_row(db, actor, request_id)
    if not is_own(actor, row.country):
        if sees_everything(actor, row.country):
            raise ForbiddenError("Only the focal point of this country marks them as read.")
        raise NotFoundError("No such request.", request=str(request_id))
    statement = (
        update(MatchAlert)
        .where(col(MatchAlert.request_id) == request_id, col(MatchAlert.seen_at).is_(None))
        .values(seen_at=now)
        .returning(col(MatchAlert.id))
        .execution_options(synchronize_session=False)
    )
    read = sorted(db.scalars(statement))
    about = {"request": str(request_id)}
    facts = [Fact("alert.seen", each, 2, now, actor.user_id, payload=about) for each in read]
    outbox.record_all(db, facts)
    return len(read)


def _by_skill(found: Iterable[Standing]) -> dict[str, list[Standing]]:
    by_skill: dict[str, list[Standing]] = {}
    for standing in found:
        for skill in {want.skill for want in standing.need.wants}:
            by_skill.setdefault(skill, []).append(standing)
    return by_skill


def _fitting(
    listed: queries.Listed,
    standing: dict[str, list[Standing]],
    judge: Judge,
    known: Collection[rows.Pair],
) -> Iterator[Pair]:
    """The requests that one slot fits and that do not know of it."""
    offer = listed.offer
    wanting = {
        each.need.request_id: each.need
        for skill, _ in offer.skills
        for each in standing.get(skill, ())
    }
    for request_id, need in wanting.items():
        if (request_id, offer.slot_id) in known:
            continue
        mine = listed.to(need, now=judge.now)
        if teaches(need, mine) and not judge.broken(need, mine, at_most=1):
            yield Pair(request_id, offer.slot_id, score_of(need, mine), usable_seats(mine))


def _insert(
    db: Session, pairs: Sequence[Pair], *, cause: str, at: datetime, seen_at: datetime | None
) -> list[tuple[UUID, UUID, UUID]]:
    """Rows for the pairs that have none: id, request and slot of those that were written."""
    if not pairs:
        return []
    values = [
        {
            "id": new_id(),
            "request_id": pair.request_id,
            "slot_id": pair.slot_id,
            "score": pair.score,
            "seats_usable": pair.seats,
            "cause": cause,
            "found_at": at,
            "seen_at": seen_at,
        }
        for pair in pairs
    ]
    statement = (
        insert_into(db, MatchAlert)
        .on_conflict_do_nothing(index_elements=["request_id", "slot_id"])
        .returning(col(MatchAlert.id), col(MatchAlert.request_id), col(MatchAlert.slot_id))
    )
    # Past the session and with the rows as parameters, so that the statement is compiled once.
    made = db.connection().execute(statement, values)
    return [(alert, request, slot) for alert, request, slot in made]
