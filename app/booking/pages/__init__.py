"""Pages about seats: booking one, the own ones, a slot's people, blocks for a request."""

from fastapi import APIRouter

from app.booking.pages import (
    attendance,
    cohorts,
    decisions,
    kept,
    merging,
    own,
    requirements,
    seats,
    selection,
    slots,
    withdrawing,
)
from app.booking.pages.clashes import CLASHES
from app.booking.pages.parts import PARTS
from app.booking.pages.paths import PATHS

router = APIRouter()
for part in (
    seats,
    decisions,
    own,
    slots,
    cohorts,
    attendance,
    kept,
    selection,
    requirements,
    merging,
    withdrawing,
):
    router.include_router(part.router)

__all__ = ["CLASHES", "PARTS", "PATHS", "router"]
