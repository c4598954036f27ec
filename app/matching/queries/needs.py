"""Requests as the needs that are ranked for."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.demand.models import GapNeed, GapRequest
from app.matching.queries.places import point_of, region_of
from app.matching.rules import Need, Want
from app.taxonomy import queries as taxonomy

OF_NEED: tuple[Any, ...] = (
    col(GapNeed.request_id),
    col(GapNeed.skill_id),
    col(GapNeed.level),
    col(GapNeed.platform),
    col(GapNeed.weight),
)
OF_REQUEST: tuple[Any, ...] = (
    *(col(GapRequest.id), col(GapRequest.country), col(GapRequest.people)),
    *(col(GapRequest.sector), col(GapRequest.urgency)),
    *(col(GapRequest.earliest), col(GapRequest.needed_by)),
    *(col(GapRequest.modes), col(GapRequest.languages), col(GapRequest.remote_only)),
    *(col(GapRequest.travel), col(GapRequest.travel_limit_km), col(GapRequest.fee_limit_usd)),
    col(GapRequest.interpretation_ok),
)
"""The columns of a request that a need is made of."""


def need_of(db: Session, request: GapRequest, *, today: date) -> Need:
    """What the request asks for.

    The window opens today when its earliest date has passed: nobody can start before.

    Args:
        db: To read from.
        request: The request.
        today: The date in its country.
    """
    rows = db.execute(
        select(*OF_NEED)
        .where(col(GapNeed.request_id) == request.id)
        .order_by(col(GapNeed.position))
    )
    return need_from(request, wants_by_request(rows)[request.id], today=today)


def wants_by_request(rows: Iterable[Any]) -> dict[UUID, tuple[Want, ...]]:
    """Rows of :data:`OF_NEED`, in the order of their position, by request."""
    found: dict[UUID, list[Want]] = {}
    for request_id, skill, level, platform, weight in rows:
        want = Want(skill, level, platform, weight, taxonomy.skill_label(skill))
        found.setdefault(request_id, []).append(want)
    return {request_id: tuple(wants) for request_id, wants in found.items()}


def need_from(row: Any, wants: Sequence[Want], *, today: date) -> Need:
    """The need of a request; ``row`` is the request, or a row of :data:`OF_REQUEST`."""
    return Need(
        request_id=row.id,
        wants=tuple(wants),
        people=row.people,
        sector=row.sector,
        urgency=row.urgency,
        earliest=min(max(row.earliest, today), row.needed_by),
        needed_by=row.needed_by,
        modes=frozenset(row.modes),
        languages=row.languages,
        country=row.country,
        region=region_of(row.country),
        point=point_of(row.country),
        remote_only=row.remote_only,
        travel=row.travel,
        travel_limit_km=row.travel_limit_km,
        fee_limit_usd=row.fee_limit_usd,
        interpretation_ok=row.interpretation_ok,
    )
