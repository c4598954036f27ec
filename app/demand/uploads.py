"""A needs survey as it was sent: a file of a form, or rows as JSON."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from app.core.errors import invalid
from app.core.tables import Cell, check_size, checked_table, read_table

_YES = ("true", "on", "1")


@dataclass(frozen=True, slots=True)
class _Upload:
    """What was sent. ``save`` keeps the requests; ``repeat`` also those that are likely there."""

    content: bytes | None = None
    rows: str | None = None
    objects: Any = None
    save: bool = False
    repeat: bool = False

    def table(self) -> list[list[Cell]]:
        """The cells.

        Raises:
            InvalidError: Nothing was sent, or no table.
        """
        if self.objects is not None:
            return checked_table(_table_of(self.objects))
        if self.rows is not None:
            return checked_table(_parsed(self.rows))
        if not self.content:
            raise invalid("file", "Please choose a file.", "missing")
        return read_table(self.content)


async def _upload(request: Request) -> _Upload:
    # First the bytes, which the request then keeps: the writer hashes them, in any order.
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return _from_json(body)
    form = await request.form()
    rows = form.get("rows")
    return _Upload(
        content=await _content(form),
        rows=rows if isinstance(rows, str) else None,
        save=form.get("save") in _YES,
        repeat=form.get("repeat") in _YES,
    )


async def _content(form: FormData) -> bytes | None:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        return None
    content = await file.read()
    await file.close()
    return content


def _from_json(body: bytes) -> _Upload:
    sent = _parsed(body)
    if not isinstance(sent, dict):
        raise invalid("rows", "Please send an object with rows.", "missing")
    return _Upload(
        objects=sent.get("rows", ()),
        save=sent.get("save") is True,
        repeat=sent.get("repeat") is True,
    )


def _parsed(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid("rows", "This is no JSON.", "invalid_json") from error


def _table_of(objects: object) -> object:
    """Objects as rows below one row of headings."""
    if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
        raise invalid("rows", "Please send a list of objects, one for each need.", "not_rows")
    headings = list(dict.fromkeys(key for each in objects for key in each))
    # Each of many objects with a name of its own would make a table of the square of them.
    check_size(len(objects) + 1, len(headings))
    return [headings, *([_joined(each.get(key)) for key in headings] for each in objects)]


def _joined(value: object) -> object:
    return ";".join(str(each) for each in value) if isinstance(value, list) else value


Upload = Annotated[_Upload, Depends(_upload)]
"""The survey that was sent."""
