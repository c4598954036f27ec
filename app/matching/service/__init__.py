"""Use cases of matching: the ranked answer to a request, and what else there is for a person."""

from app.matching.service.alternatives import alternatives_of_booking, alternatives_of_slot
from app.matching.service.board import Board
from app.matching.service.ranking import SHOWN, matches_for

__all__ = ["SHOWN", "Board", "alternatives_of_booking", "alternatives_of_slot", "matches_for"]
