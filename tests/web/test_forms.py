"""Forms come back with their errors and what was typed."""

from datetime import date
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from app.accounts.schemas import SomebodyIn
from app.core.errors import ConflictError, invalid
from app.core.fields import LanguageCodes
from app.core.text import Line, Prose
from app.web.forms import Form, read_form


class RowIn(BaseModel):
    """One row of a repeated group."""

    day: date
    people: Annotated[int, Field(ge=1, le=10)] = 1


class ThingIn(BaseModel):
    """A form with every kind of field."""

    name: Line
    note: Prose = ""
    languages: LanguageCodes = ()
    agreed: bool = False
    rows: list[RowIn] = []


def test_a_good_form_gives_its_model() -> None:
    form = read_form(
        ThingIn,
        [("name", "  محمد  "), ("languages", "en"), ("languages", "ar"), ("agreed", "on")],
    )

    assert form.model == ThingIn(name="محمد", languages=("en", "ar"), agreed=True)


class WhyIn(BaseModel):
    """A form that wants to know why."""

    reason: Annotated[Prose, Field(min_length=1)]


def test_a_reason_of_blanks_is_asked_for_in_the_words_for_texts() -> None:
    form = read_form(WhyIn, [("reason", "  ")])

    assert form.error("reason") == "Please fill this in."


def test_rows_left_empty_are_no_rows() -> None:
    pairs = [
        *[("name", "x"), ("rows-0-day", ""), ("rows-0-people", "")],
        *[("rows-2-day", "2027-01-04"), ("rows-2-people", "3")],
    ]

    form = read_form(ThingIn, pairs)

    assert form.model is not None
    assert form.model.rows == [RowIn(day=date(2027, 1, 4), people=3)]
    assert form.value("rows-0-day") == "2027-01-04"
    assert len(form.rows("rows", 3)) == 3


def test_errors_stand_beside_their_field_and_what_was_typed_stays() -> None:
    pairs = [
        *[("name", ""), ("languages", "xx")],
        *[("rows-0-day", "2027-02-30"), ("rows-0-people", "11")],
    ]

    form = read_form(ThingIn, pairs)

    assert form.model is None
    assert form.error("name") == "Please fill this in."
    assert "Unknown language" in form.error("languages")
    assert "year-month-day" in form.error("rows-0-day")
    assert form.error("rows-0-people") == "Please enter 10 or less."
    assert form.value("rows-0-day") == "2027-02-30"


@pytest.mark.parametrize("text", ["a\x00b", "bell\x07", "esc\x1b[31m", "\x9b"])
def test_control_characters_are_refused_in_words(text: str) -> None:
    form = read_form(ThingIn, [("name", text)])

    assert "control characters" in form.error("name")


def test_ten_thousand_characters_are_refused_and_kept() -> None:
    form = read_form(ThingIn, [("name", "x" * 10_000), ("note", "长" * 10_000)])

    assert form.error("name") == "Please use at most 200 characters."
    assert form.error("note") == "Please use at most 4000 characters."
    assert len(form.value("note")) == 10_000


def test_a_refusal_of_the_use_case_lands_beside_its_field() -> None:
    form = Form()

    form.refuse(invalid("rows.0.day", "Too late.", "late"))
    form.refuse(ConflictError("Already done."))

    assert form.errors_list == [("rows-0-day", "Too late."), ("form", "Already done.")]


def test_a_form_starts_with_values_of_every_kind() -> None:
    form = Form.of(name="x", languages=("en", "fr"), agreed=True, rows=[{"day": "2027-01-04"}])

    assert form.values_of("languages") == ["en", "fr"]
    assert form.value("agreed") == "true"
    assert form.value("rows-0-day") == "2027-01-04"
    assert form.value("absent") == ""


def test_each_form_has_a_key_of_its_own_and_keeps_it() -> None:
    assert Form().key != Form().key
    assert read_form(ThingIn, [("name", "x"), ("form_key", "abc")]).key == "abc"


def test_what_is_wrong_with_a_form_as_a_whole_stands_above_it() -> None:
    form = read_form(SomebodyIn, [("name", "Ada"), ("email", "")])

    assert form.model is None
    assert form.errors == {"form": "Give the person's id, or an e-mail address and a name."}
    assert form.value("name") == "Ada"


def test_the_status_says_whether_a_field_is_wrong_or_things_do_not_allow_it() -> None:
    fresh, refused, wrong = Form(), Form(), Form()
    unread = read_form(SomebodyIn, [("name", "Ada"), ("email", "")])

    refused.refuse(ConflictError("Already done."))
    wrong.refuse(invalid("day", "Too late.", "late"))

    assert [each.status for each in (fresh, refused, wrong, unread)] == [200, 409, 422, 422]
