"""Requests: which there are, and who may see which."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, exists, false, func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.core import countries
from app.core.db import has_token
from app.core.errors import NotFoundError
from app.core.paging import values_of
from app.core.text import search_form
from app.demand import rules, views
from app.demand.models import GapNeed, GapRequest
from app.demand.schemas import Helper, RequestFilter, RequestView
from app.taxonomy import queries as taxonomy


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list of requests; ``last`` holds the sort values to go on from, or None."""

    items: list[RequestView]
    total: int
    last: list[str | int] | None


def visible_requests(actor: Actor) -> ColumnElement[bool]:
    """Which requests may this actor know of? Nothing else filters by who is asking.

    Focal points see all of their countries; the secretariat everything that was filed (a draft
    is the country's own business); everybody what was filed and its country agreed to publish as
    it is. Of a request published in figures only its counts are public, not the request.
    """
    state = col(GapRequest.state)
    public = and_(
        col(GapRequest.publish).is_(True),
        col(GapRequest.publish_detail) == "full",
        state.in_(rules.PUBLIC),
    )
    filed = state != rules.RequestState.DRAFT if actor.secretariat else false()
    return or_(col(GapRequest.country).in_(actor.countries), filed, public)


def lock_requests(db: Session, actor: Actor, request_ids: Iterable[UUID]) -> list[GapRequest]:
    """Several requests, kept from every other writer; in rising order of their ids.

    The order is that of every transaction, so that two of them never wait for each other. Rows
    are read anew: they may have been seen before they were locked.

    Raises:
        NotFoundError: The actor may not know of one of them.
    """
    return [lock_request(db, actor, each) for each in sorted(set(request_ids))]


def lock_row(db: Session, request_id: UUID) -> GapRequest:
    """The request, kept from every other writer, whoever asks; where slots are locked too, last.

    Two blocks for one request on two slots then see each other's seats.

    Raises:
        NotFoundError: There is no such request.
    """
    query = select(GapRequest).where(col(GapRequest.id) == request_id).with_for_update()
    row = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise _no_such_request(request_id)
    return row


def lock_request(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    """The request, kept from every other writer until this transaction ends.

    PostgreSQL locks the row; SQLite needs nothing more, a write session already holds the
    database's one write lock. Where slots are locked too, they come first.

    Raises:
        NotFoundError: There is none that the actor may know of.
    """
    query = select(GapRequest).where(GapRequest.id == request_id, visible_requests(actor))
    fresh = query.with_for_update().execution_options(populate_existing=True)
    row = db.exec(fresh).one_or_none()
    if row is None:
        raise _no_such_request(request_id)
    return row


def request_row(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    """The request.

    Raises:
        NotFoundError: There is none that the actor may know of.
    """
    query = select(GapRequest).where(GapRequest.id == request_id, visible_requests(actor))
    row = db.exec(query).one_or_none()
    if row is None:
        raise _no_such_request(request_id)
    return row


def request_view(db: Session, actor: Actor, request_id: UUID) -> RequestView:
    """The request as the actor may see it.

    Raises:
        NotFoundError: There is none that the actor may know of.
    """
    return request_views(db, actor, [request_row(db, actor, request_id)])[0]


def request_views(db: Session, actor: Actor, rows: Sequence[GapRequest]) -> list[RequestView]:
    """Rows that the actor may see, as views, in their order; four queries for any number."""
    needs = needs_of(db, [row.id for row in rows])
    inside = [row for row in rows if rules.sees_everything(actor, row.country)]
    twins = _duplicates(db, inside, needs)
    owners = owners_of(db, inside)
    return [
        views.request_view(
            row,
            needs[row.id],
            insider=rules.sees_everything(actor, row.country),
            duplicates=twins.get(row.id, ()),
            owner=owners.get(row.owner_id) if row.owner_id else None,
        )
        for row in rows
    ]


def case_of(view: RequestView) -> rules.Case:
    """What was done with the request, as far as its reader sees."""
    return rules.Case(
        opened=view.opened_at is not None,
        asked=view.asked_at is not None,
        clarified=view.clarified_at is not None,
        training=view.training_since is not None,
    )


def owners_of(db: Session, rows: Iterable[GapRequest]) -> dict[UUID, Helper]:
    """Who of the secretariat looks after the requests, by their ids."""
    wanted = {row.owner_id for row in rows if row.owner_id}
    if not wanted:
        return {}
    query = select(User.id, User.name).where(col(User.id).in_(wanted))
    return {user_id: Helper(id=user_id, name=name) for user_id, name in db.exec(query)}


def needs_of(db: Session, request_ids: Iterable[UUID]) -> dict[UUID, list[GapNeed]]:
    """The needs of each request, in order."""
    wanted = list(request_ids)
    found: dict[UUID, list[GapNeed]] = {request_id: [] for request_id in wanted}
    query = (
        select(GapNeed)
        .where(col(GapNeed.request_id).in_(wanted))
        .order_by(col(GapNeed.request_id), col(GapNeed.position))
    )
    for need in db.exec(query):
        found[need.request_id].append(need)
    return found


def list_requests(
    db: Session,
    actor: Actor,
    wanted: RequestFilter,
    *,
    limit: int,
    after: list[str | int] | None = None,
    first: frozenset[str] = frozenset(),
) -> Found:
    """Requests that the actor may see, newest first.

    Args:
        db: To read from.
        actor: Who is asking.
        wanted: Filters; all of them must hold.
        limit: Most rows.
        after: Sort values of the row to go on from, from :attr:`Found.last`.
        first: Countries whose requests come before all others.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    where = [visible_requests(actor), *_conditions(wanted)]
    total = db.exec(select(func.count()).select_from(GapRequest).where(*where)).one()
    rank = case((col(GapRequest.country).in_(first), 0), else_=1)
    page = where if after is None else [*where, _comes_after(rank, after)]
    # Identifiers rise with time, so they sort by age.
    query = select(GapRequest).where(*page).order_by(rank, col(GapRequest.id).desc())
    rows = db.exec(query.limit(limit + 1)).all()
    shown = rows[:limit]
    last: list[str | int] | None = None
    if len(rows) > limit:
        last = [0 if shown[-1].country in first else 1, str(shown[-1].id)]
    return Found(request_views(db, actor, shown), total, last)


def asked_for(
    db: Session, actor: Actor, wanted: Collection[str]
) -> set[tuple[str, str, int, date]]:
    """(country, skill, people, needed by) of each need of these countries that is not over.

    Of requests that the actor may know of, and of drafts that the actor filed for a country.
    """
    columns: tuple[Any, ...] = (
        *(col(GapRequest.country), col(GapNeed.skill_id)),
        *(col(GapNeed.people), col(GapRequest.needed_by)),
    )
    query = (
        select(*columns)
        .join(GapNeed, col(GapNeed.request_id) == col(GapRequest.id))
        .where(
            col(GapRequest.country).in_(wanted),
            col(GapRequest.state).in_(rules.EDITABLE),
            or_(visible_requests(actor), col(GapRequest.filed_by) == actor.user_id),
        )
    )
    return {tuple(row) for row in db.execute(query)}


def _comes_after(rank: ColumnElement[int], after: list[str | int]) -> ColumnElement[bool]:
    place, bound = values_of(after, int, UUID)
    return or_(rank > place, and_(rank == place, col(GapRequest.id) < bound))


def _conditions(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    plain = (
        (GapRequest.country, wanted.country),
        (GapRequest.state, wanted.state),
        (GapRequest.urgency, wanted.urgency),
        (GapRequest.significance, wanted.significance),
        (GapRequest.sector, wanted.sector),
        (GapRequest.code, wanted.code),
    )
    where: list[ColumnElement[bool]] = [
        col(column).in_(values) for column, values in plain if values
    ]
    if wanted.region:
        inside = {each for code in wanted.region for each in countries.in_region(code)}
        where.append(col(GapRequest.country).in_(inside))
    if wanted.skill:
        where.append(_needs_any(wanted.skill))
    if wanted.domain:
        within = [s.id for each in wanted.domain for s in taxonomy.skills_in_domain(each)]
        where.append(_needs_any(within))
    if wanted.platform:
        where.append(_has_need(col(GapNeed.platform).in_([*wanted.platform, "all"])))
    if wanted.mode:
        modes = [has_token(GapRequest.modes, each) for each in wanted.mode]
        where.append(or_(col(GapRequest.modes) == (), *modes))  # none named: any will do
    return where + [_word_condition(word) for word in search_form(wanted.q).split()]


def _word_condition(word: str) -> ColumnElement[bool]:
    """The word is in a skill or in the country's name, or is the code."""
    # Names are compared in memory: accents and scripts count the same on every database.
    places = [each.alpha2 for each in countries.countries() if word in search_form(each.name)]
    return or_(
        _needs_any([skill.id for skill in taxonomy.find_skills(word)]),
        col(GapRequest.country).in_(places),
        func.lower(col(GapRequest.code)) == word,
    )


def _needs_any(skills: Sequence[str]) -> ColumnElement[bool]:
    return _has_need(col(GapNeed.skill_id).in_(skills))


def _has_need(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    own = col(GapNeed.request_id) == col(GapRequest.id)
    return exists().where(own, condition).correlate(GapRequest)


def _duplicates(
    db: Session, rows: Sequence[GapRequest], needs: dict[UUID, list[GapNeed]]
) -> dict[UUID, list[UUID]]:
    """Live requests of the same country that want one of the same skills in the same weeks.

    Two offices may have filed one need; the people should be counted once.
    """
    current = [row for row in rows if row.state in rules.EDITABLE]
    query = (
        select(GapRequest, GapNeed.skill_id)
        .join(GapNeed, col(GapNeed.request_id) == col(GapRequest.id))
        .where(
            col(GapRequest.country).in_({row.country for row in current}),
            col(GapRequest.state).in_(rules.LIVE),
        )
        .order_by(col(GapRequest.id))
    )
    found: dict[UUID, dict[UUID, None]] = defaultdict(dict)
    others = db.exec(query).all() if current else []
    for row in current:
        skills = {need.skill_id for need in needs[row.id]}
        for other, skill_id in others:
            if (
                other.id != row.id
                and other.country == row.country
                and skill_id in skills
                and other.earliest <= row.needed_by
                and row.earliest <= other.needed_by
            ):
                found[row.id][other.id] = None
    return {request_id: list(twins) for request_id, twins in found.items()}


def _no_such_request(request_id: UUID) -> NotFoundError:
    return NotFoundError("No such request.", request=str(request_id))
