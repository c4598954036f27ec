"""JSON routes of what people have proved; main mounts them under ``/api/v1``."""

from fastapi import APIRouter

from app.qualifications.api import qualifications

router = APIRouter()
for part in (qualifications,):
    router.include_router(part.router)

__all__ = ["router"]
