"""What templates call things: labels of ids, times in words. ``main`` makes them known to Jinja."""

from collections.abc import Callable, Mapping
from typing import Any

from app.core import countries, languages
from app.core.moments import day_text, iso_text, local_text, reader_text, zone_text
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


def length_text(course: CourseView) -> str:
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
    "day_text": day_text,
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
