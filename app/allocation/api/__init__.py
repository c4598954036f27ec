"""JSON routes about allocations; main mounts them under ``/api/v1``."""

from fastapi import APIRouter

from app.allocation.api import calls, runs, worth

router = APIRouter()
for part in (runs, worth, calls):
    router.include_router(part.router)

__all__ = ["router"]
