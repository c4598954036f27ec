"""Write ``countries_i18n.json``, ``languages.json`` and ``weekends.json`` from CLDR.

Needs ``pip install babel==2.18.0`` (code BSD-3-Clause, CLDR data Unicode-3.0). Run after
``countries``. Repairs are in ``hand/locales.yaml``.
"""

import csv
import json
from typing import Any

from babel import Locale
from babel.localedata import locale_identifiers

from scripts.reference.paths import CORE, hand_kept, require, say

_NAME_LANGUAGES = ("ar", "es", "fr", "pt", "ru", "zh")
_CODE_LENGTH = 2
_SATURDAY_SUNDAY = [6, 7]


def main() -> None:
    """Write the three files."""
    repairs = hand_kept("locales")
    with (CORE / "countries.csv").open(encoding="utf-8", newline="") as lines:
        codes = [row["alpha2"] for row in csv.DictReader(lines)]
    _write("countries_i18n.json", _country_names(codes), lines=False)
    _write("languages.json", _languages(repairs), lines=True)
    _write("weekends.json", _weekends(repairs, set(codes)), lines=True)


def _country_names(codes: list[str]) -> dict[str, dict[str, str]]:
    locales = {lang: Locale(lang) for lang in _NAME_LANGUAGES}
    return {
        code: {lang: locale.territories.get(code, "") for lang, locale in locales.items()}
        for code in codes
    }


def _languages(repairs: dict[str, Any]) -> dict[str, list[str]]:
    """English and own name of every language with a two-letter code."""
    known = set(locale_identifiers())
    found = {}
    for code, english in Locale("en").languages.items():
        if len(code) == _CODE_LENGTH and code not in repairs["withdrawn"]:
            own = Locale(code).get_display_name(code) if code in known else None
            found[code] = [english, repairs["own_names"].get(code) or own or english]
    return found


def _weekends(repairs: dict[str, Any], codes: set[str]) -> dict[str, list[int]]:
    """ISO weekdays by country, where they are not Saturday and Sunday."""
    found: dict[str, list[int]] = {}
    for identifier in locale_identifiers():
        locale = Locale.parse(identifier)
        if locale.territory in codes:
            days = list(range(locale.weekend_start + 1, locale.weekend_end + 2))
            require(
                found.setdefault(locale.territory, days) == days,
                f"one weekend for {locale.territory} in all its languages",
            )
    found |= repairs["weekends"]
    return {code: days for code, days in found.items() if days != _SATURDAY_SUNDAY}


def _write(name: str, value: dict[str, Any], *, lines: bool) -> None:
    if lines:  # one entry to a line, so that a change can be read
        entries = [f"{_json(key)}: {_json(value[key])}" for key in sorted(value)]
        text = "{\n" + ",\n".join(entries) + "\n}\n"
    else:
        text = _json(value)
    (CORE / name).write_text(text, encoding="utf-8")
    say(f"{name}: {len(value)} entries")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


if __name__ == "__main__":
    main()
