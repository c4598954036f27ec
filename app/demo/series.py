"""The demonstration's regular dates: a weekly clinic, half-day bench slots."""

from app.demo.stage import Stage
from app.demo.supply import owner_of, slot_fields
from app.registry.schemas.inputs import SlotTerms
from app.registry.schemas.series import SeriesIn
from app.registry.service.series import plan_series

REGULAR = ("C02", "C10", "C41", "C42")
"""Courses whose slots follow one pattern."""


def add_series(stage: Stage, course: str) -> None:
    """Plan all slots of the course in one step, from the pattern that they follow."""
    rows = [row for row in stage.story.rows("slots") if row["course"] == course]
    (starts, ends), (later, _) = (stage.story.meetings(row)[0] for row in rows[:2])
    deadline = stage.story.wall(rows[0]["apply_by"])
    fields = slot_fields(stage, rows[0])
    pattern = {
        "first": starts.date(),
        "weekdays": [starts.isoweekday()],
        "every_weeks": (later - starts).days // 7,
        "times": [{"starts": starts.time(), "ends": ends.time()}],
        "count": len(rows),
    }
    request = SeriesIn.model_validate(
        {
            **{name: fields[name] for name in SlotTerms.model_fields if name in fields},
            "code": f"{course}-S",
            "pattern": pattern,
            "apply_days": (starts.date() - deadline.date()).days,
            "apply_at": deadline.time(),
            "chosen": [stage.story.meetings(row)[0][0] for row in rows],
        }
    )
    made = plan_series(stage.db, owner_of(stage, course), request, now=stage.clock())
    for row, slot in zip(rows, made.slots, strict=True):
        stage.ids[row["id"]] = slot.id
