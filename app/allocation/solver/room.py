"""What is left while seats are given one by one: for plans that are made by hand or by rule."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from app.allocation.rules.facts import Ask, Given, Place, Problem
from app.allocation.solver.links import Link, links_of

Pick = tuple[Link, int]


class Room:
    """Free seats, caps and people that are left; knows every limit but the minimum to run.

    Args:
        problem: What there is to give and to whom.
        closed: Places that do not run.
    """

    def __init__(self, problem: Problem, closed: Iterable[str] = ()) -> None:
        shut = set(closed)
        links = [link for link in links_of(problem) if link.place.id not in shut]
        self.seats: dict[tuple[str, str], int] = defaultdict(int)
        self._free = {place.id: place.free for place in problem.places}
        self._cap: dict[tuple[str, str], int] = {}
        self._by_ask: dict[str, list[Link]] = defaultdict(list)
        for link in links:
            self._by_ask[link.ask.id].append(link)

    def of(self, ask: Ask) -> list[Link]:
        """The links of an ask, sorted by place."""
        return self._by_ask[ask.id]

    def take(self, link: Link, most: int) -> int:
        """Take up to so many seats that cover somebody, with the theory they need; how many."""
        picks = self._picks(link, min(most, self._open(link)))
        for each, count in picks:
            self._book(each, count)
        return picks[-1][1] if picks else 0

    def given(self) -> tuple[Given, ...]:
        """What was taken, sorted by ask and place."""
        return tuple(Given(*key, count) for key, count in sorted(self.seats.items()) if count)

    def _picks(self, link: Link, count: int) -> list[Pick]:
        """Theory first, the link itself last; empty when nothing can be had."""
        if link.ask.together and count < link.ask.seats:
            return []
        for course in link.place.requires:
            count = min(count, self._ready(link, course) + self._teachable(link, course))
        if count <= 0 or (link.ask.together and count < link.ask.seats):
            return []
        picks: list[Pick] = []
        for course in link.place.requires:
            picks.extend(self._theory(link, course, count - self._ready(link, course)))
        return [*picks, (link, count)]

    def _open(self, link: Link) -> int:
        """Seats that places, caps and people leave, chains apart."""
        ask, place = link.ask, link.place
        most = min(link.most, self._free[place.id])
        if place.cap is not None:
            most = min(most, self._cap.get((place.id, ask.country), _cap(place, ask)))
        if not link.arc.covers:
            return most
        taken = [(each, self._taken(each)) for each in self._by_ask[ask.id] if each.arc.covers]
        most = min(most, ask.seats - sum(count for _, count in taken))
        for needs in {frozenset(each.arc.covers) for each, _ in taken}:
            if needs.issuperset(link.arc.covers):
                used = sum(count for each, count in taken if needs.issuperset(each.arc.covers))
                most = min(most, sum(ask.needs[need].people for need in needs) - used)
        return most

    def _ready(self, link: Link, course: str) -> int:
        """People who finished the course by the start, and are not wanted by a later practice."""
        mine = self._by_ask[link.ask.id]
        practice = [each for each in mine if course in each.place.requires]
        theory = [each for each in mine if each.place.course == course and each not in practice]
        left = []
        for at in {
            each.place.starts for each in practice if each.place.starts >= link.place.starts
        }:
            done = sum(e.people for e in link.ask.finished if e.course == course and e.at <= at)
            done += sum(self._taken(each) for each in theory if each.place.ends <= at)
            left.append(done - sum(self._taken(e) for e in practice if e.place.starts <= at))
        return max(0, min(left))

    def _teachable(self, link: Link, course: str) -> int:
        open_seats = [self._open(each) for each in self._before(link, course)]
        if link.ask.together:
            return max(open_seats, default=0)
        return sum(open_seats)

    def _before(self, link: Link, course: str) -> Iterator[Link]:
        """Places with the theory that end in time and do not ask for other theory themselves."""
        for each in self._by_ask[link.ask.id]:
            is_theory = each.place.course == course and not each.arc.covers
            if is_theory and each.place.ends <= link.place.starts and not each.place.requires:
                yield each

    def _theory(self, link: Link, course: str, missing: int) -> Iterator[Pick]:
        for each in sorted(self._before(link, course), key=lambda each: -self._open(each)):
            count = min(missing, self._open(each))
            if count > 0:
                yield each, count
                missing -= count

    def _taken(self, link: Link) -> int:
        return self.seats.get((link.ask.id, link.place.id), 0)

    def _book(self, link: Link, count: int) -> None:
        ask, place = link.ask, link.place
        self.seats[ask.id, place.id] += count
        self._free[place.id] -= count
        if place.cap is not None:
            left = self._cap.get((place.id, ask.country), _cap(place, ask))
            self._cap[place.id, ask.country] = left - count


def _cap(place: Place, ask: Ask) -> int:
    return max(0, (place.cap or 0) - dict(place.taken).get(ask.country, 0))
