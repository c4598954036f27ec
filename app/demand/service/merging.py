"""Two requests for the same people become one, so that the people are counted once.

Seats of the one that goes are moved by the booking feature, in the same transaction, between
:func:`lock_pair` and :func:`finish_merge`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import FieldProblem, InvalidError, NotFoundError, invalid
from app.core.outbox import Fact
from app.demand import queries, rules
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import MergeSide, RequestState, Seats
from app.demand.schemas import MergeIn, NeedIn
from app.demand.service.rows import InUse, change_state, need_rows, refuse, save, write_needs

_MOST_NEEDS = 20
_MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two locked requests: ``merged`` goes, ``into`` stays with the lines ``needs``."""

    merged: GapRequest
    into: GapRequest
    needs: list[NeedIn]


def lock_pair(db: Session, actor: Actor, request_id: UUID, wish: MergeIn, *, in_use: InUse) -> Pair:
    """Both requests, locked, once nothing speaks against the merger.

    ``in_use`` leaves out the seats of people who did not come, who need no place in it.

    Raises:
        NotFoundError: There is no such request of the actor's.
        NotOneNeedError: They are not for the same people.
        InvalidError: There is no request to merge it into; or what is to stand afterwards repeats
            a line, is for too many people, or for fewer than have seats.
    """
    actor.require_write()
    queries.inside_row(db, actor, request_id)
    try:
        queries.inside_row(db, actor, wish.into)
    except NotFoundError as error:
        raise invalid("into", "There is no such request.", "unknown_request") from error
    rows = {row.id: row for row in queries.lock_requests(db, actor, (request_id, wish.into))}
    merged, into = rows[request_id], rows[wish.into]
    lines = queries.needs_of(db, rows)
    rules.check_merge(_side(merged, lines[merged.id]), _side(into, lines[into.id]))
    needs = wish.needs or lines_after(lines[into.id], lines[merged.id])
    refuse(_problems(needs, [in_use(db, row) for row in (merged, into)]))
    return Pair(merged, into, needs)


def lines_after(into: Sequence[GapNeed], merged: Sequence[GapNeed]) -> list[NeedIn]:
    """The lines that stand after a merger unless somebody says otherwise."""
    known = {need.facts().line: need for need in [*need_rows(merged), *need_rows(into)]}
    sides = ([need.facts() for need in need_rows(side)] for side in (into, merged))
    facts = rules.merged_needs(*sides)
    return [known[each.line].model_copy(update={"people": each.people}) for each in facts]


def finish_merge(db: Session, actor: Actor, pair: Pair, wish: MergeIn, *, now: datetime) -> None:
    """Give the one that stays its lines, and end the other, which points to it from now on."""
    merged, into = pair.merged, pair.into
    before = need_rows(queries.needs_of(db, [into.id])[into.id])
    write_needs(db, into.id, pair.needs)
    _take_over(merged, into)
    into.people = rules.total_people(need.facts() for need in pair.needs)
    payload = {"from": str(merged.id)}
    fact = Fact("request.absorbed", into.id, 0, now, actor.user_id, wish.reason, payload=payload)
    needs = [[need.model_dump() for need in side] for side in (before, pair.needs)]
    save(db, into, replace(fact, changes={"needs": needs}))
    merged.merged_into_id, merged.end_code = into.id, _MERGED
    merged.asked_at = None
    payload = {"into": str(into.id), "code": _MERGED}
    fact = Fact("request.merged", merged.id, 0, now, actor.user_id, wish.reason, payload=payload)
    change_state(db, merged, RequestState.WITHDRAWN, fact)


def _take_over(merged: GapRequest, into: GapRequest) -> None:
    """What was done for the one that goes was done for the people, who are in the other now."""
    into.opened_at = into.opened_at or merged.opened_at
    into.clarified_at = into.clarified_at or merged.clarified_at
    into.owner_id = into.owner_id or merged.owner_id
    begun = [each for each in (into.training_since, merged.training_since) if each is not None]
    into.training_since = min(begun, default=None)


def _side(row: GapRequest, needs: Sequence[GapNeed]) -> MergeSide:
    return MergeSide(
        id=row.id,
        country=row.country,
        state=row.state,
        earliest=row.earliest,
        needed_by=row.needed_by,
        skills=frozenset(need.skill_id for need in needs),
    )


def _problems(needs: Sequence[NeedIn], seats: Sequence[Seats]) -> list[FieldProblem]:
    if len(needs) > _MOST_NEEDS:
        text = f"Together they have {len(needs)} lines; one request has at most {_MOST_NEEDS}."
        raise InvalidError(FieldProblem(("needs",), text, "too_long"))
    taken = Seats(sum(each.held for each in seats), sum(each.met for each in seats))
    return rules.need_problems([need.facts() for need in needs], taken)
