"""Rows of the demand side as readers see them. No queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from app.core import countries, languages
from app.core.links import absolute
from app.demand.models import GapNeed, GapRequest
from app.demand.schemas import Helper, NeedView, RequestCard, RequestView
from app.taxonomy import queries as taxonomy

Option = tuple[str, str]
NotedOption = tuple[str, str, str]

_TRAVEL = (
    ("anywhere", "Anywhere"),
    ("region", "Within the region of WHO"),
    ("country", "Within the country"),
    ("none", "Not at all: only remote training"),
)
_STATES = (
    *("submitted", "open", "partly-matched", "matched", "in-training", "met"),
    *("clarified", "draft", "withdrawn", "expired"),
)

_PUBLIC = {
    *("id", "code", "country", "state", "people", "sector", "urgency", "significance"),
    *("evidence", "earliest", "needed_by", "modes", "languages", "interpretation_ok"),
    *("remote_only", "keep_together", "travel", "travel_limit_km", "publish", "publish_detail"),
    *("seats_held", "seats_met", "version", "created_at", "updated_at"),
}
"""Columns that everybody reads who may know of the request."""
_INSIDE = {
    **{name: name for name in ("state_reason", "evidence_note", "funding_note", "office", "note")},
    **{name: name for name in ("opened_at", "asked_at", "clarified_at", "training_since")},
    "reason_code": "end_code",
    "merged_into": "merged_into_id",
    "copied_from": "copied_from_id",
}
"""What only the country and the secretariat read, with its column."""


@dataclass(frozen=True, slots=True)
class FormOptions:
    """What the selects of the form offer: (value, label), some with a note as third."""

    skills: tuple[tuple[str, tuple[Option, ...]], ...]
    levels: tuple[Option, ...]
    levels_now: tuple[Option, ...]
    platforms: tuple[Option, ...]
    sectors: tuple[Option, ...]
    urgency: tuple[NotedOption, ...]
    significance: tuple[NotedOption, ...]
    evidence: tuple[Option, ...]
    modes: tuple[Option, ...]
    languages: tuple[Option, ...]
    travel: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter."""

    value: str
    label: str
    checked: bool


@cache
def form_options() -> FormOptions:
    """The options of the form; reference data does not change while the product runs."""
    return FormOptions(
        skills=tuple(
            (
                domain.label,
                tuple((each.id, each.label) for each in taxonomy.skills_in_domain(domain.id)),
            )
            for domain in taxonomy.domains()
        ),
        levels=_levels(),
        levels_now=(("0", "0 Nothing yet"), *_levels()),
        platforms=terms("platforms"),
        sectors=terms("audience_sectors"),
        urgency=_noted("urgency"),
        significance=_noted("significance"),
        evidence=terms("evidence_basis"),
        modes=terms("delivery_modes"),
        languages=tuple((each.code, each.name) for each in languages.languages()),
        travel=_TRAVEL,
    )


def terms(vocabulary: str) -> tuple[Option, ...]:
    """The terms of a vocabulary as options."""
    return tuple((term.id, term.label) for term in taxonomy.vocabulary(vocabulary))


def choices(vocabulary: str, chosen: Sequence[object]) -> list[Choice]:
    """The terms of a vocabulary as values of a filter."""
    picked = {str(value) for value in chosen}
    return [Choice(value, label, value in picked) for value, label in terms(vocabulary)]


def state_choices(chosen: Sequence[object]) -> list[Choice]:
    """The states a request can be in as values of a filter, the usual ones first."""
    found = {choice.value: choice for choice in choices("request_states", chosen)}
    return [found[state] for state in _STATES]


def skill_chips(chosen: Sequence[str], query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each skill that is filtered by, with the address of the same list without it."""
    rest = [pair for pair in query if pair[0] != "cursor"]
    return [
        (
            taxonomy.skill_label(skill),
            "/requests?" + urlencode([pair for pair in rest if pair != ("skill", skill)]),
        )
        for skill in chosen
    ]


def travel_label(value: str) -> str:
    """How far people can travel, in words."""
    return dict(_TRAVEL)[value]


def request_title(needs: Sequence[GapNeed | NeedView]) -> str:
    """The request in a few words: its first skill, and how many more."""
    first, *others = dict.fromkeys(_skill_of(need) for need in needs)
    label = taxonomy.skill_label(first)
    return f"{label} and {len(others)} more" if others else label


def request_view(
    row: GapRequest,
    needs: Sequence[GapNeed],
    *,
    insider: bool,
    duplicates: Sequence[UUID] = (),
    owner: Helper | None = None,
) -> RequestView:
    """The request; its confidential parts only for an ``insider`` (own country, secretariat)."""
    confidential: dict[str, Any] = {
        name: getattr(row, column) if insider else None for name, column in _INSIDE.items()
    }
    return RequestView(
        **row.model_dump(include=_PUBLIC),
        **confidential,
        title=request_title(needs),
        needs=tuple(_need_view(need) for need in needs),
        fee_limit=row.fee_limit_usd,
        seats_asked=row.people,
        possible_duplicates=tuple(duplicates) if insider else None,
        owner=owner if insider else None,
        url=absolute(f"/requests/{row.id}"),
    )


def request_card(view: RequestView) -> RequestCard:
    """The request as a card of a list, with labels instead of ids."""
    due = view.needed_by
    return RequestCard(
        url=f"/requests/{view.id}",
        title=view.title,
        country=countries.name(view.country),
        people=view.people,
        held=view.seats_held,
        met=view.seats_met,
        urgency=view.urgency,
        urgency_label=taxonomy.label("urgency", str(view.urgency)),
        significance=view.significance,
        significance_label=taxonomy.label("significance", str(view.significance)),
        needed_by=f"{due.day} {due:%b %Y}",
        state=view.state,
        state_label=taxonomy.label("request_states", view.state),
        asked=view.asked_at is not None,
    )


def _need_view(need: GapNeed) -> NeedView:
    return NeedView(
        skill=need.skill_id,
        level=need.level,
        platform=need.platform,
        people=need.people,
        weight=need.weight,
        role=need.role,
        level_now=need.level_now,
    )


def _skill_of(need: GapNeed | NeedView) -> str:
    return need.skill_id if isinstance(need, GapNeed) else need.skill


def _levels() -> tuple[Option, ...]:
    return tuple((value, f"{value} {text}") for value, text in terms("proficiency"))


def _noted(vocabulary: str) -> tuple[NotedOption, ...]:
    return tuple((term.id, term.label, term.definition) for term in taxonomy.vocabulary(vocabulary))
