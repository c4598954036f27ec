"""Reference data as readers see it, built from the records once."""

from functools import cache

from app.core import countries
from app.core.countries import Country
from app.taxonomy import queries
from app.taxonomy.rules import Skill
from app.taxonomy.schemas import (
    CountryView,
    Labelled,
    RegionView,
    SkillView,
    SourceView,
    TermView,
    VocabularyView,
)


def skill_view(skill: Skill) -> SkillView:
    """The skill with its labels and sources."""
    return _skill_views()[skill.id]


@cache
def country_views() -> tuple[CountryView, ...]:
    """All countries, sorted by name."""
    return tuple(_country_view(each) for each in countries.countries())


@cache
def vocabulary_views() -> dict[str, VocabularyView]:
    """All vocabularies by name, with their general terms."""
    return {name: _vocabulary_view(name) for name in queries.vocabularies()}


@cache
def _skill_views() -> dict[str, SkillView]:
    return {
        skill.id: SkillView(
            id=skill.id,
            label=skill.label,
            definition=skill.definition,
            domain=Labelled(id=domain.id, label=domain.label),
            area=Labelled(id=area.id, label=area.label),
            platforms=[_labelled("platforms", each) for each in skill.platforms],
            synonyms=list(skill.synonyms),
            mode=skill.mode,
            gbt=skill.gbt or None,
            sources=_sources(skill),
        )
        for domain in queries.domains()
        for area in domain.areas
        for skill in map(queries.skill, area.skills)
        if skill is not None
    }


def _labelled(vocabulary: str, term_id: str) -> Labelled:
    return Labelled(id=term_id, label=queries.label(vocabulary, term_id))


def _sources(skill: Skill) -> list[SourceView]:
    found = [queries.source(source_id) for source_id in skill.sources]
    return [
        SourceView(id=each.id, title=each.title, url=each.url, checked=each.checked)
        for each in found
        if each is not None
    ]


def _country_view(country: Country) -> CountryView:
    regions = {region.code: region for region in countries.regions()}
    inside = [regions[code] for code in countries.regions_of(country.alpha2)]
    return CountryView(
        alpha2=country.alpha2,
        alpha3=country.alpha3,
        name=country.name,
        name_common=country.name_common,
        names=countries.names(country.alpha2),
        who_region=country.who_region or None,
        who_status=country.who_status,
        wb_income=country.wb_income or None,
        ldc=country.ldc,
        lldc=country.lldc,
        sids=country.sids,
        languages=list(country.languages),
        timezone=country.timezone,
        weekend=sorted(countries.weekend(country.alpha2)),
        lat=country.lat,
        lon=country.lon,
        regions=[RegionView(code=each.code, name=each.name, kind=each.kind) for each in inside],
    )


def _vocabulary_view(name: str) -> VocabularyView:
    return VocabularyView(
        name=name,
        terms=[
            TermView(
                id=each.id,
                label=each.label,
                definition=each.definition,
                general=each.general,
                facts=dict(each.facts),
            )
            for each in queries.vocabulary(name, general=True)
        ],
    )
