"""The taxonomy: complete, consistent, and its look-ups never fail on an unknown id."""

import pytest

from app.taxonomy import queries

DOMAINS = [
    "manufacturing",
    "technology-transfer",
    "research-development",
    "policy",
    "process-optimisation",
    "procurement",
    "regulation",
    "implementation",
]


def test_the_eight_domains_come_in_the_order_of_the_recommendation() -> None:
    assert [domain.id for domain in queries.domains()] == DOMAINS


def test_there_are_121_skills_each_in_one_domain_and_area() -> None:
    listed = [
        skill for domain in queries.domains() for area in domain.areas for skill in area.skills
    ]

    assert len(listed) == len(set(listed)) == 121
    assert [skill.id for skill in queries.skills()] == listed
    assert sum(len(queries.skills_in_domain(domain)) for domain in DOMAINS) == 121


def test_every_skill_has_a_definition_and_refers_to_known_things() -> None:
    for skill in queries.skills():
        assert skill.label
        assert skill.definition.endswith(".")
        assert skill.mode in {"hands-on", "classroom", "either"}
        assert skill.platforms
        assert all(queries.is_term("platforms", each, general=True) for each in skill.platforms)
        assert all(queries.source(each) for each in skill.sources)
        assert not skill.gbt or queries.is_term("gbt_functions", skill.gbt)


def test_terms_have_unique_ids_and_labels_without_a_stray_comma_split() -> None:
    for name in queries.vocabularies():
        terms = queries.vocabulary(name, general=True)
        assert terms
        assert len({term.id for term in terms}) == len(terms)
        for term in terms:
            assert term.label.strip()
            # An unquoted comma in the file would cut the label and leave the rest as a fact.
            assert not any(" " in fact for fact in term.facts)


def test_the_labels_with_commas_are_whole() -> None:
    assert queries.label("equipment_categories", "hplc-lcms") == "HPLC, UPLC or LC-MS"
    assert queries.label("cleanroom_grades", "CNC") == "Controlled, not classified"


def test_ids_that_look_like_other_types_are_text() -> None:
    assert queries.is_term("cleanroom_grades", "none")
    assert queries.is_term("urgency", "4")
    assert [term.id for term in queries.vocabulary("proficiency")] == ["1", "2", "3", "4"]


def test_general_terms_are_hidden_unless_asked_for() -> None:
    assert "all" not in {term.id for term in queries.platforms()}
    assert len(queries.platforms()) == 10
    assert not queries.is_term("audience_sectors", "any")
    assert queries.is_term("audience_sectors", "any", general=True)
    assert queries.label("platforms", "all") == "All product types"


def test_planned_only_is_a_reason_for_no_match() -> None:
    assert queries.label("unmatched_reasons", "planned-only") == "Only planned supply fits"


def test_terms_carry_facts_for_programs() -> None:
    check = queries.term("access_requirements", "background-check")

    assert check is not None
    assert check.facts["lead_days"] == 45
    assert queries.lead_times()["nominations_close_before_start"] == 42


def test_an_unknown_id_is_no_error() -> None:
    assert queries.skill("juggling") is None
    assert not queries.is_skill("juggling")
    assert queries.skill_label("juggling") == "juggling"
    assert queries.skills_in_domain("circus") == ()
    assert queries.domain("circus") is None
    assert queries.label("urgency", "9") == "9"


def test_an_unknown_vocabulary_is_an_error_of_the_programmer() -> None:
    with pytest.raises(KeyError, match="circus"):
        queries.vocabulary("circus")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("lyophilization", "mfg-lyophilisation"),
        ("fill-finish", "mfg-aseptic-fill"),
        ("mfg-lnp", "mfg-lnp"),
        ("Cleaning Validation", "opt-cleaning-validation"),
    ],
)
def test_people_find_a_skill_by_what_they_call_it(typed: str, first: str) -> None:
    assert queries.find_skills(typed)[0].id == first
