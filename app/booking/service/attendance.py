"""Who was there: one person, or a whole list of people and meetings; and how they did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Attendance, Booking
from app.booking.queries import attendance as rolls
from app.booking.queries import claims
from app.booking.rules import BookingState, BookingStepError
from app.booking.rules.attendance import ROLL, attendance_state, is_day_come, meeting_day
from app.booking.schemas import AttendanceIn, AttendanceListIn
from app.booking.service.counting import count_seats
from app.booking.service.desk import Desk, LockedSlot, open_slot, step
from app.core import outbox
from app.core.errors import ConflictError, FieldProblem, ForbiddenError, InvalidError
from app.core.outbox import Fact
from app.registry.models import Meeting
from app.registry.queries.rows import meetings_of

_S = BookingState


class NotStartedError(ConflictError):
    """Attendance can be recorded once the slot has begun, a meeting's once its day has come."""

    code = "not_started"


class NotThereError(ConflictError):
    """Somebody who did not come has no result."""

    code = "not_there"


class CertifiedError(ConflictError):
    """A certificate says that the person attended and passed: it has to be revoked first."""

    code = "certified"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A slot's attendance under its lock; ``met`` gathers what requests will count."""

    db: Session
    locked: LockedSlot
    by: UUID
    meetings: Mapping[UUID, Meeting]
    percent: int
    met: dict[UUID, int] = field(default_factory=dict)


def record_attendance(
    db: Session, actor: Actor, booking_id: UUID, request: AttendanceIn, desk: Desk
) -> Booking:
    """Say whether the person was there; people who were count towards their country's request.

    Raises:
        NotStartedError: The slot, or the meeting's day, has not begun.
        NotThereError: A result for somebody who did not come.
        CertifiedError: It contradicts a certificate that stands.
        BookingStepError: The seat was never confirmed.
        InvalidError: A meeting is not one of the slot's.
    """
    actor.require_write()
    found, slot = claims.find_booking(db, actor, booking_id)
    if slot.provider_id not in actor.providers and not actor.secretariat:
        raise ForbiddenError("Only people of the slot's provider record attendance.")
    sheet = _open_sheet(db, actor, found.slot_id, desk)
    booking = claims.fresh_booking(db, booking_id)
    _check_marks(sheet, [(("days", i, "meeting"), d.meeting) for i, d in enumerate(request.days)])
    by_days = bool(request.days) and "attended" not in request.model_fields_set
    if not by_days and sheet.locked.now < sheet.locked.slot.starts_at:
        raise NotStartedError("This slot has not begun yet.")
    _check_roll(booking)
    _mark(sheet, booking, {day.meeting: day.present for day in request.days}, derive=by_days)
    if not by_days:
        _settle(sheet, booking, _S.ATTENDED if request.attended else _S.NO_SHOW)
    if request.result is not None:
        _assess(sheet, booking, request.result, request.result_note)
    _count(sheet)
    return booking


def record_days(
    db: Session, actor: Actor, slot_id: UUID, request: AttendanceListIn, desk: Desk
) -> list[Booking]:
    """Record who was at which meeting, and results: everything that is named, or nothing.

    Once all meetings of a person are recorded, the days decide whether the person attended.

    Raises:
        NotFoundError: There is no slot whose people the actor may know.
        NotStartedError: The day of one of the meetings has not come.
        NotThereError: A result for somebody who did not come.
        CertifiedError: It contradicts a certificate that stands.
        BookingStepError: One of the seats was never confirmed.
        InvalidError: A booking or a meeting is not one of the slot's, or is named twice.
    """
    actor.require_write()
    rolls.find_own_slot(db, actor, slot_id)
    sheet = _open_sheet(db, actor, slot_id, desk)
    named = {mark.booking for mark in request.marks} | {each.booking for each in request.results}
    bookings = rolls.bookings_by_id(db, slot_id, named)
    _check_list(sheet, bookings, request)
    days: dict[UUID, dict[UUID, bool]] = {}
    for mark in request.marks:
        days.setdefault(mark.booking, {})[mark.meeting] = mark.present
    ordered = [bookings[each] for each in sorted(bookings)]
    for booking in ordered:
        _check_roll(booking)
        _mark(sheet, booking, days.get(booking.id, {}), derive=booking.id in days)
    for each in request.results:
        _assess(sheet, bookings[each.booking], each.result, each.note)
    _count(sheet)
    return ordered


def _open_sheet(db: Session, actor: Actor, slot_id: UUID, desk: Desk) -> _Sheet:
    locked = open_slot(db, slot_id, desk)
    meetings = {meeting.id: meeting for meeting in meetings_of(db, [slot_id])[slot_id]}
    percent = rolls.attendance_percent(db, locked.slot)
    return _Sheet(db, locked, actor.identified(), meetings, percent)


def _check_list(sheet: _Sheet, bookings: Mapping[UUID, Booking], request: AttendanceListIn) -> None:
    problems = []
    seen: set[tuple[UUID, UUID]] = set()
    for index, mark in enumerate(request.marks):
        if mark.booking not in bookings:
            problems.append(_problem(("marks", index, "booking"), "booking"))
        if (mark.booking, mark.meeting) in seen:
            msg = "The same person and meeting is named twice."
            problems.append(FieldProblem(("marks", index, "meeting"), msg, "twice"))
        seen.add((mark.booking, mark.meeting))
    for index, each in enumerate(request.results):
        if each.booking not in bookings:
            problems.append(_problem(("results", index, "booking"), "booking"))
    if problems:
        raise InvalidError(*problems)
    _check_marks(
        sheet, [(("marks", i, "meeting"), mark.meeting) for i, mark in enumerate(request.marks)]
    )


def _check_marks(sheet: _Sheet, named: list[tuple[tuple[str | int, ...], UUID]]) -> None:
    """Every meeting is the slot's, and its day has come."""
    unknown = [_problem(loc, "meeting") for loc, each in named if each not in sheet.meetings]
    if unknown:
        raise InvalidError(*unknown)
    for meeting_id in {each for _, each in named}:
        meeting = sheet.meetings[meeting_id]
        if not is_day_come(meeting.starts_at, meeting.zone, now=sheet.locked.now):
            day = meeting_day(meeting.starts_at, meeting.zone)
            raise NotStartedError(f"The meeting of {day.isoformat()} has not come yet.")


def _problem(loc: tuple[str | int, ...], noun: str) -> FieldProblem:
    return FieldProblem(loc, f"There is no such {noun} on this slot.", f"unknown_{noun}")


def _check_roll(booking: Booking) -> None:
    if booking.state not in ROLL:
        raise BookingStepError(
            f"A booking that is {booking.state} has no attendance: the seat was not confirmed."
        )


def _mark(sheet: _Sheet, booking: Booking, days: Mapping[UUID, bool], *, derive: bool) -> None:
    """Record the days that differ; with ``derive``, let all days decide about the state."""
    recorded = rolls.days_of(sheet.db, [booking.id]).get(booking.id, {})
    before = {str(key): each.present for key, each in recorded.items() if key in days}
    changed = {key: value for key, value in days.items() if before.get(str(key)) is not value}
    for meeting_id, present in changed.items():
        row = recorded.get(meeting_id)
        if row is None:
            row = Attendance(
                booking_id=booking.id,
                meeting_id=meeting_id,
                present=present,
                recorded_by=sheet.by,
                recorded_at=sheet.locked.now,
            )
            recorded[meeting_id] = row
        row.present, row.recorded_by, row.recorded_at = present, sheet.by, sheet.locked.now
        sheet.db.add(row)
    if changed:
        after = before | {str(key): value for key, value in changed.items()}
        _tell(sheet, booking, "booking.days-recorded", {"days": [before, after]})
    if derive:
        known = [row.present for key, row in recorded.items() if key in sheet.meetings]
        state = attendance_state(
            _S(booking.state),
            present=sum(known),
            recorded=len(known),
            meetings=len(sheet.meetings),
            percent=sheet.percent,
        )
        _settle(sheet, booking, state)


def _settle(sheet: _Sheet, booking: Booking, after: BookingState) -> None:
    """Bring the booking to ``after``; a person who did not come loses a result."""
    if booking.state == after:
        return
    change = (after == _S.ATTENDED) - (booking.state == _S.ATTENDED)
    if change < 0:
        _check_uncertified(sheet, booking)
    step(sheet.db, sheet.locked, booking, after, by=sheet.by)
    if booking.cohort_id is not None:  # whoever did not come has lost a seat
        request_id = claims.cohort_row(sheet.db, booking.cohort_id).request_id
        sheet.met[request_id] = sheet.met.get(request_id, 0) + change
    if after == _S.NO_SHOW:
        _write_result(sheet, booking, None, "")


def _assess(sheet: _Sheet, booking: Booking, result: str | None, note: str) -> None:
    if result is not None and booking.state == _S.NO_SHOW:
        raise NotThereError("Somebody who did not come has no result.")
    _write_result(sheet, booking, result, note)


def _write_result(sheet: _Sheet, booking: Booking, result: str | None, note: str) -> None:
    before = booking.result
    if (before, booking.result_note) == (result, note):
        return
    if before == "passed" and result != before:
        _check_uncertified(sheet, booking)
    booking.result, booking.result_note = result, note
    _tell(sheet, booking, "booking.assessed", {"result": [before, result]})


def _check_uncertified(sheet: _Sheet, booking: Booking) -> None:
    if rolls.is_certified(sheet.db, booking.id):
        raise CertifiedError("This person has a certificate. Please revoke it first.")


def _tell(sheet: _Sheet, booking: Booking, name: str, changes: dict[str, list[object]]) -> None:
    booking.version += 1
    sheet.db.add(booking)
    sheet.db.flush()
    payload = {"slot": str(booking.slot_id), "person": str(booking.person_id)}
    fact = Fact(
        name,
        booking.id,
        booking.version,
        sheet.locked.now,
        sheet.by,
        payload=payload,
        changes=dict(changes),
    )
    outbox.record(sheet.db, fact)


def _count(sheet: _Sheet) -> None:
    """Tell the requests, in the one order in which they are locked."""
    for request_id, met in sorted(sheet.met.items()):
        count_seats(
            sheet.db,
            request_id,
            met=met,
            now=sheet.locked.now,
            begun_at=sheet.locked.slot.starts_at,
        )
