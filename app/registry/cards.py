"""Slots as cards of a list: everything in words, ready to show. Other features use it too."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.core import countries, languages
from app.core.moments import day_text, deadline_text, iso_text, local_text, reader_text, zone_text
from app.core.zones import to_local
from app.registry.rules import Route, SlotStatus
from app.registry.schemas.views import SlotView
from app.taxonomy import queries as taxonomy

SELF_PACED = "self-paced"


@dataclass(frozen=True, slots=True)
class SlotCard:
    """What the macro ``card_slot`` shows (``docs/look.md``)."""

    url: str
    title: str
    provider: str
    place: str
    mode: str
    mode_label: str
    status: str
    status_label: str
    day: str
    month: str
    year: str
    when: str
    zone: str
    reader_when: str
    starts_iso: str
    seats: int
    seats_free: int
    waiting: int
    waiting_word: str
    languages: str
    funding: str
    skills: tuple[str, ...]
    apply_by: str


def slot_cards(views: Iterable[SlotView], reader_zone: str | None = None) -> list[SlotCard]:
    """A card for each slot; times also in ``reader_zone``, when the reader has one."""
    return [slot_card(view, reader_zone) for view in views]


def slot_card(view: SlotView, reader_zone: str | None = None) -> SlotCard:
    """The slot as a card; times also in ``reader_zone``, when the reader has one."""
    start = to_local(view.starts_at, view.zone)
    status, status_label = status_words(view)
    return SlotCard(
        url=f"/slots/{view.id}",
        title=view.course.title,
        provider=view.provider.name,
        place=place_text(view),
        mode=view.mode,
        mode_label=short_label("delivery_modes", view.mode),
        status=status,
        status_label=status_label,
        day=str(start.day),
        month=f"{start:%b}",
        year=f"{start:%Y}",
        when=when_text(view),
        zone=zone_text(view.starts_at, view.zone),
        reader_when=""
        if view.mode == SELF_PACED
        else reader_text(view.starts_at, view.zone, reader_zone),
        # Nobody has to be there at the minute: the day in the reader's zone would only confuse.
        starts_iso="" if view.mode == SELF_PACED else iso_text(view.starts_at),
        seats=view.seats,
        seats_free=view.seats_free,
        waiting=view.waiting,
        waiting_word=waiting_word(view),
        languages=language_text(view.languages),
        funding=funding_text(view.funding, view.fee_usd),
        skills=tuple(taxonomy.skill_label(skill.id) for skill in view.skills),
        apply_by=_deadline_text(view, reader_zone),
    )


def status_words(view: SlotView) -> tuple[str, str]:
    """The status as its badge says it; a confirmed slot of a provider in review is *planned*."""
    if view.planned and view.status == SlotStatus.CONFIRMED:
        return "planned", "Planned"
    if view.status == SlotStatus.TENTATIVE:
        return view.status, "Planned, not certain"
    return view.status, taxonomy.label("slot_status", view.status)


def waiting_word(view: SlotView) -> str:
    """What people without a seat have done: where the provider selects, nobody is in a line."""
    return "applied" if view.route == Route.SELECTION else "waiting"


def place_text(view: SlotView) -> str:
    """City and country, or nothing for a remote slot."""
    if view.facility is None:
        return ""
    return f"{view.facility.city}, {countries.name(view.facility.country)}"


def when_text(view: SlotView) -> str:
    """From when to when, in the slot's zone; self-paced learning has days, not hours."""
    start, end = to_local(view.starts_at, view.zone), to_local(view.ends_at, view.zone)
    if view.mode == SELF_PACED:
        return f"{day_text(start)} to {day_text(end)}"
    if start.date() == end.date():
        return local_text(view.starts_at, view.zone, view.ends_at)
    return f"{local_text(view.starts_at, view.zone)}, until {day_text(end)}"


def short_label(vocabulary: str, term_id: str) -> str:
    """The term's label without what it explains in brackets: ``Blended``."""
    return taxonomy.label(vocabulary, term_id).partition(" (")[0]


def language_text(codes: Iterable[str]) -> str:
    """``English, French``."""
    return ", ".join(languages.name(code) for code in codes)


def funding_text(funding: str, fee_usd: int | None) -> str:
    """Who pays: ``No fee``, ``Fee: US$ 1,200``."""
    if funding == "fee":
        return "Fee" if fee_usd is None else f"Fee: US$ {fee_usd:,}"
    label = short_label("funding_types", funding)
    return f"{label} (US$ {fee_usd:,})" if fee_usd else label


def _deadline_text(view: SlotView, reader_zone: str | None) -> str:
    if view.status == SlotStatus.CONFIRMED and not view.planned and not view.bookable:
        return "Applications are closed"
    text = deadline_text(view.apply_by, view.zone, view.first_apply_by, reader_zone)
    return f"Apply by {text}"
