"""Use cases of reports."""

from app.reports.service.history import gap_history, take_snapshot
from app.reports.service.overlaps import Overlaps, overlaps
from app.reports.service.tables import GapPicture, gap_picture, gap_table, offset_of

__all__ = [
    "GapPicture",
    "Overlaps",
    "gap_history",
    "gap_picture",
    "gap_table",
    "offset_of",
    "overlaps",
    "take_snapshot",
]
