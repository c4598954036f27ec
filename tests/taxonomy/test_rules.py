"""Finding skills by typing."""

from app.taxonomy.rules import Skill, rank_skills


def _skill(skill_id: str, label: str, *synonyms: str) -> Skill:
    return Skill(skill_id, label, "", "d", "a", (), synonyms, "either", "", ())


GOWNING = _skill("gown", "Cleanroom gowning", "grade B", "blouse stérile")
CLEANING = _skill("clean", "Cleaning validation", "swab")
DESIGN = _skill("design", "Facility design", "cleanroom design")
EVERYONE = (GOWNING, CLEANING, DESIGN)


def test_no_words_find_every_skill_in_order() -> None:
    assert rank_skills(EVERYONE, "  ") == EVERYONE


def test_case_and_accents_do_not_count() -> None:
    assert rank_skills(EVERYONE, "BLOUSE sterile") == (GOWNING,)


def test_every_word_must_occur() -> None:
    assert rank_skills(EVERYONE, "cleanroom swab") == ()


def test_a_label_comes_before_a_synonym() -> None:
    assert rank_skills((DESIGN, GOWNING), "cleanroom") == (GOWNING, DESIGN)


def test_a_whole_name_comes_first() -> None:
    assert rank_skills(EVERYONE, "cleanroom design")[0] == DESIGN
    assert rank_skills(EVERYONE, "clean")[0] == CLEANING


def test_ties_keep_the_order_given() -> None:
    assert rank_skills((CLEANING, GOWNING), "clean")[:2] == (CLEANING, GOWNING)
    assert rank_skills((GOWNING, DESIGN), "n") == (GOWNING, DESIGN)
