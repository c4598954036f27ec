"""How far a request is, as its readers see it: the chain from asked to certified."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.booking.rules.fulfilment import Chain


class ChainView(BaseModel):
    """People at each step; a step counts those of the step before who got that far.

    ``missed`` of those held did not come. ``lacking`` people have neither been trained nor a seat
    that can still train them.
    """

    model_config = ConfigDict(frozen=True)

    asked: int
    held: int
    nominated: int
    confirmed: int
    attended: int
    certified: int
    missed: int
    lacking: int

    @classmethod
    def of(cls, chain: Chain) -> Self:
        """The chain as readers see it."""
        return cls(**_figures(chain))


class NeedChainView(ChainView):
    """The chain of one line of the request."""

    skill: str
    level: int
    platform: str

    @classmethod
    def of_need(cls, chain: Chain, *, skill: str, level: int, platform: str) -> Self:
        """The chain of the line as readers see it."""
        return cls(**_figures(chain), skill=skill, level=level, platform=platform)


class ByThemselvesView(BaseModel):
    """People of the country with a seat of their own that would train them; not in the chain.

    Each counted once, on dates within the window that teach one of the skills at its level;
    ``trained`` of those ``booked`` were there. Nobody who is named for the request is among them.
    """

    model_config = ConfigDict(frozen=True)

    booked: int
    trained: int


class FulfilmentView(BaseModel):
    """The chain of each need, and of all people, each counted once.

    A seat on a date that teaches two of the skills counts under both needs and once in the total.
    ``by_themselves`` is for the country and the secretariat, null for everybody else.
    """

    model_config = ConfigDict(frozen=True)

    request: UUID
    state: str
    needs: tuple[NeedChainView, ...]
    total: ChainView
    is_met: bool
    by_themselves: ByThemselvesView | None


def _figures(chain: Chain) -> dict[str, int]:
    return {name: getattr(chain, name) for name in ChainView.model_fields}
