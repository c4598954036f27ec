"""How many people something would reach, without telling who asked for what. Pure."""

from dataclasses import dataclass

FEWEST_PEOPLE = 3
FEWEST_COUNTRIES = 2


@dataclass(frozen=True, slots=True)
class Reach:
    """Counts for readers outside the secretariat; both None where they are too small to be told."""

    people: int | None
    countries: int | None


def told(people: int | None, countries: int | None) -> Reach:
    """The counts as providers and other countries may read them.

    Fewer than :data:`FEWEST_PEOPLE` people, or a single country, would show what one country
    filed without its consent. Then neither count is told, since one without the other gives it
    away again.
    """
    few = people is None or people < FEWEST_PEOPLE
    if few or countries is None or countries < FEWEST_COUNTRIES:
        return Reach(None, None)
    return Reach(people, countries)


def reach_text(reach: Reach) -> str:
    """The counts as they stand in a sentence: "9 people of 4 countries", or "a few people"."""
    if reach.people is None or reach.countries is None:
        return "a few people"
    return f"{reach.people:,} people of {reach.countries:,} countries"
