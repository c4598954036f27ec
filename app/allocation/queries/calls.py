"""Calls, and who may read them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, true
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, select

from app.accounts.rules import Actor
from app.allocation.models import SupplyCall, SupplyCallParty
from app.allocation.rules.calls import CallKind, is_open
from app.allocation.rules.reach import Reach, told
from app.allocation.schemas.calls import CallPartyView, CallSubject, CallSubjectView, CallView
from app.core.errors import NotFoundError
from app.core.links import absolute
from app.core.paging import id_of
from app.demand import queries as demand
from app.demand.models import GapRequest
from app.demand.schemas import RequestView
from app.registry.models import Course, CourseSkill, Provider
from app.registry.queries.catalogue import provider_ref
from app.registry.rules import ProviderState
from app.registry.schemas.views import ProviderRef


def visible_calls(actor: Actor) -> ColumnElement[bool]:
    """Which calls may this actor know of? All of them, or those sent to whom they speak for."""
    if actor.secretariat:
        return true()
    sent = select(SupplyCallParty.call_id).where(_own(actor))
    return col(SupplyCall.id).in_(sent)


def lock_call(db: Session, actor: Actor, call_id: UUID) -> SupplyCall:
    """The call, kept from every other writer until this transaction ends.

    Its version counts the answers, so two of them come one after the other. PostgreSQL locks the
    row; on SQLite a write transaction holds the whole database.

    Raises:
        NotFoundError: There is none that the actor may know of.
    """
    query = select(SupplyCall).where(SupplyCall.id == call_id, visible_calls(actor))
    row = db.exec(query.with_for_update()).one_or_none()
    if row is None:
        raise _no_such_call()
    return row


def own_parties(db: Session, actor: Actor, call_id: UUID) -> list[SupplyCallParty]:
    """The parties of a call that the actor answers for."""
    query = select(SupplyCallParty).where(SupplyCallParty.call_id == call_id, _own(actor))
    return list(db.exec(query.order_by(col(SupplyCallParty.id))))


def call_view(db: Session, actor: Actor, call_id: UUID, *, now: datetime) -> CallView:
    """One call.

    Raises:
        NotFoundError: There is none that the actor may know of.
    """
    query = select(SupplyCall).where(SupplyCall.id == call_id, visible_calls(actor))
    row = db.exec(query).one_or_none()
    if row is None:
        raise _no_such_call()
    return _views(db, actor, [row], today=now.date())[0]


def list_calls(
    db: Session,
    actor: Actor,
    *,
    now: datetime,
    limit: int,
    after: Sequence[str | int] | None = None,
) -> tuple[list[CallView], int, list[str | int] | None]:
    """Calls that the actor may read, newest first: a page of them, how many, where to go on.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    where = [visible_calls(actor)]
    total = db.exec(select(func.count()).select_from(SupplyCall).where(*where)).one()
    if after is not None:
        where.append(col(SupplyCall.id) < id_of(after))
    query = select(SupplyCall).where(*where).order_by(col(SupplyCall.id).desc())
    rows = list(db.exec(query.limit(limit + 1)))
    shown = rows[:limit]
    more: list[str | int] | None = [str(shown[-1].id)] if len(rows) > limit else None
    return _views(db, actor, shown, today=now.date()), total, more


def open_calls_to(
    db: Session, actor: Actor, *, provider_id: UUID | None = None, now: datetime
) -> list[CallView]:
    """Open calls to one provider, or else to the actor's countries, newest first.

    Raises:
        NotFoundError: The actor does not speak for the provider.
    """
    if provider_id is not None and provider_id not in actor.providers:
        raise NotFoundError("There is no such provider.")
    party = (
        col(SupplyCallParty.country).in_(actor.countries)
        if provider_id is None
        else col(SupplyCallParty.provider_id) == provider_id
    )
    today = now.date()
    query = select(SupplyCall).where(
        col(SupplyCall.id).in_(select(SupplyCallParty.call_id).where(party)),
        or_(col(SupplyCall.ends_on).is_(None), col(SupplyCall.ends_on) >= today),
    )
    rows = list(db.exec(query.order_by(col(SupplyCall.id).desc())))
    return _views(db, actor, rows, today=today)


def providers_teaching(db: Session, skill: str) -> list[UUID]:
    """Verified providers with a course that teaches the skill at any level."""
    query = (
        select(Provider.id)
        .join(Course, col(Course.provider_id) == col(Provider.id))
        .join(CourseSkill, col(CourseSkill.course_id) == col(Course.id))
        .where(col(CourseSkill.skill_id) == skill, Provider.state == ProviderState.VERIFIED)
    )
    return list(db.exec(query.distinct().order_by(col(Provider.id))))


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(
        col(SupplyCallParty.provider_id).in_(actor.providers),
        col(SupplyCallParty.country).in_(actor.countries),
    )


def _is_own(actor: Actor, party: SupplyCallParty) -> bool:
    return party.provider_id in actor.providers or party.country in actor.countries


def _views(db: Session, actor: Actor, rows: Sequence[SupplyCall], *, today: date) -> list[CallView]:
    parties = _parties(db, [row.id for row in rows])
    names = _names(db, [each for found in parties.values() for each in found])
    own_requests = _own_requests(db, actor, rows)
    return [_view(actor, row, parties[row.id], names, own_requests, today=today) for row in rows]


def _view(
    actor: Actor,
    row: SupplyCall,
    parties: Sequence[SupplyCallParty],
    names: dict[UUID, ProviderRef],
    own_requests: frozenset[UUID],
    *,
    today: date,
) -> CallView:
    inside = actor.secretariat
    return CallView(
        **row.model_dump(
            include={"id", "kind", "region", "month", "message", "sent_at", "ends_on"}
        ),
        skill=row.skill_id,
        run=row.run_id if inside else None,
        is_open=is_open(row.ends_on, today),
        subject=_subject(CallSubject.model_validate(row.subject), own_requests, inside=inside),
        parties=tuple(
            _party_view(actor, party, names)
            for party in parties
            if _shows(actor, row, party, parties)
        ),
        asked=len(parties) if inside else None,
        said_yes=sum(each.answer == "yes" for each in parties) if inside else None,
        said_no=sum(each.answer == "no" for each in parties) if inside else None,
        url=absolute(f"/calls/{row.id}"),
        version=row.version if inside else None,
    )


def _subject(
    subject: CallSubject, own_requests: frozenset[UUID], *, inside: bool
) -> CallSubjectView:
    counts = (subject.people, subject.countries)
    reach = Reach(*counts) if inside else told(*counts)
    return CallSubjectView(
        slots=subject.slots,
        requests=tuple(each for each in subject.requests if inside or each in own_requests),
        level=subject.level,
        seats=subject.seats,
        people=reach.people,
        countries=reach.countries,
    )


def _shows(
    actor: Actor, row: SupplyCall, party: SupplyCallParty, parties: Sequence[SupplyCallParty]
) -> bool:
    if actor.secretariat or _is_own(actor, party):
        return True
    agreed = any(_is_own(actor, each) and each.answer == "yes" for each in parties)
    return row.kind == CallKind.JOINT and agreed and party.answer == "yes"


def _party_view(
    actor: Actor, party: SupplyCallParty, names: dict[UUID, ProviderRef]
) -> CallPartyView:
    knows = actor.secretariat or _is_own(actor, party)
    return CallPartyView(
        id=party.id,
        provider=names[party.provider_id] if party.provider_id else None,
        country=party.country,
        answer=party.answer,
        note=party.answer_note if knows else "",
        answered_at=party.answered_at,
        is_own=_is_own(actor, party),
    )


def _parties(db: Session, call_ids: Sequence[UUID]) -> dict[UUID, list[SupplyCallParty]]:
    found: dict[UUID, list[SupplyCallParty]] = {call_id: [] for call_id in call_ids}
    query = select(SupplyCallParty).where(col(SupplyCallParty.call_id).in_(call_ids))
    for party in db.exec(query.order_by(col(SupplyCallParty.id))):
        found[party.call_id].append(party)
    return found


def _names(db: Session, parties: Sequence[SupplyCallParty]) -> dict[UUID, ProviderRef]:
    wanted = {party.provider_id for party in parties if party.provider_id}
    rows = db.exec(select(Provider).where(col(Provider.id).in_(wanted)))
    return {row.id: provider_ref(row) for row in rows}


def requests_named(db: Session, actor: Actor, call: CallView) -> list[RequestView]:
    """The requests that a call names to the actor, in its order."""
    named = call.subject.requests
    query = select(GapRequest).where(demand.visible_requests(actor), col(GapRequest.id).in_(named))
    found = demand.request_views(db, actor, db.exec(query).all())
    return sorted(found, key=lambda each: named.index(each.id))


def _own_requests(db: Session, actor: Actor, rows: Sequence[SupplyCall]) -> frozenset[UUID]:
    """Of the requests that the calls name, those of the actor's countries."""
    named = {each for row in rows for each in CallSubject.model_validate(row.subject).requests}
    if actor.secretariat or not named:
        return frozenset(named)
    query = select(GapRequest.id).where(
        col(GapRequest.id).in_(named), col(GapRequest.country).in_(actor.countries)
    )
    return frozenset(db.exec(query))


def _no_such_call() -> NotFoundError:
    return NotFoundError("There is no such call.")
