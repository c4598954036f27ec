"""The first page of a signed-in person: own bookings, and what one's countries have taken."""

from datetime import timedelta
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.block_words import by_answer, place_text, release_warning, time_left
from app.booking.queries import blocks, views
from app.booking.words import state_label, state_text
from app.core import countries
from app.demand import queries as demand
from app.demand import views as demand_views
from app.demand.rules import RequestState
from app.demand.schemas import RequestCard, RequestFilter
from app.registry.cards import slot_card
from app.web.deps import Now, ReadDb
from app.web.rendering import page

router = APIRouter()

_STATES = [str(state) for state in RequestState]
_SOON = timedelta(days=14)
_ALL = 200  # more requests than one country has open at a time


@router.get("/me")
def show_own(request: Request, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """Own bookings by date, waiting positions, and for focal points blocks and requests."""
    found, _, _ = views.own_bookings(db, actor, now=now)
    own = views.by_time(found, now=now)
    held = blocks.own_cohorts(db, actor, now=now) if actor.countries else []
    return page(
        request,
        "booking/me.html",
        own=own,
        cards={view.id: slot_card(view.slot, actor.zone) for view in (*own.current, *own.past)},
        cohorts=held,
        named=by_answer(held),
        warnings=[(view, text) for view in held if (text := release_warning(view, now))],
        place_text=place_text,
        left={view.id: time_left(view.held_until, now) for view in own.current if view.held_until},
        requests=_requests_by_state(db, actor),
        places=sorted(countries.name(code) for code in actor.countries),
        state_label=state_label,
        state_text=state_text,
        reader_zone=actor.zone,
    )


def _requests_by_state(db: Session, actor: Actor) -> list[tuple[str, list[RequestCard]]]:
    if not actor.countries:
        return []
    wanted = RequestFilter(country=sorted(actor.countries))
    found = demand.list_requests(db, actor, wanted, limit=_ALL)
    cards = [demand_views.request_card(view) for view in found.items]
    ordered = sorted(cards, key=lambda card: _STATES.index(card.state))
    return [(label, list(each)) for label, each in groupby(ordered, lambda card: card.state_label)]
