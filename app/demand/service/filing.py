"""File a request, change it, submit it, copy it for another year."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import countries, outbox
from app.core.errors import FieldProblem, invalid
from app.core.outbox import Fact
from app.core.zones import today_in
from app.demand import queries, rules
from app.demand.models import GapRequest, RequestLink
from app.demand.rules import RequestState, Seats
from app.demand.schemas import GapRequestIn, GapRequestPatch, NeedIn
from app.demand.service.rows import (
    InUse,
    change_state,
    counted_state,
    every_seat,
    lock_own,
    need_rows,
    refuse,
    save,
    write_needs,
)
from app.registry.service.catalogue import apply_changes, check_version

_NO_SEATS = Seats(held=0, met=0)
_COPIED = {
    *("country", "office", "people", "sector", "urgency", "significance", "evidence"),
    *("evidence_note", "modes", "languages", "interpretation_ok", "remote_only", "keep_together"),
    *("travel", "travel_limit_km", "fee_limit_usd", "funding_note", "publish", "publish_detail"),
    "note",
}


def file_request(db: Session, actor: Actor, request: GapRequestIn, *, now: datetime) -> GapRequest:
    """Keep a request of the actor's country, as a draft or (``submit``) filed at once.

    Raises:
        ForbiddenError: The actor is no focal point.
        InvalidError: Another country's, a window in the past or ending before it starts, needs
            that repeat each other or are for too many people.
    """
    rules.require_focal_point(actor)
    country = _own_country(actor, request.country)
    return _kept(db, actor, request.model_copy(update={"country": country}), now=now)


def draft_request(db: Session, actor: Actor, request: GapRequestIn, *, now: datetime) -> GapRequest:
    """Keep a draft of the country that the request names; the caller has looked at who may.

    Raises:
        InvalidError: As for :func:`file_request`.
    """
    return _kept(db, actor, request.model_copy(update={"submit": False}), now=now)


def request_problems(request: GapRequestIn, *, now: datetime) -> list[FieldProblem]:
    """What is wrong with a request that names its country, beyond each field of its own."""
    today = today_in(request.country or "", now=now)
    earliest = request.earliest or min(today, request.needed_by)
    needs = [need.facts() for need in request.needs]
    return rules.window_problems(earliest, request.needed_by, today=today) + rules.need_problems(
        needs, _NO_SEATS
    )


def _kept(db: Session, actor: Actor, request: GapRequestIn, *, now: datetime) -> GapRequest:
    """The request as a row, once nothing is wrong with it."""
    refuse(request_problems(request, now=now))
    needs = [need.facts() for need in request.needs]
    row = GapRequest(
        **_columns(request.model_dump(exclude={"needs", "submit"})),
        filed_by=actor.identified(),
        state=RequestState.SUBMITTED if request.submit else RequestState.DRAFT,
        people=rules.total_people(needs),
        created_at=now,
        updated_at=now,
    )
    row.earliest = request.earliest or min(today_in(row.country, now=now), row.needed_by)
    db.add(row)
    db.flush()
    write_needs(db, row.id, request.needs)
    name = "request.filed" if request.submit else "request.drafted"
    outbox.record(db, Fact(name, row.id, row.version, now, actor.identified()))
    return row


def amend_request(
    db: Session,
    actor: Actor,
    request_id: UUID,
    patch: GapRequestPatch,
    *,
    now: datetime,
    in_use: InUse = every_seat,
) -> GapRequest:
    """Change what a request says while it is a draft or live; what is left out stays.

    ``in_use`` leaves out the seats of people who did not come: those are lost, not held.

    Raises:
        NotFoundError: No such request of the actor's country.
        EditConflictError: It changed since the given version was read.
        RequestEndedError: It is met, withdrawn or expired.
        InvalidError: As for :func:`file_request`, or fewer people than seats in use.
    """
    row = lock_own(db, actor, request_id)
    check_version(row, patch.version)
    rules.check_editable(row.state)
    given = patch.model_dump(exclude_unset=True, exclude={"needs", "version"})
    before = need_rows(queries.needs_of(db, [row.id])[row.id])
    wanted = patch.needs if "needs" in patch.model_fields_set else before
    seats = in_use(db, row)
    _check_amendment(row, seats, given, wanted, now=now)
    changes = apply_changes(row, _columns(given))
    if wanted != before:
        write_needs(db, row.id, wanted)
        changes["needs"] = [[need.model_dump() for need in needs] for needs in (before, wanted)]
        row.people = rules.total_people(need.facts() for need in wanted)
    if changes:
        if len(wanted) == 1:  # of several needs, the worker asks who counts seats
            row.state = counted_state(row, seats)
        fact = Fact("request.amended", row.id, 0, now, actor.identified(), changes=changes)
        save(db, row, fact)
    return row


def submit_request(db: Session, actor: Actor, request_id: UUID, *, now: datetime) -> GapRequest:
    """File a draft: from now on it is matched, and waits for the secretariat to open it.

    Raises:
        RequestStepError: It is no draft.
        InvalidError: Its date has passed meanwhile.
    """
    row = lock_own(db, actor, request_id)
    rules.check_step(row.state, RequestState.SUBMITTED)
    refuse(rules.window_problems(row.earliest, row.needed_by, today=today_in(row.country, now=now)))
    change_state(
        db, row, RequestState.SUBMITTED, Fact("request.filed", row.id, 0, now, actor.user_id)
    )
    return row


def copy_request(db: Session, actor: Actor, request_id: UUID, *, now: datetime) -> GapRequest:
    """A draft that says the same for the next year that lies ahead, for the country to look over.

    Its reference and its reasons stay behind; its links come along.

    Raises:
        NotFoundError: No such request of the actor's country.
        ForbiddenError: The actor does not speak for its country.
    """
    source = lock_own(db, actor, request_id)
    said = source.model_dump(include=_COPIED)
    today = today_in(source.country, now=now)
    earliest, needed_by = rules.next_window(source.earliest, source.needed_by, today=today)
    row = GapRequest(
        **said,
        filed_by=actor.identified(),
        copied_from_id=source.id,
        earliest=earliest,
        needed_by=needed_by,
        created_at=now,
        updated_at=now,
    )
    db.add(row)
    db.flush()
    write_needs(db, row.id, need_rows(queries.needs_of(db, [source.id])[source.id]))
    for link in queries.link_rows(db, source.id):
        kept = link.model_dump(include={"title", "url"})
        db.add(RequestLink(**kept, request_id=row.id, added_by=actor.identified(), added_at=now))
    payload = {"from": str(source.id)}
    fact = Fact("request.drafted", row.id, row.version, now, actor.identified(), payload=payload)
    outbox.record(db, fact)
    return row


def _own_country(actor: Actor, asked: str | None) -> str:
    if asked is not None:
        if not rules.is_own(actor, asked):
            text = f"You are not the focal point of {countries.name(asked)}."
            raise invalid("country", text, "not_your_country")
        return asked
    if len(actor.countries) > 1:
        raise invalid("country", "Please say for which of your countries this is.", "missing")
    return next(iter(actor.countries))


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of the inputs by the names of their columns."""
    renamed = {"fee_limit": "fee_limit_usd"}
    return {
        renamed.get(name, name): str(value) if name == "travel" else value
        for name, value in fields.items()
    }


def _check_amendment(
    row: GapRequest,
    seats: Seats,
    given: dict[str, Any],
    needs: Sequence[NeedIn],
    *,
    now: datetime,
) -> None:
    earliest = given.get("earliest", row.earliest)
    needed_by = given.get("needed_by", row.needed_by)
    # A date that passed since it was filed may stay; a new one must lie ahead.
    today = needed_by if needed_by == row.needed_by else today_in(row.country, now=now)
    refuse(
        rules.window_problems(earliest, needed_by, today=today)
        + rules.need_problems(
            [need.facts() for need in needs],
            # After people were moved from one need to another there can be more seats than people.
            Seats(min(seats.held, row.people), min(seats.met, row.people)),
        )
    )
