"""Pages of skill-gap requests."""

from fastapi import APIRouter

from app.demand.pages import cases, endings, queue, requests, survey
from app.demand.pages.queue import PARTS

router = APIRouter()
for part in (survey, requests, cases, endings, queue):
    router.include_router(part.router)

__all__ = ["PARTS", "router"]
