"""The macros that pages are made of, rendered by the product's own environment."""

from typing import Any

import pytest
from jinja2 import Environment

from app.web.forms import Form
from app.web.rendering import environment

SLOT: dict[str, Any] = {
    "url": "/slots/1",
    "title": "Filling <vials>",
    "provider": "أكاديمية القمر",
    "place": "",
    "mode": "classroom-remote",
    "mode_label": "Live remote class",
    "status": "confirmed",
    "status_label": "Confirmed",
    "day": "14",
    "month": "Jun",
    "when": "Mon 14 Jun 2027, 09:00",
    "seats": 4,
    "seats_free": 1,
}


@pytest.fixture(scope="module")
def pages() -> Environment:
    """The templates as the product loads them."""
    return environment()


def render(pages: Environment, source: str, **context: object) -> str:
    """``source`` rendered, with the runs of white space of the macros made one."""
    return " ".join(pages.from_string(source).render(**context).split())


def broken_form() -> Form:
    """A form with one wrong field, one that holds two values, and a refusal of the whole."""
    form = Form.of(people="0", modes=["hands-on", "blended"])
    form.errors = {"people": "Ask for 1 to 100,000 people.", "form": "The request was closed."}
    return form


def test_a_wrong_field_keeps_its_text_and_is_tied_to_its_message(pages: Environment) -> None:
    html = render(
        pages,
        '{% from "_forms.html" import number_field %}'
        '{{ number_field(form, "people", "People", hint="A number.", required=true) }}',
        form=broken_form(),
    )

    assert 'value="0"' in html
    assert 'aria-describedby="f-people-hint f-people-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="f-people-error"' in html
    assert "Ask for 1 to 100,000 people." in html


def test_the_summary_links_to_fields_and_says_plainly_what_belongs_to_none(
    pages: Environment,
) -> None:
    html = render(
        pages,
        '{% from "_forms.html" import error_summary %}{{ error_summary(form) }}',
        form=broken_form(),
    )

    assert '<a href="#f-people">Ask for 1 to 100,000 people.</a>' in html
    assert '<li dir="auto">The request was closed.</li>' in html


def test_a_form_without_errors_has_no_summary(pages: Environment) -> None:
    html = render(
        pages,
        '{% from "_forms.html" import error_summary %}{{ error_summary(form) }}',
        form=Form(),
    )

    assert html == ""


def test_boxes_that_were_ticked_stay_ticked(pages: Environment) -> None:
    html = render(
        pages,
        '{% from "_forms.html" import checkboxes %}'
        '{{ checkboxes(form, "modes", "Modes", options) }}',
        form=broken_form(),
        options=[("hands-on", "Hands-on"), ("blended", "Blended"), ("mentoring", "Mentoring")],
    )

    assert html.count(" checked") == 2
    assert 'id="f-modes" name="modes" value="hands-on" checked' in html


def test_a_password_is_never_sent_back(pages: Environment) -> None:
    html = render(
        pages,
        '{% from "_forms.html" import field %}{{ field(form, "secret", "Password", "password") }}',
        form=Form.of(secret="hunter2"),
    )

    assert "hunter2" not in html


def test_a_slot_without_its_optional_fields_is_a_card_with_its_text_escaped(
    pages: Environment,
) -> None:
    html = render(
        pages, '{% from "_cards.html" import card_slot %}{{ card_slot(slot) }}', slot=SLOT
    )

    assert "Filling &lt;vials&gt;" in html
    assert '<p class="by" dir="auto">أكاديمية القمر</p>' in html
    assert "1 of 4 seats free" in html
    assert (html.count('class="taken"'), html.count('class="free"')) == (3, 1)


def test_a_match_shows_score_reasons_and_the_actions_of_the_page(pages: Environment) -> None:
    criterion = {"name": "cost", "score": 416, "weight": 800, "why": "Fee 2,400 USD of 5,000."}
    html = render(
        pages,
        '{% from "_cards.html" import match_card %}'
        "{% call match_card(match) %}<button>Take seats</button>{% endcall %}",
        match={"slot": SLOT, "score": 8195, "rank": 1, "criteria": [criterion]},
    )

    assert "8,195" in html
    assert "416 <span" in html
    assert "Fee 2,400 USD of 5,000." in html
    assert '<div class="actions"><button>Take seats</button></div>' in html


@pytest.mark.parametrize(
    ("value", "total", "width"), [(0, 0, 0), (1, 4, 250), (9, 4, 1000), (1, 3, 333)]
)
def test_a_bar_stays_inside_its_track(
    pages: Environment, value: int, total: int, width: int
) -> None:
    html = render(
        pages,
        '{% from "_macros.html" import bar %}{{ bar(value, total) }}',
        value=value,
        total=total,
    )

    assert f'class="bar-fill" width="{width}"' in html


def test_a_time_says_its_zone_and_leaves_the_readers_own_to_the_script(pages: Environment) -> None:
    source = '{% from "_macros.html" import moment %}{{ moment("09:00", "UTC+3", reader, iso) }}'

    alone = render(pages, source, reader="", iso="2027-01-14T06:00:00Z")
    told = render(pages, source, reader="06:00 your time", iso="2027-01-14T06:00:00Z")

    assert 'datetime="2027-01-14T06:00:00Z" data-local="your time"' in alone
    assert "data-local" not in told
    assert "06:00 your time" in told
