"""A needs survey: what its cells may say, and what it becomes; pages and API, on both databases."""

import csv
import html
import io
import re
from datetime import date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from app.core.db import Database
from app.core.tables import Cell
from app.demand import queries
from app.demand.models import GapRequest
from app.demand.survey import COLUMNS, read_survey, template_file, values
from tests import factories as make
from tests.factories import days
from tests.support.sheets import xlsx_file

HEAD = ["Reference", "Country", "Skill", "Level", "People", "Sector", "Urgency", "Significance"]
HEAD += ["Needed by", "Languages"]
API = "/api/v1/requests/import"


def row(**changed: Cell) -> list[Cell]:
    """A row that is all right, with what is named said otherwise."""
    said: dict[str, Cell] = {
        "Reference": None,
        "Country": "KE",
        "Skill": "mfg-lnp",
        "Level": 2,
        "People": 6,
        "Sector": "regulator",
        "Urgency": 3,
        "Significance": 2,
        "Needed by": days(100),
        "Languages": "en",
    }
    return [{**said, **changed}[name] for name in HEAD]


def problems(*rows: list[Cell], head: list[Cell] | None = None) -> list[tuple[int, str]]:
    survey = read_survey([head or list(HEAD), *rows])
    return [(each.row, each.column) for each in survey.problems]


def csv_bytes(*rows: list[Cell], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEAD, *rows])
    return text.getvalue().encode()


def test_rows_of_one_reference_are_one_request_and_others_go_by_their_window() -> None:
    survey = read_survey(
        [
            list(HEAD),
            row(Reference="A"),
            row(),
            row(Reference="A", Skill="mfg-aseptic-fill", People=2),
            [None] * len(HEAD),
            row(Skill="mfg-aseptic-fill"),
            row(Country="GH"),
        ]
    )

    assert survey.problems == ()
    assert [each.rows for each in survey.requests] == [(2, 4), (3, 6), (7,)]
    assert [len(each.request.needs) for each in survey.requests] == [2, 2, 1]
    assert [each.request.code for each in survey.requests] == ["A", None, None]


def test_every_problem_names_its_row_and_column() -> None:
    assert problems(
        row(Skill="juggling", People="many"),
        row(Country="Atlantis"),
        row(Level=7),
        row(**{"Needed by": "soon", "Languages": "Klingon"}),
        row(People=None),
        row(Urgency=None, Country="UG"),
        row(Reference="Z", Urgency=1),
        row(Reference="Z", Urgency=2, Skill="mfg-aseptic-fill"),
        row(Reference="not a code!"),
    ) == [
        (2, "Skill"),
        (2, "People"),
        (3, "Country"),
        (4, "Level wanted"),
        (5, "Needed by"),
        (5, "Languages"),
        (6, "People"),
        (7, "Urgency"),
        (9, "Urgency"),
        (10, "Reference"),
    ]


def test_headings_may_be_missing_repeated_or_unknown() -> None:
    missing = read_survey([["Skill", "skill", "Colour"], ["mfg-lnp", None, "red"]])

    assert ("Skill", "This column is there twice.") in [
        (each.column, each.message) for each in missing.problems
    ]
    assert (1, "People") in [(each.row, each.column) for each in missing.problems]
    assert missing.ignored == ("Colour",)
    assert problems(head=[None]) == [(1, "")]
    assert problems() == [(2, "")]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda each: each.field)
def test_each_heading_of_the_template_means_its_own_column(column: Any) -> None:
    for heading in (column.field, column.heading, column.heading.upper(), *column.also):
        assert [each for each in COLUMNS if each.answers_to(heading)] == [column]


def test_the_template_can_be_sent_as_it_is() -> None:
    rows = list(csv.reader(io.StringIO(template_file().decode("utf-8-sig"))))
    survey = read_survey([[cell or None for cell in each] for each in rows])

    assert survey.problems == ()
    assert [each.request.country for each in survey.requests] == ["KE"]


@pytest.mark.parametrize(
    "cell",
    [
        date(2027, 6, 30),
        datetime(2027, 6, 30, 10),  # noqa: DTZ001 - as a spreadsheet has it
        "2027-06-30",
        "30/06/2027",
        "30.6.2027",
        "30 June 2027",
        "30 juin 2027",
        "٣٠/٠٦/٢٠٢٧",
        "2027-06-30 00:00:00",
    ],
)
def test_dates_are_read_as_people_write_them(cell: Cell) -> None:
    assert values.day(cell) == date(2027, 6, 30)


@pytest.mark.parametrize(
    "cell", ["06/30/2027", "2027-06-300", "soon", 46500, "31/02/2027", "30 Foo 2027", True]
)
def test_what_is_no_date_for_sure_is_not_guessed(cell: Cell) -> None:
    with pytest.raises(ValueError, match="year-month-day"):
        values.day(cell)


def test_numbers_words_and_lists_are_read_as_people_write_them() -> None:
    assert [values.whole_number(each) for each in (6, 6.0, "1 000", "1,000", "٦")] == [
        *(6, 6, 1000, 1000),
        6,
    ]
    for wrong in (6.5, "6,5", "1,50", "6 5", "six", True, "-1", "1e3"):
        with pytest.raises(ValueError, match="whole number"):
            values.whole_number(wrong)
    assert [values.yes_or_no(each) for each in ("Oui", "نعم", "x", True, 1)] == [True] * 5
    assert [values.yes_or_no(each) for each in ("non", "لا", False, 0)] == [False] * 4
    assert [values.country(each) for each in ("ke", "Kenya", "Côte d'Ivoire", "مصر")] == [
        *("KE", "KE", "CI", "EG")
    ]
    assert values.many_of(values.language)("English; français، العربية") == ["en", "fr", "ar"]
    urgency = values.degree("urgency")
    assert [urgency(each) for each in (4, "4", "Critical", "4 Critical", "4. Critical", 4.0)] == [
        4
    ] * 6
    for wrong in (3.5, "3,5", "10"):
        with pytest.raises(ValueError, match="is not known"):
            urgency(wrong)


def test_a_skill_is_found_by_id_label_or_synonym_and_else_suggested() -> None:
    assert values.skill("mfg-lnp") == values.skill("MFG LNP") == "mfg-lnp"
    assert values.skill("GMP inspection") == "reg-gmp-inspection"
    with pytest.raises(ValueError, match="Did you mean: "):
        values.skill("inspection")


def test_a_survey_becomes_drafts_in_the_browser(client: TestClient, database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        client.cookies.set("cadre_login", make.login(db, focal))
    assert client.get("/requests/import").status_code == 200
    sent = csv_bytes(
        row(Reference="A", Country=None),
        row(Reference="A", Country=None, Skill="mfg-aseptic-fill"),
        row(Reference="B", Urgency=1),
        delimiter=";",
    )

    shown = client.post("/requests/import", files={"file": ("needs.csv", sent, "text/csv")})
    assert shown.status_code == 200
    assert "Keep 2 drafts" in shown.text
    with database.read() as db:
        assert db.exec(select(GapRequest)).all() == []

    again = confirm(client, shown.text)
    assert again.headers["location"] == "/requests?state=draft&notice=imported"
    with database.read() as db:
        rows = db.exec(select(GapRequest).order_by(col(GapRequest.code))).all()
        assert [(each.state, each.country, each.code) for each in rows] == [
            ("draft", "KE", "A"),
            ("draft", "KE", "B"),
        ]
        assert [len(queries.needs_of(db, [each.id])[each.id]) for each in rows] == [2, 1]


def confirm(client: TestClient, text: str, **more: str) -> Any:
    """Send back what the preview holds, as a browser does."""
    found = re.search(r'name="rows" value="([^"]*)"', text)
    assert found
    data = {"rows": html.unescape(found[1]), **more}
    # As multipart, which the form asks for.
    fields = {name: (None, value) for name, value in data.items()}
    return client.post("/requests/import/confirmation", files=fields)


def test_a_file_that_is_sent_twice_is_noticed(client: TestClient, database: Database) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, make.make_focal_point(db, "KE")))
    files = {"file": ("needs.csv", csv_bytes(row()), "text/csv")}
    confirm(client, client.post("/requests/import", files=files).text)

    shown = client.post("/requests/import", files=files)
    refused = confirm(client, shown.text)
    assert "Possibly twice." in shown.text
    assert (refused.status_code, "are there already" in refused.text) == (422, True)
    assert confirm(client, refused.text, repeat="true").status_code == 303
    with database.read() as db:
        assert len(db.exec(select(GapRequest)).all()) == 2


def test_one_problem_keeps_everything_back(client: TestClient, database: Database) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, make.make_focal_point(db, "KE")))
    sent = csv_bytes(row(), row(People="<b>six</b>"), row(**{"Needed by": days(-3)}))

    shown = client.post("/requests/import", files={"file": ("needs.csv", sent, "text/csv")})

    assert shown.status_code == 422
    assert "Please enter a whole number." in shown.text
    assert "This date has already passed." in shown.text
    assert 'name="rows"' not in shown.text
    tampered = {"rows": (None, '[["Skill"],["mfg-lnp"]]')}
    assert client.post("/requests/import/confirmation", files=tampered).status_code == 422
    broken = {"rows": (None, "[[{")}
    assert client.post("/requests/import/confirmation", files=broken).status_code == 422
    with database.read() as db:
        assert db.exec(select(GapRequest)).all() == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"\xff\xfe\x00a"])
def test_a_file_that_cannot_be_read_is_said_beside_the_field(
    client: TestClient, database: Database, content: bytes
) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, make.make_focal_point(db, "KE")))

    answer = client.post("/requests/import", files={"file": ("needs.xlsx", content)})

    assert (answer.status_code, 'href="#f-file"' in answer.text) == (422, True)


def test_who_may_import_and_for_whom(client: TestClient, database: Database) -> None:
    with database.write() as db:
        trainee = make.login(db, make.make_trainee(db, country="KE"))
        other = make.login(db, make.make_focal_point(db, "GH"))
        secretariat = make.login(db, make.make_secretariat(db))
    files = {"file": ("needs.csv", csv_bytes(row()), "text/csv")}

    def sent(login: str | None) -> Any:
        client.cookies.clear()
        if login:
            client.cookies.set("cadre_login", login)
        return client.post("/requests/import", files=files)

    assert sent(None).status_code in (303, 401)
    assert sent(trainee).status_code == 403
    assert "You are not the focal point of Kenya." in sent(other).text
    shown = sent(secretariat)
    assert "Keep 1 draft" in shown.text
    assert confirm(client, shown.text).headers["location"].startswith("/secretariat/requests")


def test_a_file_of_somebody_who_may_not_import_is_not_opened(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        headers = make.bearer(db, make.make_trainee(db, country="KE"))

    answer = client.post(API, files={"file": ("x.xlsx", b"PK\x03\x04rubbish")}, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "rows", [[{}] * 1_000, [{str(number): 1} for number in range(101)]], ids=["rows", "columns"]
)
def test_rows_that_would_make_a_huge_table_are_refused(
    client: TestClient, database: Database, rows: list[dict[str, int]]
) -> None:
    with database.write() as db:
        headers = make.bearer(db, make.make_focal_point(db, "KE"))

    answer = client.post(API, json={"rows": rows}, headers=headers)

    assert answer.status_code == 422
    assert "too large" in answer.json()["errors"][0]["msg"]


def test_the_api_looks_at_rows_and_keeps_them_when_told(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        headers = make.bearer(db, make.make_focal_point(db, "KE"))
    good = dict(zip(HEAD, row(Reference="A"), strict=True))
    body: dict[str, Any] = {"rows": [{**good, "Languages": ["en", "fr"]}]}

    looked = client.post(API, json=body, headers=headers).json()
    saved = client.post(API, json={**body, "save": True}, headers=headers).json()
    twice = client.post(API, json={**body, "save": True}, headers=headers)
    wrong = client.post(API, json={"rows": [{**good, "People": 0}], "save": True}, headers=headers)

    assert (looked["saved"], looked["problems"], looked["requests"][0]["rows"]) == ([], [], [2])
    assert len(saved["saved"]) == 1
    assert (twice.status_code, twice.json()["code"]) == (409, "likely_repeated")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["loc"] == ["rows", 2, "People"]
    odd_bodies: list[Any] = [{}, {"rows": 1}, [], {"rows": [1]}, {"rows": [{"Skill": {}}]}]
    for odd in odd_bodies:
        assert client.post(API, json=odd, headers=headers).status_code == 422


def test_the_api_takes_a_spreadsheet(client: TestClient, database: Database) -> None:
    with database.write() as db:
        headers = make.bearer(db, make.make_focal_point(db, "KE"))

    def cells(number: int, texts: list[str]) -> str:
        made = (
            f'<c r="{chr(65 + index)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
            for index, text in enumerate(texts)
        )
        return f'<row r="{number}">{"".join(made)}</row>'

    said = ["" if each is None else str(each) for each in row(Country="كينيا")]
    file = xlsx_file(cells(1, HEAD) + cells(2, said))
    answer = client.post(API, files={"file": ("needs.xlsx", file)}, headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.json()["problems"] == []
    assert answer.json()["requests"][0]["country"] == "KE"


def test_the_template_is_a_file_with_the_headings(client: TestClient) -> None:
    answer = client.get("/requests/import/template.csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeffReference,Country,")
