"""Pages of the supply side: what everybody sees, the provider's console, the secretariat."""

from fastapi import APIRouter

from app.registry.pages import (
    console,
    courses,
    facilities,
    home,
    public,
    resources,
    search,
    secretariat,
    series,
    slots,
)
from app.registry.pages.counts import FacetCache

__all__ = ["FacetCache", "router"]

router = APIRouter()
_PARTS = (home, search, public, console, facilities, courses, resources, slots, series, secretariat)
for part in _PARTS:
    router.include_router(part.router)
