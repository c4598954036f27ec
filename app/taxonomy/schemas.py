"""What readers of the reference data see."""

from pydantic import BaseModel


class SourceView(BaseModel):
    """A public document that a skill is anchored in; ``checked`` when its page was seen."""

    id: str
    title: str
    url: str | None
    checked: bool


class Labelled(BaseModel):
    """An id and what to call it."""

    id: str
    label: str


class SkillView(BaseModel):
    """A skill with the labels of what it belongs to."""

    id: str
    label: str
    definition: str
    domain: Labelled
    area: Labelled
    platforms: list[Labelled]
    synonyms: list[str]
    mode: str
    gbt: str | None
    sources: list[SourceView]


class RegionView(BaseModel):
    """A set of countries that filters accept by its code."""

    code: str
    name: str
    kind: str


class CountryView(BaseModel):
    """A country or territory of ISO 3166-1, named in English, Portuguese and the UN languages."""

    alpha2: str
    alpha3: str
    name: str
    name_common: str
    names: dict[str, str]
    who_region: str | None
    who_status: str
    wb_income: str | None
    ldc: bool
    lldc: bool
    sids: bool
    languages: list[str]
    timezone: str
    weekend: list[int]
    lat: float
    lon: float
    regions: list[RegionView]


class TermView(BaseModel):
    """One entry of a vocabulary; ``facts`` hold what else is known about it."""

    id: str
    label: str
    definition: str
    general: bool
    facts: dict[str, object]


class VocabularyView(BaseModel):
    """A controlled vocabulary with its terms in order."""

    name: str
    terms: list[TermView]
