"""JSON routes of skill-gap requests; main mounts them under ``/api/v1``."""

from fastapi import APIRouter

from app.demand.api import cases, requests, survey

router = APIRouter()
for part in (survey, requests, cases):
    router.include_router(part.router)

__all__ = ["router"]
