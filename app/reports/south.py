"""Which countries are of the South, for pairs of South-South cooperation."""

from functools import lru_cache

from app.core import countries

_REGIONS = frozenset({"Africa", "Americas", "Asia", "Oceania"})
_NOT = frozenset({"Northern America", "Australia and New Zealand"})
_DEVELOPED = frozenset({"CY", "IL", "JP", "KR"})


@lru_cache(maxsize=512)
def is_south(country: str) -> bool:
    """Whether UNCTAD counts the country among the developing economies.

    Africa, Latin America and the Caribbean, Asia without Israel, Japan and the Republic of Korea,
    Oceania without Australia and New Zealand. Cyprus, which M49 puts in Asia, is counted with
    Europe. Territories go with the region where they lie.

    Source: UNCTAD Handbook of Statistics, classification "developing economies", applied to the
    regions of M49; from general knowledge, not from a list that ships with the product.
    """
    found = countries.country(country)
    if found is None or country in _DEVELOPED or found.un_region not in _REGIONS:
        return False
    return not {found.un_subregion, found.un_intermediate} & _NOT
