"""The page of proofs names tests; each of them has to be there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INVARIANTS = [
    *(f"S{number}" for number in range(1, 7)),
    *(f"W{number}" for number in range(1, 6)),
    *(f"{letter}{number}" for letter in "IM" for number in range(1, 4)),
    *("T1", "T2"),
]


def _page() -> str:
    return (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")


def test_every_test_that_the_proof_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", _page()))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert len(named) > 50
    assert named - there == set()


def test_every_invariant_has_a_row_with_a_test() -> None:
    rows = dict(re.findall(r"^\| ([SWIMT]\d) \| (.*) \|$", _page(), re.MULTILINE))

    assert list(rows) == INVARIANTS
    assert [name for name, row in rows.items() if "`test_" not in row] == []


def test_every_control_of_the_mutations_is_in_the_table() -> None:
    """A new control without its row would be proof that nobody finds."""
    named = set(re.findall(r"`(test_\w+)`", _page()))
    controls = {
        name
        for path in (ROOT / "tests" / "booking").glob("test_mutations*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert controls - named == set()
