"""Pages of what people have proved."""

from fastapi import APIRouter

from app.qualifications.pages import qualifications

router = APIRouter()
for part in (qualifications,):
    router.include_router(part.router)

__all__ = ["router"]
