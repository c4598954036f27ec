"""What happened, checked afterwards from beginning to end: rows, facts, answers, deliveries.

A final state that adds up proves little; a message that was never written, or a seat that was
given past somebody in line, shows only in the history.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, select

from app.booking.models import Booking, Cohort
from app.booking.queries.invariants import broken
from app.booking.rules import HOLDS, SEAT_TAKING, STEPS, BookingState
from app.core.idempotency import IdempotencyKey
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.models import SeatShare, Slot
from torture.journal import Answer, entries
from torture.orders import Order
from torture.plan import WARM_UP, Plan

S = BookingState
_OVER = {S.EXPIRED, S.DECLINED, S.CANCELLED, S.REJECTED}
_MAKES = {"book", "name", "replace"}
_STEPS_BY = {
    "confirm": {"booking.confirmed", "booking.requested"},
    "cancel": {"booking.cancelled", "booking.declined"},
    "offer": {"booking.offered"},
    "approve": {"booking.confirmed"},
    "refuse": {"booking.rejected"},
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that must not be: which invariant, and what was found."""

    invariant: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a booking's state as the audit has it; ``before`` None: it came to be."""

    booking: UUID
    before: str | None
    after: str
    entry: AuditEntry


class History:
    """Everything that a run left behind, read once."""

    def __init__(self, plan: Plan, db: Session) -> None:
        self.plan = plan
        self.db = db
        self.sent = list(journals(plan))
        self.bookings = {row.id: row for row in db.exec(select(Booking))}
        self.cohorts = {row.id: row for row in db.exec(select(Cohort))}
        self.slots = {row.id: row for row in db.exec(select(Slot))}
        self.shared = set(db.exec(select(SeatShare.slot_id)))
        self.events = list(db.exec(select(OutboxEvent)))
        self.keys = {row.key: row for row in db.exec(select(IdempotencyKey))}
        self.audit = list(db.exec(in_order(db)))

    @cached_property
    def changes(self) -> list[Change]:
        """Every change of every booking, in the order in which they were made."""
        placed = {each.subject_id: each for each in self.events if each.version == 1}
        found = []
        for entry in self.audit:
            if entry.subject != "booking":
                continue
            before, after = entry.changes.get("state", (None, None))
            if after is None and entry.action in {"booking.placed", "booking.nominated"}:
                after = placed[entry.subject_id].payload.get("state", S.OFFERED)
            if after is not None:
                found.append(Change(entry.subject_id, before, str(after), entry))
        return found

    def violations(self) -> Iterator[Violation]:
        """Everything that must not be."""
        for name, check in CHECKS.items():
            for text_ in check(self):
                yield Violation(name, text_)


def journals(plan: Plan) -> Iterator[tuple[Order, Answer | None]]:
    """Every order of every client, with its answer."""
    for number in range(WARM_UP + 1):
        yield from entries(plan.journal(number))


def in_order(db: Session) -> Any:
    """The audit in the order in which its rows were written, which no clock can tell.

    SQLite numbers rows by itself; on PostgreSQL the run added a column that does.
    """
    sqlite = db.get_bind().dialect.name == "sqlite"
    return select(AuditEntry).order_by(text("rowid" if sqlite else "written"))


def number_rows(db: Session) -> None:
    """Prepare a database so that :func:`in_order` can tell."""
    if db.get_bind().dialect.name != "sqlite":
        db.execute(text("ALTER TABLE audit_entry ADD COLUMN written bigserial"))


def verify_is_clean(history: History) -> Iterator[str]:
    """S1-S5 at the end, as ``cadre verify`` sees them."""
    yield from broken(history.db)


def audit_reproduces_the_table(history: History) -> Iterator[str]:
    """S6: along allowed steps only, and the last state is the row's."""
    state: dict[UUID, str] = {}
    for change in history.changes:
        known = state.get(change.booking)
        if change.before != known:
            yield f"booking {change.booking}: {known} became {change.after} from {change.before}"
        if change.before and change.after not in STEPS[S(change.before)]:
            yield f"booking {change.booking}: {change.before} became {change.after}"
        state[change.booking] = change.after
    for booking in history.bookings.values():
        if state.pop(booking.id, None) != booking.state:
            yield f"booking {booking.id} is {booking.state}, which the audit does not say"
    for booking_id in state:
        yield f"booking {booking_id} is in the audit and not there"


def nobody_jumps_the_queue(history: History) -> Iterator[str]:
    """W2: a seat goes to the first in line, unless the audit says why it passed somebody by."""
    lines: dict[UUID, dict[UUID, tuple[Any, ...]]] = defaultdict(dict)
    passed = {entry.subject_id for entry in history.audit if entry.action.endswith("passed-over")}
    chosen = {
        UUID(entry.changes["offered"])
        for entry in history.audit
        if entry.action == "slot.line-skipped"
    }
    for row, what in _turns(history):
        slot, line = history.slots[row.slot_id], lines[row.slot_id]
        place = line.pop(row.id, None)
        if what == "joins":
            line[row.id] = (row.priority, row.entered_at, str(row.id))
        elif what == "seated" and _goes_by_itself(history, slot) and row.id not in chosen:
            for other in _overtaken(line, place) - passed:
                yield f"slot {slot.id}: {row.id} got a seat before {other}"


def _turns(history: History) -> Iterator[tuple[Booking | Cohort, str]]:
    """Who joined a line, left it, or was given a seat, in order; people of blocks left out."""
    changes = {change.entry.id: change for change in history.changes}
    for entry in history.audit:
        change = changes.get(entry.id)
        booking = history.bookings.get(entry.subject_id)
        if change is not None and booking is not None and booking.cohort_id is None:
            yield booking, _turn(change.before, change.after)
        cohort = history.cohorts.get(entry.subject_id)
        if cohort is None:
            continue
        if entry.action == "cohort.waitlisted":
            yield cohort, "joins"
        elif "state" in entry.changes:
            before, after = entry.changes["state"]
            if before == S.WAITLISTED:
                yield cohort, "seated" if after == "active" else "leaves"


def _turn(before: str | None, after: str) -> str:
    if after == S.WAITLISTED:
        return "joins"
    return "seated" if before in {None, S.WAITLISTED} and after in SEAT_TAKING else "leaves"


def _goes_by_itself(history: History, slot: Slot) -> bool:
    """Whether the slot's line has no rule but its order."""
    capped = slot.max_per_country is not None or slot.max_per_authority is not None
    return slot.route == "open" and not capped and slot.id not in history.shared


def _overtaken(line: Mapping[UUID, tuple[Any, ...]], place: tuple[Any, ...] | None) -> set[UUID]:
    return {each for each, before in line.items() if place is None or before < place}


def offers_end_once(history: History) -> Iterator[str]:
    """W3, W4, W5, T1: what ended stays ended; one end, one promotion and one confirmation each."""
    steps: dict[UUID, list[str]] = defaultdict(list)
    for change in history.changes:
        steps[change.booking].append(change.after)
    for booking, states in steps.items():
        counts = Counter(states)
        ends = sum(counts[state] for state in _OVER)
        if ends > 1 or any(before in _OVER for before, _ in pairwise(states)):
            yield f"booking {booking} ended and went on: {', '.join(states)}"
        if counts[S.OFFERED] > 1 or counts[S.CONFIRMED] > 1:
            yield f"booking {booking} was offered or confirmed twice: {', '.join(states)}"


def each_change_has_one_message(history: History) -> Iterator[str]:
    """M1: versions without a hole, one outbox row for each audit row."""
    versions: dict[UUID, list[int]] = defaultdict(list)
    for event in history.events:
        versions[event.subject_id].append(event.version)
    for booking in history.bookings.values():
        if sorted(versions[booking.id]) != list(range(1, booking.version + 1)):
            yield f"booking {booking.id}: version {booking.version}, told {versions[booking.id]}"
    for cohort in history.cohorts.values():
        if versions[cohort.id].count(1) != 1:
            yield f"block {cohort.id} was born without a message"
    told = Counter((event.subject_id, event.name) for event in history.events)
    noted = Counter((entry.subject_id, entry.action) for entry in history.audit)
    for subject, name in told.keys() | noted.keys():
        if told[subject, name] != noted[subject, name]:
            yield f"{name} of {subject}: {told[subject, name]} told, {noted[subject, name]} noted"


def each_message_is_delivered(history: History) -> Iterator[str]:
    """M2: every event reached the far end, under its own id."""
    lines = history.plan.delivered.read_text(encoding="utf-8").split()
    delivered = {UUID(line) for line in lines}
    for event in history.events:
        if event.id not in delivered:
            yield f"{event.name} {event.id} was lost"
        if event.processed_at is None:
            yield f"{event.name} {event.id} is not marked as delivered"
    for stranger in delivered - {event.id for event in history.events}:
        yield f"{stranger} was delivered and is not in the outbox"


def keys_are_settled(history: History) -> Iterator[str]:
    """I1, I3: an answer that was given is the answer that is kept; no key without one."""
    for key in history.keys.values():
        if key.status == 0:
            yield f"key {key.key} is stuck"
    for order, answer in history.sent:
        kept = history.keys.get(order.key)
        if answer is None or answer.status == 0:
            yield f"{order.kind} {order.key} was never answered"
        elif answer.problem:
            yield f"{order.kind} {order.key}: {answer.problem}"
        elif answer.done and (kept is None or (kept.status, kept.body) != _said(answer)):
            yield f"{order.kind} {order.key}: answered {_said(answer)}, kept {kept}"
        elif not answer.done and kept is not None:
            yield f"{order.kind} {order.key}: refused with {answer.code}, kept {kept.status}"


def _said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body


def answers_tell_the_truth(history: History) -> Iterator[str]:
    """I2: the bookings that there are, are those that were answered; so are blocks."""
    answered: dict[str, Counter[UUID]] = {"booking": Counter(), "cohort": Counter()}
    for order, answer in history.sent:
        if answer is not None and answer.done and order.kind in _MAKES | {"block", "wait"}:
            what = "booking" if order.kind in _MAKES else "cohort"
            answered[what][UUID(answer.json()["id"])] += 1
    there: dict[str, set[UUID]] = {
        "booking": set(history.bookings),
        "cohort": set(history.cohorts),
    }
    for what, rows in there.items():
        for row in rows - answered[what].keys():
            yield f"{what} {row} is there and nobody was told"
        for row in answered[what].keys() - rows:
            yield f"{what} {row} was answered and is not there"
        for row in (row for row, count in answered[what].items() if count > 1):
            yield f"{what} {row} was answered to several orders"


def answered_steps_were_made(history: History) -> Iterator[str]:
    """I1, I2: each step that was answered is in the audit, once, by who asked for it."""
    made = Counter(
        (str(entry.subject_id), entry.action, str(entry.actor_id)) for entry in history.audit
    )
    for order, answer in history.sent:
        names = _STEPS_BY.get(order.kind)
        if names is None or answer is None or not answer.done:
            continue
        count = sum(made[order.target, name, order.actor] for name in names)
        if count != 1:
            yield f"{order.kind} {order.key} of {order.target} was answered, and made {count} times"


def nothing_stands_still(history: History) -> Iterator[str]:
    """After the last sweep no hold is overdue."""
    latest = max((entry.at for entry in history.audit), default=None)
    for booking in history.bookings.values():
        until = booking.held_until
        if (
            booking.state in HOLDS
            and latest
            and until
            and until < latest
            and _open(history, booking)
        ):
            yield f"booking {booking.id} is still {booking.state}, to be over at {until}"


def _open(history: History, booking: Booking) -> bool:
    return history.slots[booking.slot_id].status == "confirmed"


CHECKS = {
    "S1-S5": verify_is_clean,
    "S6": audit_reproduces_the_table,
    "W2": nobody_jumps_the_queue,
    "W3-W5, T1": offers_end_once,
    "M1": each_change_has_one_message,
    "M2": each_message_is_delivered,
    "I1, I3": keys_are_settled,
    "I2": answers_tell_the_truth,
    "I1, I2": answered_steps_were_made,
    "W1 (time)": nothing_stands_still,
}
