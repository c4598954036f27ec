"""Groups of countries that gaps can be counted by: what they have, and whom they belong to."""

from functools import cache, lru_cache

from app.core import countries

_KINDS = ("category", "union", "au-region", "rec", "bloc")
_INCOME = {
    "WB-L": ("L", "Low income (World Bank)"),
    "WB-LM": ("LM", "Lower middle income (World Bank)"),
    "WB-UM": ("UM", "Upper middle income (World Bank)"),
    "WB-H": ("H", "High income (World Bank)"),
}


@cache
def groups() -> tuple[tuple[str, str], ...]:
    """Code and name of every group: LDC, LLDC, SIDS, income, unions and economic communities."""
    named = [(each.code, each.name) for each in countries.regions() if each.kind in _KINDS]
    return (*named[:3], *((code, label) for code, (_, label) in _INCOME.items()), *named[3:])


def is_group(code: str) -> bool:
    """Whether there is a group of this code."""
    return any(code == each for each, _ in groups())


def group_name(code: str) -> str:
    """The group's name; an unknown code gives the code."""
    return dict(groups()).get(code, code)


@lru_cache(maxsize=512)
def groups_of(country: str) -> tuple[str, ...]:
    """The groups that the country belongs to; groups overlap."""
    found = countries.country(country)
    income = found.wb_income if found else ""
    own = {*countries.regions_of(country)}
    own |= {code for code, (level, _) in _INCOME.items() if level == income}
    return tuple(code for code, _ in groups() if code in own)


@cache
def members_of(code: str) -> frozenset[str]:
    """The countries of a group."""
    if code in _INCOME:
        level = _INCOME[code][0]
        return frozenset(each.alpha2 for each in countries.countries() if each.wb_income == level)
    return countries.in_region(code)
