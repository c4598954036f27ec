"""What templates call things: labels of ids, times in words. ``main`` makes them known to Jinja."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from app.core import countries, languages
from app.core.moments import day_text, extended_text, iso_text, local_text, reader_text, zone_text
from app.core.zones import to_local
from app.registry.cards import (
    funding_text,
    language_text,
    place_text,
    short_label,
    status_words,
    waiting_word,
    when_text,
)
from app.registry.schemas.views import CourseView
from app.taxonomy import queries as taxonomy

CRITERIA: Mapping[str, str] = {
    "ldc-first": "People of least developed countries first",
    "lldc-first": "People of landlocked developing countries first",
    "sids-first": "People of small island developing States first",
    "women-first": "Women first",
    "regulators-first": "People of regulators first",
    "new-country-first": "Countries that have no seat yet first",
    "earliest": "Who applied earlier first",
}
"""By what applicants are ranked, in words; ids as in ``Criterion`` of the input models."""

ROUTES: Mapping[str, str] = {
    "open": "In the order of booking",
    "individual-selection": "By the provider, from those who apply",
    "government-nomination": "To countries, whose focal points name people",
}
"""How people come to a seat, in words for those who look for one."""

_STATE_TEXTS = {"applied": "The application has not been looked at yet; nobody else sees it."}


def term_definition(vocabulary: str, term_id: str) -> str:
    """What a term means; empty when the vocabulary does not say."""
    found = taxonomy.term(vocabulary, term_id)
    return found.definition if found else ""


def provider_state_text(state: str) -> str:
    """What the state of a provider means for those who look at it."""
    return term_definition("provider_verification", state) or _STATE_TEXTS.get(state, "")


def platform_label(platform: str) -> str:
    """A product type in words, ``all`` included."""
    return taxonomy.label("platforms", platform)


class _Lasting(Protocol):
    @property
    def length(self) -> float: ...

    @property
    def length_unit(self) -> str: ...


def length_text(course: _Lasting) -> str:
    """``5 days``, ``1 hour``, ``half a day``."""
    number = f"{course.length:g}"
    if (number, course.length_unit) == ("0.5", "days"):
        return "half a day"
    return (
        f"{number} {course.length_unit.removesuffix('s') if number == '1' else course.length_unit}"
    )


def audience_text(course: CourseView) -> str:
    """The sectors a course is for."""
    return ", ".join(taxonomy.label("audience_sectors", sector) for sector in course.audience)


def cancellation_text(reason: str) -> str:
    """``status_reason`` of a cancelled slot as a sentence: the kept reason, and what was added."""
    kind, _, note = reason.partition(": ")
    label = taxonomy.label("cancellation_reasons", kind) if kind else ""
    if kind == "other" and note:
        return note
    return f"{label}. {note}".strip() if label else ""


def criteria_text(criteria: Iterable[str]) -> str:
    """The order of a selection in a sentence; the time of application decides at last."""
    return "; then ".join(CRITERIA[each] for each in criteria)


def route_text(route: str) -> str:
    """How people come to a seat of the slot."""
    return ROUTES[route]


GLOBALS: Mapping[str, Callable[..., Any]] = {
    "skill_label": taxonomy.skill_label,
    "term_label": taxonomy.label,
    "term_definition": term_definition,
    "short_label": short_label,
    "status_words": status_words,
    "waiting_word": waiting_word,
    "when_text": when_text,
    "place_text": place_text,
    "language_text": language_text,
    "funding_text": funding_text,
    "length_text": length_text,
    "audience_text": audience_text,
    "provider_state_text": provider_state_text,
    "cancellation_text": cancellation_text,
    "criteria_text": criteria_text,
    "route_text": route_text,
    "day_text": day_text,
    "extended_text": extended_text,
    "local_text": local_text,
    "local_time": to_local,
    "zone_text": zone_text,
    "reader_text": reader_text,
    "iso_text": iso_text,
    "country_name": countries.name,
    "language_name": languages.name,
}
"""Functions that every template may call."""

FILTERS: Mapping[str, Callable[..., Any]] = {"platform_label": platform_label}
"""Filters that every template may use."""
