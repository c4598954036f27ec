"""Demand as the facts that the gap table counts."""

from typing import Any

from sqlalchemy import Row
from sqlmodel import Session, col, select

from app.booking.queries.fulfilment import blocks_of
from app.booking.rules.fulfilment import Chain, Line, fulfilment_of
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import LIVE, RequestState
from app.matching.queries import region_of
from app.reports.groups import groups_of
from app.reports.rules import Demand
from app.taxonomy import queries as taxonomy

_COUNTED = LIVE | {RequestState.MET}
_OF_NEED: tuple[Any, ...] = (
    *(col(GapRequest.id), col(GapRequest.country), col(GapRequest.state), col(GapRequest.urgency)),
    *(col(GapRequest.significance), col(GapRequest.needed_by), col(GapRequest.publish)),
    *(col(GapRequest.sector), col(GapNeed.skill_id), col(GapNeed.level), col(GapNeed.people)),
    col(GapNeed.platform),
)


def demand(db: Session) -> list[Demand]:
    """Every need that was filed and is not withdrawn, merged into another one, or expired.

    All of them, whatever a table filters by: what may be told of those that are not published
    depends on the others. Five queries, however many there are.
    """
    query = (
        select(*_OF_NEED)
        .join(GapNeed, col(GapNeed.request_id) == col(GapRequest.id))
        .where(col(GapRequest.state).in_(_COUNTED))
        .order_by(col(GapRequest.id), col(GapNeed.position))
    )
    lines: dict[Any, list[Row[Any]]] = {}
    for row in db.execute(query):
        lines.setdefault(row.id, []).append(row)
    blocks = blocks_of(db)
    domains = {each.id: each.domain for each in taxonomy.skills()}
    found = []
    for request_id, rows in lines.items():
        chains: tuple[Chain, ...] = ()
        if request_id in blocks:
            wanted = [Line(row.skill_id, row.level, row.people) for row in rows]
            chains = fulfilment_of(wanted, blocks[request_id]).lines
        for place, row in enumerate(rows):
            chain = chains[place] if chains else _NOTHING
            found.append(_need(row, chain, domains.get(row.skill_id, "")))
    return found


_NOTHING = Chain()


def _need(row: Row[Any], chain: Chain, domain: str) -> Demand:
    return Demand(
        skill=row.skill_id,
        country=row.country,
        region=region_of(row.country),
        needed_by=row.needed_by,
        people=row.people,
        held=chain.held,
        met=chain.attended,
        urgency=row.urgency,
        significance=row.significance,
        closed=row.state == RequestState.MET,
        published=row.publish,
        missed=chain.missed,
        domain=domain,
        platform=row.platform,
        sector=row.sector,
        groups=groups_of(row.country),
    )
