"""Forms that a person types: they come back with their errors and what was typed."""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar, get_origin

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.core.errors import AppError, ConflictError, InvalidError
from app.web.deps import FORM_KEY

M = TypeVar("M", bound=BaseModel)

_ROW = re.compile(r"([a-z_]+)-(\d{1,3})-([a-z_]+)")
_SEQUENCES = (tuple, list, set, frozenset)
_PLAIN: dict[str, str] = {
    "missing": "Please fill this in.",
    "int_parsing": "Please enter a whole number.",
    "int_from_float": "Please enter a whole number.",
    "float_parsing": "Please enter a number.",
    "date_parsing": "Please enter a date as year-month-day, for example 2027-03-31.",
    "date_from_datetime_parsing": "Please enter a date as year-month-day, for example 2027-03-31.",
    "datetime_parsing": "Please enter a date and a time.",
    "datetime_from_date_parsing": "Please enter a date and a time.",
    "bool_parsing": "Please choose yes or no.",
    "uuid_parsing": "This is not a known identifier.",
    "enum": "Please choose one of the values offered.",
    "literal_error": "Please choose one of the values offered.",
    "too_short": "Please choose at least one.",
    "string_too_short": "Please fill this in.",
    "extra_forbidden": "This field is not known here.",
}


def plain_message(error: ErrorDetails) -> str:
    """What is wrong, in words for the person who typed it."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "too_short" and isinstance(error["input"], str):
        kind = "string_too_short"  # a text that is measured after it was cleaned
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "string_too_long":
        return f"Please use at most {context['max_length']} characters."
    if kind == "too_long":
        return f"Please give at most {context['max_length']}."
    if kind in ("greater_than_equal", "greater_than"):
        return f"Please enter {context.get('ge', context.get('gt'))} or more."
    if kind in ("less_than_equal", "less_than"):
        return f"Please enter {context.get('le', context.get('lt'))} or less."
    return error["msg"].removeprefix("Value error, ")


class Form:
    """What a page shows in its fields. Names of rows are ``meetings-0-date``.

    ``key`` is sent back as a hidden field, so that a form sent twice has one effect.
    """

    def __init__(self, values: Mapping[str, list[str]] | None = None, key: str = "") -> None:
        self.values: dict[str, list[str]] = dict(values or {})
        self.errors: dict[str, str] = {}
        self.more_refusals: list[str] = []
        self.key = key or secrets.token_urlsafe(16)

    @classmethod
    def of(cls, **initial: object) -> "Form":
        """A fresh form whose fields start with ``initial`` (lists of rows are flattened)."""
        form = cls()
        for name, value in initial.items():
            form.fill(name, value)
        return form

    def fill(self, name: str, value: object) -> None:
        """Start the field ``name`` (or its rows) with ``value``; None leaves it empty."""
        if value is None or value is False:
            return
        if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for index, row in enumerate(value):
                for key, cell in row.items():
                    self.fill(f"{name}-{index}-{key}", cell)
        elif isinstance(value, list | tuple | frozenset):
            self.values[name] = [str(item) for item in value]
        else:
            self.values[name] = ["true" if value is True else str(value)]

    def value(self, name: str, default: str = "") -> str:
        """The field's text, or ``default``."""
        return self.values.get(name, [default])[-1]

    def values_of(self, name: str) -> list[str]:
        """All texts of a field with several."""
        return self.values.get(name, [])

    def error(self, name: str) -> str:
        """What is wrong with the field; empty when nothing is."""
        return self.errors.get(name, "")

    def any_of(self, names: Iterable[str]) -> bool:
        """Whether one of the fields has a text or an error, so that their part is shown open."""
        return any(name in self.errors or any(self.values_of(name)) for name in names)

    def rows(self, name: str, at_least: int = 1) -> range:
        """Indexes of the rows of a repeated group, for a template to draw."""
        used = [int(row[1]) for key in self.values if (row := _row(key)) and row[0] == name]
        return range(max([index + 1 for index in used] + [at_least]))

    @property
    def status(self) -> int:
        """Of the page that shows it: 409 when things do not allow it now, 422 for a wrong field."""
        if not self.errors:
            return 200
        return 409 if set(self.errors) == {"form"} else 422

    @property
    def errors_list(self) -> list[tuple[str, str]]:
        """(field, message) pairs in the order found; everything that stands in the way."""
        return [*self.errors.items(), *(("form", text) for text in self.more_refusals)]

    def refuse(self, error: AppError) -> None:
        """Put a refusal of the use case beside its fields, or above the form."""
        if isinstance(error, InvalidError):
            for problem in error.problems:
                self.errors.setdefault(flat_name(problem.loc), problem.msg)
        else:
            self.errors.setdefault("form", error.message)
            problems = error.details.get("problems")
            if isinstance(problems, list):
                self.more_refusals = [problem["msg"] for problem in problems[1:]]


class Submitted(Form, Generic[M]):
    """A form that was sent: ``model`` is the checked input, or None when something is wrong."""

    model: M | None = None

    @property
    def status(self) -> int:
        """As of any form; what was not read at all is wrong, whatever the rules say."""
        if self.errors and self.model is None:
            return 422
        return super().status

    def attempt(self, use: Callable[[M], Response]) -> Response | None:
        """Carry the form out; None when it has to be shown again with its errors."""
        if self.model is None:
            return None
        try:
            return use(self.model)
        except (InvalidError, ConflictError) as error:
            self.refuse(error)
            return None


def flat_name(loc: tuple[str | int, ...]) -> str:
    """The field's name in a page for the path ``loc`` in the model."""
    return "-".join(str(step) for step in loc if step != "body") or "form"


def read_form(model: type[M], pairs: list[tuple[str, str]]) -> Submitted[M]:
    """Check ``pairs`` (as sent by a browser) against ``model``; empty rows are left out."""
    form: Submitted[M] = Submitted()
    for name, text in _without_empty_rows(pairs):
        if name == FORM_KEY:
            form.key = text or form.key
        else:
            form.values.setdefault(name, []).append(text)
    try:
        form.model = model.model_validate(_nested(model, form.values))
    except ValidationError as error:
        for problem in error.errors():
            form.errors.setdefault(flat_name(_input_path(problem["loc"])), plain_message(problem))
    return form


def submitted(model: type[M]) -> Callable[[Request], Awaitable[Submitted[M]]]:
    """A dependency that reads ``model`` from the form that was sent."""

    async def read(request: Request) -> Submitted[M]:
        # First the bytes, which the request then keeps: the writer hashes them, in any order.
        await request.body()
        sent = await request.form()
        pairs = [(name, text) for name, text in sent.multi_items() if isinstance(text, str)]
        return read_form(model, pairs)

    return read


def _input_path(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    # An item of a plain list (languages, 2) belongs to the list's own field.
    # An empty path is about the form as a whole.
    return loc[:-1] if loc and isinstance(loc[-1], int) else loc


def _row(name: str) -> tuple[str, str, str] | None:
    """``meetings-0-date`` as its group, index and field; None for a plain field."""
    parts = _ROW.fullmatch(name)
    return (parts[1], parts[2], parts[3]) if parts else None


def _without_empty_rows(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    filled: dict[str, dict[str, str]] = {}
    for name, text in pairs:
        row = _row(name)
        if row and text.strip():
            numbers = filled.setdefault(row[0], {})
            numbers.setdefault(row[1], str(len(numbers)))
    kept = []
    for name, text in pairs:
        row = _row(name)
        if row is None:
            kept.append((name, text))
        elif row[1] in filled.get(row[0], {}):
            kept.append((f"{row[0]}-{filled[row[0]][row[1]]}-{row[2]}", text))
    return kept


def _nested(model: type[BaseModel], values: Mapping[str, list[str]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, list[str]]]] = {}
    for name, texts in values.items():
        row = _row(name)
        if row:
            rows.setdefault(row[0], {}).setdefault(int(row[1]), {})[row[2]] = texts
        else:
            _put(model, data, name, texts)
    for group, indexed in rows.items():
        row_model = _row_model(model, group)
        data[group] = [_nested(row_model, indexed[index]) for index in sorted(indexed)]
    return data


def _put(model: type[BaseModel], data: dict[str, Any], name: str, texts: list[str]) -> None:
    field = model.model_fields.get(name)
    if field is not None and get_origin(field.annotation) in _SEQUENCES:
        data[name] = [text for text in texts if text.strip()]
    elif texts[-1].strip():  # an empty field means "not given", so that defaults apply
        data[name] = texts[-1]


def _row_model(model: type[BaseModel], group: str) -> type[BaseModel]:
    field = model.model_fields.get(group)
    for part in getattr(field.annotation, "__args__", ()) if field else ():
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return BaseModel
