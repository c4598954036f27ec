"""Skills, platforms and vocabularies: read-only, in memory, loaded once at the first call.

The files are in ``data`` (see ``SOURCES.md`` there). An unknown id gives None, False or the id
itself, never an error; an unknown *vocabulary* is a programming error and raises KeyError.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app.taxonomy.rules import Area, Domain, Skill, Source, Term, rank_skills

_DATA = Path(__file__).parent / "data"
_TERM_FIELDS = frozenset({"id", "label", "definition", "general"})

# The C loader is about ten times faster; PyYAML has it wherever it comes as a wheel.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Taxonomy(NamedTuple):
    domains: tuple[Domain, ...]
    skills: dict[str, Skill]
    platforms: dict[str, Term]
    sources: dict[str, Source]


def domains() -> tuple[Domain, ...]:
    """The eight domains in the order of recommendation 4, with their areas."""
    return _taxonomy().domains


def domain(domain_id: str) -> Domain | None:
    """The domain of this id, or None."""
    return next((each for each in domains() if each.id == domain_id), None)


def skills() -> tuple[Skill, ...]:
    """All skills, in the order of their domains and areas."""
    return tuple(_taxonomy().skills.values())


def skill(skill_id: str) -> Skill | None:
    """The skill of this id, or None."""
    return _taxonomy().skills.get(skill_id)


def is_skill(skill_id: str) -> bool:
    """Is this the id of a skill?"""
    return skill_id in _taxonomy().skills


def skill_label(skill_id: str) -> str:
    """The skill's label; an unknown id gives the id."""
    found = skill(skill_id)
    return found.label if found else skill_id


def skills_in_domain(domain_id: str) -> tuple[Skill, ...]:
    """The skills of one domain, in order; none for an unknown domain."""
    return tuple(each for each in skills() if each.domain == domain_id)


def find_skills(text: str) -> tuple[Skill, ...]:
    """The skills whose label, id or synonyms hold every word of ``text``, the likeliest first."""
    return rank_skills(skills(), text)


def source(source_id: str) -> Source | None:
    """The document that skills name by this id, or None."""
    return _taxonomy().sources.get(source_id)


def platforms() -> tuple[Term, ...]:
    """The product types, without the general term ``all``."""
    return vocabulary("platforms")


def vocabularies() -> tuple[str, ...]:
    """The names of all vocabularies."""
    return tuple(_vocabularies())


def vocabulary(name: str, *, general: bool = False) -> tuple[Term, ...]:
    """The terms of a vocabulary in order; with ``general``, also those that stand for all others.

    Raises:
        KeyError: There is no vocabulary of this name.
    """
    terms = _vocabularies()[name].values()
    return tuple(term for term in terms if general or not term.general)


def term(name: str, term_id: str) -> Term | None:
    """One term of a vocabulary, general ones too, or None.

    Raises:
        KeyError: There is no vocabulary of this name.
    """
    return _vocabularies()[name].get(term_id)


def is_term(name: str, term_id: str, *, general: bool = False) -> bool:
    """Is this the id of a term of the vocabulary; with ``general``, perhaps a general one?

    Raises:
        KeyError: There is no vocabulary of this name.
    """
    found = term(name, term_id)
    return found is not None and (general or not found.general)


def label(name: str, term_id: str) -> str:
    """The term's label, general ones too; an unknown id gives the id.

    Raises:
        KeyError: There is no vocabulary of this name.
    """
    found = term(name, term_id)
    return found.label if found else term_id


def lead_times() -> dict[str, int]:
    """Usual lead times in days by name, for warnings, not for rules."""
    days: dict[str, int] = _loaded("vocab.yaml")["lead_times_days"]
    return dict(days)


@cache
def _taxonomy() -> _Taxonomy:
    loaded = _loaded("skills.yaml")
    found = [_domain(each) for each in loaded["domains"]]
    return _Taxonomy(
        domains=tuple(each for each, _ in found),
        skills={each.id: each for _, skills_here in found for each in skills_here},
        platforms=_terms(loaded["platforms"]),
        sources={
            key: Source(key, value["title"], value.get("url"), value["checked"])
            for key, value in loaded["sources"].items()
        },
    )


@cache
def _vocabularies() -> dict[str, dict[str, Term]]:
    lists = {key: value for key, value in _loaded("vocab.yaml").items() if isinstance(value, list)}
    return {"platforms": _taxonomy().platforms} | {
        name: _terms(terms) for name, terms in lists.items()
    }


def _domain(entry: Mapping[str, Any]) -> tuple[Domain, list[Skill]]:
    areas, found = [], []
    for area in entry["areas"]:
        here = [_skill(each, entry["id"], area["id"]) for each in area["skills"]]
        ids = tuple(each.id for each in here)
        areas.append(Area(area["id"], area["label"], entry["id"], ids))
        found += here
    return Domain(entry["id"], entry["label"], entry["definition"], tuple(areas)), found


def _skill(entry: Mapping[str, Any], domain_id: str, area_id: str) -> Skill:
    return Skill(
        id=entry["id"],
        label=entry["label"],
        definition=entry["definition"],
        domain=domain_id,
        area=area_id,
        platforms=tuple(entry["platforms"]),
        synonyms=tuple(entry["synonyms"]),
        mode=entry["mode"],
        gbt=entry.get("gbt", ""),
        sources=tuple(entry["sources"]),
    )


def _terms(entries: list[dict[str, Any]]) -> dict[str, Term]:
    return {
        entry["id"]: Term(
            id=entry["id"],
            label=entry["label"],
            definition=entry.get("definition", ""),
            general=entry.get("general", False),
            facts={key: value for key, value in entry.items() if key not in _TERM_FIELDS},
        )
        for entry in entries
    }


@cache
def _loaded(filename: str) -> dict[str, Any]:
    with (_DATA / filename).open(encoding="utf-8") as file:
        # Safe: both candidates for the loader are PyYAML's safe ones.
        loaded: dict[str, Any] = yaml.load(file, Loader=_Loader)  # noqa: S506
    return loaded
