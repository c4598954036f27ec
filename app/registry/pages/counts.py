"""Counts beside the filters, kept as long as they are true."""

from collections import OrderedDict
from threading import Lock

from sqlmodel import Session

from app.accounts.rules import Actor
from app.registry.queries import slots
from app.registry.queries.rows import catalogue_revision
from app.registry.queries.slots import Facet
from app.registry.schemas.filters import SlotFilter

Counts = dict[str, list[Facet]]


class FacetCache:
    """The facets of the questions asked last, for readers who see what everybody sees.

    They depend on the catalogue alone, so its revision is part of the key. Free seats change
    without a new revision: a question about them is counted each time.

    Args:
        size: How many questions are remembered, per process.
    """

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[int, str], Counts] = OrderedDict()
        self._lock = Lock()

    def counts(self, db: Session, actor: Actor, wanted: SlotFilter) -> Counts:
        """For each facet its values with counts, as ``queries.slots.facets`` gives them."""
        if actor.secretariat or actor.providers or wanted.has_seats is not None:
            return slots.facets(db, actor, wanted)
        # The revision first: what is read after it is never older than it says.
        revision, _ = catalogue_revision(db)
        key = (revision, wanted.model_dump_json())
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = slots.facets(db, actor, wanted)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found
