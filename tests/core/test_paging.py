"""Cursors are opaque, come back unchanged, and cannot be made up."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidError
from app.core.paging import CursorCodec, id_of, values_of

CODEC = CursorCodec(b"a key for tests")


@given(st.lists(st.text() | st.integers(), max_size=4))
def test_a_cursor_comes_back_as_it_was(values: list[str | int]) -> None:
    assert CODEC.decode(CODEC.encode(values)) == values


@pytest.mark.parametrize("cursor", ["", "AAAA", "!!!", "é", "A" * 400])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidError):
        CODEC.decode(cursor)


def test_a_cursor_of_another_network_or_a_changed_one_is_refused() -> None:
    cursor = CODEC.encode(["2027-01-04", "x"])

    with pytest.raises(InvalidError):
        CursorCodec(b"another key").decode(cursor)
    with pytest.raises(InvalidError):
        CODEC.decode(cursor[:-2] + "AA")


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = CODEC.encode([1], of="/api/v1/skills")

    assert CODEC.decode(cursor, of="/api/v1/skills") == [1]
    with pytest.raises(InvalidError):
        CODEC.decode(cursor, of="/api/v1/slots")


def test_values_of_a_cursor_are_read_by_their_kinds() -> None:
    last = UUID(int=7)

    assert values_of([3, str(last)], int, UUID) == [3, last]
    assert id_of([str(last)]) == last


@pytest.mark.parametrize("after", [[], ["no id"], [1], ["x", "y"], [str(UUID(int=7)), 2]])
def test_values_of_another_kind_are_refused(after: list[str | int]) -> None:
    with pytest.raises(InvalidError) as refusal:
        id_of(after)

    assert refusal.value.problems[0].code == "bad_cursor"
