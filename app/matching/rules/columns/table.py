"""The slots to come as columns: put in, changed, taken out, and read back as they were."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from uuid import UUID

import numpy as np

from app.matching.rules.columns.claims import FREE_FOR_ALL, Claims
from app.matching.rules.columns.records import (
    CALLED,
    CONFIRMED,
    COURSE_TYPES,
    GONE,
    NO_COURSE,
    NO_SLOT,
    NOT_STATED,
    OVER,
    SETS,
    SLOT_TYPES,
    STATUS,
    CourseRow,
    SlotRow,
    micros,
    moment_of,
    number_of,
    stated,
)
from app.matching.rules.columns.store import Array, Arrays, Ids, Posting, Sets, Values
from app.matching.rules.facts import Offer, Paths, Run, Supply, supply_of
from app.matching.rules.points import fee_of

_MOST_READ = 10_000  # offers kept as they were made, about a kilobyte each


class Columns:
    """Offers as columns, with what a need asks for first (skill to slots) the other way round.

    What belongs to a course is kept once for all its slots, and is that of the offer put in last.
    ``chains`` says what courses require that must come first, ``titles`` what those are called.
    """

    def __init__(self) -> None:
        self.slots, self.courses = Arrays(SLOT_TYPES), Arrays(COURSE_TYPES)
        self.slot_ids, self.course_ids = Ids(), Ids()
        self.sets = {name: Sets() for name in SETS}
        self.skills, self.modes, self.places, self.points = Values(), Values(), Values(), Values()
        self.where = Arrays({"lat": np.float64, "lon": np.float64})
        self.postings: list[Posting] = []
        self.claims: dict[int, Claims] = {}
        self.chains: dict[UUID, tuple[UUID, ...]] = {}
        self.titles: dict[UUID, str] = {}
        self._funding, self._taught = Values(), Values()
        self._levels: dict[int, tuple[tuple[int, int], ...]] = {}
        self._required: dict[int, tuple[UUID, ...]] = {}
        self._runs: dict[UUID, set[int]] = {}
        self._read: dict[int, Offer] = {}

    def put(self, offer: Offer, claims: Claims = FREE_FOR_ALL) -> None:
        """Put a slot in, or change it to be as ``offer`` says.

        The offer is the same for everybody: what its claims leave to one country is worked out
        for each need.
        """
        course = self._put_course(offer)
        row = self.slot_ids.find(offer.slot_id)
        if row is None:
            row = self.slot_ids.add(offer.slot_id)
            self.slots.add(NO_SLOT)
        elif self.slots["course"][row] != course:
            self.drop(offer.slot_id)
        if self.slots["status"][row] == GONE:
            self._list(row, course)
        if offer.course_id in self._runs:
            self._runs[offer.course_id].add(row)
        self.slots.write(row, self._slot_row(offer, course, claims))
        self._read.pop(row, None)
        self.claims.pop(row, None)
        if claims is not FREE_FOR_ALL:
            self.claims[row] = claims

    def drop(self, slot_id: UUID) -> None:
        """Take a slot out; nothing happens when it is not in."""
        row = self.row_of(slot_id)
        if row is not None:
            self._unlist(row)
            self.slots["status"][row] = GONE
            self.claims.pop(row, None)
            for rows in self._runs.values():
                rows.discard(row)

    def row_of(self, slot_id: UUID) -> int | None:
        """The row of a slot that is in, or None."""
        row = self.slot_ids.find(slot_id)
        return None if row is None or self.slots["status"][row] == GONE else row

    def know_chains(self, requires: Mapping[UUID, tuple[UUID, ...]]) -> None:
        """Learn what courses require; what is known of others stays."""
        self.chains.update(requires)

    def paths_before(self, courses: Iterable[UUID], *, now: datetime) -> Paths:
        """What must come before these courses, themselves included, and the runs to learn it in."""
        requires: dict[UUID, tuple[UUID, ...]] = {}
        todo = list(courses)
        while todo:
            course = todo.pop()
            if course not in requires:
                requires[course] = self.chains.get(course, ())
                todo.extend(requires[course])
        runs = {course: self._runs_of(course, now) for course in requires}
        titles = {course: self.titles[course] for course in requires if course in self.titles}
        return Paths(requires, {course: found for course, found in runs.items() if found}, titles)

    def requires_of(self, course: int) -> tuple[UUID, ...]:
        """What the course of a row requires directly."""
        return self._required.get(course, ())

    def offers_at(self, rows: Array) -> list[Offer]:
        """The slots of rows as they were put in.

        Some thousands are kept as they were made: the best of one need are mostly those of others
        too, and making a hundred offers takes as long as ranking a thousand slots.
        """
        known = self._read
        if len(known) > _MOST_READ:
            known.clear()
        found = rows.tolist()
        missing = [row for row in found if row not in known]
        if missing:
            known.update(zip(missing, self._read_at(np.array(missing)), strict=True))
        return [known[row] for row in found]

    def claims_at(self, row: int) -> Claims:
        """What countries can have of the slot of a row."""
        return self.claims.get(row, FREE_FOR_ALL)

    def trim(self) -> None:
        """Give back the room that is not used."""
        for part in (self.slots, self.courses, self.slot_ids, self.course_ids, self.where):
            part.trim()

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays; the side table and shared values come on top."""
        parts = (self.slots, self.courses, self.slot_ids, self.course_ids, self.where)
        sets, lists = self.sets.values(), self.postings
        return sum(sum(each.nbytes for each in group) for group in (parts, sets, lists))

    def _read_at(self, rows: Array) -> Iterator[Offer]:
        slots = self.slots.take(rows)
        of = slots["course"]
        ids, course_ids = self.slot_ids.ids_at(rows), self.course_ids.ids_at(of)
        facts = (slots.tolist(), self.courses.take(of).tolist())
        for slot_id, course_id, slot, course in zip(ids, course_ids, *facts, strict=True):
            yield self._offer(slot_id, course_id, SlotRow._make(slot), CourseRow._make(course))

    def _offer(self, slot_id: UUID, course_id: UUID, slot: SlotRow, course: CourseRow) -> Offer:
        country, region = self.places.all[slot.place]
        sets = self.sets
        return Offer(
            slot_id=slot_id,
            course_id=course_id,
            provider_verified=course.verified,
            status=CALLED[slot.status],
            starts_at=moment_of(slot.starts_at),
            ends_at=moment_of(slot.ends_at),
            starts_on=date.fromordinal(slot.starts_on),
            ends_on=date.fromordinal(slot.ends_on),
            mode=self.modes.all[slot.mode],
            skills=self._taught.all[course.skills],
            platforms=sets["platforms"].set_at(course.platforms),
            languages=sets["languages"].set_at(course.languages),
            interpretation=sets["interpretation"].set_at(course.interpretation),
            audience=sets["audience"].set_at(course.audience),
            eligible_countries=sets["eligible_countries"].set_at(course.eligible_countries),
            funding=self._funding.all[course.funding],
            fee_usd=stated(course.fee_usd),
            country=country,
            region=region,
            point=None if slot.point == NOT_STATED else self.points.all[slot.point],
            seats_free=slot.seats_free,
            waiting=slot.waiting,
            country_seats_left=None,
            apply_by=moment_of(slot.apply_by),
            lead_days=slot.lead_days,
            requires=self.requires_of(slot.course),
            hours=stated(slot.hours),
        )

    def _slot_row(self, offer: Offer, course: int, claims: Claims) -> SlotRow:
        return SlotRow(
            starts_at=micros(offer.starts_at),
            ends_at=micros(offer.ends_at),
            apply_by=micros(offer.apply_by),
            starts_on=offer.starts_on.toordinal(),
            ends_on=offer.ends_on.toordinal(),
            course=course,
            point=self._point(offer.point),
            seats_free=offer.seats_free,
            waiting=offer.waiting,
            hours=number_of(offer.hours),
            mode=self.modes.number(offer.mode),
            place=self.places.number((offer.country, offer.region)),
            lead_days=offer.lead_days,
            status=STATUS.get(offer.status, OVER),
            claims=claims is not FREE_FOR_ALL,
        )

    def _point(self, point: tuple[float, float] | None) -> int:
        if point is None:
            return NOT_STATED
        number = self.points.number(point)
        if number == self.where.size:
            self.where.add(point)
        return number

    def _put_course(self, offer: Offer) -> int:
        course = self.course_ids.find(offer.course_id)
        if course is None:
            course = self.course_ids.add(offer.course_id)
            self.courses.add(NO_COURSE)
            self._levels[course] = ()
        after = self._course_row(offer)
        if self._read and self._is_another(course, after, offer.requires):
            self._read.clear()  # all offers of the course are others now
        before = int(self.courses["skills"][course])
        self.courses.write(course, after)
        if after.skills != before or not self._levels[course]:
            self._teach_other(course)
        self._required.pop(course, None)
        if offer.requires:
            self._required[course] = offer.requires
        return course

    def _is_another(self, course: int, row: CourseRow, requires: tuple[UUID, ...]) -> bool:
        (before,) = self.courses.take(np.array([course])).tolist()
        return before != row or self.requires_of(course) != requires

    def _course_row(self, offer: Offer) -> CourseRow:
        sets = self.sets
        return CourseRow(
            platforms=sets["platforms"].number(offer.platforms),
            languages=sets["languages"].number(offer.languages),
            interpretation=sets["interpretation"].number(offer.interpretation),
            audience=sets["audience"].number(offer.audience),
            eligible_countries=sets["eligible_countries"].number(offer.eligible_countries),
            fee=number_of(fee_of(offer)),
            fee_usd=number_of(offer.fee_usd),
            skills=self._taught.number(offer.skills),
            funding=self._funding.number(offer.funding),
            verified=offer.provider_verified,
            requires=bool(offer.requires),
        )

    def _teach_other(self, course: int) -> None:
        """The course teaches something else from now on, with every slot that is in."""
        rows = self._rows_of(course) if self._levels[course] else []
        for row in rows:
            self._unlist(row)
        best: dict[int, int] = {}
        for skill, level in self._taught.all[self.courses["skills"][course]]:
            number = self.skills.number(skill)
            best[number] = max(level, best.get(number, 0))
        self._levels[course] = tuple(best.items())
        for row in rows:
            self._list(row, course)

    def _rows_of(self, course: int | None) -> list[int]:
        slots = self.slots
        mine = (slots["course"] == course) & (slots["status"] != GONE)
        rows: list[int] = np.flatnonzero(mine[: slots.size]).tolist()
        return rows

    def _list(self, row: int, course: int) -> None:
        for skill, level in self._levels[course]:
            while len(self.postings) <= skill:
                self.postings.append(Posting())
            self.postings[skill].add(row, level)

    def _unlist(self, row: int) -> None:
        for skill, _ in self._levels[int(self.slots["course"][row])]:
            self.postings[skill].remove(row)

    def _runs_of(self, course_id: UUID, now: datetime) -> list[Run]:
        """The runs that can still be joined, of a course that others require."""
        if course_id not in self._runs:  # from now on ``put`` keeps them
            course = self.course_ids.find(course_id)
            self._runs[course_id] = set() if course is None else set(self._rows_of(course))
        rows = np.array(sorted(self._runs[course_id]), np.int64)
        offers = self.offers_at(rows[self.slots["status"][rows] == CONFIRMED])
        return [
            _run(offer)
            for offer in offers
            if offer.apply_by > now and supply_of(offer, now=now) is Supply.OPEN
        ]


def _run(offer: Offer) -> Run:
    return Run(
        offer.course_id,
        offer.starts_at,
        offer.ends_at,
        offer.apply_by,
        offer.mode,
        offer.hours,
        offer.languages | offer.interpretation,
        max(0, offer.seats_free - offer.waiting),
    )
