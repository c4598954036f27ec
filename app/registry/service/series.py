"""Series: slots planned in one step from a pattern, with a look at them before."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import countries, outbox
from app.core.errors import ConflictError, invalid
from app.core.moments import day_text
from app.core.outbox import Fact
from app.core.zones import AmbiguousTimeError, LocalTimeError
from app.registry.models import Series, Slot
from app.registry.rules import FacilityClashError, Span
from app.registry.rules.series import (
    IMPOSSIBLE,
    Mark,
    Occurrence,
    deadline_of,
    expand,
    span_of,
)
from app.registry.schemas.inputs import MeetingIn, SlotIn, SlotTerms
from app.registry.schemas.series import MOST, OccurrenceView, SeriesIn
from app.registry.service.slots import Delivery, delivery_of, plan_slot


class SeriesRefusedError(ConflictError):
    """Some of the dates that were chosen cannot be made, so none was; names each with its why."""

    code = "series_refused"


class _UndoneError(Exception):
    """Leaves a look at what would be made, and with it all that was made for it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The dates of a pattern; ``series`` and ``slots`` when they were made."""

    zone: str
    occurrences: tuple[OccurrenceView, ...]
    series: Series | None = None
    slots: tuple[Slot, ...] = ()


def preview_series(db: Session, actor: Actor, request: SeriesIn, *, now: datetime) -> Planned:
    """Every date of the pattern with what stands in its way. Nothing is kept.

    The dates are planned in earnest and taken back, so that what is free here is free when they
    are made: closures, other slots, buffers, equipment, and the dates of the series among
    themselves.

    Raises:
        InvalidError: Something is wrong with all of them, such as the course.
    """
    delivery = delivery_of(db, actor, request)
    found: list[OccurrenceView] = []
    with suppress(_UndoneError), db.begin_nested():
        found.extend(
            _look(db, actor, request, (delivery, occurrence), now=now)
            for occurrence in expand(request.pattern.pattern, most=MOST)
        )
        raise _UndoneError
    return Planned(delivery.place.zone, tuple(found))


def plan_series(db: Session, actor: Actor, request: SeriesIn, *, now: datetime) -> Planned:
    """Make the chosen dates of the pattern, each a slot of its own: all of them or none.

    Raises:
        InvalidError: Nothing is chosen, or something that is not in the pattern.
        SeriesRefusedError: Some dates cannot be made.
    """
    delivery = delivery_of(db, actor, request)
    seen = preview_series(db, actor, request, now=now).occurrences
    wanted = _wanted(request, seen)
    series = Series(
        course_id=delivery.course.id,
        provider_id=delivery.provider.id,
        pattern=_kept(request),
        created_by=delivery.user_id,
        created_at=now,
    )
    db.add(series)
    db.flush()
    slots, problems = [], []
    for view in wanted:
        try:
            with db.begin_nested():
                slots.append(_make(db, actor, request, view, series, now=now))
        except FacilityClashError as error:
            problems.append((view, error.message))
    if problems:
        raise _refused(problems)
    payload = {"course": str(series.course_id), "slots": len(slots)}
    fact = Fact("series.planned", series.id, 1, now, delivery.user_id, payload=payload)
    outbox.record(db, fact)
    return Planned(delivery.place.zone, seen, series, tuple(slots))


def _wanted(request: SeriesIn, seen: tuple[OccurrenceView, ...]) -> list[OccurrenceView]:
    if request.chosen is None:
        wanted = [view for view in seen if view.mark == Mark.OK]
        if not wanted:
            raise _refused([(view, view.why) for view in seen])
        return wanted
    by_start = {view.starts: view for view in seen}
    starts = sorted({moment.replace(tzinfo=None, second=0) for moment in request.chosen})
    if not starts:
        raise invalid("chosen", "Please choose at least one date.", "none_chosen")
    if any(moment not in by_start for moment in starts):
        msg = "The pattern has changed: please look at its dates again."
        raise invalid("chosen", msg, "unknown_date")
    wanted = [by_start[moment] for moment in starts]
    impossible = [(view, view.why) for view in wanted if not view.possible]
    if impossible:
        raise _refused(impossible)
    return wanted


def _refused(problems: list[tuple[OccurrenceView, str]]) -> SeriesRefusedError:
    told = [(f"{day_text(view.starts)}, {view.starts:%H:%M}", why) for view, why in problems]
    return SeriesRefusedError(
        "None was made. " + " ".join(f"{day}: {why}" for day, why in told),
        dates=" ".join(view.starts.isoformat(timespec="minutes") for view, _ in problems),
    )


def _look(
    db: Session,
    actor: Actor,
    request: SeriesIn,
    at: tuple[Delivery, Occurrence],
    *,
    now: datetime,
) -> OccurrenceView:
    """One date as it would be, planned for a moment where nothing else stands in its way."""
    delivery, occurrence = at
    zone = delivery.place.zone
    try:
        span = span_of(occurrence, zone, take_first=request.take_first)
    except LocalTimeError as error:
        again = isinstance(error, AmbiguousTimeError)
        return _seen(occurrence, Mark.AMBIGUOUS if again else Mark.NONEXISTENT, str(error))
    apply_by = _apply_by(request, occurrence, zone, span)
    mark, why = _marked(span, occurrence, apply_by, delivery, now=now)
    if mark == Mark.OK:
        try:
            with db.begin_nested():
                # A draft promises nothing, but whoever plans it wants to know what is free.
                status = "confirmed" if request.status == "draft" else request.status
                sent = _slot_in(request, occurrence, (span, apply_by), status=status)
                plan_slot(db, actor, sent, now=now)
        except FacilityClashError as error:
            mark = Mark.CLOSED if "closure" in error.details else Mark.TAKEN
            why = error.message
    return _seen(occurrence, mark, why, span, apply_by)


def _marked(
    span: Span, occurrence: Occurrence, apply_by: datetime, delivery: Delivery, *, now: datetime
) -> tuple[Mark, str]:
    country = delivery.place.country or delivery.provider.country
    if span.starts_at <= now:
        return Mark.PAST, "This date has passed."
    if apply_by <= now:
        return Mark.LATE, "Its deadline has passed already."
    if occurrence.starts.isoweekday() in countries.weekend(country):
        return Mark.WEEKEND, f"A day of the weekend in {countries.name(country)}."
    return Mark.OK, ""


def _apply_by(request: SeriesIn, occurrence: Occurrence, zone: str, span: Span) -> datetime:
    if request.deadline is None:
        return span.starts_at
    deadline = deadline_of(occurrence.starts, zone, request.deadline)
    if deadline > span.starts_at:
        raise invalid("apply_at", "The deadline is after the start.", "deadline_after_start")
    return deadline


def _seen(
    occurrence: Occurrence,
    mark: Mark,
    why: str,
    span: Span | None = None,
    apply_by: datetime | None = None,
) -> OccurrenceView:
    return OccurrenceView(
        position=occurrence.position,
        starts=occurrence.starts,
        ends=occurrence.ends,
        starts_at=span.starts_at if span else None,
        ends_at=span.ends_at if span else None,
        apply_by=apply_by,
        mark=mark,
        why=why,
        possible=mark not in IMPOSSIBLE,
    )


def _make(
    db: Session,
    actor: Actor,
    request: SeriesIn,
    view: OccurrenceView,
    series: Series,
    *,
    now: datetime,
) -> Slot:
    if view.starts_at is None or view.ends_at is None or view.apply_by is None:
        raise _refused([(view, view.why)])
    occurrence = Occurrence(view.position, view.starts, view.ends)
    at = (Span(view.starts_at, view.ends_at), view.apply_by)
    slot = plan_slot(db, actor, _slot_in(request, occurrence, at), now=now)
    slot.series_id, slot.series_position = series.id, view.position
    db.add(slot)
    db.flush()
    return slot


def _slot_in(
    request: SeriesIn, occurrence: Occurrence, at: tuple[Span, datetime], **instead: Any
) -> SlotIn:
    span, apply_by = at
    meeting = MeetingIn(
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        place=request.place,
        join_url=request.join_url,
    )
    terms = {name: getattr(request, name) for name in SlotTerms.model_fields}
    own = {"code": request.code_of(occurrence), "meetings": [meeting], "apply_by": apply_by}
    return SlotIn.model_validate({**terms, **own, **instead})


def _kept(request: SeriesIn) -> dict[str, Any]:
    """The pattern as it was asked for, with its rule for deadlines."""
    rule = request.model_dump(mode="json", include={"apply_days", "apply_at"})
    return {**request.pattern.model_dump(mode="json"), **rule}
