"""What happens in the demonstration after slots were announced: changes, bookings, the awkward."""

from datetime import timedelta
from typing import Any

from app.booking.rules.shares import Group
from app.booking.schemas import BookSeatIn, ShareIn
from app.booking.service.seats import book_seat, confirm_booking
from app.booking.service.slots import cancel_slot, change_slot
from app.booking.service.sponsors import keep_seats
from app.demo.people import applicant_id
from app.demo.series import REGULAR, add_series
from app.demo.stage import Stage
from app.demo.supply import add_slot, close, owner_of
from app.registry.rules import FacilityClashError
from app.registry.schemas.inputs import CancellationIn, SlotPatch

_MOVED, _MOVED_FROM = "C33-S2", "F14"
_EXTENDED = "C46-S2"
_ENLARGED, _SEATS_BEFORE = "C44-S1", 24
_SPONSOR, _ONE_MORE = "Paper Lantern Fund (demo)", ("MZ",)  # three people of one more authority
_KEPT, _SEATS_KEPT, _MERCOSUR = "C24-S2", 8, ("AR", "BO", "BR", "PY", "UY")
_CANCELLED = "C09-S2"
_DOUBLE_BOOKED = "C39-S9"
_APPLICATIONS = "C14-S1"

_CONFIRMED = (
    ("H01", "C01-S2"),  # a trainee's way: e-learning, gowning, practice in the laboratory
    ("H01", "C05-S4"),  # where the e-learning was waived
    ("H03", "C28-S3"),
    ("H04", "C57-S2"),
    ("H05", "C57-S2"),
    ("H06", "C55-S2"),
    ("H07", "C38-S3"),
    ("H09", "C25-S3"),
    ("H10", "C22-S2"),
    ("H11", "C18-S2"),
    ("H12", "C16-S2"),
    ("H14", "C54-S2"),
    ("H16", "C49-S2"),
    ("H19", "C36-S2"),
    ("H21", "C32-S2"),  # cannot travel: remote only
    ("H22", "C18-S3"),
    ("H24", "C16-S2"),
    # Four seats, so that the fifth person waits. No request asks for gowning alone.
    ("H08", "C10-S12"),
    ("H13", "C10-S12"),
    ("H20", "C10-S12"),
    ("H23", "C10-S12"),  # her certificate has expired
)
_CLEARED, _DECISION_HOURS = "C02-S10", 10 * 24  # the provider looks at each person first
_REQUESTED = (("H13", _CLEARED),)
_HELD = (("H01", "C02-S8"),)  # until she has passed the e-learning
_WAITING = (("H01", "C10-S12"),)
_ACCEPTED, _NOT_ACCEPTED = ("H08", "H13", "H20", "H23"), ("H02", "H15")


def add_slots(stage: Stage) -> None:
    """Announce all slots, in the order in which the network would have."""
    close(stage, "F25")  # not open yet, which is known before anything is planned there
    _move_to_remote(stage)  # before the course that now has the room
    for row in stage.story.rows("slots"):
        if row["course"] in REGULAR:
            if row["id"] not in stage.ids:
                add_series(stage, row["course"])
        elif row["id"] == _ENLARGED:
            add_slot(stage, row, seats=_SEATS_BEFORE)
            added = row["seats"] - _SEATS_BEFORE
            _keep(stage, row["id"], _ONE_MORE, seats=added, adds_seats=True, sponsor=_SPONSOR)
        elif row["id"] == _EXTENDED:
            _extend(stage)
        elif row["id"] != _MOVED:
            add_slot(stage, row)
    _keep(stage, _KEPT, _MERCOSUR, seats=_SEATS_KEPT)  # until the deadline
    _refuse_double_booking(stage)


def add_bookings(stage: Stage) -> None:
    """Take seats, apply for the session that everybody wants, and cancel the one that fails."""
    _change(stage, _CLEARED, SlotPatch(decision_hours=_DECISION_HOURS))
    for person, slot in (*_CONFIRMED, *_REQUESTED):
        _take_seat(stage, person, slot)
    for person, slot in (*_HELD, *_WAITING):
        book_seat(stage.db, stage.people[person], stage.ids[slot], BookSeatIn(), stage.desk)
    _apply(stage)
    _cancel(stage)
    # A campaign and a shutdown that come after slots were announced: a closure is a fact.
    for facility in ("F08", "F04"):
        close(stage, facility)


def _move_to_remote(stage: Stage) -> None:
    row = stage.story.row("slots", _MOVED)
    add_slot(stage, row, facility=stage.ref(_MOVED_FROM))
    _change(stage, _MOVED, SlotPatch(mode=row["mode"]))


def _extend(stage: Stage) -> None:
    row = stage.story.row("slots", _EXTENDED)
    deadline = stage.story.wall(row["apply_by"])
    add_slot(stage, row, apply_by=deadline - timedelta(weeks=1))
    _change(stage, _EXTENDED, SlotPatch(apply_by=deadline))


def _refuse_double_booking(stage: Stage) -> None:
    """Try to publish a slot into a room that is taken; it has to stay a draft.

    Raises:
        RuntimeError: It could be published.
    """
    try:
        with stage.db.begin_nested():
            _change(stage, _DOUBLE_BOOKED, SlotPatch(status="confirmed"))
    except FacilityClashError:
        return
    msg = f"{_DOUBLE_BOOKED} was published into a facility that is taken."
    raise RuntimeError(msg)


def _take_seat(stage: Stage, person: str, slot: str) -> None:
    actor = stage.people[person]
    booking = book_seat(stage.db, actor, stage.ids[slot], BookSeatIn(), stage.desk)
    confirm_booking(stage.db, actor, booking.id, stage.desk)


def _apply(stage: Stage) -> None:
    rows = [row for row in stage.story.rows("applications") if row["slot"] == _APPLICATIONS]
    for row in sorted(rows, key=lambda each: (each["submitted"], each["n"])):
        answers = {
            "C16 passed": row["passed_C16"],
            "submitted": str(stage.story.day(row["submitted"])),
        }
        actor = stage.people[applicant_id(row)]
        wish = BookSeatIn(answers=answers)
        book_seat(stage.db, actor, stage.ids[_APPLICATIONS], wish, stage.desk)


def _cancel(stage: Stage) -> None:
    row = stage.story.row("slots", _CANCELLED)
    for person in _ACCEPTED:
        _take_seat(stage, person, _CANCELLED)
    for person in _NOT_ACCEPTED:
        book_seat(stage.db, stage.people[person], stage.ids[_CANCELLED], BookSeatIn(), stage.desk)
    cancellation = CancellationIn(reason=row["reason"])
    owner = owner_of(stage, row["course"])
    cancel_slot(stage.db, owner, stage.ids[_CANCELLED], cancellation, stage.desk)


def _keep(stage: Stage, slot: str, countries: tuple[str, ...], **wish: Any) -> None:
    """Keep seats of a slot for people of some countries, until its deadline."""
    owner = owner_of(stage, stage.story.row("slots", slot)["course"])
    share = ShareIn(kept_for=Group.COUNTRIES, countries=countries, **wish)
    keep_seats(stage.db, owner, stage.ids[slot], share, stage.desk)


def _change(stage: Stage, slot: str, patch: SlotPatch) -> None:
    course = stage.story.row("slots", slot)["course"]
    change_slot(stage.db, owner_of(stage, course), stage.ids[slot], patch, stage.desk)
