"""JSON routes about seats; main mounts them under ``/api/v1``."""

from fastapi import APIRouter

from app.booking.api import cohorts, seats

router = APIRouter()
for part in (seats, cohorts):
    router.include_router(part.router)

__all__ = ["router"]
