"""Languages by code."""

from app.core import languages


def test_a_language_has_an_english_name_and_its_own() -> None:
    arabic = languages.language("ar")

    assert arabic is not None
    assert (arabic.name, arabic.own_name) == ("Arabic", "العربية")


def test_languages_are_sorted_by_english_name_and_all_have_both_names() -> None:
    everyone = languages.languages()

    assert [each.name for each in everyone] == sorted(each.name for each in everyone)
    assert all(each.name and each.own_name for each in everyone)
    assert len(everyone) == 183


def test_an_unknown_code_is_no_language_and_is_its_own_name() -> None:
    assert not languages.is_language("xx")
    assert not languages.is_language("EN")
    assert languages.language("xx") is None
    assert languages.name("xx") == "xx"
    assert languages.name("sw") == "Swahili"
