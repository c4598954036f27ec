"""Pages of skill-gap requests."""

from fastapi import APIRouter

from app.demand.pages import endings, requests

router = APIRouter()
for part in (requests, endings):
    router.include_router(part.router)

__all__ = ["router"]
