"""Pages of matching."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.deps import SignedIn
from app.booking.queries.views import cohorts_of_request
from app.booking.words import seat_tally
from app.demand.rules import actions_for, is_own
from app.matching import service
from app.matching.cards import ranking_cards
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, ReadDb
from app.web.rendering import page

router = APIRouter()


@router.get("/requests/{request_id}/matches")
def show_matches(
    request: Request, request_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """Ranked matches with their reasons, near misses, planned slots, or why there is nothing."""
    ranking = service.matches_for(db, actor, request_id, now=now)
    view = ranking.need
    own = is_own(actor, view.country)
    cohorts = cohorts_of_request(db, actor, request_id, now=now)
    return page(
        request,
        "matching/matches.html",
        view=view,
        ranking=ranking,
        cards=ranking_cards(ranking, reader_zone=actor.zone, may_take=own),
        own=own,
        actions=actions_for(actor, view.country, view.state),
        cohorts=cohorts,
        tally=seat_tally(view, cohorts),
        label=taxonomy.label,
        skill_label=taxonomy.skill_label,
    )
