"""Needs and networks of slots by chance, from a seed: hundreds in a second, nasty values included.

Hypothesis draws the seed and the sizes. Drawing each field by itself takes a hundred times as
long, and most fields of a network that fails have nothing to do with it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.booking.rules.shares import Share
from app.matching.rules import Need, Offer, Want
from app.matching.rules.columns import FREE_FOR_ALL, Claims, Kept
from tests.matching.examples import EARLIEST, NAIROBI, NOW, ident, make_need, make_offer

Network = list[tuple[Offer, Claims]]

SKILLS = ("mfg-aseptic-fill", "mfg-gowning", "mfg-lnp")
PLATFORMS = ("vaccines", "devices", "all")
LANGUAGES = ("en", "fr", "es")
MODES = ("hands-on", "classroom-remote", "self-paced", "blended")
COUNTRIES = ("KE", "GH", "NP", "FJ")
PLACES = (
    *(("KE", "AFR", NAIROBI), ("IE", "EUR", (51.9, -8.5)), ("FJ", "WPR", (-18.1, 178.4))),
    *(("GH", "AFR", (1.2864, -143.1828)), ("KE", "AFR", None), (None, None, None)),
)
GROUPS = ("women", "ldc", "lldc", "sids", "regulators", "countries")
OF_COURSE = (
    *("skills", "platforms", "languages", "interpretation", "audience", "eligible_countries"),
    *("funding", "fee_usd", "provider_verified", "requires"),
)


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws values; what fits comes often, so that matches are common."""

    random: Random

    def often(self, usual: Any, *others: Any) -> Any:
        """The usual value three times out of four."""
        return usual if self.random.random() < 0.75 else self.random.choice(others)

    def some(self, words: tuple[str, ...], *, least: int = 0) -> frozenset[str]:
        """A few of the words."""
        return frozenset(self.random.sample(words, self.random.randint(least, len(words))))

    def between(self, least: int, most: int) -> int:
        """A number, both ends included."""
        return self.random.randint(least, most)


def some_need(seed: int) -> Need:
    """A need by chance."""
    chance = Chance(Random(seed))
    wants = tuple(
        Want(
            chance.often(SKILLS[0], *SKILLS[1:]),
            chance.between(1, 4),
            chance.random.choice(PLATFORMS),
            chance.between(1, 3),
        )
        for _ in range(chance.between(1, 3))
    )
    return make_need(
        wants=wants,
        people=chance.between(1, 9),
        sector=chance.random.choice(["industry-private", "regulator", "academia"]),
        urgency=chance.between(1, 4),
        earliest=EARLIEST + timedelta(days=chance.often(0, -5, 1, 20)),
        needed_by=EARLIEST + timedelta(days=chance.often(60, 20, 40)),
        modes=chance.often(frozenset(), chance.some(MODES)),
        languages=tuple(chance.random.sample(LANGUAGES, chance.between(1, 3))),
        country=chance.random.choice(COUNTRIES),
        point=chance.often(NAIROBI, None, (-90.0, 0.0)),
        remote_only=chance.often(False, True),
        travel=chance.often("anywhere", "region", "country", "none"),
        travel_limit_km=chance.often(None, 0, 900, 20_000),
        fee_limit_usd=chance.often(None, 0, 700),
        interpretation_ok=chance.often(True, False),
    )


def some_network(seed: int, *, slots: int, courses: int = 3) -> Network:
    """Slots of a few courses, some of which require others, in a circle too."""
    chance = Chance(Random(seed))
    taught = [_course(chance, number) for number in range(courses)]
    return [(_slot(chance, number, taught), _claims(chance)) for number in range(slots)]


def chains_of(network: Network) -> dict[UUID, tuple[UUID, ...]]:
    """What the courses of the network require."""
    return {offer.course_id: offer.requires for offer, _ in network}


def _course(chance: Chance, number: int) -> dict[str, Any]:
    requires = (ident(1000 + chance.between(0, 3)),)
    skills = {
        chance.random.choice(SKILLS): chance.between(1, 4) for _ in range(chance.between(1, 3))
    }
    return {
        "course_id": ident(1000 + number),
        "skills": tuple(skills.items()),
        "platforms": chance.some(PLATFORMS),
        "languages": chance.some(LANGUAGES),
        "interpretation": chance.often(frozenset(), chance.some(LANGUAGES)),
        "audience": chance.some(("any", "industry-private", "regulator")),
        "eligible_countries": chance.often(frozenset(), chance.some(COUNTRIES)),
        "funding": chance.random.choice(["free", "fee", "partial", "tuition-only"]),
        "fee_usd": chance.random.choice([None, 0, 500, 700, 701, 6000]),
        "provider_verified": chance.often(True, False),
        "requires": chance.often((), requires),
    }


def _slot(chance: Chance, number: int, taught: list[dict[str, Any]]) -> Offer:
    country, region, point = chance.random.choice(PLACES)
    offer = make_offer(
        number,
        # A few on one day, so that there are ties.
        day=chance.often(20, -8, 0, 5, 19, 60),
        days=chance.often(3, 0, 1, 40),
        status=chance.often("confirmed", "tentative", "cancelled", "draft"),
        mode=chance.random.choice(MODES),
        country=country,
        region=region,
        point=point,
        seats_free=chance.between(0, 8),
        waiting=chance.often(0, 1, 5),
        lead_days=chance.often(0, 5, 20, 45),
        hours=chance.often(None, 1, 9, 90),
        **chance.random.choice(taught),
    )
    apply_by = chance.often(offer.apply_by, NOW, NOW + timedelta.resolution, NOW - timedelta(1))
    return replace(offer, apply_by=apply_by)


def _claims(chance: Chance) -> Claims:
    taken = {country: chance.between(0, 3) for country in chance.some(COUNTRIES)}
    kept = tuple(_kept(chance) for _ in range(chance.between(0, 2)))
    if chance.between(0, 3):
        return FREE_FOR_ALL
    return Claims(chance.often(3, None, 0), taken, kept)


def _kept(chance: Chance) -> Kept:
    until = NOW + timedelta(days=chance.often(2, 0, -1))
    countries = chance.random.choice([("KE",), ("GH", "FJ")])
    share = Share(chance.random.choice(GROUPS), 5, until, countries)
    return Kept(share, chance.between(0, 5))
