"""The README's table of settings is true."""

import re
from pathlib import Path

from app.core.config import Settings

README = Path(__file__).resolve().parents[2] / "README.md"
ROW = re.compile(r"^\|\s*`(CADRE_[A-Z_]+)`\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|\s*$", re.MULTILINE)


def _shown(value: object) -> str:
    """A default as the table writes it."""
    if value is None:
        return "unset"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def test_the_table_lists_every_setting_with_its_default_and_meaning() -> None:
    """Columns: name, default, meaning, in the order of the class."""
    rows = ROW.findall(README.read_text(encoding="utf-8"))

    assert rows == [
        (f"CADRE_{name.upper()}", _shown(field.default), field.description)
        for name, field in Settings.model_fields.items()
    ]
