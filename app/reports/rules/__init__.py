"""Gaps: what is counted where, what everybody may know, and how it was before. Pure."""

from app.reports.rules.privacy import FEWEST_COUNTRIES, FEWEST_PEOPLE, counted_for
from app.reports.rules.table import (
    Axis,
    Demand,
    GapRow,
    Key,
    Supply,
    asked_for,
    gap_of,
    gap_rows,
    is_counted,
    quarter_of,
    totals,
)

__all__ = [
    "FEWEST_COUNTRIES",
    "FEWEST_PEOPLE",
    "Axis",
    "Demand",
    "GapRow",
    "Key",
    "Supply",
    "asked_for",
    "counted_for",
    "gap_of",
    "gap_rows",
    "is_counted",
    "quarter_of",
    "totals",
]
