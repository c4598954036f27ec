"""A request as the need that is ranked for."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from app.demand.models import GapNeed, GapRequest
from app.matching.queries.places import point_of, region_of
from app.matching.rules import Need, Want
from app.taxonomy import queries as taxonomy

_OF_NEED: tuple[Any, ...] = (
    col(GapNeed.skill_id),
    col(GapNeed.level),
    col(GapNeed.platform),
    col(GapNeed.weight),
)


def need_of(db: Session, request: GapRequest, *, today: date) -> Need:
    """What the request asks for.

    The window opens today when its earliest date has passed: nobody can start before.

    Args:
        db: To read from.
        request: The request.
        today: The date in its country.
    """
    rows = db.execute(
        select(*_OF_NEED)
        .where(col(GapNeed.request_id) == request.id)
        .order_by(col(GapNeed.position))
    )
    return Need(
        request_id=request.id,
        wants=tuple(
            Want(skill, level, platform, weight, taxonomy.skill_label(skill))
            for skill, level, platform, weight in rows
        ),
        people=request.people,
        sector=request.sector,
        urgency=request.urgency,
        earliest=min(max(request.earliest, today), request.needed_by),
        needed_by=request.needed_by,
        modes=frozenset(request.modes),
        languages=request.languages,
        country=request.country,
        region=region_of(request.country),
        point=point_of(request.country),
        remote_only=request.remote_only,
        travel=request.travel,
        travel_limit_km=request.travel_limit_km,
        fee_limit_usd=request.fee_limit_usd,
    )
