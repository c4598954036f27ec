"""Sections about standing requests inside pages of features below, which cannot import this one.

``main`` hands :data:`SECTIONS` to the renderer: what a function returns joins the page's context.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Any
from uuid import UUID

from fastapi import Request

from app.accounts.deps import caller_of
from app.demand.rules import is_own
from app.demand.schemas import RequestView
from app.matching.queries import alerts
from app.matching.schemas import CourseRequestsView, MonthView
from app.matching.service import directions
from app.registry.cards import SlotCard, slot_cards
from app.registry.queries.rows import sees_everything_of
from app.registry.queries.slots import slots_by_id
from app.registry.schemas.views import CourseView, ProviderView, SlotView

_SHOWN = 10
_NEW_SHOWN = 5


@dataclass(frozen=True, slots=True)
class News:
    """Dates that newly fit one request and that its country has not marked as read."""

    count: int
    cards: tuple[SlotCard, ...]


@dataclass(frozen=True, slots=True)
class RequestNews:
    """One request with news, for a list of them."""

    url: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month in which a date would serve people; ``people`` holds those only counted too."""

    label: str
    people: int
    due: int


def request_section(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """New dates that fit, on the pages of a request, for its own focal points."""
    view: RequestView = context["view"]
    state, actor = request.app.state, caller_of(request)
    if not is_own(actor, view.country):
        return {}
    now = state.clock()
    with state.database.read() as db:
        slots = alerts.news_of(db, actor, now=now, request_id=view.id).get(view.id, [])
        views = slots_by_id(db, slots[:_NEW_SHOWN], now=now)
    shown = [views[slot_id] for slot_id in slots[:_NEW_SHOWN] if slot_id in views]
    return {"news": News(len(slots), tuple(slot_cards(shown, actor.zone)))}


def own_requests_section(request: Request, _: Mapping[str, Any]) -> dict[str, Any]:
    """Which requests have news, where a focal point arrives, and above the list of requests."""
    state, actor = request.app.state, caller_of(request)
    if not actor.countries:
        return {}
    with state.database.read() as db:
        found = alerts.news_of(db, actor, now=state.clock())
        views = directions.request_views_by_id(db, actor, list(found))
    news = [_news_of(view, found) for view in views.values()]
    return {"all_news": sorted(news, key=lambda each: (-each.count, each.title, each.url))}


def _news_of(view: RequestView, found: Mapping[UUID, Sequence[UUID]]) -> RequestNews:
    title = f"{view.title} · {view.code}" if view.code else view.title
    return RequestNews(f"/requests/{view.id}/matches", title, len(found[view.id]))


def slot_section(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Requests that a date fits, on the list of its people."""
    view: SlotView = context["view"]
    state, actor = request.app.state, caller_of(request)
    with state.database.read() as db:
        reach = directions.requests_for_slot(db, actor, view.id, now=state.clock(), limit=_SHOWN)
    return {"reach": reach}


def course_section(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Where the next date of a course would help, for its provider and the secretariat."""
    view: CourseView = context["view"]
    state, actor = request.app.state, caller_of(request)
    if not sees_everything_of(actor, view.provider.id):
        return {}
    with state.database.read() as db:
        reach = directions.requests_for_course(
            db, actor, str(view.id), now=state.clock(), limit=_SHOWN
        )
    months = _months(reach)
    return {"reach": reach, "months": months, "best": _best(months)}


def _months(reach: CourseRequestsView) -> list[Month]:
    """The months up to the last in which somebody could come."""
    found = [Month(f"{each.month:%B %Y}", _people(each), each.due) for each in reach.months]
    while found and not found[-1].people:
        found.pop()
    return found


def _best(months: Sequence[Month]) -> tuple[Month, Month] | None:
    """The first stretch of months in which most people could come: its first and last month."""
    most = max((month.people for month in months), default=0)
    stretch = takewhile(
        lambda month: month.people == most, dropwhile(lambda month: month.people < most, months)
    )
    found = list(stretch)
    return (found[0], found[-1]) if most else None


def _people(month: MonthView) -> int:
    return month.people + (month.crowd.people if month.crowd else 0)


def console_section(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Requests of the last days that a provider's dates could serve, in its console."""
    provider: ProviderView = context["provider"]
    state, actor = request.app.state, caller_of(request)
    with state.database.read() as db:
        found = directions.new_requests_for(
            db, actor, provider.id, now=state.clock(), limit=_NEW_SHOWN
        )
    return {"new_requests": found}


SECTIONS: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "demand/request.html": request_section,
    "matching/matches.html": request_section,
    "demand/requests.html": own_requests_section,
    "registry/home.html": own_requests_section,
    "booking/roster.html": slot_section,
    "registry/course.html": course_section,
    "registry/console.html": console_section,
}
"""Template of a page, another feature's mostly, and what adds our section's context to it."""
