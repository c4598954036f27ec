"""The demand side of the demonstration: the countries' skill-gap requests."""

from app.accounts.rules import Actor
from app.demand.schemas import GapRequestIn, NeedIn
from app.demand.service import file_request, open_request
from app.demo.stage import Stage

_OFFICES = {
    "regulator": "National regulatory authority (demo)",
    "ministry": "Ministry (demo)",
}
_KEPT_PRIVATE = {"HT", "YE"}  # so that the public table of gaps is not the whole story
_PRACTICE, _KNOWLEDGE = 2, 1


def file_requests(stage: Stage) -> None:
    """File every request, each by the focal point of its country.

    The file states no level of skill. Whoever accepts training by hand only wants people who can
    do the work under supervision (level 2); all others ask for awareness (level 1), so that no
    course is left out for a level that nobody asked for.
    """
    for row in stage.story.rows("requests"):
        need = NeedIn(
            skill=row["skill"],
            level=_PRACTICE if row["modes"] == ["hands-on"] else _KNOWLEDGE,
            platform=row["platforms"][0],
            people=row["people"],
        )
        request = GapRequestIn(
            country=row["country"],
            code=row["id"],
            office=_OFFICES[row["filed_by"]],
            needs=[need],
            sector=row["sector"],
            urgency=row["urgency"],
            significance=row["significance"],
            needed_by=stage.story.day(row["needed_by"]),
            modes=row["modes"],
            languages=row["languages"],
            remote_only=bool(row["remote_only"]),
            publish=row["country"] not in _KEPT_PRIVATE,
            note=row["note"],
            submit=True,
        )
        focal_point = stage.focal_points[row["country"]]
        made = file_request(stage.db, focal_point, request, now=stage.clock())
        stage.ids[row["id"]] = made.id


def open_requests(stage: Stage, secretariat: Actor) -> None:
    """Open every request: the secretariat has nothing to ask about them."""
    for row in stage.story.rows("requests"):
        open_request(stage.db, secretariat, stage.ids[row["id"]], now=stage.clock())
