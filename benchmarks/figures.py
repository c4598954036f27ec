"""Numbers with their spread: percentiles, the median over runs, the table and the JSON file."""

import json
import math
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

_PROBES = 30
_PROBE_BYTES = 4096


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value with at least ``share`` of all up to it.

    Always a value that occurred, never one in between.

    Args:
        values: In any order, at least one.
        share: Above 0, at most 1; 0.5 is the (lower) median.

    Raises:
        ValueError: There are no values, or the share makes no sense.
    """
    if not values or not 0 < share <= 1:
        msg = "A percentile needs values, and a share above 0 and at most 1."
        raise ValueError(msg)
    return sorted(values)[math.ceil(share * len(values)) - 1]


class Spread(NamedTuple):
    """One figure over several runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(self.low)}..{short(self.high)})"


def short(value: float) -> str:
    """Three digits that count: ``1,234``, ``56.7``, ``0.89``."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


@dataclass(slots=True)
class Results:
    """Every measured value, by what was measured, its unit and the database, in that order."""

    values: dict[tuple[str, str], dict[str, list[float]]] = field(default_factory=dict)

    def add(self, what: str, unit: str, store: str, value: float) -> None:
        """Note the value of one run."""
        self.values.setdefault((what, unit), {}).setdefault(store, []).append(value)

    def table(self) -> str:
        """One line for each measure, one column for each database: median (min..max)."""
        stores = list(dict.fromkeys(name for each in self.values.values() for name in each))
        lines = [["measure", "unit", *stores]]
        for (what, unit), found in self.values.items():
            cells = [str(Spread.of(found[name])) if name in found else "-" for name in stores]
            lines.append([what, unit, *cells])
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        lines.insert(1, ["-" * width for width in widths])
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def as_json(self) -> list[dict[str, Any]]:
        """The same with the value of every run."""
        return [
            {"measure": what, "unit": unit, "database": store, "runs": runs}
            | Spread.of(runs)._asdict()
            for (what, unit), found in self.values.items()
            for store, runs in found.items()
        ]


def write_json(folder: Path, facts: Mapping[str, Any], results: Results) -> Path:
    """Keep facts and results as ``bench-<date>T<time>Z.json``; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"bench-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.json"
    content = {"machine": dict(facts), "results": results.as_json()}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def machine_facts() -> dict[str, str]:
    """What the figures depend on besides the program: cores, memory, versions, disk, load."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "one fsync": f"{_fsync_ms():.2f} ms (median of {_PROBES}, 4 KiB, temporary folder)",
        "load average before": " ".join(f"{each:.2f}" for each in os.getloadavg()),
    }


def note(text: str) -> None:
    """Say on standard error how far the work is."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _fsync_ms() -> float:
    """What a durable commit has to wait for; near nothing where the folder is in memory."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(_PROBES):
            file.write(b"x" * _PROBE_BYTES)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return percentile(times, 0.5)
