"""The filters of the search page: what can be chosen, what is chosen, and how to take it off."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from app.core import countries, languages
from app.core.moments import day_text
from app.registry.cards import short_label
from app.registry.queries.slots import Facet
from app.registry.schemas.filters import SlotFilter, SlotSearch
from app.taxonomy import queries as taxonomy

Pairs = list[tuple[str, str]]

STATUSES = {"confirmed": "Confirmed", "tentative": "Planned", "cancelled": "Cancelled"}
_REGION_KINDS = ("who", "category", "union", "au-region", "rec", "un-region")


def domain_label(domain_id: str) -> str:
    """The domain's label; an unknown id gives the id."""
    found = taxonomy.domain(domain_id)
    return found.label if found else domain_id


_LABELS: dict[str, Callable[[str], str]] = {
    "q": lambda value: f"“{value}”",
    "skill": taxonomy.skill_label,
    "domain": domain_label,
    "platform": lambda value: taxonomy.label("platforms", value),
    "provider": lambda value: f"Provider: {value}",
    "facility": lambda value: f"Facility: {value}",
    "course": lambda value: f"Course: {value}",
    "country": countries.name,
    "region": countries.region_name,
    "mode": lambda value: short_label("delivery_modes", value),
    "language": languages.name,
    "funding": lambda value: short_label("funding_types", value),
    "status": lambda value: STATUSES.get(value, value.capitalize()),
    "code": lambda value: f"Code: {value}",
    "has_seats": lambda value: "Seats free" if value == "true" else "No seats free",
}
_DATES = {"starts_after": "From", "starts_before": "Before", "open_after": "Open after"}


@dataclass(frozen=True, slots=True)
class Option:
    """One value that can be chosen."""

    value: str
    label: str
    checked: bool
    count: int | None = None


def filter_pairs(wanted: SlotFilter) -> Pairs:
    """The filters in use as an address writes them; nothing about views and pages."""
    pairs: Pairs = []
    for name in SlotFilter.model_fields:
        value = getattr(wanted, name)
        if isinstance(value, list):
            pairs += [(name, str(item)) for item in value]
        elif isinstance(value, datetime):
            pairs.append((name, _date_value(value)))
        elif value not in (None, ""):
            pairs.append((name, str(value).lower() if isinstance(value, bool) else value))
    return pairs


def address(pairs: Iterable[tuple[str, str]]) -> str:
    """The search page with this query."""
    query = urlencode(list(pairs))
    return f"/slots?{query}" if query else "/slots"


def view_pairs(search: SlotSearch) -> Pairs:
    """How the page looks at what it finds, as an address writes it."""
    return [("view", search.view)] if search.view != "list" else []


def chips(search: SlotSearch) -> list[tuple[str, str]]:
    """Each filter in use in words, and the address without it."""
    pairs = filter_pairs(search)
    found = []
    for index, (name, value) in enumerate(pairs):
        rest = pairs[:index] + pairs[index + 1 :] + view_pairs(search)
        found.append((_in_words(search, name, value), address(rest)))
    return found


def options(
    facets: list[Facet], chosen: Iterable[str], label: Callable[[str], str]
) -> list[Option]:
    """The values of a facet by how often they occur; chosen ones stay even when none is left."""
    picked = list(chosen)
    found = [
        Option(facet.value, label(facet.value), facet.value in picked, facet.count)
        for facet in facets
    ]
    there = {facet.value for facet in facets}
    return found + [Option(value, label(value), True, 0) for value in picked if value not in there]


def status_options(chosen: Iterable[str]) -> list[Option]:
    """The statuses that visitors may look for."""
    picked = list(chosen)
    return [Option(value, label, value in picked) for value, label in STATUSES.items()]


def region_options() -> list[tuple[str, str]]:
    """Regions and groups of countries, by kind."""
    return [
        (region.code, region.name)
        for kind in _REGION_KINDS
        for region in countries.regions()
        if region.kind == kind
    ]


def skill_options() -> list[tuple[str, str]]:
    """All skills by label."""
    return sorted(((skill.id, skill.label) for skill in taxonomy.skills()), key=lambda x: x[1])


def _in_words(search: SlotSearch, name: str, value: str) -> str:
    if name in _DATES:
        return f"{_DATES[name]} {day_text(getattr(search, name))}"
    return _LABELS[name](value)


def _date_value(value: datetime) -> str:
    midnight = value.hour == value.minute == value.second == 0
    return f"{value:%Y-%m-%d}" if midnight else value.isoformat()
