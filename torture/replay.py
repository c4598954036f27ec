"""After the run, while the servers still answer: each kept answer comes again, byte for byte."""

import json
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from torture.drivers import Http, settle
from torture.history import Violation, journals
from torture.plan import Plan
from torture.roles import Run

_MOST = 400


def check(run: Run) -> None:
    """I1: send orders that were carried out once more, and once with the same key and new body."""
    done = [(order, answer) for order, answer in journals(run.plan) if answer and answer.done]
    driver = Http(run.port, run.network)
    wrong = []
    count = min(_MOST, len(done), run.plan.commands // 10)
    for order, answer in Random(run.plan.seed).sample(done, count):
        again = settle(driver, replace(order, doubled=False))
        if (again.status, again.body, again.replayed) != (answer.status, answer.body, True):
            wrong.append(Violation("I1 (replay)", f"{order.kind} {order.key}: {again}"))
    note(run.plan, wrong)


def note(plan: Plan, violations: Iterable[Violation]) -> None:
    """Write down what was found, for the process that reports."""
    with (plan.folder / "found.jsonl").open("a", encoding="utf-8") as file:
        for each in violations:
            file.write(json.dumps([each.invariant, each.text]) + "\n")


def found(plan: Plan) -> list[Violation]:
    """Everything that was written down."""
    path = plan.folder / "found.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Violation(*json.loads(line)) for line in lines]
