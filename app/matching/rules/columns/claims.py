"""What a country can have of a slot that caps or keeps seats: the side table of the few."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.booking.rules.shares import Claimant, Group, Share
from app.matching.rules.facts import Need, Offer

_REGULATOR = "regulator"


@dataclass(frozen=True, slots=True)
class Kept:
    """Seats kept for a group; ``open`` of them are not taken by its people yet."""

    share: Share
    open: int


@dataclass(frozen=True, slots=True)
class Claims:
    """Who has, or may have, which seats of one slot.

    ``cap`` is the most that one country may have, None where there is no such rule; ``taken``
    counts the seats of each country (only known where there is a cap).
    """

    cap: int | None = None
    taken: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()

    def left_for(self, country: str) -> int | None:
        """What the cap leaves to a country; None without a cap."""
        return None if self.cap is None else self.cap - self.taken.get(country, 0)

    def kept_from(self, who: Claimant, *, now: datetime) -> int:
        """Seats kept at ``now`` for groups that ``who`` is not in."""
        return sum(
            kept.open
            for kept in self.kept
            if kept.share.until > now and not kept.share.includes(who)
        )


FREE_FOR_ALL = Claims()
"""Of a slot that neither caps nor keeps seats."""


def claimant_of(need: Need) -> Claimant:
    """The people of a need as kept seats count them: their country, and what their sector is."""
    groups = (str(Group.REGULATORS),) if need.sector == _REGULATOR else ()
    return Claimant(need.country, groups=groups)


def offer_for(need: Need, offer: Offer, claims: Claims, *, now: datetime) -> Offer:
    """The offer as the need sees it: with what is left for its country, and kept from it."""
    if claims.cap is None and not claims.kept:
        return offer
    return replace(
        offer,
        country_seats_left=claims.left_for(need.country),
        kept_for_others=claims.kept_from(claimant_of(need), now=now),
    )
