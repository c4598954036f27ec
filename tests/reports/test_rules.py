"""The gap table: what is counted where, and what a reader may know."""

from dataclasses import replace
from datetime import date

from app.reports.rules import Axis, Demand, Key, Supply, asked_for, gap_of, gap_rows, totals

SKILL, OTHER = "mfg-aseptic-fill", "mfg-gowning"
BY_SKILL_AND_REGION = (Axis.SKILL, Axis.REGION)
NEED = Demand(
    skill=SKILL,
    country="KE",
    region="AFR",
    needed_by=date(2027, 5, 31),
    people=6,
    held=0,
    met=0,
    urgency=2,
    significance=3,
)
SEATS = Supply(skill=SKILL, country="RW", region="AFR", quarter="2027-Q1", seats=12, seats_free=9)
REMOTE = replace(SEATS, country=None, region=None, seats=100, seats_free=100)


def nobody(_: str) -> bool:
    return False


def test_a_gap_is_the_people_without_a_seat() -> None:
    assert gap_of(NEED) == 6
    assert gap_of(replace(NEED, held=4)) == 2
    assert gap_of(replace(NEED, held=4, met=3)) == 2
    assert gap_of(replace(NEED, held=6, met=6)) == 0
    assert gap_of(replace(NEED, held=9)) == 0


def test_of_a_need_closed_by_its_country_only_people_trained_here_count() -> None:
    assert asked_for(replace(NEED, met=2, closed=True)) == 2
    assert asked_for(replace(NEED, met=8, closed=True)) == 6
    assert gap_of(replace(NEED, held=2, met=2, closed=True)) == 0


def test_rows_count_people_and_seats_of_one_skill_and_region() -> None:
    needs = [replace(NEED, held=2, met=1), replace(NEED, country="RW", people=3, urgency=1)]
    [row] = gap_rows(needs, [SEATS, SEATS], BY_SKILL_AND_REGION, sees=nobody)

    assert row.key == Key(skill=SKILL, region="AFR")
    assert (row.needs, row.asked, row.held, row.met, row.gap) == (2, 9, 2, 1, 7)
    assert (row.urgency, row.significance) == (2, 3)
    assert (row.offered, row.free, row.remote, row.planned) == (24, 18, 0, 0)


def test_planned_seats_are_never_offered_ones() -> None:
    [row] = gap_rows([NEED], [replace(SEATS, planned=True)], BY_SKILL_AND_REGION, sees=nobody)

    assert (row.offered, row.free, row.planned) == (0, 0, 12)


def test_remote_seats_reach_every_region_and_are_told_apart() -> None:
    far = replace(NEED, country="FJ", region="WPR")
    planned = replace(REMOTE, seats=7, planned=True)
    rows = gap_rows([NEED, far], [REMOTE, planned], BY_SKILL_AND_REGION, sees=nobody)

    assert [(row.key.region, row.offered, row.remote, row.planned) for row in rows] == [
        ("AFR", 0, 100, 7),
        ("WPR", 0, 100, 7),
    ]


def test_remote_seats_of_a_skill_that_nobody_asks_for_have_a_row_without_a_place() -> None:
    rows = gap_rows([NEED], [replace(REMOTE, skill=OTHER)], BY_SKILL_AND_REGION, sees=nobody)

    assert [row.key for row in rows] == [Key(SKILL, "AFR"), Key(OTHER)]
    assert (rows[1].asked, rows[1].remote) == (0, 100)


def test_the_most_urgent_come_first_then_the_most_significant_then_the_largest_gap() -> None:
    needs = [
        replace(NEED, skill="a", urgency=2, significance=4, people=9),
        replace(NEED, skill="b", urgency=3, significance=1, people=1),
        replace(NEED, skill="c", urgency=3, significance=2, people=1),
        replace(NEED, skill="d", urgency=3, significance=2, people=5),
        replace(NEED, skill="e", urgency=4, significance=4, people=5, held=5),
    ]
    rows = gap_rows(needs, [SEATS], BY_SKILL_AND_REGION, sees=nobody)

    assert [row.key.skill for row in rows] == ["d", "c", "b", "a", "e", SKILL]
    assert (rows[4].urgency, rows[4].gap) == (0, 0)


def test_the_order_of_what_is_counted_does_not_matter() -> None:
    needs = [
        replace(NEED, skill=skill, country=c) for skill in (SKILL, OTHER) for c in ("KE", "UG")
    ]
    supply = [SEATS, REMOTE, replace(SEATS, skill=OTHER)]
    axes = (Axis.SKILL, Axis.REGION, Axis.COUNTRY)

    assert gap_rows(needs, supply, axes, sees=nobody) == gap_rows(
        needs[::-1], supply[::-1], axes[::-1], sees=nobody
    )


def test_a_country_that_does_not_publish_is_counted_in_its_region_without_its_name() -> None:
    hidden = replace(NEED, country="UG", published=False)
    axes = (Axis.SKILL, Axis.COUNTRY)

    def countries_of(sees: str) -> list[tuple[str | None, str | None, int]]:
        rows = gap_rows([NEED, hidden], [], axes, sees=lambda country: country == sees)
        return [(row.key.region, row.key.country, row.asked) for row in rows]

    assert countries_of("nobody") == [("AFR", None, 6), ("AFR", "KE", 6)]
    assert countries_of("UG") == [("AFR", "KE", 6), ("AFR", "UG", 6)]


def test_quarters_are_those_of_the_last_date_and_of_the_start() -> None:
    rows = gap_rows([NEED], [SEATS], (Axis.QUARTER,), sees=nobody)

    assert [(row.key.quarter, row.asked, row.offered) for row in rows] == [
        ("2027-Q2", 6, 0),
        ("2027-Q1", 0, 12),
    ]


def test_grouped_by_nothing_there_is_one_row() -> None:
    [row] = gap_rows([NEED, replace(NEED, skill=OTHER)], [SEATS, REMOTE], (), sees=nobody)

    assert row.key == Key()
    assert (row.asked, row.offered, row.remote) == (12, 12, 100)


def test_totals_are_people_and_no_seats() -> None:
    needs = [replace(NEED, held=6), replace(NEED, skill=OTHER, people=2, urgency=4)]
    whole = totals(gap_rows(needs, [SEATS, REMOTE], BY_SKILL_AND_REGION, sees=nobody))

    assert (whole.needs, whole.asked, whole.held, whole.gap) == (2, 8, 6, 2)
    assert (whole.urgency, whole.significance) == (4, 3)
    assert (whole.offered, whole.remote) == (0, 0)
    assert totals([]).asked == 0
