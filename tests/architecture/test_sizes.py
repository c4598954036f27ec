"""Files stay small enough to be read in one sitting."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {
    ("app", "*.py"): 400,
    ("benchmarks", "*.py"): 400,
    ("migrations", "*.py"): 400,
    ("tests", "*.py"): 500,
    ("torture", "*.py"): 400,
    ("templates", "*.*"): 150,
    ("static", "*.css"): 700,
    ("static", "*.js"): 250,
}
GENERATED = ("migrations/versions/",)  # alembic writes a revision in one piece


def _files(folder: str, pattern: str) -> list[Path]:
    found = (path for path in (ROOT / folder).rglob(pattern) if "__pycache__" not in path.parts)
    names = ((path, path.relative_to(ROOT).as_posix()) for path in found if path.is_file())
    return [path for path, name in names if not name.startswith(GENERATED)]


@pytest.mark.parametrize(("place", "limit"), LIMITS.items())
def test_no_file_is_longer_than_its_kind_may_be(place: tuple[str, str], limit: int) -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in _files(*place)
    }

    assert lengths, f"No file {place} was looked at."
    assert {name: length for name, length in lengths.items() if length > limit} == {}


def test_no_function_is_longer_than_45_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines"
        for folder in ("app", "benchmarks", "tests")
        for path in _files(folder, "*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for length in [_lines(node)]
        if length > 45
    ]

    assert long == []


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body; its docstring is for the reader and does not count."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_nothing_is_left_to_do() -> None:
    """Work that is not done is an issue, not a comment; tests run or are removed."""
    words = ("TO" + "DO", "FIX" + "ME", "pytest.mark." + "skip", "pytest.mark." + "xfail")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for folder in ("app", "benchmarks", "migrations", "tests", "templates", "static")
        for path in _files(folder, "*.*")
        if path.suffix in {".py", ".html", ".txt", ".css", ".js"}
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]

    assert found == []
