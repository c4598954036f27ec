"""How far a request is fulfilled: from people asked for to people certified, need by need. Pure.

A seat on a slot that teaches several wanted skills counts under each of them; in the total it is
one seat. Within one skill a seat counts once, for a line that wants no more than is taught.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a request: people who need a skill at a level."""

    skill: str
    level: int
    people: int


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats of one block, each figure a part of the one before.

    ``held`` are open and named ones, ``nominated`` those with a name, ``confirmed`` those sure to
    come (or who came, or did not), ``attended`` people trained, ``certified`` people with a
    certificate that stands. ``missed`` are seats of people who did not come: held, and lost.
    """

    held: int = 0
    nominated: int = 0
    confirmed: int = 0
    attended: int = 0
    certified: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Seats on one slot: ``taught`` is the level of each skill that it teaches."""

    taught: Mapping[str, int]
    seats: Seats


@dataclass(frozen=True, slots=True)
class Chain:
    """Asked, held, nominated, confirmed, attended, certified: people of one line, or of all.

    ``missed`` of those held did not come. ``lacking`` people have no seat that trained or can still
    train them.
    """

    asked: int = 0
    held: int = 0
    nominated: int = 0
    confirmed: int = 0
    attended: int = 0
    certified: int = 0
    missed: int = 0
    lacking: int = 0


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """The chain of each line in the order given, and of all people, each counted once.

    ``total.lacking`` adds up the lines, as ``total.asked`` does: a request for six people in one
    skill and four in another needs ten trainings, which six people may fill.
    """

    lines: tuple[Chain, ...]
    total: Chain

    @property
    def trained(self) -> int:
        """Trainings done of those asked for; no line counts more than it asks."""
        return sum(chain.attended for chain in self.lines)

    @property
    def is_met(self) -> bool:
        """Whether as many people were trained as each line asks for."""
        return all(chain.attended >= chain.asked for chain in self.lines)


def fulfilment_of(lines: Sequence[Line], blocks: Sequence[Block]) -> Fulfilment:
    """How far each line and the whole request are."""
    figures = {
        step: _spread(lines, blocks, [getattr(block.seats, step) for block in blocks])
        for step in ("held", "nominated", "confirmed", "attended", "certified", "missed")
    }
    useful = _spread(lines, blocks, [block.seats.held - block.seats.missed for block in blocks])
    chains = tuple(
        Chain(
            asked=line.people,
            lacking=line.people - useful[place],
            **{step: found[place] for step, found in figures.items()},
        )
        for place, line in enumerate(lines)
    )
    return Fulfilment(chains, _total(chains, blocks))


def seats_useful_on(
    taught: Mapping[str, int], lines: Sequence[Line], blocks: Sequence[Block]
) -> int:
    """Most further seats that a slot with these skills can be of use for.

    The skill with most people left decides: seats beyond would teach somebody twice.
    """
    lacking: dict[str, int] = {}
    for line, chain in zip(lines, fulfilment_of(lines, blocks).lines, strict=True):
        if taught.get(line.skill, 0) >= line.level:
            lacking[line.skill] = lacking.get(line.skill, 0) + chain.lacking
    return max(lacking.values(), default=0)


def _total(chains: Iterable[Chain], blocks: Iterable[Block]) -> Chain:
    chains, seats = tuple(chains), tuple(block.seats for block in blocks)
    return Chain(
        asked=sum(chain.asked for chain in chains),
        held=sum(each.held for each in seats),
        nominated=sum(each.nominated for each in seats),
        confirmed=sum(each.confirmed for each in seats),
        attended=sum(each.attended for each in seats),
        certified=sum(each.certified for each in seats),
        missed=sum(each.missed for each in seats),
        lacking=sum(chain.lacking for chain in chains),
    )


def _spread(lines: Sequence[Line], blocks: Sequence[Block], counts: Sequence[int]) -> list[int]:
    """Seats of each block given to each line, at most its people.

    The most demanding line of a skill takes first: whatever teaches it teaches the others too, so
    no other order serves more people.
    """
    left = {
        (place, skill): counts[place]
        for place, block in enumerate(blocks)
        for skill in block.taught
    }
    given = [0] * len(lines)
    for place in sorted(range(len(lines)), key=lambda each: (-lines[each].level, each)):
        line = lines[place]
        for number, block in enumerate(blocks):
            if block.taught.get(line.skill, 0) < line.level:
                continue
            taken = min(line.people - given[place], left[number, line.skill])
            left[number, line.skill] -= taken
            given[place] += taken
    return given
