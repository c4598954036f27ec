"""A need and a slot that suits it fully; tests change what they are about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.matching.rules import Need, Offer, Run, Want

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
EARLIEST = date(2027, 1, 4)
NAIROBI = (-1.2864, 36.8172)
ASEPTIC = Want("mfg-aseptic-fill", 3, "vaccines", label="aseptic filling")


def ident(number: int) -> UUID:
    """A stable id for row ``number``."""
    return UUID(int=number)


def on_day(number: int) -> datetime:
    """Nine in the morning UTC, ``number`` days after the earliest date."""
    return datetime.combine(EARLIEST, datetime.min.time(), UTC) + timedelta(days=number, hours=9)


def make_need(**changes: Any) -> Need:
    """The need of golden case 1, changed as told."""
    need = Need(
        request_id=ident(1),
        wants=(ASEPTIC,),
        people=6,
        sector="industry-private",
        urgency=4,
        earliest=EARLIEST,
        needed_by=EARLIEST + timedelta(days=100),
        modes=frozenset({"hands-on"}),
        languages=("en", "fr"),
        country="KE",
        region="AFR",
        point=NAIROBI,
    )
    return replace(need, **changes)


def make_offer(number: int = 10, *, day: int = 20, days: int = 5, **changes: Any) -> Offer:
    """Slot A of golden case 1 under the id of ``number``, on other days, changed as told."""
    offer = Offer(
        slot_id=ident(number),
        course_id=ident(1000 + number),
        provider_verified=True,
        status="confirmed",
        starts_at=on_day(day),
        ends_at=on_day(day + days) + timedelta(hours=8),
        starts_on=EARLIEST + timedelta(days=day),
        ends_on=EARLIEST + timedelta(days=day + days),
        mode="hands-on",
        skills=(("mfg-aseptic-fill", 3),),
        platforms=frozenset({"vaccines"}),
        languages=frozenset({"en"}),
        interpretation=frozenset(),
        funding="free",
        fee_usd=None,
        country="KE",
        region="AFR",
        point=NAIROBI,
        seats_free=4,
        waiting=0,
        country_seats_left=None,
        apply_by=on_day(day) - timedelta(hours=1),
        lead_days=0,
        audience=frozenset({"industry-private"}),
        eligible_countries=frozenset(),
        requires=(),
    )
    return replace(offer, **changes)


def make_run(course: int, *, day: int, days: int = 1, **changes: Any) -> Run:
    """An open run of the course of that number."""
    run = Run(
        course_id=ident(course),
        starts_at=on_day(day),
        ends_at=on_day(day + days),
        apply_by=on_day(day) - timedelta(hours=1),
        mode="classroom-remote",
        hours=None,
        languages=frozenset({"en"}),
        seats_free=5,
    )
    return replace(run, **changes)
