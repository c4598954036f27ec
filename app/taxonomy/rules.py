"""What a skill, a domain and a term are, and how skills are found by typing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.core.text import search_form


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a controlled vocabulary.

    ``facts`` hold what else programs know about it, for example ``lead_days`` of an access rule or
    ``ical`` of a slot's status. A ``general`` term stands for all the others of its vocabulary.
    """

    id: str
    label: str
    definition: str = ""
    general: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A public document that a skill is anchored in; ``checked`` when its page was seen."""

    id: str
    title: str
    url: str | None
    checked: bool


@dataclass(frozen=True, slots=True)
class Skill:
    """Something people can be trained to do.

    ``domain`` and ``area`` are ids. ``platforms`` are product types, or ``("all",)``. ``mode`` is
    the usual way to teach it: hands-on, classroom or either. ``gbt`` is a function of the WHO
    Global Benchmarking Tool for skills of regulators, else empty. ``sources`` are ids of
    :class:`Source`.
    """

    id: str
    label: str
    definition: str
    domain: str
    area: str
    platforms: tuple[str, ...]
    synonyms: tuple[str, ...]
    mode: str
    gbt: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a domain; ``skills`` are ids."""

    id: str
    label: str
    domain: str
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """One of the eight domains of recommendation 4, in its order."""

    id: str
    label: str
    definition: str
    areas: tuple[Area, ...]


def rank_skills(skills: Iterable[Skill], text: str) -> tuple[Skill, ...]:
    """The skills that a person typing ``text`` may mean, the likeliest first.

    Every word must occur in the label, the id or a synonym; case and accents do not count. A whole
    name comes before a beginning, a label before a synonym; ties keep the order of ``skills``. No
    words find every skill.
    """
    wanted = search_form(text)
    words = wanted.split()
    scored = [(_closeness(skill, wanted, words), skill) for skill in skills]
    found = [(closeness, skill) for closeness, skill in scored if closeness is not None]
    return tuple(skill for _, skill in sorted(found, key=lambda each: each[0]))


def _closeness(skill: Skill, wanted: str, words: Sequence[str]) -> int | None:
    """0 for the closest; None for no match."""
    label = search_form(skill.label)
    others = [skill.id, *(search_form(synonym) for synonym in skill.synonyms)]
    everything = " ".join([label, *others])
    if not all(word in everything for word in words):
        return None
    tests = (
        wanted == label or wanted in others,
        label.startswith(wanted),
        all(word in label for word in words),
        any(other.startswith(wanted) for other in others),
    )
    return next((place for place, passed in enumerate(tests) if passed), len(tests))
