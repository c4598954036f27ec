"""What a run found, as a table."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torture.history import CHECKS, Violation, journals
from torture.plan import Board, Plan
from torture.supervisor import Toll

_SHOWN = 5
SAMPLED = ("S1", "S1 (line)", "S2", "S3", "S4", "S5", "W1")


@dataclass(frozen=True, slots=True)
class Result:
    """One run over one database."""

    plan: Plan
    board: Board
    toll: Toll
    seconds: float
    violations: Sequence[Violation]

    @property
    def clean(self) -> bool:
        """Whether nothing was found and both numbers were reached."""
        reached = self.board.commands >= self.plan.commands and self.toll.total >= self.plan.kills
        return not self.violations and reached

    def text(self) -> str:
        """The table."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        plan = self.plan
        yield f"{plan.kind} (seed {plan.seed})"
        yield f"  commands answered     {self.board.commands} in {self.seconds:.0f} s"
        yield f"  looks of the sampler  {self.board.samples}"
        yield f"  killed by SIGKILL     {self.toll.total}"
        for (role, how), count in sorted(self.toll.kills.items()):
            yield f"    {role + ', ' + how:<34}{count:>6}"
        yield "  answers"
        for what, count in answers(plan):
            yield f"    {what:<34}{count:>6}"
        counts = Counter(each.invariant for each in self.violations)
        yield "  violations"
        for name in (*SAMPLED, *CHECKS, *sorted(counts.keys() - {*SAMPLED, *CHECKS})):
            yield f"    {name:<34}{counts[name]:>6}"
        for name in counts:
            shown = [each.text for each in self.violations if each.invariant == name][:_SHOWN]
            yield from (f"  ! {name}: {text}" for text in shown)
        yield "  clean" if self.clean else "  NOT CLEAN"


def answers(plan: Plan) -> list[tuple[str, int]]:
    """How often each kind of command was answered how."""
    counted: Counter[str] = Counter()
    retried = replayed = 0
    for order, answer in journals(plan):
        if answer is None:
            counted[f"{order.kind} unanswered"] += 1
            continue
        counted[f"{order.kind} {answer.status} {answer.code}".rstrip()] += 1
        retried += answer.tries > 1
        replayed += answer.replayed
    return [*sorted(counted.items()), ("sent again", retried), ("of these done already", replayed)]


def sampled(plan: Plan) -> list[Violation]:
    """What the sampler wrote down."""
    found = []
    for line in plan.seen.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found.append(Violation(entry.pop("invariant"), json.dumps(entry)))
    return found
