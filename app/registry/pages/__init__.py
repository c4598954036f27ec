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
    slots,
)
from app.registry.pages.counts import FacetCache

__all__ = ["FacetCache", "router"]

router = APIRouter()
for part in (home, search, public, console, facilities, courses, resources, slots, secretariat):
    router.include_router(part.router)
