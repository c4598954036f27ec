"""Calls, worth and how long a run takes, in words."""

from datetime import date, timedelta

from app.allocation.rules.calls import KIND_LABELS, CallKind
from app.allocation.rules.reach import Reach, reach_text
from app.allocation.schemas.calls import CallView
from app.core import countries
from app.taxonomy import queries as taxonomy

_MINUTES_FROM = 120


def month_text(month: date) -> str:
    """A month as people write it: “May 2027”."""
    return f"{month:%B %Y}"


def elapsed_text(time: timedelta) -> str:
    """How long something has lasted: “1 second”, “90 seconds”, “5 minutes”."""
    seconds = max(0, int(time.total_seconds()))
    if seconds < _MINUTES_FROM:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{seconds // 60:,} minutes"


def place_and_time(region: str, month: date | None) -> str:
    """“ in Western Africa in May 2027”, as far as either is known."""
    place = f" in {countries.region_name(region)}" if region else ""
    time = f" in {month_text(month)}" if month is not None else ""
    return place + time


def call_title(call: CallView) -> str:
    """What the call is: its kind and its skill."""
    return f"{KIND_LABELS[CallKind(call.kind)]}: {taxonomy.skill_label(call.skill)}"


def call_text(call: CallView) -> str:
    """What the call asks, with counts as far as the reader may know them."""
    where = place_and_time(call.region, call.month)
    subject = call.subject
    reach = Reach(subject.people, subject.countries)
    told = reach_text(reach)
    if call.kind == CallKind.SLOTS:
        seats = f" of {subject.seats} seats" if subject.seats else ""
        return f"One more date{seats}{where} would serve {told}. Can you offer one?"
    if call.kind == CallKind.DATES:
        return f"Several dates teach this{where} within weeks, with seats to spare. Can they join?"
    time = place_and_time("", call.month)
    return f"Together with other countries your people would fill a date{time}. Will you join?"


def worth_text(skill: str, region: str, month: date | None, reach: Reach) -> str:
    """What one more slot would do, for a provider to read; in any month without one."""
    name = taxonomy.skill_label(skill)
    return f"A date on {name}{place_and_time(region, month)} would serve {reach_text(reach)}."
