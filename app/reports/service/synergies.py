"""Requests of neighbouring countries that fill a date together."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.allocation.models import SupplyCall
from app.allocation.rules.calls import CallKind
from app.allocation.schemas.calls import CallIn, CallSubject
from app.allocation.service.calls import send_call
from app.core.errors import NotFoundError
from app.core.paging import Part, part_of
from app.matching.queries import region_of
from app.registry.queries.slots import slots_by_id
from app.registry.schemas.views import SlotView
from app.reports.proposals import (
    JointRequestView,
    JointView,
    ProposalChangedError,
    ProposeJointIn,
)
from app.reports.queries import synergies as queries
from app.reports.queries.kept import is_demand_or_supply, keep
from app.reports.rules.synergy import Joint, joints
from app.reports.schemas import PlaceFilter
from app.reports.south import is_south


def synergies(
    db: Session,
    actor: Actor,
    wanted: PlaceFilter,
    *,
    now: datetime,
    limit: int,
    after: list[str | int] | None = None,
) -> Part[JointView]:
    """Joint proposals, those with a date first; for the secretariat.

    Raises:
        NotFoundError: The actor is not of the secretariat: it names what is confidential.
        InvalidError: ``after`` belongs to another list.
    """
    if not actor.secretariat:
        raise NotFoundError("There is nothing here.")
    make = partial(_joints, db, now=now)
    found = keep(db, "joints", is_demand_or_supply, make, now=now, ages=True)
    part = part_of([each for each in found if _is_wanted(each, wanted)], limit=limit, after=after)
    ids = [joint.slot_id for joint in part.items if joint.slot_id is not None]
    slots = slots_by_id(db, ids, now=now)
    sent = queries.calls_sent(db, CallKind.JOINT, today=now.date())
    days = {(each.skill, each.requests): each.sent_on for each in reversed(sent)}
    items = [
        _view(joint, slots, called_on=days.get((joint.skill, _requests(joint))))
        for joint in part.items
    ]
    return Part(items, part.total, part.last)


def propose_joint(db: Session, actor: Actor, wish: ProposeJointIn, *, now: datetime) -> SupplyCall:
    """Ask the countries of these requests to fill a date together.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        ProposalChangedError: These requests no longer go together.
    """
    actor.require_secretariat()
    chosen = frozenset(wish.requests)
    found = [
        joint
        for joint in _joints(db, now=now)
        if joint.skill == wish.skill and _requests(joint) == chosen
    ]
    if not found:
        text = "These requests no longer go together. Please look at the list again."
        raise ProposalChangedError(text)
    joint = found[0]
    call = CallIn(
        kind=CallKind.JOINT,
        skill=joint.skill,
        region=_region(joint),
        month=max(joint.starts_on, now.date()),
        countries=joint.countries,
        message=wish.message,
        subject=CallSubject(
            slots=(joint.slot_id,) if joint.slot_id else (),
            requests=tuple(sorted(chosen)),
            level=joint.level,
            people=joint.people,
            countries=len(joint.countries),
        ),
    )
    return send_call(db, actor, call, now=now)


def _joints(db: Session, *, now: datetime) -> list[Joint]:
    wants = queries.wants(db, today=now.date())
    skills = {want.skill for want in wants}
    usual = queries.usual_seats(db, skills)
    openings = queries.openings(db, skills, now=now)
    return joints(wants, openings, usual=usual.__getitem__, km=queries.km_between)


def _is_wanted(joint: Joint, wanted: PlaceFilter) -> bool:
    skills = wanted.skills()
    regions = {region_of(country) for country in joint.countries}
    in_region = not wanted.region or bool(regions.intersection(wanted.region))
    return in_region and (skills is None or joint.skill in skills)


def _requests(joint: Joint) -> frozenset[UUID]:
    return frozenset(want.request_id for want in joint.wants)


def _region(joint: Joint) -> str:
    """The WHO region of all its countries; empty where they lie in several."""
    regions = {region_of(country) for country in joint.countries}
    return (regions.pop() or "") if len(regions) == 1 else ""


def _view(joint: Joint, slots: Mapping[UUID, SlotView], *, called_on: date | None) -> JointView:
    slot = slots[joint.slot_id] if joint.slot_id else None
    home = [joint.home] if joint.home else []
    return JointView(
        skill=joint.skill,
        level=joint.level,
        requests=tuple(
            JointRequestView(id=want.request_id, country=want.country, people=want.people)
            for want in joint.wants
        ),
        countries=joint.countries,
        people=joint.people,
        target=joint.target,
        languages=tuple(sorted(joint.languages)),
        shared=tuple(sorted(joint.shared)),
        region=_region(joint),
        south_south=all(map(is_south, (*joint.countries, *home))),
        starts_on=joint.starts_on,
        ends_on=joint.ends_on,
        slot=slot,
        called_on=called_on,
    )
