"""The columns of a needs survey: for reading it, for its template and for its problems."""

from dataclasses import dataclass

from app.core.sheets import csv_file
from app.core.tables import Cell
from app.core.text import search_form
from app.demand.survey import values
from app.demand.survey.values import Reader

_TRAVEL = {
    "region": "region",
    "country": "country",
    "none": "none",
    "anywhere": "anywhere",
    "within the region": "region",
    "within the country": "country",
    "not at all": "none",
}
_PUBLISH = {"no": "", "full": "full", "yes": "full", "request": "full", "figures": "figures"}


def _word(known: dict[str, str]) -> Reader:
    def read(cell: Cell) -> str:
        found = known.get(search_form(values.text(cell)))
        if found is None:
            raise ValueError(f"Please enter one of: {', '.join(known)}.")
        return found

    return read


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the field it fills, its heading, other headings, and how a cell is read.

    ``of_need`` columns belong to the row, all others to the request, whose rows must agree.
    """

    field: str
    heading: str
    reader: Reader
    also: tuple[str, ...] = ()
    of_need: bool = False
    required: bool = False
    example: str = ""

    def answers_to(self, heading: str) -> bool:
        """Whether a heading in somebody's file means this column."""
        known = (self.field, self.heading, *self.also)
        return values.folded(heading) in {values.folded(each) for each in known}


COLUMNS: tuple[Column, ...] = (
    Column("code", "Reference", values.text, ("ref", "id", "référence", "المرجع"), example="A-1"),
    Column("country", "Country", values.country, ("pays", "البلد", "الدولة"), example="Kenya"),
    Column("office", "Office", values.text, ("filed by", "organisation", "bureau", "المكتب")),
    Column(
        "skill",
        "Skill",
        values.skill,
        ("competence", "compétence", "training", "topic", "المهارة"),
        of_need=True,
        required=True,
        example="mfg-aseptic-fill",
    ),
    Column(
        "level",
        "Level wanted",
        values.degree("proficiency"),
        ("level", "niveau", "المستوى"),
        of_need=True,
        required=True,
        example="3",
    ),
    Column(
        "platform",
        "Product type",
        values.one_of("platforms", {"any": "all"}),
        ("platform", "product", "produit", "type of product", "المنتج"),
        of_need=True,
        example="vaccines",
    ),
    Column(
        "people",
        "People",
        values.whole_number,
        ("number of people", "headcount", "number", "effectif", "personnes", "العدد"),
        of_need=True,
        required=True,
        example="6",
    ),
    Column("weight", "Weight", values.whole_number, ("poids",), of_need=True),
    Column("role", "What they do", values.text, ("role", "job", "fonction", "الدور"), of_need=True),
    Column("level_now", "Level today", values.level_now, ("level now",), of_need=True),
    Column(
        "sector",
        "Sector",
        values.one_of("audience_sectors"),
        ("secteur", "القطاع"),
        required=True,
        example="industry-private",
    ),
    Column(
        "urgency",
        "Urgency",
        values.degree("urgency"),
        ("urgence", "الاستعجال"),
        required=True,
        example="3",
    ),
    Column(
        "significance",
        "Significance",
        values.degree("significance"),
        ("importance", "الأهمية"),
        required=True,
        example="3",
    ),
    Column("evidence", "How it is known", values.one_of("evidence_basis"), ("evidence", "basis")),
    Column("evidence_note", "Evidence in words", values.text, ("evidence note",)),
    Column("earliest", "Earliest start", values.day, ("earliest", "from", "start", "début", "من")),
    Column(
        "needed_by",
        "Needed by",
        values.day,
        ("deadline", "until", "by", "échéance", "بحلول", "قبل"),
        required=True,
        example="2030-06-30",
    ),
    Column("modes", "Modes", values.many_of(values.one_of("delivery_modes")), ("mode",)),
    Column(
        "languages",
        "Languages",
        values.many_of(values.language),
        ("language", "langue", "langues", "اللغة", "اللغات"),
        required=True,
        example="en; fr",
    ),
    Column("interpretation_ok", "Interpreting will do", values.yes_or_no, ("interpretation",)),
    Column("remote_only", "Remote only", values.yes_or_no, ("online only",)),
    Column("keep_together", "All together", values.yes_or_no, ("keep together", "one group")),
    Column("travel", "Travel", _word(_TRAVEL), ("voyage",)),
    Column("travel_limit_km", "Travel limit in km", values.whole_number, ("travel limit",)),
    Column("fee_limit", "Highest fee in US dollars", values.whole_number, ("fee", "fee limit")),
    Column("funding_note", "Funding", values.text, ("financement", "التمويل")),
    Column("publish_detail", "Publish", _word(_PUBLISH), ("public", "consent")),
    Column("note", "Note", values.text, ("notes", "remark", "remarque", "ملاحظة")),
)
"""All columns in the order of the template."""


def column_of(heading: str) -> Column | None:
    """The column that a heading in somebody's file means, if any."""
    return next((each for each in COLUMNS if each.answers_to(heading)), None)


def template_file() -> bytes:
    """A CSV file with the headings and one row as an example, for spreadsheets to open."""
    return csv_file(
        [[each.heading for each in COLUMNS], [each.example for each in COLUMNS]], marked=True
    )
