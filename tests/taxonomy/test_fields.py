"""Field types of the taxonomy: what they accept and how they refuse."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.taxonomy import fields


def _check(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "code", "message"),
    [
        (fields.SkillId, "juggling", "unknown_skill", "Unknown skill “juggling”."),
        (fields.PlatformId, "cars", "unknown_platform", "Unknown product type “cars”."),
        (fields.DomainId, "circus", "unknown_term", "Unknown domain “circus”."),
        (fields.DeliveryMode, "telepathy", "unknown_term", "Unknown mode “telepathy”."),
        (fields.Sector, "any", "unknown_term", "Unknown sector “any”."),
        (fields.FundingType, "gold", "unknown_term", "Unknown kind of funding “gold”."),
        (fields.CountryCode, "XK", "unknown_country", "Unknown country “XK”."),
    ],
)
def test_an_unknown_value_is_refused_with_a_code_and_a_sentence(
    kind: Any,
    value: str,
    code: str,
    message: str,
) -> None:
    with pytest.raises(ValidationError) as caught:
        _check(kind, value)

    (error,) = caught.value.errors()
    assert (error["type"], error["msg"]) == (code, message)


def test_known_values_are_accepted_without_their_blanks() -> None:
    assert _check(fields.SkillId, " mfg-gowning ") == "mfg-gowning"


def test_general_terms_are_accepted_where_they_make_sense() -> None:
    assert _check(fields.PlatformId, "all") == "all"
    assert _check(fields.AudienceSectors, ["any"]) == ("any",)


def test_a_list_drops_repetitions_and_says_which_entry_is_wrong() -> None:
    assert _check(fields.SkillIds, ["mfg-lnp", "mfg-gowning", "mfg-lnp"]) == (
        "mfg-lnp",
        "mfg-gowning",
    )
    with pytest.raises(ValidationError) as caught:
        _check(fields.SkillIds, ["mfg-lnp", "juggling"])
    assert caught.value.errors()[0]["loc"] == (1,)


def test_a_vocabulary_that_does_not_exist_fails_where_it_is_named() -> None:
    with pytest.raises(KeyError):
        fields.in_vocabulary("circus", "act")
