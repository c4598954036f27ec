"""From the rows of a meeting to what calendars say about it. Holds nothing of the present moment.

Whatever is read here must raise the slot's sequence when it changes (``registry.service``).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from app.booking.models import Booking, Cohort
from app.booking.rules import LIVE, BookingState, CohortState
from app.calendars.rules import (
    CANCELLED_PREFIX,
    SUMMARY_LIMIT,
    Entry,
    EntryStatus,
    booking_uid,
    cohort_uid,
    entry_uid,
    local_time_line,
    place_line,
    shortened,
)
from app.core import countries, languages
from app.core.links import absolute
from app.core.zones import to_local
from app.registry.models import Meeting, Slot
from app.registry.queries.slot_views import is_planned
from app.registry.rules import REMOTE_MODES, SlotStatus
from app.taxonomy import queries as taxonomy

PUBLIC = frozenset({"public"})
MEMBERS = PUBLIC | {"network"}
SEATED = MEMBERS | {"need-to-know"}
"""Which visibilities of facilities a reader knows the details of."""

_DETAILS_LATER = " (details after acceptance)"
_CLAIMS = {
    BookingState.REQUESTED: ("Requested", "Your request for a seat is being decided."),
    BookingState.HELD: (
        "Seat held",
        "A seat is held for you until {until}. Confirm it to keep it.",
    ),
    BookingState.OFFERED: ("Seat offered", "A seat is offered to you until {until}."),
    BookingState.WAITLISTED: ("Waiting list", "You are on the waiting list."),
}
"""Claims that are not settled yet: what their titles begin with, and what to know about them."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A meeting with what calendars show of its slot, in the order of the columns of queries.

    ``meetings`` counts those of the slot that take place; ``visibility`` and the other facts of
    a place are None where there is none. ``domains`` are ids of the domains of the skills.
    """

    meeting: Meeting
    slot: Slot
    title: str
    level: int
    languages: tuple[str, ...]
    provider: str
    provider_state: str
    facility: str | None
    city: str | None
    country: str | None
    visibility: str | None
    address: str | None
    meetings: int
    domains: tuple[str, ...] = ()

    @property
    def is_off(self) -> bool:
        """Whether it will not take place."""
        return self.slot.status == SlotStatus.CANCELLED or self.meeting.removed_at is not None


def public_entry(what: Occurrence, domain: str) -> Entry:
    """The meeting as anybody may know it: no address to join, no confidential place."""
    meeting, slot = what.meeting, what.slot
    return Entry(
        uid=entry_uid(meeting.id, domain),
        sequence=slot.sequence,
        stamp=slot.revised_at,
        created=slot.created_at,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        summary=_title(what),
        status=_status(what),
        location=_location(what, PUBLIC),
        description=_description(what, PUBLIC),
        url=absolute(f"/slots/{slot.id}"),
        categories=_categories(what),
        transparent=meeting.mode == "self-paced",
    )


def booking_entry(what: Occurrence, booking: Booking, domain: str) -> Entry:
    """The meeting in the calendar of the person who has this booking.

    Only a settled booking shows the confidential place and the address to join.
    """
    state = BookingState(booking.state)
    known, conference, lines = MEMBERS, "", [f"Booking: {state.replace('-', ' ')}"]
    prefix = ""
    if what.is_off or state not in LIVE:
        status = EntryStatus.CANCELLED
    elif state in _CLAIMS:
        status = EntryStatus.TENTATIVE
        prefix, note = _CLAIMS[state]
        lines = [note.format(until=_local(booking.held_until, what.slot.zone))]
    else:
        status, known, conference = EntryStatus.CONFIRMED, SEATED, what.meeting.join_url
        lines += [f"Join: {conference}"] if conference else []
    return replace(
        public_entry(what, domain),
        uid=booking_uid(booking.id, what.meeting.id, domain),
        sequence=what.slot.sequence + booking.version,
        stamp=max(what.slot.revised_at, booking.revised_at),
        created=booking.created_at,
        summary=_title(what, prefix),
        status=status,
        location=_location(what, known),
        description=(*lines, *_description(what, known)),
        conference=conference,
    )


def cohort_entry(what: Occurrence, cohort: Cohort, domain: str) -> Entry:
    """The meeting in the calendar of a country that has a block of seats there.

    Says how many seats, never who takes them. A block that waits in line is tentative.
    """
    prefix, status = f"{cohort.seats} seats", EntryStatus.CANCELLED
    lines = [f"Block of {cohort.seats} seats: {cohort.state}"]
    if cohort.state == CohortState.ACTIVE:
        status = _status(what)
        lines += [
            f"{cohort.seats_open} of them have no name yet",
            f"Open seats are given back: {_local(cohort.release_at, what.slot.zone)}",
        ]
    elif cohort.state == CohortState.WAITLISTED:
        prefix = f"{prefix} on the waiting list"
        lines = [f"Block of {cohort.seats} seats: waits in line"]
        status = EntryStatus.CANCELLED if what.is_off else EntryStatus.TENTATIVE
    return replace(
        public_entry(what, domain),
        uid=cohort_uid(cohort.id, what.meeting.id, domain),
        sequence=what.slot.sequence + cohort.version,
        stamp=max(what.slot.revised_at, cohort.revised_at),
        created=cohort.created_at,
        summary=_title(what, prefix),
        status=status,
        location=_location(what, MEMBERS),
        description=(
            *lines,
            f"Request: {absolute(f'/requests/{cohort.request_id}')}",
            *_description(what, MEMBERS),
        ),
        transparent=True,  # the focal point does not sit there
    )


def _title(what: Occurrence, prefix: str = "") -> str:
    """The course's title with its number of several; it is the title that gives way to these."""
    number = ""
    if what.meetings > 1 and what.meeting.removed_at is None:
        number = f" ({what.meeting.position + 1}/{what.meetings})"
    before = f"{prefix}: " if prefix else ""
    room = SUMMARY_LIMIT - len(CANCELLED_PREFIX) - len(before) - len(number)
    return f"{before}{shortened(what.title, room)}{number}"


def _status(what: Occurrence) -> EntryStatus:
    if what.is_off:
        return EntryStatus.CANCELLED
    planned = is_planned(status=what.slot.status, provider_state=what.provider_state)
    return EntryStatus.TENTATIVE if planned else EntryStatus.CONFIRMED


def _is_remote(what: Occurrence) -> bool:
    return what.meeting.mode in REMOTE_MODES or what.facility is None


def _location(what: Occurrence, known: frozenset[str]) -> str:
    if _is_remote(what):
        return "Online"
    country = countries.name(what.country) if what.country else None
    if what.visibility in known:
        return place_line(what.facility, what.city, country)
    return place_line(what.city, country) + _DETAILS_LATER


def _description(what: Occurrence, known: frozenset[str]) -> tuple[str, ...]:
    meeting, slot = what.meeting, what.slot
    mode = taxonomy.label("delivery_modes", meeting.mode)
    level = taxonomy.label("proficiency", str(what.level))
    spoken = ", ".join(languages.name(code) for code in what.languages)
    return (
        local_time_line(meeting.starts_at, meeting.ends_at, slot.zone),
        *_state_lines(what),
        f"Provider: {what.provider}",
        f"{mode}, level {what.level} ({level})",
        f"Languages: {spoken}" if spoken else "",
        _deadline_line(slot),
        *_place_lines(what, known),
        absolute(f"/slots/{slot.id}"),
    )


def _state_lines(what: Occurrence) -> tuple[str, ...]:
    if what.slot.status == SlotStatus.CANCELLED:
        # The provider's own note follows a colon, and is on the slot's page.
        reason = what.slot.status_reason.partition(":")[0]
        label = taxonomy.label("cancellation_reasons", reason)
        return (f"{CANCELLED_PREFIX}{label}" if label else "",)
    if what.meeting.removed_at is not None:
        return ("This date was taken out; others of the course take place.",)
    if _status(what) == EntryStatus.TENTATIVE:
        return ("Planned: seats cannot be booked yet.",)
    return ()


def _place_lines(what: Occurrence, known: frozenset[str]) -> tuple[str, ...]:
    if _is_remote(what) or what.visibility not in known:
        return ()
    # An address is for those who will stand at its door; the page shows it to others.
    address = " ".join((what.address or "").split()) if known == SEATED else ""
    return (
        f"Place: {what.meeting.place}" if what.meeting.place else "",
        f"Address: {shortened(address, 200)}" if address else "",
    )


def _categories(what: Occurrence) -> tuple[str, ...]:
    labels = [found.label for each in what.domains if (found := taxonomy.domain(each))]
    mode = taxonomy.label("delivery_modes", what.meeting.mode)
    return tuple(dict.fromkeys([*labels, mode]))


def _deadline_line(slot: Slot) -> str:
    line = f"Apply by {_local(slot.apply_by, slot.zone)}"
    if slot.first_apply_by is None:
        return line
    return f"{line}; extended from {_local(slot.first_apply_by, slot.zone)}"


def _local(instant: datetime | None, zone: str) -> str:
    return f"{to_local(instant, zone):%Y-%m-%d %H:%M} {zone}" if instant else ""
