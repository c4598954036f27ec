"""Seats kept for a group, and the most seats of one country or one authority. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from app.booking.rules.states import HeldBack
from app.core import countries

K = TypeVar("K")

UNLIMITED = 1_000_000_000


class Group(StrEnum):
    """For whom seats can be kept."""

    WOMEN = "women"
    LDC = "ldc"
    LLDC = "lldc"
    SIDS = "sids"
    REGULATORS = "regulators"
    COUNTRIES = "countries"


GROUP_LABELS = {
    Group.WOMEN: "women",
    Group.LDC: "people from least developed countries",
    Group.LLDC: "people from landlocked developing countries",
    Group.SIDS: "people from small island developing States",
    Group.REGULATORS: "people of regulators",
    Group.COUNTRIES: "people from certain countries",
}
"""A group as it stands in a sentence: "seats are kept for …"."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who a seat would be for, as far as shares and caps ask.

    ``groups`` are what does not follow from the country: ``women`` (said when booking) and
    ``regulators``.
    """

    country: str | None
    authority: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Seats kept for a group until an instant; ``countries`` where the group is of countries."""

    kept_for: str
    seats: int
    until: datetime
    countries: tuple[str, ...] = ()

    def includes(self, who: Claimant) -> bool:
        """Whether ``who`` may use these seats."""
        if self.kept_for == Group.COUNTRIES:
            return who.country in self.countries
        return self.kept_for in who.groups or self.kept_for in country_groups(who.country)


@dataclass(frozen=True, slots=True)
class Caps:
    """The most seats of one country and of one authority; None: as many as there are."""

    per_country: int | None = None
    per_authority: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self.per_country is not None or self.per_authority is not None


@dataclass(frozen=True, slots=True)
class Room:
    """How many of the free seats a claimant could have, and the cap that stops them, if one does.

    ``capped`` is a reason code of the line (``country-cap``, ``authority-cap``) or empty. Fewer
    seats than are free, and no cap: the others are kept for people in other groups.
    """

    seats: int
    capped: str = ""


@dataclass(frozen=True, slots=True)
class SeatBook:
    """The free seats of a slot, what is kept of them, and who has the others.

    ``used`` counts, for each of ``shares``, the seats that its members have.
    """

    free: int
    shares: tuple[Share, ...]
    caps: Caps
    used: tuple[int, ...]
    by_country: Mapping[str | None, int]
    by_authority: Mapping[str, int]

    @classmethod
    def of(
        cls,
        free: int,
        shares: Iterable[Share],
        caps: Caps,
        claims: Iterable[tuple[Claimant, int]],
    ) -> "SeatBook":
        """A book of ``free`` seats beside ``claims``: who has how many."""
        kept = tuple(shares)
        used = [0] * len(kept)
        by_country: Counter[str | None] = Counter()
        by_authority: Counter[str] = Counter()
        for who, seats in claims:
            by_country[who.country] += seats
            by_authority[who.authority] += seats
            for index, share in enumerate(kept):
                used[index] += seats if share.includes(who) else 0
        return cls(free, kept, caps, tuple(used), by_country, by_authority)

    def open_of(self, index: int) -> int:
        """Seats of one share that nobody of its group has taken yet."""
        return max(0, self.shares[index].seats - self.used[index])

    def room(self, who: Claimant, *, seats: int = 1) -> Room:
        """What ``who``, who wants ``seats``, could have.

        A member counts towards every share they are in, and seats that are open in a share one
        is not in cannot be had. Two shares that overlap so keep the sum of both, which can be a
        seat more than strictly needed and never a seat too few: what anybody can have is never
        more than what is free.
        """
        kept = sum(
            self.open_of(index)
            for index, share in enumerate(self.shares)
            if not share.includes(who)
        )
        left = [
            (
                HeldBack.COUNTRY_CAP,
                _left(self.caps.per_country, self.by_country.get(who.country, 0)),
            ),
            (HeldBack.AUTHORITY_CAP, self.left_of_authority(who)),
        ]
        capped = next((code for code, rest in left if rest < seats), "")
        return Room(max(0, min(self.free - kept, *(rest for _, rest in left))), capped)

    def after(self, who: Claimant, *, seats: int = 1) -> "SeatBook":
        """The book once ``who`` has taken ``seats`` of the free ones."""
        used = [
            used + (seats if share.includes(who) else 0)
            for share, used in zip(self.shares, self.used, strict=True)
        ]
        return replace(
            self,
            free=self.free - seats,
            used=tuple(used),
            by_country=_plus(self.by_country, who.country, seats),
            by_authority=_plus(self.by_authority, who.authority, seats),
        )

    def without_ended(self, now: datetime) -> "SeatBook":
        """The book without the shares whose time is over."""
        kept = [
            (share, used)
            for share, used in zip(self.shares, self.used, strict=True)
            if share.until > now
        ]
        return replace(
            self, shares=tuple(share for share, _ in kept), used=tuple(used for _, used in kept)
        )

    def left_of_authority(self, who: Claimant) -> int:
        """How many more seats people of the claimant's employer could have."""
        if not who.authority:  # people without an employer share none
            return UNLIMITED
        return _left(self.caps.per_authority, self.by_authority.get(who.authority, 0))


def group_text(kept_for: str, of_countries: tuple[str, ...] = ()) -> str:
    """For whom seats are kept, as it stands in a sentence."""
    if kept_for == Group.COUNTRIES:
        return "people from " + ", ".join(countries.name(code) for code in of_countries)
    return GROUP_LABELS[Group(kept_for)]


def country_groups(alpha2: str | None) -> tuple[str, ...]:
    """The groups that people of a country are in: ``ldc``, ``lldc``, ``sids``."""
    found = countries.country(alpha2) if alpha2 else None
    if found is None:
        return ()
    flags = ((Group.LDC, found.ldc), (Group.LLDC, found.lldc), (Group.SIDS, found.sids))
    return tuple(str(group) for group, is_in in flags if is_in)


def _left(cap: int | None, taken: int) -> int:
    return UNLIMITED if cap is None else cap - taken


def _plus(counts: Mapping[K, int], key: K, seats: int) -> dict[K, int]:
    return {**counts, key: counts.get(key, 0) + seats}
