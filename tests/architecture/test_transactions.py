"""One place commits, one kind of helper locks, and every table is where it is looked for."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"


def _calls(method: str) -> Iterator[tuple[str, str]]:
    """Each call ``something.method(…)`` in the product: its file, the function it stands in."""
    for path in sorted(APP.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == method
                ):
                    yield path.relative_to(APP).as_posix(), function.name


def test_only_the_database_module_commits_and_rolls_back() -> None:
    commits = {file for file, _ in _calls("commit")}

    assert commits == {"core/db.py"}
    assert {file for file, _ in _calls("rollback")} <= {"core/db.py"}


def test_rows_are_locked_by_helpers_of_queries_only() -> None:
    """SQLite ignores FOR UPDATE: a lock taken in passing would work on one database only."""
    locks = set(_calls("with_for_update"))

    assert locks, "The search found no lock at all."
    assert [
        (file, function)
        for file, function in sorted(locks)
        if "queries" not in Path(file).with_suffix("").parts or not function.startswith("lock_")
    ] == []


def test_tables_live_in_models_and_in_core() -> None:
    """Migrations look for tables there and nowhere else."""
    strays = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in sorted(APP.rglob("*.py"))
        for parts in [path.relative_to(APP).with_suffix("").parts]
        if parts[0] != "core" and "models" not in parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        if any(word.arg == "table" for word in node.keywords)
    ]

    assert strays == []
