"""What follows from events about slots and requests."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from app.core.clock import Clock
from app.core.db import Database
from app.core.delivery import Delivery
from app.matching.queries.alerts import DEMAND_EVENTS, SUPPLY_EVENTS, unread_requests
from app.matching.service import alerts, overrides
from app.matching.service.alerts import Pair

Handle = Callable[[Database, Clock, Delivery], object]

_AT_ONCE = 200  # pairs of one transaction: a few dozen milliseconds of SQLite's one writer


def supply_changed(database: Database, clock: Clock, event: Delivery) -> int:
    """Tell the standing requests that a slot fits since this event; returns how many alerts.

    May run again for the same event, and at the same moment as others.
    """
    with database.read() as db:
        found = alerts.new_pairs(db, event, now=clock())
        unread = unread_requests(db, {pair.request_id for pair in found})
    # Their ranking was before their eyes when they were filed: what it showed is no news.
    for filed in unread:
        request_filed(database, clock, filed)
    told = 0
    for pairs in _parts(found):
        told += database.run(partial(alerts.tell, pairs=pairs, event=event, now=clock()))
    return told


def request_filed(database: Database, clock: Clock, event: Delivery) -> None:
    """Note which slots fit a request that was filed or amended, so that none is told as new."""
    with database.read() as db:
        found = alerts.pairs_at_filing(db, event, now=clock())
    for pairs in _parts(found):
        database.run(partial(alerts.note_known, pairs=pairs, event=event))


def request_merged(database: Database, clock: Clock, event: Delivery) -> None:
    """Let what the secretariat said of slots for the request hold for the one it went into."""
    database.run(lambda db: overrides.follow_merge(db, event.subject_id, now=clock()))


def _parts(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for start in range(0, len(pairs), _AT_ONCE):
        yield pairs[start : start + _AT_ONCE]


HEARD: dict[str, Handle] = {
    **dict.fromkeys(SUPPLY_EVENTS, supply_changed),
    **dict.fromkeys(DEMAND_EVENTS, request_filed),
    "request.merged": request_merged,
}
"""Which event is dealt with by what."""
