"""The same ranking over columns: the bookable future in memory, thousands of slots at a time.

``store`` keeps the columns (arrays that grow, ids that are found, sets as bits), ``table`` puts
slots in and takes them out, ``drawn`` picks the slots that teach a wanted skill, ``limits`` and
``points`` are the rules once more as arithmetic on whole arrays, ``ranking`` is the answer.
Every number and the order are those of :func:`app.matching.rules.rank_offers`; properties compare
the two. Nothing here is safe for several threads: who owns the columns guards them.
"""

from app.matching.rules.columns.claims import FREE_FOR_ALL, Claims, Kept, offer_for
from app.matching.rules.columns.ranking import Fit, Ranked, fits_of, look_at, rank_columns
from app.matching.rules.columns.table import Columns

__all__ = [
    "FREE_FOR_ALL",
    "Claims",
    "Columns",
    "Fit",
    "Kept",
    "Ranked",
    "fits_of",
    "look_at",
    "offer_for",
    "rank_columns",
]
