"""The one way in: ``python3 run.py demo``, ``python3 run.py test``; alone it lists the commands.

Needs nothing but Python 3.11 or newer. It makes ``.venv`` beside itself, installs from a lock
file in which every package has its hash, and hands over to the program inside. A stamp in
``.venv`` remembers what was installed, so a second call starts at once.

pip reads the environment and its own configuration (``PIP_INDEX_URL`` and the like) as always;
nothing here names a package index.
"""

from __future__ import annotations  # so that an older Python still reads as far as our message

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "cadre-installed.json"
# Processes that the command starts import it again, and must not begin all over.
SCRIPT = 'from app.cli import main\n\nif __name__ == "__main__":\n    main()\n'
OLDEST_PYTHON = (3, 11)
UV = "uv==0.13.8"

RUNTIME_LOCK = "requirements.lock"
DEVELOPMENT_LOCK = "requirements-dev.lock"


class Command(NamedTuple):
    """One line of the list: what it is for, what it needs and what it hands over to.

    ``module`` is the command line given to Python; empty when this script does the work.
    """

    summary: str
    lock: str | None
    module: tuple[str, ...] = ()


COMMANDS: dict[str, Command] = {
    "demo": Command(
        "serve the demonstration network on http://127.0.0.1:8000 [--port --host --reset]",
        RUNTIME_LOCK,
        ("-m", "app.cli", "demo"),
    ),
    "demo-tokens": Command(
        "print API tokens for the four demonstration sign-ins",
        RUNTIME_LOCK,
        ("-m", "app.cli", "demo-tokens"),
    ),
    "test": Command(
        "run every test, on SQLite and PostgreSQL [arguments of pytest]",
        DEVELOPMENT_LOCK,
        # One process per core; a later -n 0 on the command line wins.
        ("-m", "pytest", "-n", "logical", "--maxprocesses", "8"),
    ),
    "check": Command("lint, types, import rules and migration drift", DEVELOPMENT_LOCK),
    "bench": Command(
        "measure, and print each number with its spread [arguments of benchmarks]",
        DEVELOPMENT_LOCK,
        ("-m", "benchmarks"),
    ),
    "torture": Command(
        "random commands and kill -9, on both databases [--commands --kills --minutes --seed]",
        DEVELOPMENT_LOCK,
        ("-m", "torture"),
    ),
    "lock": Command("make the two lock files again [--upgrade, and other arguments of uv]", None),
}

LAYERS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
CHECKS: dict[str, tuple[str, ...]] = {
    # The longest, so it starts first. Without its cache, which keeps errors of files that were
    # missing once and are there now.
    "types": ("-m", "mypy", "--no-incremental"),
    "lint": ("-m", "ruff", "check", "--output-format", "concise", "."),
    "format": ("-m", "ruff", "format", "--check", "--output-format", "concise", "."),
    "layers": ("-c", LAYERS),
    "migrations": ("-m", "migrations.check"),
}


def main(arguments: Sequence[str]) -> int:
    """Run the command named first; its other arguments go to the program it hands over to."""
    if sys.version_info < OLDEST_PYTHON:  # this file is what an old Python runs first
        return _hand_over_to_a_newer_python(arguments)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(listing())
        return 0
    name, *rest = arguments
    command = COMMANDS.get(name)
    if command is None:
        sys.stderr.write(f"No command {name!r}.\n\n{listing()}")
        return 2
    os.chdir(ROOT)
    if command.lock is not None:
        install(command.lock)
    if name == "check":
        return check()
    if name == "lock":
        return make_locks(rest)
    return hand_over([*command.module, *rest])


def listing() -> str:
    """The commands, one on a line."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(["python3 run.py <command>", "", *lines, ""])


def digest(lock: str, *, root: Path = ROOT) -> str:
    """What a lock asks for, in one word; it differs when the folder has moved, too.

    A virtual environment holds absolute paths, so a moved one has to be filled again; and the
    ``cadre`` command, which is written anew when it should read otherwise.
    """
    return hashlib.sha256(f"{root}\n{SCRIPT}".encode() + (root / lock).read_bytes()).hexdigest()


def needs_install(lock: str, stamp: Mapping[str, str], wanted: str) -> bool:
    """Whether ``lock`` has yet to be installed, given what the stamp says is there.

    The development lock holds the runtime lock, in the same versions; each has its own line in
    the stamp, so ``demo`` after ``test`` installs nothing.
    """
    return stamp.get(lock) != wanted


def read_stamp(path: Path = STAMP) -> dict[str, str]:
    """What was installed; empty when nothing was, or when the file cannot be understood."""
    try:
        stamp = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in stamp.items()} if type(stamp) is dict else {}


def install(lock: str) -> None:
    """Bring ``.venv`` to what ``lock`` says, unless it is there already."""
    if PYTHON.exists() and not needs_install(lock, read_stamp(), digest(lock)):
        return
    with (ROOT / "run.py").open("rb") as own_file:
        _wait_for_other_installs(own_file.fileno())
        if PYTHON.exists() and not needs_install(lock, read_stamp(), digest(lock)):
            return  # another call of this script did it while we waited
        _install(lock)


def _install(lock: str) -> None:
    if not PYTHON.exists():
        _make_venv(VENV)
    elif not _succeeds([str(PYTHON), "-m", "pip", "--version"]):
        _run([str(PYTHON), "-m", "ensurepip"])
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    count = sum(line[:1].isalnum() for line in lines)
    sys.stderr.write(f"Installing {count} packages into .venv (under a minute, once) ...\n")
    STAMP.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-qq"]
    _run([*pip, "--require-hashes", "-r", lock])
    # A path file stands in for an editable install: no build, no egg-info, and it is instant.
    for packages in VENV.glob("lib/python*/site-packages"):
        (packages / "cadre.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    script = VENV / "bin" / "cadre"
    script.write_text(f"#!{PYTHON}\n{SCRIPT}", encoding="utf-8")
    script.chmod(0o755)
    locks = (RUNTIME_LOCK, DEVELOPMENT_LOCK) if lock == DEVELOPMENT_LOCK else (lock,)
    stamp = {name: digest(name) for name in locks}
    STAMP.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


def _wait_for_other_installs(descriptor: int) -> None:
    import fcntl  # noqa: PLC0415 - not everywhere; the listing should work there all the same

    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _make_venv(folder: Path) -> None:
    import importlib.util  # noqa: PLC0415 - 10 ms that only the first call pays

    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            "This Python cannot make virtual environments: its venv module is packaged apart.\n"
            f"On Debian or Ubuntu: sudo apt install python{version}-venv\n"
            "Then run the same command again."
        )
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])


def hand_over(arguments: Sequence[str]) -> NoReturn:
    """Become the program in ``.venv``, so that signals and exit codes are its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


def check() -> int:
    """Run every check, two at a time; print what failed; 1 when anything did."""
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = {
            name: pool.submit(
                subprocess.run,
                [str(PYTHON), *arguments],
                cwd=ROOT,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            for name, arguments in CHECKS.items()
        }
    failed = [name for name, run in runs.items() if run.result().returncode]
    for name in runs:
        sys.stdout.write(f"{name:<10} {'FAILED' if name in failed else 'ok'}\n")
    for name in failed:
        sys.stdout.write(f"\n--- {name} ---\n{runs[name].result().stdout}")
    return 1 if failed else 0


def make_locks(extra: Sequence[str]) -> int:
    """Write both lock files from ``pyproject.toml``, for every platform and Python we support.

    Known versions stay unless ``--upgrade`` is given. The runtime lock is held to the versions
    of the development lock, because both are installed into the same ``.venv``.
    """
    uv = shutil.which("uv") or _install_uv()
    compile_ = [uv, "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes"]
    compile_ += ["--python-version", ".".join(map(str, OLDEST_PYTHON)), "--quiet"]
    # No address and no local path may end up in a lock: it serves whatever index pip is given.
    compile_ += ["--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    compile_ += ["--custom-compile-command", "python3 run.py lock", *extra]
    _run([*compile_, "--extra", "dev", "-o", DEVELOPMENT_LOCK])
    _run([*compile_, "-c", DEVELOPMENT_LOCK, "-o", RUNTIME_LOCK])
    return 0


def _install_uv() -> str:
    """A uv in a place of its own: it only makes locks, and nothing else should come to need it."""
    folder = ROOT / ".venv-lock"
    if not (folder / "bin" / "uv").exists():
        _make_venv(folder)
        _run([str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", UV])
    return str(folder / "bin" / "uv")


def _run(arguments: Sequence[str]) -> None:
    status = subprocess.run(arguments, cwd=ROOT, check=False).returncode
    if status:
        sys.exit(f"Failed ({status}): {' '.join(arguments)}")


def _succeeds(arguments: Sequence[str]) -> bool:
    return subprocess.run(arguments, capture_output=True, check=False).returncode == 0


def _hand_over_to_a_newer_python(arguments: Sequence[str]) -> int:
    for minor in (13, 12, 11):
        newer = shutil.which(f"python3.{minor}")
        if newer is not None:
            os.execv(newer, [newer, str(Path(__file__).resolve()), *arguments])
    have = ".".join(map(str, sys.version_info[:3]))
    sys.stderr.write(f"Cadre needs Python 3.11 or newer; this is Python {have}.\n")
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
