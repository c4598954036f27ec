"""Text of any script, without what breaks feeds, pages and databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from app.core.text import Line, OptionalLine, Prose, like_pattern, normalise_text, search_form


class _Text(BaseModel):
    line: Line = "x"
    optional: OptionalLine = ""
    prose: Prose = ""


@pytest.mark.parametrize(
    "name", ["محمد عبد الرحمن الشافعي", "王小明", "ဒေါ်ခင်မြင့်", "Ó Súilleabháin, Aoife", "नमस्ते"]
)
def test_names_of_any_script_stay_as_they_are(name: str) -> None:
    assert _Text(line=name).line == name


def test_the_same_letters_typed_in_two_ways_are_stored_in_one() -> None:
    assert _Text(line="Ai\u0308ssatou").line == _Text(line="A\u00efssatou").line


@pytest.mark.parametrize("text", ["\x00", "a\x07b", "\x1b[0m", "\x7f", "\x85\x9f"])
def test_control_characters_are_refused_with_a_code(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Text(prose=f"x{text}y")

    assert caught.value.errors()[0]["type"] == "control_characters"


def test_a_text_whose_normal_form_is_too_long_is_refused() -> None:
    typed = "\u0958" * 200  # 200 letters, whose normal form has 400

    with pytest.raises(ValidationError) as caught:
        _Text(line=typed)

    assert caught.value.errors()[0]["type"] == "string_too_long"


def test_line_separators_become_line_feeds_in_prose_and_spaces_in_a_line() -> None:
    text = "a\r\nb\u2028c\u2029d\x0be"

    assert _Text(prose=text).prose == "a\nb\nc\nd\ne"
    assert _Text(line=text).line == "a b c d e"


def test_white_space_alone_is_no_line() -> None:
    with pytest.raises(ValidationError):
        _Text(line=" \u3000\t ")
    assert _Text(optional="   ").optional == ""


@given(st.text())
def test_what_is_written_out_never_holds_control_characters(text: str) -> None:
    prose = normalise_text(text, multiline=True)

    assert not any(ord(c) < 32 and c not in "\t\n" for c in prose)
    assert not any(0x7F <= ord(c) <= 0x9F or c in "\u2028\u2029" for c in prose)
    assert "\n" not in normalise_text(text, multiline=False)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("ÉCOLE", "école"), ("zürich", "Zurich"), ("straße", "STRASSE"), ("疫苗", "疫苗")],
)
def test_searching_minds_neither_case_nor_accents(typed: str, stored: str) -> None:
    assert search_form(typed) == search_form(stored)


def test_signs_of_patterns_are_searched_as_they_are() -> None:
    assert like_pattern("50%_a\\b") == "%50\\%\\_a\\\\b%"
