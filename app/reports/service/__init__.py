"""Use cases of reports."""

from app.reports.service.history import gap_history, take_snapshot
from app.reports.service.overlaps import Overlaps, overlaps, propose_dates, with_calls
from app.reports.service.synergies import propose_joint, synergies
from app.reports.service.tables import GapPicture, gap_picture, gap_table, offset_of

__all__ = [
    "GapPicture",
    "Overlaps",
    "gap_history",
    "gap_picture",
    "gap_table",
    "offset_of",
    "overlaps",
    "propose_dates",
    "propose_joint",
    "synergies",
    "take_snapshot",
    "with_calls",
]
