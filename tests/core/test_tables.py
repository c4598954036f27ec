"""Files from somebody's computer: read as tables, or refused in a sentence."""

import io
import zipfile
from datetime import date

import pytest

from app.core import tables
from app.core.errors import InvalidError
from tests.support.sheets import ods_file, xlsx_file

DATE = 46500  # as Excel counts the days


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidError) as error:
        tables.read_table(content)
    [problem] = error.value.problems
    assert problem.loc == ("file",)
    return problem.msg


def test_a_spreadsheet_gives_texts_numbers_dates_and_values_of_formulas() -> None:
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t> مهارة </t></is></c><c r="B1"><v>6</v></c></row>'
        f'<row r="3"><c r="B3" s="1"><v>{DATE}</v></c>'
        '<c r="C3" t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row>'
    )

    assert tables.read_table(xlsx_file(cells)) == [
        ["مهارة", 6.0, None],
        [None, None, None],
        [None, date(2027, 4, 23), "ab"],
    ]


def test_an_open_document_is_read_too() -> None:
    rows = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>Skill</text:p>'
        '</table:table-cell><table:table-cell office:value-type="float" office:value="6"/>'
        '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/>'
        "</table:table-row>"
    )

    assert tables.read_table(ods_file(rows)) == [["Skill", 6.0]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_whatever_parts_its_cells(delimiter: str, mark: str) -> None:
    text = f'{mark}Skill{delimiter}People\r\n"a{delimiter} b\nc"{delimiter} 6 \r\n'

    assert tables.read_table(text.encode()) == [
        ["Skill", "People"],
        [f"a{delimiter} b\nc", "6"],
    ]


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1001"><c r="A1001"><v>1</v></c></row>',
        '<row r="1"><c r="CW1"><v>1</v></c></row>',
        '<row r="1"><c r="&#65;&#49;048576"><v>1</v></c></row>',
        '<row r="0000000001048576"><c r="XFD0000000001048576"><v>1</v></c></row>',
        '<row r="2"><c r="AAAAXFD2"><v>1</v></c></row>',
        "<row/>" * 1_000 + "<row><c><v>1</v></c></row>",
        "<row>" + "<c/>" * 100 + "<c><v>1</v></c></row>",
    ],
)
def test_a_small_file_that_stands_for_a_huge_table_is_not_opened(cells: str) -> None:
    assert "too large" in refusal(xlsx_file('<row r="1"><c r="A1"><v>1</v></c></row>' + cells))


@pytest.mark.parametrize(
    "row",
    [
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' office:value-type="float" office:value="1"/></table:table-row>',
        '<table:table-row><table:table-cell table:number-columns-repeated="16384"'
        ' office:value-type="float" office:value="1"/></table:table-row>',
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/>'
        "</table:table-row><table:table-row><table:table-cell"
        ' office:value-type="float" office:value="1"/></table:table-row>',
        '<table:table-row><table:table-cell table:number-columns-repeated="000000000016384"'
        ' office:value-type="float" office:value="1"/></table:table-row>',
        '<table:table-row><table:table-cell table:number-columns-repeated="+16384"'
        ' office:value-type="float" office:value="1"/></table:table-row>',
        '<table:table-row><table:table-cell office:number-columns-repeated="1"'
        ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
        "</table:table-row>",
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/>'
        "</table:table-row><office:table/><table:table-row><table:table-cell"
        ' office:value-type="float" office:value="1"/></table:table-row>',
        '<table:table-row><table:table-cell table:number-columns-repeated="16384"/>'
        "<table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>",
    ],
)
def test_repetitions_of_an_open_document_are_counted_first(row: str) -> None:
    assert "too large" in refusal(ods_file(row))


@pytest.mark.parametrize("name", ["sheet1.dat", "sheet1.XML", "sheet1.bin"])
def test_a_sheet_by_another_name_is_measured_or_not_opened(name: str) -> None:
    far = xlsx_file('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')

    assert refusal(_with(far, "sheet1.xml", name))


def test_a_list_that_claims_to_hold_very_many_texts_is_not_believed() -> None:
    claim = '<x><sst uniqueCount="99999999999"/></x>'

    assert "too large" in refusal(_with(xlsx_file(""), "<cellXfs", f"{claim}<cellXfs"))


def _with(content: bytes, old: str, new: str) -> bytes:
    """The file with something else in the names and texts of its parts."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(changed, "w") as target:
        for part in source.infolist():
            text = source.read(part).decode().replace(old, new)
            target.writestr(part.filename.replace(old, new), text)
    return changed.getvalue()


def test_what_unpacks_to_very_much_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)

    assert len(packed.getvalue()) < 100_000
    assert "too large" in refusal(packed.getvalue())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rubbish", "broken"),
        (xlsx_file("<row")[:-200], "broken"),
        (xlsx_file("<row>"), "broken"),
        (xlsx_file("", before='<!DOCTYPE x [<!ENTITY a "b">]>'), "broken"),
        (b"\xd0\xcf\x11\xe0old", "Please save it as .xlsx"),
        (b"caf\xe9;6", "no text in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0", "no text in UTF-8"),
        (b"a,b\0", "no text"),
        (b'a,"b\n', "cannot be read as a table"),
        (b"a\n" * 1_001, "too large"),
        (b"a," * 101, "too large"),
        (b"a" * 6_000, "too large"),
    ],
)
def test_a_broken_file_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    assert said in refusal(content)


@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_file_that_is_damaged_in_any_one_place_is_read_or_refused(packing: int) -> None:
    whole = _packed_as(packing, xlsx_file('<row r="1"><c r="A1"><v>1</v></c></row>' * 20))
    refused = 0
    for place in range(len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        try:
            tables.read_table(damaged)
        except InvalidError:
            refused += 1

    assert refused > len(whole) // 10


def _packed_as(packing: int, content: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name), compress_type=packing)
    return changed.getvalue()


@pytest.mark.parametrize("rows", [{}, [1], [[{}]], [["a"] * 101], "x"])
def test_rows_that_come_back_are_checked_like_a_file(rows: object) -> None:
    with pytest.raises(InvalidError):
        tables.checked_table(rows)
