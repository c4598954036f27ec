"""Pages of allocations: runs, what one more slot is worth, calls."""

from fastapi import APIRouter

from app.allocation.pages import calls, lines, runs, worth
from app.allocation.pages.parts import PARTS

router = APIRouter()
for part in (runs, lines, worth, calls):
    router.include_router(part.router)

__all__ = ["PARTS", "router"]
