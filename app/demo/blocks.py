"""Blocks of seats that countries of the demonstration hold, and the people they named."""

from datetime import timedelta

from app.accounts.queries import actor_of_user
from app.booking.schemas import CohortIn, NominationIn
from app.booking.service.cohorts import hold_cohort
from app.booking.service.nominations import nominate
from app.booking.service.seats import confirm_booking
from app.demo.stage import Stage

# The release date of the first is near, so that its country is warned.
_GHANA, _GHANA_SLOT, _GHANA_SEATS = "R02", "C08-S1", 3
_GHANA_RELEASE = timedelta(days=10)
_NAMED = (("Esi Nyarko Owusu", "n01@demo.example"), ("Kwabena Adu-Boahen", "n02@demo.example"))
_RWANDA, _RWANDA_SLOT, _RWANDA_SEATS = "R01", "C34-S1", 2


def hold_blocks(stage: Stage) -> None:
    """Take seats for Ghana's inspectors, two with names, and for Rwanda's operators."""
    actor = stage.focal_points["GH"]
    wish = CohortIn(
        slot=stage.ids[_GHANA_SLOT],
        seats=_GHANA_SEATS,
        release_at=stage.clock() + _GHANA_RELEASE,
    )
    block = hold_cohort(stage.db, actor, stage.ids[_GHANA], wish, stage.desk)
    bookings = [
        nominate(stage.db, actor, block.id, NominationIn(name=name, email=email), stage.desk)
        for name, email in _NAMED
    ]
    person = actor_of_user(stage.db, bookings[0].person_id)
    confirm_booking(stage.db, person, bookings[0].id, stage.desk)
    wish = CohortIn(slot=stage.ids[_RWANDA_SLOT], seats=_RWANDA_SEATS)
    hold_cohort(stage.db, stage.focal_points["RW"], stage.ids[_RWANDA], wish, stage.desk)
