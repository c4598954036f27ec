"""Seats for the whole network: time, memory, distance to the bound and fairness, rule by rule.

Each size is solved in a process of its own, so that its peak memory is its own. A greedy by
urgency and a round-robin by country stand beside the plan, on the same problem.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.allocation.rules.facts import Given, Problem, Settings
from app.allocation.rules.facts import Plan as Found
from app.allocation.rules.objective import PERSON
from app.allocation.solver import solve
from app.allocation.solver.baselines import greedy, round_robin
from app.allocation.solver.measure import measure
from app.allocation.solver.worth import Check, worth_of_slots
from benchmarks.figures import note
from benchmarks.instances import Instance, instance, more_slots, nudged
from benchmarks.plan import Plan

SIZES = ("40x200", "1000x5000", "10000x50000")
_QUICK_SIZES = ("10x40",)
_MILLION = 1_000_000
_MORE_SLOTS = 200
_MOST_ASKS_SOLVED_AGAIN = 2_000  # above, one solution takes its minutes
_RULES: dict[str, Callable[[Problem], tuple[Given, ...]]] = {
    "greedy": greedy,
    "round-robin": round_robin,
}


def allocations(plan: Plan) -> None:
    """Plans of invented networks of several sizes, and how they compare."""
    for size in _QUICK_SIZES if plan.quick else plan.sizes or SIZES:
        for _ in range(1 if size == SIZES[-1] else plan.runs):
            note(f"allocations: {size}")
            for rule, figures in _measured(size).items():
                for (what, unit), value in figures.items():
                    plan.results.add(f"{size}: {what}", unit, rule, value)


def _measured(size: str) -> dict[str, dict[tuple[str, str], float]]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.allocations", size],
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    found = json.loads(done.stdout)
    return {
        rule: {(name.partition("|")[0], name.partition("|")[2]): value for name, value in each}
        for rule, each in found.items()
    }


def main(arguments: list[str]) -> int:
    """Solve one size by every rule and print the figures as JSON; for a process of its own."""
    asks, _, places = arguments[0].partition("x")
    made = instance(int(asks), int(places))
    found = {"plan": _solved(made)}
    reach = found["plan"].pop("reach")
    for name, rule in _RULES.items():
        began = time.process_time()
        given = rule(made.problem)
        found[name] = {"processor|s": time.process_time() - began}
        found[name] |= _figures(made, given, reach)
    print(json.dumps({rule: list(each.items()) for rule, each in found.items()}))
    return 0


def _solved(made: Instance) -> dict[str, Any]:
    before = _peak_mib()
    began, worked = time.perf_counter(), time.process_time()
    plan = solve(made.problem)
    found: dict[str, Any] = {
        "time|s": time.perf_counter() - began,
        "processor|s": time.process_time() - worked,
        "peak memory of the process|MiB": _peak_mib(),
        "of which there before|MiB": before,
        "arcs|": len(made.problem.arcs),
        "distance to the bound|%": 100 * (plan.bound - plan.objective) / max(1, plan.bound),
        "proven|": int(plan.is_proven),
        "best common share|%": 100 * plan.share / _MILLION,
        "reach": dict(plan.reach),
    }
    found |= _figures(made, plan.given, dict(plan.reach))
    found |= _weighed(made, plan)
    if len(made.problem.asks) <= _MOST_ASKS_SOLVED_AGAIN:
        found |= _again(made, plan.given)
    return found


def _figures(made: Instance, given: tuple[Given, ...], reach: dict[str, int]) -> dict[str, float]:
    figures = measure(made.problem, given, reach=reach, ldc=made.ldc)
    return {
        "value|weighted people": figures.value,
        "covered|people": figures.covered,
        "asked|people": figures.asked,
        "lowest country|%": 100 * figures.lowest / _MILLION,
        "Jain index|": figures.jain / _MILLION,
        "LDC share of coverage|%": 100 * figures.ldc_coverage / _MILLION,
        "LDC share of demand|%": 100 * figures.ldc_demand / _MILLION,
    }


def _weighed(made: Instance, plan: Found) -> dict[str, float]:
    """What more slots would be worth: all estimated, the best checked."""
    slots = more_slots(made.problem, _MORE_SLOTS)
    began, worked = time.perf_counter(), time.process_time()
    found = worth_of_slots(
        made.problem,
        plan,
        slots,
        report=lambda _percent, _phase: None,
        should_stop=lambda: False,
    )
    checked = [each for each in found if each.check != Check.ESTIMATE]
    return {
        "slots weighed|": len(found),
        "of which checked|": len(checked),
        "weighing them|s": time.perf_counter() - began,
        "weighing them, processor|s": time.process_time() - worked,
        "checked worth of the best ones|weighted people": sum(each.worth for each in checked)
        / PERSON,
        "at most|weighted people": sum(each.at_most for each in checked) / PERSON,
    }


def _again(made: Instance, given: tuple[Given, ...]) -> dict[str, float]:
    """The same by value alone, and a week later with and without the last plan in mind."""
    alone = solve(replace(made.problem, settings=Settings(floor_percent=0)))
    value = measure(made.problem, alone.given, reach=dict(alone.reach), ldc=made.ldc)
    later = nudged(made.problem, given)
    stable, fresh = solve(later), solve(replace(later, previous=()))
    return {
        "value without any floor|weighted people": value.value,
        "lowest country without any floor|%": 100 * value.lowest / _MILLION,
        "lines|": len(given),
        "lines changed a week later|": _changed(given, stable.given),
        "the same without a bonus for staying|": _changed(given, fresh.given),
    }


def _changed(before: tuple[Given, ...], after: tuple[Given, ...]) -> int:
    return len(set(before) ^ set(after))


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
