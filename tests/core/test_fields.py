"""Field types of the core: what they accept and how they refuse."""

import pytest
from pydantic import BaseModel, ValidationError

from app.core.fields import CountryCode, CountryCodes, LanguageCode, RegionCode, ZoneName


class _Form(BaseModel):
    country: CountryCode = "KE"
    region: RegionCode = "AFR"
    language: LanguageCode = "en"
    zone: ZoneName = "Africa/Nairobi"
    countries: CountryCodes = ()


def test_codes_are_brought_into_their_usual_form() -> None:
    form = _Form(country=" ke ", language="FR")

    assert (form.country, form.language) == ("KE", "fr")


def test_a_list_drops_repetitions_and_keeps_the_order() -> None:
    assert _Form.model_validate({"countries": ["gh", "KE", "GH"]}).countries == ("GH", "KE")


@pytest.mark.parametrize(
    ("field", "value", "code", "message"),
    [
        ("country", "XK", "unknown_country", "Unknown country “XK”."),
        ("country", "", "unknown_country", "Unknown country “”."),
        ("region", "ATLANTIS", "unknown_region", "Unknown region “ATLANTIS”."),
        ("language", "xx", "unknown_language", "Unknown language “xx”."),
        ("zone", "Mars/Base", "unknown_zone", "Unknown time zone “Mars/Base”."),
    ],
)
def test_an_unknown_value_is_refused_with_a_code_and_a_sentence(
    field: str, value: str, code: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        _Form.model_validate({field: value})

    (error,) = caught.value.errors()
    assert (error["type"], error["msg"], error["loc"]) == (code, message, (field,))


def test_the_message_repeats_only_the_beginning_of_a_long_value() -> None:
    with pytest.raises(ValidationError) as caught:
        _Form(country="x" * 10_000)

    assert len(caught.value.errors()[0]["msg"]) < 100
