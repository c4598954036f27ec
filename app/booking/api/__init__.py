"""JSON routes about seats; main mounts them under ``/api/v1``."""

from fastapi import APIRouter

from app.booking.api import cohorts, merging, requirements, seats, selection, shares, withdrawing

router = APIRouter()
for part in (seats, cohorts, merging, withdrawing, shares, selection, requirements):
    router.include_router(part.router)

__all__ = ["router"]
