"""Countries and regions: the data is complete and the look-ups say what they promise."""

from zoneinfo import ZoneInfo

import pytest

from app.core import countries, languages


def test_there_is_every_entry_of_iso_3166_and_nothing_else() -> None:
    everyone = countries.countries()

    assert len(everyone) == 249
    assert len({country.alpha3 for country in everyone}) == 249


def test_countries_are_sorted_by_name_without_accents() -> None:
    order = [country.alpha2 for country in countries.countries()]

    assert order[0] == "AF"
    assert order.index("AX") < order.index("AL")  # Åland before Albania
    assert order.index("CI") < order.index("HR")  # Côte d'Ivoire before Croatia


def test_the_world_health_organization_has_194_members_in_six_regions() -> None:
    members = [each for each in countries.countries() if each.who_status == "member"]

    assert len(members) == 194
    assert [region.code for region in countries.who_regions()] == [
        "AFR",
        "AMR",
        "SEAR",
        "EUR",
        "EMR",
        "WPR",
    ]
    assert {each.who_region for each in members} == {
        region.code for region in countries.who_regions()
    }


def test_who_members_are_un_members_but_for_three() -> None:
    who = {each.alpha2 for each in countries.countries() if each.who_status == "member"}
    un = {each.alpha2 for each in countries.countries() if each.un_member}

    assert len(un) == 193
    assert who - un == {"CK", "NU"}
    assert un - who == {"LI"}


@pytest.mark.parametrize(
    ("code", "size"),
    [
        ("AFR", 47),
        ("SEAR", 10),
        ("AU", 55),
        ("AU-E", 14),
        ("ECOWAS", 12),
        ("EAC", 8),
        ("SADC", 16),
        ("ASEAN", 11),
        ("EU", 27),
        ("PAHO", 35),
        ("MERCOSUR", 5),
        ("CARICOM", 15),
        ("LDC", 44),
        ("LLDC", 32),
        ("SIDS", 53),
        ("africa", 60),
        ("western-africa", 17),
        ("RCCN-EA", 5),
    ],
)
def test_a_region_has_its_size(code: str, size: int) -> None:
    assert countries.is_region(code)
    assert len(countries.in_region(code)) == size


def test_a_who_region_holds_its_associate_members_and_observers() -> None:
    assert "PR" in countries.in_region("AMR")
    assert "PS" in countries.in_region("EMR")


def test_suspended_and_former_members_are_not_in_a_group() -> None:
    assert "VE" not in countries.in_region("MERCOSUR")
    assert "BF" not in countries.in_region("ECOWAS")


def test_every_region_has_countries_and_a_code_of_its_own() -> None:
    codes = [region.code for region in countries.regions()]

    assert len(codes) == len(set(codes))
    for code in codes:
        assert countries.in_region(code)
        assert all(countries.is_country(each) for each in countries.in_region(code))


def test_an_unknown_region_is_empty_and_keeps_its_code_as_its_name() -> None:
    assert countries.in_region("ATLANTIS") == frozenset()
    assert not countries.is_region("ATLANTIS")
    assert countries.region_name("ATLANTIS") == "ATLANTIS"
    assert countries.region_name("WPR") == "Western Pacific Region"


def test_a_country_names_the_regions_it_is_in() -> None:
    regions = countries.regions_of("GH")

    assert regions[0] == "AFR"
    assert {"africa", "western-africa", "AU", "AU-W", "ECOWAS"} <= set(regions)


def test_a_country_has_a_name_in_each_language() -> None:
    assert countries.name("EG", "ar") == "مصر"
    assert countries.name("CN", "zh") == "中国"
    for country in countries.countries():
        assert all(countries.names(country.alpha2).values())


def test_a_name_never_fails() -> None:
    assert countries.name("KE", "tlh") == "Kenya"
    assert countries.name("??") == "??"


def test_kosovo_has_no_code_and_is_not_a_country() -> None:
    assert countries.country("XK") is None
    assert not countries.is_country("XK")


def test_codes_are_in_capitals() -> None:
    assert not countries.is_country("ke")


def test_every_zone_loads_and_every_language_is_known() -> None:
    for country in countries.countries():
        assert ZoneInfo(country.timezone).key == country.timezone
        assert all(languages.is_language(code) for code in country.languages)


def test_every_point_is_on_the_globe() -> None:
    for country in countries.countries():
        assert -90 <= country.lat <= 90
        assert -180 <= country.lon <= 180


@pytest.mark.parametrize("alpha2", ["EG", "SD", "YE", "JO", "IQ", "KW", "BD"])
def test_friday_and_saturday_are_the_weekend_of_many_countries(alpha2: str) -> None:
    assert countries.weekend(alpha2) == {5, 6}


def test_the_weekend_is_saturday_and_sunday_unless_known() -> None:
    assert countries.weekend("KE") == {6, 7}
    assert countries.weekend("MA") == {6, 7}
    assert countries.weekend("IR") == {5}
    assert countries.weekend("??") == {6, 7}
