"""Ranking: which slots suit a need, why, and what would have to change for the others.

Pure and whole numbers only, so that every process and every person gets the same sum. The parts:
``facts`` (what is known), ``limits`` (what rules a slot out), ``points`` (what a slot scores),
``chains`` (courses that must come first), ``reasons`` (the sentences), ``ranking`` (the answer).
"""

from app.matching.rules.facts import (
    EMPTY,
    Criterion,
    Limit,
    Need,
    Offer,
    Paths,
    Run,
    Supply,
    Want,
    supply_of,
    usable_seats,
)
from app.matching.rules.limits import LIMIT_NAMES, broken_limits
from app.matching.rules.points import WEIGHTS, distance_km, fee_of, score_of
from app.matching.rules.ranking import NO_SEAT, Match, NearMiss, Ranking, rank_offers

__all__ = [
    "EMPTY",
    "LIMIT_NAMES",
    "NO_SEAT",
    "WEIGHTS",
    "Criterion",
    "Limit",
    "Match",
    "NearMiss",
    "Need",
    "Offer",
    "Paths",
    "Ranking",
    "Run",
    "Supply",
    "Want",
    "broken_limits",
    "distance_km",
    "fee_of",
    "rank_offers",
    "score_of",
    "supply_of",
    "usable_seats",
]
