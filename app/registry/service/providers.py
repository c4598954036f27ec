"""Joining the network: apply, edit, and the secretariat's decision."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col

from app.accounts import service as accounts
from app.accounts.rules import Actor, Role
from app.core import countries, outbox
from app.core.errors import ForbiddenError, invalid
from app.core.outbox import Fact
from app.core.refs import free_slug
from app.registry.models import Course, Provider, Slot
from app.registry.queries.rows import find_provider
from app.registry.rules import REVIEW_EVERY, ProviderState, check_provider_step
from app.registry.schemas.inputs import ProviderIn, ProviderPatch, VerificationIn
from app.registry.service.catalogue import (
    apply_changes,
    bump,
    check_version,
    require_editor,
    revise_where,
)
from app.registry.service.search import index_courses

_NEEDS_REASON = (ProviderState.SUSPENDED, ProviderState.WITHDRAWN)


def apply_to_join(db: Session, actor: Actor, request: ProviderIn, *, now: datetime) -> Provider:
    """Register a provider in state *applied*; the actor becomes its owner."""
    user_id = actor.require_write()
    country = countries.country(request.country)
    zone = request.zone or (country.timezone if country else "UTC")
    fields = _plain_fields(request)
    provider = Provider(
        **{**fields, "zone": zone},
        slug=free_slug(db, Provider, request.name_latin, request.name, request.code or ""),
        state=ProviderState.APPLIED,
        created_at=now,
        updated_at=now,
    )
    db.add(provider)
    db.flush()
    accounts.add_membership(
        db, user_id, Role.PROVIDER_OWNER, provider_id=provider.id, now=now, by=user_id
    )
    outbox.record(db, Fact("provider.applied", provider.id, provider.version, now, user_id))
    return provider


def edit_provider(
    db: Session, actor: Actor, ref: str, patch: ProviderPatch, *, now: datetime
) -> Provider:
    """Change what a provider says about itself."""
    provider = find_provider(db, actor, ref)
    user_id = require_editor(actor, provider.id)
    check_version(provider, patch.version)
    changes = apply_changes(provider, _plain_fields(patch))
    if not changes:
        return provider
    _saved(db, provider, Fact("provider.edited", provider.id, 0, now, user_id, changes=changes))
    index_courses(db, col(Course.provider_id) == provider.id)
    revise_where(db, col(Slot.provider_id) == provider.id, now=now)
    bump(db, now=now)
    return provider


def decide_verification(
    db: Session, actor: Actor, ref: str, decision: VerificationIn, *, now: datetime
) -> Provider:
    """Take a provider into review, verify it, suspend it, or record that it left."""
    provider = find_provider(db, actor, ref)
    if not actor.secretariat and provider.id not in actor.providers:
        raise ForbiddenError("Only the secretariat decides on providers.")
    user_id = actor.require_secretariat()
    check_provider_step(provider.state, decision.state)
    if decision.state in _NEEDS_REASON and not decision.reason:
        raise invalid("reason", "Please say why.", "reason_missing")
    before = provider.state
    provider.state = decision.state
    provider.state_reason = decision.reason
    provider.review_by = (
        (now + REVIEW_EVERY).date() if decision.state == ProviderState.VERIFIED else None
    )
    changes = {"state": [before, str(decision.state)]}
    fact = Fact(
        f"provider.{decision.state}", provider.id, 0, now, user_id, decision.reason, changes=changes
    )
    _saved(db, provider, fact)
    revise_where(db, col(Slot.provider_id) == provider.id, now=now)
    bump(db, now=now)
    return provider


def _saved(db: Session, provider: Provider, fact: Fact) -> None:
    provider.version += 1
    provider.updated_at = fact.at
    db.add(provider)
    outbox.record(db, replace(fact, version=provider.version))


def _plain_fields(request: ProviderIn | ProviderPatch) -> dict[str, Any]:
    fields = request.model_dump(exclude_unset=True, exclude={"version"})
    for name in ("website", "contact_email"):
        if name in fields:
            fields[name] = str(fields[name] or "")
    return {name: value for name, value in fields.items() if value is not None or name == "code"}
