"""What every part of the loader works with: the transaction, the time, and who did what."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.service.desk import Desk
from app.demo.scenario import Scenario

_TICK = timedelta(milliseconds=500)


class Ticker:
    """A clock whose every reading is later than the one before, from ``begin`` to ``now``.

    So people stand in a waiting list in the order in which they were put there, and nothing of
    the network is dated in the future.
    """

    def __init__(self, begin: datetime, now: datetime) -> None:
        self._last, self._end = begin, now

    def __call__(self) -> datetime:
        """The next moment."""
        self._last = min(self._last + _TICK, self._end)
        return self._last

    @property
    def now(self) -> datetime:
        """The moment of the load, to which everything leads."""
        return self._end

    def wait_until(self, moment: datetime) -> None:
        """Let time pass in which nothing happens."""
        self._last = max(self._last, moment)


@dataclass(frozen=True, slots=True)
class Stage:
    """One load in progress; ids and actors by the file's own ids (``P01``, ``C09-S1`` …).

    ``owners`` are by provider, ``focal_points`` by country, ``people`` by person.
    """

    db: Session
    story: Scenario
    clock: Ticker
    ids: dict[str, UUID] = field(default_factory=dict)
    owners: dict[str, Actor] = field(default_factory=dict)
    focal_points: dict[str, Actor] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        """Where seats are taken, by this load's clock."""
        return Desk(self.clock)

    def ref(self, own_id: str) -> str:
        """The id of what was made for the file's own id, as services take it."""
        return str(self.ids[own_id])
