"""The script that makes the environment and hands over."""

import ast
import json
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest

import run

README = run.ROOT / "README.md"


def test_a_lock_that_was_never_installed_needs_installing() -> None:
    assert run.needs_install(run.RUNTIME_LOCK, {}, "a1")


def test_a_lock_that_was_installed_as_it_is_needs_nothing() -> None:
    assert not run.needs_install(run.RUNTIME_LOCK, {run.RUNTIME_LOCK: "a1"}, "a1")


def test_a_changed_lock_needs_installing() -> None:
    assert run.needs_install(run.RUNTIME_LOCK, {run.RUNTIME_LOCK: "a1"}, "b2")


def test_the_runtime_lock_does_not_stand_for_the_development_lock() -> None:
    assert run.needs_install(run.DEVELOPMENT_LOCK, {run.RUNTIME_LOCK: "a1"}, "a1")


def test_a_moved_folder_needs_installing_again(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / run.RUNTIME_LOCK).write_text("same", encoding="utf-8")

    here, there = (run.digest(run.RUNTIME_LOCK, root=tmp_path / n) for n in ("here", "there"))

    assert here != there
    assert here == run.digest(run.RUNTIME_LOCK, root=tmp_path / "here")


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_stamp_that_cannot_be_read_is_no_stamp(tmp_path: Path, text: str) -> None:
    stamp = tmp_path / "stamp.json"
    stamp.write_text(text, encoding="utf-8")

    assert run.read_stamp(stamp) == {}
    assert run.read_stamp(tmp_path / "missing.json") == {}


def test_a_stamp_is_read_back(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp.json"
    stamp.write_text(json.dumps({run.RUNTIME_LOCK: "a1"}), encoding="utf-8")

    assert run.read_stamp(stamp) == {run.RUNTIME_LOCK: "a1"}


def test_a_process_that_the_command_starts_does_not_run_the_command_again(tmp_path: Path) -> None:
    script = tmp_path / "cadre"
    script.write_text(run.SCRIPT, encoding="utf-8")

    again = runpy.run_path(str(script), run_name="__mp_main__")  # as multiprocessing does

    assert callable(again["main"])


def test_the_script_alone_lists_every_command_at_once() -> None:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(run.ROOT / "run.py")], capture_output=True, text=True, check=True
    )

    assert all(f"  {name} " in done.stdout for name in run.COMMANDS)
    assert time.monotonic() - begun < 2, "0.1 s on a quiet machine; the margin is for a busy one"


def test_an_unknown_command_is_refused_with_the_list() -> None:
    done = subprocess.run(
        [sys.executable, str(run.ROOT / "run.py"), "tets"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "'tets'" in done.stderr
    assert "  test " in done.stderr


def test_the_readme_names_exactly_the_commands_there_are() -> None:
    named = set(re.findall(r"python3 run\.py ([a-z][a-z-]*)", README.read_text(encoding="utf-8")))

    assert named == set(run.COMMANDS)


def test_an_older_python_can_read_the_script() -> None:
    """It must get as far as saying which Python is needed; 3.8 reads this grammar."""
    source = (run.ROOT / "run.py").read_text(encoding="utf-8")

    tree = ast.parse(source, feature_version=(3, 8))

    assert "annotations" in {
        name.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for name in node.names
    }
