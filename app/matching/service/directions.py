"""The other direction: which requests a slot or a course could serve, for its provider.

A provider reads in full what a country agreed to publish in full. Everything else is counted, and
only where there is enough of it that the count names nobody (``rules.inverse.crowd_of``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.core.clock import months_later
from app.core.errors import NotFoundError
from app.demand import queries as demand
from app.demand.models import GapRequest
from app.demand.schemas import RequestView
from app.matching import queries
from app.matching.queries.standing import Standing, standing_needs
from app.matching.queries.undated import offer_of_course
from app.matching.rules import WEIGHTS, Need, Offer, Supply, supply_of, usable_seats
from app.matching.rules.asks import ask_for
from app.matching.rules.inverse import (
    NO_DATE,
    Crowd,
    Fit,
    Judge,
    Reach,
    crowd_of,
    month_number,
    months_open,
    rank_needs,
)
from app.matching.rules.points import POINTS
from app.matching.schemas import (
    ChangeView,
    CountryPeopleView,
    CourseRequestsView,
    CrowdView,
    MonthView,
    NearCrowdView,
    NewRequestsView,
    PointsView,
    ReachView,
    RequestFitView,
    SlotRequestsView,
)
from app.registry.queries.rows import find_course, find_slot, sees_everything_of

SHOWN = 50
"""Most requests, and most near misses, of one answer unless more are asked for."""

MONTHS = 18
NEW_FOR = timedelta(days=14)
_NOBODY = Reach((), ())


def requests_for_slot(
    db: Session, actor: Actor, slot_id: UUID, *, now: datetime, limit: int = SHOWN
) -> SlotRequestsView:
    """The standing requests that a slot fits, best first; for its provider and the secretariat.

    The score is the one that the ranking of the request gives. A draft and a planned slot are
    judged as if they were open; one that is over or cancelled serves nobody.

    Raises:
        NotFoundError: There is no such slot, or its requests are not the actor's business.
    """
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    [listed] = queries.offers_of_slots(db, [slot.id])
    supply = supply_of(listed.offer, now=now)
    found: dict[UUID, Standing] = {}
    reach = _NOBODY
    if supply is not Supply.CLOSED:
        found = _wanting(db, listed.offer, now=now)
        judge = Judge(now, queries.paths(db, [listed.offer], now=now))
        needs = [each.need for each in found.values()]
        reach = rank_needs(needs, lambda need: listed.to(need, now=now), judge)
    view = _reach_view(db, actor, reach, found, limit)
    return SlotRequestsView(
        **dict(view),
        slot=slot.id,
        supply=str(supply),
        seats_free=max(0, listed.offer.seats_free - listed.offer.waiting),
    )


def requests_for_course(
    db: Session, actor: Actor, ref: str, *, now: datetime, limit: int = SHOWN
) -> CourseRequestsView:
    """The standing requests that a course would serve on a date of their choice, and by when.

    Judged without what a date brings: window, seats, deadline and earlier courses. Scores are
    those of a date on the first day of the request, with the usual number of seats.

    Raises:
        NotFoundError: There is no such course, or its requests are not the actor's business.
    """
    course, provider = find_course(db, actor, ref)
    if not sees_everything_of(actor, provider.id):
        raise NotFoundError("There is no such course.")
    offer = offer_of_course(db, course, provider, now=now)
    found = _wanting(db, offer, now=now)
    needs = [each.need for each in found.values()]
    reach = rank_needs(needs, lambda need: _at_once(offer, need), Judge(now), ignore=NO_DATE)
    view = _reach_view(db, actor, reach, found, limit)
    standing = [found[fit.need.request_id] for fit in reach.fits]
    months = _months(actor, standing, first=now.date().replace(day=1))
    return CourseRequestsView(**dict(view), course=course.id, months=months)


def new_requests_for(
    db: Session, actor: Actor, provider_id: UUID, *, now: datetime, limit: int = SHOWN
) -> NewRequestsView:
    """The requests of the last two weeks that an open date of the provider fits.

    Raises:
        NotFoundError: The requests are not the actor's business.
    """
    if not sees_everything_of(actor, provider_id):
        raise NotFoundError("There is no such provider.")
    listed = queries.open_offers_of(db, provider_id, now=now)
    skills = {skill for each in listed for skill, _ in each.offer.skills}
    recent = standing_needs(db, skills, now=now, since=now - NEW_FOR) if skills else []
    judge = Judge(now, queries.paths(db, [each.offer for each in listed], now=now))
    fitting = [each for each in recent if _fits_any(each.need, listed, judge)]
    fitting.sort(key=lambda each: (-each.need.urgency, each.need.needed_by, each.need.request_id))
    told, rest = _split(actor, fitting)
    views = request_views_by_id(db, actor, [each.need.request_id for each in told[:limit]])
    return NewRequestsView(
        requests=tuple(views[each.need.request_id] for each in told[:limit]),
        requests_total=len(told),
        more=_crowd_view(_crowd(rest)),
    )


def _fits_any(need: Need, listed: Iterable[queries.Listed], judge: Judge) -> bool:
    wanted = {want.skill for want in need.wants}
    return any(
        not judge.broken(need, each.to(need, now=judge.now), at_most=1)
        for each in listed
        if any(skill in wanted for skill, _ in each.offer.skills)
    )


def _wanting(db: Session, offer: Offer, *, now: datetime) -> dict[UUID, Standing]:
    # What is overdue by now is nobody's business to plan for.
    days = (now.date(), date.max)
    found = standing_needs(db, {skill for skill, _ in offer.skills}, now=now, days=days)
    return {each.need.request_id: each for each in found}


def _at_once(offer: Offer, need: Need) -> Offer:
    """The course as if it were taught on the first day on which the need can start."""
    return replace(offer, starts_on=need.earliest, ends_on=need.earliest)


def _split(actor: Actor, found: Iterable[Standing]) -> tuple[list[Standing], list[Standing]]:
    """Those that the actor may know by themselves, and those that are only counted."""
    told: list[Standing] = []
    rest: list[Standing] = []
    for each in found:
        (told if each.is_told(actor) else rest).append(each)
    return told, rest


def _crowd(found: Sequence[Standing]) -> Crowd | None:
    people = {each.need.request_id: each.missing for each in found}
    return crowd_of(people, (each.need.country for each in found))


def _crowd_view(crowd: Crowd | None) -> CrowdView | None:
    if crowd is None:
        return None
    return CrowdView(requests=crowd.requests, people=crowd.people, countries=crowd.countries)


def _reach_view(
    db: Session, actor: Actor, reach: Reach, found: dict[UUID, Standing], limit: int
) -> ReachView:
    def is_told(fit: Fit) -> bool:
        return found[fit.need.request_id].is_told(actor)

    fits, near = list(filter(is_told, reach.fits)), list(filter(is_told, reach.near))
    standing, rest = _split(actor, [found[fit.need.request_id] for fit in reach.fits])
    best, nearest = fits[:limit], near[:limit]
    requests = request_views_by_id(db, actor, [fit.need.request_id for fit in (*best, *nearest)])
    return ReachView(
        matches=tuple(_fit_view(fit, found, requests) for fit in best),
        near_misses=tuple(_near_view(fit, found, requests) for fit in nearest),
        more=_crowd_view(_crowd(rest)),
        near_more=_near_crowds(actor, reach.near, found),
        by_country=_by_country(standing),
        matches_total=len(fits),
        near_misses_total=len(near),
    )


def _near_crowds(
    actor: Actor, near: Sequence[Fit], found: dict[UUID, Standing]
) -> tuple[NearCrowdView, ...]:
    """Per limit what keeps away requests that are only counted; near misses come sorted by it."""
    views = []
    for name, group in groupby(near, key=lambda fit: fit.missed):
        _, rest = _split(actor, [found[fit.need.request_id] for fit in group])
        crowd = _crowd_view(_crowd(rest))
        if crowd is not None:
            views.append(NearCrowdView(criterion=name, crowd=crowd))
    return tuple(views)


def request_views_by_id(
    db: Session, actor: Actor, request_ids: Sequence[UUID]
) -> dict[UUID, RequestView]:
    """Requests as the actor may see them; for callers that checked that the actor may at all."""
    rows = db.exec(select(GapRequest).where(col(GapRequest.id).in_(request_ids))).all()
    return {view.id: view for view in demand.request_views(db, actor, rows)}


def _fit_view(
    fit: Fit, found: dict[UUID, Standing], requests: dict[UUID, RequestView]
) -> RequestFitView:
    people = found[fit.need.request_id].missing
    points = zip(WEIGHTS.items(), POINTS, strict=True)
    return RequestFitView(
        request=requests[fit.need.request_id],
        people=people,
        could_come=min(people, usable_seats(fit.offer)),
        score=fit.score,
        criteria=tuple(
            PointsView(name=name, score=of(fit.need, fit.offer), weight=weight)
            for (name, weight), of in points
        ),
    )


def _near_view(
    fit: Fit, found: dict[UUID, Standing], requests: dict[UUID, RequestView]
) -> RequestFitView:
    change = ChangeView(criterion=fit.missed, change=ask_for(fit.missed, fit.need, fit.offer))
    return RequestFitView(
        request=requests[fit.need.request_id],
        people=found[fit.need.request_id].missing,
        could_come=0,
        score=0,
        blocked_by=(change,),
    )


def _by_country(found: Iterable[Standing]) -> tuple[CountryPeopleView, ...]:
    ordered = sorted(found, key=lambda each: each.need.country)
    groups = [
        (country, list(group))
        for country, group in groupby(ordered, lambda each: each.need.country)
    ]
    views = [
        CountryPeopleView(
            country=country, requests=len(group), people=sum(each.missing for each in group)
        )
        for country, group in groups
    ]
    return tuple(sorted(views, key=lambda view: (-view.people, view.country)))


def _months(actor: Actor, found: Sequence[Standing], *, first: date) -> tuple[MonthView, ...]:
    told, rest = _split(actor, found)
    return tuple(
        MonthView(
            month=months_later(first, number),
            people=sum(each.missing for each in _open_in(told, first, number)),
            due=sum(each.missing for each in told if _due_in(each, first) == number),
            crowd=_crowd_view(_crowd(_open_in(rest, first, number))),
        )
        for number in range(MONTHS)
    )


def _open_in(found: Iterable[Standing], first: date, number: int) -> list[Standing]:
    return [each for each in found if number in months_open(each.need, first=first, count=MONTHS)]


def _due_in(standing: Standing, first: date) -> int:
    return month_number(standing.need.needed_by) - month_number(first)
