"""A need and the offers for it, as the facts that ranking looks at."""

from app.matching.queries.board import (
    Changes,
    apply_changes,
    build_columns,
    new_changes,
)
from app.matching.queries.chains import paths
from app.matching.queries.needs import need_of
from app.matching.queries.offers import (
    Listed,
    lead_days_of,
    offers_for,
    offers_of_slots,
    offers_to_come,
    open_offers_of,
    was_taught,
)
from app.matching.queries.persons import Learner, learner_of, need_of_learner, slots_of_learner
from app.matching.queries.places import region_of
from app.matching.queries.slots import to_come

__all__ = [
    "Changes",
    "Learner",
    "Listed",
    "apply_changes",
    "build_columns",
    "lead_days_of",
    "learner_of",
    "need_of",
    "need_of_learner",
    "new_changes",
    "offers_for",
    "offers_of_slots",
    "offers_to_come",
    "open_offers_of",
    "paths",
    "region_of",
    "slots_of_learner",
    "to_come",
    "was_taught",
]
