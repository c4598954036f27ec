"""How many people something would reach, without telling who asked for what. Pure."""

from dataclasses import dataclass

from app.matching.rules.inverse import LEAST_TOLD


@dataclass(frozen=True, slots=True)
class Reach:
    """Counts for readers outside the secretariat; both None where they are too small to be told."""

    people: int | None
    countries: int | None


def told(people: int | None, countries: int | None) -> Reach:
    """The counts as providers and other countries may read them.

    Fewer than :data:`LEAST_TOLD` people or countries would show what one country filed without
    its consent: of two, each takes its own figure out, and of the published one everybody does.
    Then neither count is told, since one without the other gives it away again.
    """
    if people is None or countries is None or min(people, countries) < LEAST_TOLD:
        return Reach(None, None)
    return Reach(people, countries)


def reach_text(reach: Reach) -> str:
    """The counts as they stand in a sentence: "9 people of 4 countries", or "a few people"."""
    if reach.people is None or reach.countries is None:
        return "a few people"
    people = "1 person" if reach.people == 1 else f"{reach.people:,} people"
    countries = "1 country" if reach.countries == 1 else f"{reach.countries:,} countries"
    return f"{people} of {countries}"
