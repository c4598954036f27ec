"""Spreadsheets and CSV files as rows of cells; whatever is wrong with a file is said in a sentence.

A file comes from somebody's computer and may be broken or made to do harm, so it is measured
before it is opened: a few kilobytes of a spreadsheet can stand for millions of cells.
"""

import csv
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from app.core.errors import InvalidError, invalid

Cell = str | int | float | bool | date | None
"""What a cell holds; a formula counts as its value."""

MAX_ROWS = 1_000
"""Most rows of a table, its header among them."""

MAX_COLUMNS = 100

_MAX_UNPACKED = 20_000_000  # bytes
_MAX_PARTS = 500
_MAX_CELL = 5_000  # characters
_MOST_TEXTS, _COUNTS = 1_000_000, ("count", "uniqueCount")
_XML, _KIND_OF_ODS = (".xml", ".rels"), "mimetype"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# A broken file fails in whichever part meets the damage first: the archive (a part that is cut
# off, encrypted, or packed in an unknown way), its three ways of unpacking, the XML, the reader.
_UNREADABLE = (
    *(zipfile.BadZipFile, EOFError, RuntimeError, struct.error),
    *(zlib.error, lzma.LZMAError, OSError),
    *(expat.ExpatError, CalamineError, ValueError, IndexError),
)
_DELIMITERS = (",", ";", "\t")
_REFERENCE = re.compile(r"([A-Za-z]+)([0-9]+)")
_LETTERS = 26


def read_table(content: bytes) -> list[list[Cell]]:
    """The first sheet of a spreadsheet (.xlsx, .ods) or a CSV file, from its first row on.

    CSV is UTF-8, with or without byte order mark, parted by comma, semicolon or tabulator. Cells
    of text are stripped; an empty cell is None.

    Args:
        content: The bytes of the file; what it is called does not matter.

    Raises:
        InvalidError: It is neither, broken, protected by a password, or too large; at ``file``.
    """
    if content.startswith(_OLE):
        raise _refused("This is an old or protected spreadsheet. Please save it as .xlsx or .csv.")
    rows = _sheet(content) if content.startswith(_ZIP) else _csv(content)
    return _checked(rows)


def _checked(rows: Sequence[Sequence[object]]) -> list[list[Cell]]:
    table = [[_cell(value) for value in row] for row in rows]
    check_size(len(table), max((len(row) for row in table), default=0))
    return table


def check_size(rows: int, columns: int) -> None:
    """Refuse a table of more rows, its header among them, or columns than there can be.

    Raises:
        InvalidError: It is too large; at ``file``.
    """
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise _too_large()


def checked_table(rows: object) -> list[list[Cell]]:
    """A table that came as JSON, after the same checks as a file.

    Raises:
        InvalidError: It is no list of lists of plain values, or too large; at ``file``.
    """
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise _refused("These are no rows of cells. Please send the file again.")
    plain = (str, int, float, bool, type(None))
    if not all(isinstance(cell, plain) for row in rows for cell in row):
        raise _refused("A cell holds a text, a number, yes or no, or nothing.")
    return _checked(rows)


def _csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "This is no spreadsheet and no text in UTF-8. Please save it as .xlsx or .csv."
        raise _refused(message) from error
    if "\0" in text:
        raise _refused("This is no spreadsheet and no text. Please save it as .xlsx or .csv.")
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [row for row, _ in zip(reader, range(MAX_ROWS + 1), strict=False)]
    except csv.Error as error:
        raise _refused(f"The file cannot be read as a table: {error}.") from error


def _sheet(content: bytes) -> list[list[object]]:
    try:
        packed = _repacked(content)
        book = CalamineWorkbook.from_filelike(packed)
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=MAX_ROWS + 1)
    except PasswordError as error:
        raise _refused("The file is protected by a password. Please take it off.") from error
    except _UNREADABLE as error:
        raise _broken() from error
    return [list(row) for row in rows]


def _repacked(content: bytes) -> io.BytesIO:
    """The parts of the file as they were measured: what their headers claim is not believed.

    Only those that are measured go on: a sheet may be any part, whatever that is called, and the
    reader also knows a format whose sheets are no XML at all.
    """
    unpacked, left = io.BytesIO(), _MAX_UNPACKED
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(unpacked, "w") as target:
        if len(source.infolist()) > _MAX_PARTS:
            raise _too_large()
        for part in source.infolist():
            is_xml = part.filename.lower().endswith(_XML)
            if not (is_xml or part.filename == _KIND_OF_ODS):
                continue
            with source.open(part) as stream:
                data = stream.read(left + 1)
            left -= len(data)
            if left < 0:
                raise _too_large()
            if is_xml:
                _measure(data)
            target.writestr(part.filename, data)
    unpacked.seek(0)
    return unpacked


def _measure(data: bytes) -> None:
    """Refuse a sheet with a cell far away: the reader makes all cells up to there."""
    grid = _Grid()
    parser = expat.ParserCreate()
    parser.StartElementHandler = grid.start
    parser.EndElementHandler = grid.end
    parser.StartDoctypeDeclHandler = grid.doctype
    parser.Parse(data, True)


class _Grid:
    """Where the cells of a part are at the farthest; the reader may find them nearer.

    In .xlsx by reference, or counted where they name none; in .ods by counting repetitions.
    """

    def __init__(self) -> None:
        self._row = self._column = self._rows = self._tables = 0
        self._is_sheet = False

    def doctype(self, *_: object) -> None:
        """A sheet has no document type; one that has means to define entities."""
        raise _broken()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Look at one element."""
        look = self._LOOKS.get(name.rpartition(":")[2])
        if look is not None:
            look(self, attributes)

    def end(self, name: str) -> None:
        """Leave one element."""
        self._tables -= name.rpartition(":")[2] == "table"

    def _texts(self, attributes: dict[str, str]) -> None:
        """The reader makes room for as many texts as their list claims to hold."""
        if any(_number(attributes.get(count, "0")) > _MOST_TEXTS for count in _COUNTS):
            raise _too_large()

    def _sheet(self, _: dict[str, str]) -> None:
        self._is_sheet = True  # rows of a drawing are none of a table

    def _sheet_row(self, attributes: dict[str, str]) -> None:
        if self._is_sheet:
            self._row = max(self._row + 1, _number(attributes.get("r", "0")))
            self._column = 0
            check_size(self._row, 0)

    def _sheet_cell(self, attributes: dict[str, str]) -> None:
        if self._is_sheet:
            row, column = _reference(attributes["r"]) if "r" in attributes else (0, 0)
            self._row, self._column = max(self._row, row), max(self._column + 1, column)
            check_size(self._row, self._column)

    def _table(self, _: dict[str, str]) -> None:
        if not self._tables:
            self._row = self._rows = 0
        self._tables += 1

    def _table_row(self, attributes: dict[str, str]) -> None:
        self._row += self._rows
        self._rows = _times(attributes, "number-rows-repeated")
        self._column = 0

    def _table_cell(self, attributes: dict[str, str]) -> None:
        self._column += _times(attributes, "number-columns-repeated")
        if any(each.endswith(("value-type", "formula")) for each in attributes):
            self._content({})

    def _content(self, _: dict[str, str]) -> None:
        """Something stands in the cell; empty ones to the end of the sheet are usual."""
        if self._tables:
            check_size(self._row + self._rows, self._column)

    _LOOKS: ClassVar[Mapping[str, Callable[["_Grid", dict[str, str]], None]]] = {
        "sst": _texts,
        "sheetData": _sheet,
        "row": _sheet_row,
        "c": _sheet_cell,
        "table": _table,
        "table-row": _table_row,
        "table-cell": _table_cell,
        "covered-table-cell": _table_cell,
        "p": _content,
    }


def _reference(name: str) -> tuple[int, int]:
    """Row and column of a cell, from ``B7``."""
    found = _REFERENCE.fullmatch(name)
    if found is None:
        raise _broken()
    column = 0
    for letter in found[1].upper():
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return _number(found[2]), column


def _times(attributes: dict[str, str], what: str) -> int:
    found = [_number(text) for name, text in attributes.items() if name.endswith(what)]
    return max(found, default=1)


def _number(text: str) -> int:
    """A number as any reader may take it: with a sign, or noughts in front."""
    try:
        return int(text)
    except ValueError as error:
        raise _broken() from error


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        text = value.strip()
        if len(text) > _MAX_CELL:
            raise _too_large()
        return text or None
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, bool | int | float | date):
        return value
    return None if value is None else _odd(value)


def _odd(value: object) -> str:
    return str(value) if isinstance(value, time | timedelta) else ""


def _too_large() -> InvalidError:
    rows = f"at most {MAX_ROWS - 1:,} rows below the header and {MAX_COLUMNS} columns"
    return _refused(f"The table is too large: {rows}. Please take out what is not needed.")


def _broken() -> InvalidError:
    return _refused("The file is broken or no spreadsheet. Please save it again.")


def _refused(message: str) -> InvalidError:
    return invalid("file", message, "unreadable_file")
