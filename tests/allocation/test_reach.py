"""How counts are told in a sentence."""

import pytest

from app.allocation.rules.reach import Reach, reach_text


@pytest.mark.parametrize(
    ("reach", "text"),
    [
        (Reach(9, 4), "9 people of 4 countries"),
        (Reach(5, 1), "5 people of 1 country"),
        (Reach(1, 1), "1 person of 1 country"),
        (Reach(None, None), "a few people"),
    ],
)
def test_a_count_of_one_is_told_in_the_singular(reach: Reach, text: str) -> None:
    assert reach_text(reach) == text
