"""JSON routes of the reference data; main mounts them under ``/api/v1``."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Response

from app.core import countries
from app.core.errors import NotFoundError
from app.core.paging import Page, offset_of
from app.taxonomy import queries, views
from app.taxonomy.fields import CountryCode, DomainId, PlatformId, RegionCode
from app.taxonomy.schemas import CountryView, SkillView, VocabularyView
from app.web.deps import Paging, PagingDep

Item = TypeVar("Item")

_MAX_QUERY = 200


def _cacheable(response: Response) -> None:
    # The data changes with a release of the product only.
    response.headers["Cache-Control"] = "public, max-age=86400"


router = APIRouter(tags=["Reference data"], dependencies=[Depends(_cacheable)])


@router.get("/skills")
def list_skills(
    paging: PagingDep,
    q: Annotated[str, Query(max_length=_MAX_QUERY)] = "",
    domain: Annotated[list[DomainId] | None, Query()] = None,
    platform: Annotated[list[PlatformId] | None, Query()] = None,
    code: Annotated[list[str] | None, Query(description="Ids of skills.")] = None,
) -> Page[SkillView]:
    """Skills by words and filters; without words in the order of the eight domains.

    A skill for all product types answers to every ``platform``.
    """
    found = [
        skill
        for skill in queries.find_skills(q)
        if (not domain or skill.domain in domain)
        and (not platform or {*platform, "all"} & {*skill.platforms})
        and (not code or skill.id in code)
    ]
    return _page(paging, [views.skill_view(skill) for skill in found])


@router.get("/skills/{skill_id}")
def show_skill(skill_id: str) -> SkillView:
    """One skill."""
    skill = queries.skill(skill_id)
    if skill is None:
        raise NotFoundError("No such skill.", skill=skill_id)
    return views.skill_view(skill)


@router.get("/countries")
def list_countries(
    paging: PagingDep,
    region: Annotated[list[RegionCode] | None, Query()] = None,
    code: Annotated[list[CountryCode] | None, Query(description="Alpha-2 codes.")] = None,
) -> Page[CountryView]:
    """Countries sorted by name, of any of the regions, with the regions each is in."""
    inside = {each for wanted in region or () for each in countries.in_region(wanted)}
    found = [
        country
        for country in views.country_views()
        if (not region or country.alpha2 in inside) and (not code or country.alpha2 in code)
    ]
    return _page(paging, found)


@router.get("/vocabularies")
def list_vocabularies(paging: PagingDep) -> Page[VocabularyView]:
    """All controlled vocabularies with their terms."""
    return _page(paging, list(views.vocabulary_views().values()))


@router.get("/vocabularies/{name}")
def show_vocabulary(name: str) -> VocabularyView:
    """One controlled vocabulary."""
    found = views.vocabulary_views().get(name)
    if found is None:
        raise NotFoundError("No such vocabulary.", vocabulary=name)
    return found


def _page(paging: Paging, items: Sequence[Item]) -> Page[Item]:
    """The part of a list in memory that was asked for; the cursor holds a position."""
    start = offset_of(paging.after)
    end = start + paging.limit
    return Page(
        items=list(items[start:end]),
        total=len(items),
        next=paging.next_url([end] if end < len(items) else None),
    )
