"""Use cases of reports."""

from app.reports.service.history import gap_history, gaps_of_today, write_down
from app.reports.service.overlaps import overlaps, propose_dates, with_calls
from app.reports.service.synergies import propose_joint, synergies
from app.reports.service.tables import GapPicture, gap_picture, gap_table

__all__ = [
    "GapPicture",
    "gap_history",
    "gap_picture",
    "gap_table",
    "gaps_of_today",
    "overlaps",
    "propose_dates",
    "propose_joint",
    "synergies",
    "with_calls",
    "write_down",
]
