"""Write ``groups.csv``, one line per group and country, from ``hand/groups.yaml``.

Run after ``countries``. Standard library and PyYAML only.
"""

import csv

from scripts.reference.paths import CORE, hand_kept, require, say

_COLUMNS = [
    "group_code",
    "group_name",
    "group_type",
    "alpha2",
    "status",
    "confidence",
    "as_of",
    "note",
]
Groups = dict[str, dict[str, str]]

_FACTS = {"name", "type", "confidence", "note"}

# What the groups say about themselves; a typing error in the table changes a size.
_SIZES = {
    "AU": 55,
    "ASEAN": 11,
    "ESCAP": 53,
    "EU": 27,
    "EEA": 30,
    "GCC": 6,
    "COMESA": 21,
    "SADC": 16,
    "ECOWAS": 12,
    "EAC": 8,
    "LAS": 22,
    "PAHO": 35,
    "CARICOM": 15,
    "PIF": 18,
}
_AU_REGIONS = ("AU-N", "AU-W", "AU-C", "AU-E", "AU-S")


def main() -> None:
    """Check the table and write the file."""
    table = hand_kept("groups")
    groups: Groups = table["groups"]
    with (CORE / "countries.csv").open(encoding="utf-8", newline="") as lines:
        countries = {row["alpha2"]: row for row in csv.DictReader(lines)}
    _check(groups, countries)
    rows = [
        [
            code,
            group["name"],
            group["type"],
            alpha2,
            status,
            group["confidence"],
            table["as_of"],
            group.get("note", ""),
        ]
        for code, group in groups.items()
        for status in group
        if status not in _FACTS
        for alpha2 in group[status].split()
    ]
    with (CORE / "groups.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(rows)
    say(f"{len(groups)} groups, {len(rows)} lines")


def _check(groups: Groups, countries: dict[str, dict[str, str]]) -> None:
    def members(code: str) -> list[str]:
        return groups[code].get("member", "").split()

    for code, group in groups.items():
        listed = [each for key in group if key not in _FACTS for each in group[key].split()]
        require(set(listed) <= set(countries), f"{code} lists known countries only")
        require(len(listed) == len(set(listed)), f"{code} lists a country once")
    for code, size in _SIZES.items():
        require(len(members(code)) == size, f"{code} has {size} members")
    parts = [each for code in _AU_REGIONS for each in members(code)]
    require(sorted(parts) == sorted(members("AU")), "the AU is the sum of its five regions")
    americas = {
        alpha2
        for alpha2, row in countries.items()
        if row["who_region"] == "AMR" and row["who_status"] == "member"
    }
    require(set(members("PAHO")) == americas, "PAHO's members are those of WHO's AMR")


if __name__ == "__main__":
    main()
