"""What the people of the demonstration have passed before its window, and what was waived."""

from app.booking.service.waivers import waive
from app.demo.people import applicant_id
from app.demo.stage import Stage
from app.demo.supply import owner_of
from app.qualifications.schemas.paths import WaiverIn
from app.qualifications.schemas.qualifications import QualificationIn
from app.qualifications.service.qualifications import Passed, claim, record_passed

_PASSED = "2026-06-15"
_GOWNED, _GOWNED_UNTIL = "2026-07-01", "2027-06-30"  # a year: some do it again on C10-S12
_LAPSED_FROM, _LAPSED = "2025-12-01", "2026-12-01"

_HELD = {
    "H02": ("C01", "C10", "C11"),
    "H03": ("C01",),
    "H06": ("C57",),
    "H07": ("C01",),
    "H08": ("C01", "C10", "C11"),
    "H13": ("C01", "C10", "C11"),
    "H15": ("C01", "C10", "C11"),
    "H20": ("C01", "C10", "C11"),
    "H23": ("C01", "C11"),
    "H24": ("C16",),
}
_WAIVED = (
    ("H01", "C05-S4", "Has worked under GMP in a control laboratory for six years."),
    ("H23", "C09-S2", "Her gowning certificate is over; she is gowned again on the first morning."),
)


def add_proofs(stage: Stage) -> None:
    """Record what was passed: e-learning for good, gowning for a year, the applicants' C16."""
    for person, courses in _HELD.items():
        for course in courses:
            if course == "C10":
                _pass(stage, person, course, _GOWNED, _GOWNED_UNTIL)
            else:
                _pass(stage, person, course)
    _pass(stage, "H23", "C10", _LAPSED_FROM, _LAPSED)
    for row in stage.story.rows("applications"):
        if row["passed_C16"]:
            _pass(stage, applicant_id(row), "C16")


def add_claims(stage: Stage) -> None:
    """Somebody files what she passed elsewhere; her provider has yet to look at it."""
    claimed = QualificationIn(
        kind="gowning-qualification",
        issuer="National quality control laboratory (demo)",
        evidence="Gowning record 2026/118",
        issued_on=stage.story.day(_GOWNED),
        valid_until=stage.story.day("2027-04-30"),
    )
    claim(stage.db, stage.people["H01"], claimed, now=stage.clock())


def add_waivers(stage: Stage) -> None:
    """Two people are let in without a course, each for a reason that their provider gives."""
    for person, slot, reason in _WAIVED:
        owner = owner_of(stage, stage.story.row("slots", slot)["course"])
        request = WaiverIn(person=stage.people[person].identified(), reason=reason)
        waive(stage.db, owner, stage.ids[slot], request, stage.desk)


def _pass(
    stage: Stage, person: str, course: str, issued: str = _PASSED, until: str | None = None
) -> None:
    row = stage.story.row("courses", course)
    passed = Passed(
        person_id=stage.people[person].identified(),
        course_id=stage.ids[course],
        provider_id=stage.ids[row["provider"]],
        issuer=stage.story.row("providers", row["provider"])["name"],
        issued_on=stage.story.day(issued),
        valid_until=stage.story.day(until) if until else None,
    )
    by = owner_of(stage, course).identified()
    record_passed(stage.db, passed, by=by, now=stage.clock())
