"""The demand side of the demonstration: the countries' skill-gap requests, one after the other."""

from datetime import timedelta

from app.core.zones import today_in
from app.demand.schemas import GapRequestIn, NeedIn
from app.demand.service import file_request, open_request
from app.demo.people import SECRETARIAT
from app.demo.scenario import Row
from app.demo.stage import Stage
from app.reports.service import gaps_of_today, write_down

_OFFICES = {
    "regulator": "National regulatory authority (demo)",
    "ministry": "Ministry (demo)",
}
_KEPT_PRIVATE = {"HT", "YE"}  # so that the public table of gaps is not the whole story
_PRACTICE, _KNOWLEDGE = 2, 1
_WEEK = timedelta(weeks=1)

WEEKS = 26
"""How long the network has been there; requests came in all the time."""


def file_requests(stage: Stage) -> None:
    """File and open the requests over the past weeks, and write the gaps down once in each.

    So there is a history of gaps, counted by the code that counts every night.
    """
    rows = stage.story.rows("requests")
    for weeks_ago in reversed(range(1, WEEKS)):
        stage.clock.wait_until(stage.clock.now - weeks_ago * _WEEK)
        for later, row in zip(reversed(range(len(rows))), rows, strict=True):
            if later * (WEEKS - 1) // len(rows) + 1 == weeks_ago:
                _file(stage, row)
                open_request(
                    stage.db, stage.people[SECRETARIAT], stage.ids[row["id"]], now=stage.clock()
                )
        write_down(stage.db, gaps_of_today(stage.db, now=stage.clock()))


def _file(stage: Stage, row: Row) -> None:
    """File a request as the focal point of its country, wanted from the day of the load on.

    The file states no level of skill. Whoever accepts training by hand only wants people who can
    do the work under supervision (level 2); all others ask for awareness (level 1), so that no
    course is left out for a level that nobody asked for.
    """
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
        earliest=today_in(row["country"], now=stage.clock.now),
        needed_by=stage.story.day(row["needed_by"]),
        modes=row["modes"],
        languages=row["languages"],
        remote_only=bool(row["remote_only"]),
        publish=row["country"] not in _KEPT_PRIVATE,
        note=row["note"],
        submit=True,
    )
    focal_point = stage.focal_points[row["country"]]
    stage.ids[row["id"]] = file_request(stage.db, focal_point, request, now=stage.clock()).id
