"""Countries and the regions they form: read-only data that ships with the product.

Everything is loaded once, at the first call, from the files in ``data`` (see ``SOURCES.md`` there).
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.text import search_form

_DATA = Path(__file__).parent / "data"

NAME_LANGUAGES = ("en", "ar", "es", "fr", "pt", "ru", "zh")
"""Languages that :func:`name` knows, ISO 639-1."""

_WHO_REGIONS = {
    "AFR": "African Region",
    "AMR": "Region of the Americas",
    "SEAR": "South-East Asia Region",
    "EUR": "European Region",
    "EMR": "Eastern Mediterranean Region",
    "WPR": "Western Pacific Region",
}
_CATEGORIES = {
    "LDC": "Least developed countries",
    "LLDC": "Landlocked developing countries",
    "SIDS": "Small island developing States",
}
_SATURDAY_SUNDAY = frozenset({6, 7})


@dataclass(frozen=True, slots=True)
class Country:
    """One entry of ISO 3166-1.

    ``name`` is the United Nations' wording, ``name_common`` the everyday one. ``who_region`` is
    empty where WHO has none; ``who_status`` is member, associate, observer or none. ``wb_income``
    is the World Bank group L, LM, UM, H or NC, or empty. ``languages`` are ISO 639-1, most used
    first. ``timezone`` is the capital's IANA zone. ``lat`` and ``lon`` (degrees) are a point on
    land for a dot on a map, not for measuring distances.
    """

    alpha2: str
    alpha3: str
    m49: str
    name: str
    name_common: str
    un_member: bool
    un_region: str
    un_subregion: str
    un_intermediate: str
    who_region: str
    who_status: str
    wb_income: str
    ldc: bool
    lldc: bool
    sids: bool
    languages: tuple[str, ...]
    timezone: str
    lat: float
    lon: float
    note: str


@dataclass(frozen=True, slots=True)
class Region:
    """A set of countries with a code that filters accept.

    ``kind`` is ``who``, ``un-region``, ``un-subregion``, ``category`` (LDC, LLDC, SIDS), or the
    kind of a group of states: ``union``, ``au-region``, ``rec``, ``bloc``, ``un-commission``, …
    """

    code: str
    name: str
    kind: str


def country(alpha2: str) -> Country | None:
    """The country of an ISO 3166-1 alpha-2 code in capitals, or None."""
    return _by_code().get(alpha2)


def countries() -> tuple[Country, ...]:
    """All 249 countries and territories, sorted by their name without accents."""
    return _sorted()


def is_country(alpha2: str) -> bool:
    """Is this an ISO 3166-1 alpha-2 code, in capitals?"""
    return alpha2 in _by_code()


def name(alpha2: str, lang: str = "en") -> str:
    """What to call the country in a language of :data:`NAME_LANGUAGES`.

    Another language gives the English name, an unknown code gives the code: a label never fails.
    """
    found = _by_code().get(alpha2)
    if found is None:
        return alpha2
    return _translations().get(alpha2, {}).get(lang) or found.name


def names(alpha2: str) -> dict[str, str]:
    """The country's name by language, for every language of :data:`NAME_LANGUAGES`."""
    return {lang: name(alpha2, lang) for lang in NAME_LANGUAGES}


def who_regions() -> tuple[Region, ...]:
    """The six regions of the World Health Organization, in its order."""
    return tuple(Region(code, label, "who") for code, label in _WHO_REGIONS.items())


def regions() -> tuple[Region, ...]:
    """All regions, categories and groups that :func:`in_region` accepts."""
    return tuple(region for region, _ in _regions().values())


def is_region(code: str) -> bool:
    """Does :func:`in_region` know this code?"""
    return code in _regions()


def region_name(code: str) -> str:
    """The region's English name; an unknown code gives the code."""
    entry = _regions().get(code)
    return entry[0].name if entry else code


def in_region(code: str) -> frozenset[str]:
    """The alpha-2 codes of the countries in a region; empty for an unknown code.

    Accepts WHO regions (``AFR``; with the associate members and observers WHO reports there), UN
    regions and sub-regions (``africa``, ``sub-saharan-africa``, ``eastern-africa``), ``LDC``,
    ``LLDC``, ``SIDS`` and groups (``AU``, ``ECOWAS``, ``MERCOSUR``). Of a group only members count
    (participants, where it has no members); associates, observers and former members do not.
    """
    entry = _regions().get(code)
    return entry[1] if entry else frozenset()


def regions_of(alpha2: str) -> tuple[str, ...]:
    """The codes of all regions the country is in, in the order of :func:`regions`."""
    return tuple(code for code, (_, members) in _regions().items() if alpha2 in members)


def weekend(alpha2: str) -> frozenset[int]:
    """The ISO weekdays (Monday is 1) that are not worked; Saturday and Sunday unless known."""
    return _weekends().get(alpha2, _SATURDAY_SUNDAY)


@cache
def _by_code() -> dict[str, Country]:
    return {row["alpha2"]: _parsed(row) for row in _rows("countries.csv")}


@cache
def _sorted() -> tuple[Country, ...]:
    return tuple(sorted(_by_code().values(), key=lambda each: search_form(each.name)))


@cache
def _translations() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads(_text("countries_i18n.json"))
    return loaded


@cache
def _weekends() -> dict[str, frozenset[int]]:
    loaded: dict[str, list[int]] = json.loads(_text("weekends.json"))
    return {code: frozenset(days) for code, days in loaded.items()}


@cache
def _regions() -> dict[str, tuple[Region, frozenset[str]]]:
    everyone = _by_code().values()
    found: dict[str, tuple[Region, frozenset[str]]] = {}

    def add(region: Region, members: Iterable[str]) -> None:
        found[region.code] = (region, frozenset(members))

    for region in who_regions():
        add(region, (each.alpha2 for each in everyone if each.who_region == region.code))
    for kind, label in _un_areas():
        add(
            Region(_slug(label), label, kind),
            (
                each.alpha2
                for each in everyone
                if label in (each.un_region, each.un_subregion, each.un_intermediate)
            ),
        )
    for code, label in _CATEGORIES.items():
        flag = code.lower()
        add(
            Region(code, label, "category"),
            (each.alpha2 for each in everyone if getattr(each, flag)),
        )
    for region, members in _groups():
        add(region, members)
    return found


def _un_areas() -> list[tuple[str, str]]:
    everyone = _by_code().values()
    top = {each.un_region for each in everyone} - {""}
    below = {each.un_subregion for each in everyone} | {each.un_intermediate for each in everyone}
    return [("un-region", label) for label in sorted(top)] + [
        ("un-subregion", label) for label in sorted(below - top - {""})
    ]


def _groups() -> list[tuple[Region, list[str]]]:
    regions: dict[str, Region] = {}
    lists: dict[str, dict[str, list[str]]] = {}
    for row in _rows("groups.csv"):
        code = row["group_code"]
        regions[code] = Region(code, row["group_name"], row["group_type"])
        lists.setdefault(code, {}).setdefault(row["status"], []).append(row["alpha2"])
    return [
        (region, lists[code].get("member") or lists[code].get("participant", []))
        for code, region in regions.items()
    ]


def _parsed(row: Mapping[str, str]) -> Country:
    return Country(
        alpha2=row["alpha2"],
        alpha3=row["alpha3"],
        m49=row["m49"],
        name=row["name"],
        name_common=row["name_common"],
        un_member=row["un_member"] == "1",
        un_region=row["un_region"],
        un_subregion=row["un_subregion"],
        un_intermediate=row["un_intermediate"],
        who_region=row["who_region"],
        who_status=row["who_status"],
        wb_income=row["wb_income"],
        ldc=row["ldc"] == "1",
        lldc=row["lldc"] == "1",
        sids=row["sids"] == "1",
        languages=tuple(code for code in row["languages"].split(";") if code),
        timezone=row["timezone"],
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        note=row["note"],
    )


def _slug(label: str) -> str:
    return "-".join(search_form(label).replace("-", " ").split())


def _rows(filename: str) -> list[dict[str, str]]:
    with (_DATA / filename).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _text(filename: str) -> str:
    return (_DATA / filename).read_text(encoding="utf-8")
