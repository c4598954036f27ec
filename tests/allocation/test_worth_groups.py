"""What one more date is worth, as the pages put it: a group for each skill, level and region."""

from datetime import date

from app.allocation.pages.worth import groups_of
from app.allocation.schemas.worth import WorthView


def view(month: date, *, region: str = "eastern-africa", **facts: int | None) -> WorthView:
    """A typical date of ten seats that would serve nine people of three countries."""
    said = {"people": 9, "countries": 3, "worth": 9000, **facts}
    return WorthView.model_validate(
        {
            "skill": "mfg-aseptic-fill",
            "level": 2,
            "region": region,
            "month": month,
            "seats": 10,
            "is_checked": False,
            "run": None,
            "text": "",
            **said,
        }
    )


def test_months_of_one_kind_are_a_group_where_its_best_stands() -> None:
    found = groups_of(
        [
            view(date(2027, 5, 1), worth=9000),
            view(date(2027, 3, 1), region="western-africa", worth=8000),
            view(date(2027, 4, 1), worth=7000),
        ]
    )

    assert [[each.month.month for each in group.months] for group in found] == [[4, 5], [3]]
    assert found[0].best.worth == 9000


def test_of_months_that_are_worth_the_same_the_first_is_the_best() -> None:
    [group] = groups_of([view(date(2027, month, 1)) for month in (5, 3, 4)])

    assert group.best.month == date(2027, 3, 1)


def test_a_provider_reads_stretches_of_months_for_what_a_date_would_do() -> None:
    [group] = groups_of(
        [
            *(view(date(2026, month, 1)) for month in (11, 12)),
            *(view(date(2027, month, 1)) for month in (1, 4)),
            view(date(2027, 5, 1), people=None, countries=None),
        ]
    )

    assert group.sentences == [
        (
            "A date on Aseptic processing and fill-finish in Eastern Africa would serve 9 people "
            "of 3 countries.",
            "November 2026 to January 2027, April 2027",
        ),
        (
            "A date on Aseptic processing and fill-finish in Eastern Africa would serve a few "
            "people.",
            "May 2027",
        ),
    ]
