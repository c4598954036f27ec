"""A short run of the fault harness on each database; ``python3 run.py torture`` is the long one."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHORT = ["--commands", "250", "--kills", "25", "--minutes", "3", "--seed", "5"]


def run_torture(*more: str) -> subprocess.CompletedProcess[str]:
    """The harness as a program; the zygote must be a process without threads."""
    return subprocess.run(
        [sys.executable, "-m", "torture", *SHORT, *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(300)  # a quarter of a minute, where nothing else runs
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_sold_twice_or_lost_while_processes_are_killed(
    kind: str, request: pytest.FixtureRequest
) -> None:
    server = ["--postgres", request.getfixturevalue("postgres_url")] if kind != "sqlite" else []

    done = run_torture("--databases", kind, *server)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "  clean" in done.stdout.splitlines()
