"""Sections about calls and plans inside pages of features below."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request

from app.accounts.deps import caller_of
from app.allocation.queries.calls import open_calls_to
from app.allocation.queries.run_views import applied_for
from app.allocation.words import call_text, call_title
from app.demand.rules import sees_everything
from app.demand.schemas import RequestView
from app.registry.rules import ProviderState
from app.registry.schemas.views import ProviderView


def console_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Calls to a provider, in its console, and the way to what one more slot is worth."""
    provider: ProviderView = context["provider"]
    state, actor = request.app.state, caller_of(request)
    with state.database.read() as db:
        calls = open_calls_to(db, actor, provider_id=provider.id, now=state.clock())
    verified = provider.state == ProviderState.VERIFIED
    worth_url = f"/provider/{provider.slug}/worth" if verified else ""
    return {**_calls(calls), "worth_url": worth_url}


def country_part(request: Request, _: Mapping[str, Any]) -> dict[str, Any]:
    """Calls to the reader's countries."""
    state, actor = request.app.state, caller_of(request)
    if not actor.countries:
        return {}
    with state.database.read() as db:
        return _calls(open_calls_to(db, actor, now=state.clock()))


def request_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the applied plan gave a request, and why not more, for those who may know it."""
    view: RequestView = context["view"]
    state, actor = request.app.state, caller_of(request)
    if not sees_everything(actor, view.country):
        return {}
    with state.database.read() as db:
        found = applied_for(db, actor, view.id)
    if found is None:
        return {}
    run, verdict, lines = found
    return {"plan_run": run, "plan_verdict": verdict, "plan_lines": lines}


def _calls(calls: list[Any]) -> dict[str, Any]:
    return {"calls": calls, "call_text": call_text, "call_title": call_title}


PARTS: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "registry/console.html": console_part,
    "demand/requests.html": country_part,
    "booking/me.html": country_part,
    "demand/request.html": request_part,
}
"""Template of another feature's page, and what adds our section's context to it."""
