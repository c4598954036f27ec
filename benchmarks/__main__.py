"""``python3 run.py bench [names…]``: measure, print a table, keep it as JSON in ``var``."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core import zones
from benchmarks import alerts, allocations, board, footprint, plans, ranking, reporting, seats, web
from benchmarks.figures import machine_facts, note, write_json
from benchmarks.plan import CONNECTIONS, WORKERS, Plan
from benchmarks.stores import KINDS, postgres_facts, stores

BENCHES: dict[str, Callable[[Plan], None]] = {
    "pages": web.pages,
    "feeds": web.feeds,
    "bookings": seats.bookings,
    "matches": ranking.matches,
    "alerts": alerts.alerts,
    "ranking": board.rankings,
    "allocations": allocations.allocations,
    "plans": plans.plans,
    "gaps": reporting.gaps,
    "memory": footprint.memory,
    "start": footprint.start,
    "demo": footprint.demo,
}
FOLDER = Path(__file__).resolve().parents[1] / "var"
METHOD = f"""\
Each figure: median over runs (lowest..highest). The databases take turns. Pages and feeds:
{WORKERS} workers, {CONNECTIONS} connections kept open, a client of our own in a process of its own
on this machine, so both share its cores. Networks are bulk inserts with a fixed seed."""


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks named (all without a name) and print what they measured."""
    options = _options(arguments)
    # Ended from outside, it still ends its servers and removes its databases.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    zones.use_packaged_tzdata()
    facts = machine_facts()
    with stores(tuple(options.databases)) as found:
        for store in found:
            if store.kind == "postgresql":
                facts["PostgreSQL"] = postgres_facts(store)
        facts["runs"] = f"{options.runs} of {options.seconds:g} s"
        plan = Plan(
            found,
            options.runs,
            options.seconds,
            quick=options.quick,
            sizes=tuple(options.sizes),
        )
        for name in options.names or BENCHES:
            note(name)
            BENCHES[name](plan)
    facts["load average after"] = " ".join(f"{each:.2f}" for each in os.getloadavg())
    width = max(map(len, facts))
    print("\n".join(f"{name:<{width}}  {value}" for name, value in facts.items()))
    print(f"\n{METHOD}\n\n{plan.results.table()}\n")
    if options.quick:
        print("Quick: small networks and few calls, to see that it runs. No figures to quote.")
    print(f"Kept in {write_json(FOLDER, facts, plan.results).relative_to(FOLDER.parent)}")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python3 run.py bench", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--runs", type=int, default=5, help="runs of each measurement (5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a load run (5)")
    parser.add_argument("--quick", action="store_true", help="small; only to see that it runs")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument(
        "--sizes", nargs="+", default=(), metavar="40x200", help="of the networks of allocations"
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown or options.runs < 1 or options.seconds <= 0:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "nothing to measure")
    if options.quick:
        options.runs, options.seconds = min(options.runs, 2), min(options.seconds, 1.0)
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
