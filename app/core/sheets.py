"""Rows as files that spreadsheets open, without doing anything by themselves."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_MARK = "\ufeff"


def csv_file(rows: Iterable[Sequence[Any]], *, marked: bool = False) -> bytes:
    """One line for each row, in UTF-8; several values in one cell are parted by ``;``.

    A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay
    as they are.

    Args:
        rows: The header and what follows it.
        marked: Begin with the byte order mark by which spreadsheets know UTF-8; programs that
            read data rather have none.

    Source: RFC 4180; OWASP, "CSV Injection".
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return (_MARK + text.getvalue() if marked else text.getvalue()).encode()


def cell(value: Any) -> str:
    """``value`` as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value}".removesuffix(".0")
    text = _joined(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _joined(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ";".join(_joined(each) for each in value)
    if isinstance(value, dict):
        return ":".join(str(each) for each in value.values())
    return str(value)
