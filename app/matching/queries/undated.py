"""A course without a date, as an offer: what can be said before anything is planned."""

from datetime import datetime

from sqlmodel import Session

from app.matching.queries.courses import courses_of
from app.matching.queries.places import point_of, region_of
from app.matching.rules import Offer
from app.registry.models import Course, Facility, Provider
from app.registry.rules import REMOTE_MODES, ProviderState, SlotStatus


def offer_of_course(db: Session, course: Course, provider: Provider, *, now: datetime) -> Offer:
    """The course where it is usually taught, with its usual seats and nobody waiting.

    Its times say nothing; :func:`app.matching.rules.inverse.rank_needs` is told to ignore them.
    On location without a usual place, it counts as taught in the country of its provider.
    """
    taught = courses_of(db, {course.id})[course.id]
    site = db.get(Facility, course.facility_id) if course.facility_id else None
    remote = course.mode in REMOTE_MODES
    country = None if remote else (site or provider).country
    point = point_of(country)
    if site is not None and not remote and site.latitude is not None and site.longitude is not None:
        point = (site.latitude, site.longitude)
    return Offer(
        slot_id=course.id,
        course_id=course.id,
        provider_verified=taught.provider_state == ProviderState.VERIFIED,
        status=str(SlotStatus.CONFIRMED),
        starts_at=now,
        ends_at=now,
        starts_on=now.date(),
        ends_on=now.date(),
        mode=course.mode,
        skills=taught.skills,
        platforms=taught.platforms,
        languages=taught.languages,
        interpretation=taught.interpretation,
        funding=taught.funding,
        fee_usd=taught.fee_usd,
        country=country,
        region=region_of(country) if country else None,
        point=point,
        seats_free=course.seats,
        waiting=0,
        country_seats_left=None,
        apply_by=now,
        lead_days=0,
        audience=taught.audience,
        eligible_countries=taught.eligible_countries,
        requires=(),
    )
