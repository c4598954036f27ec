"""The page that says what is in the open data."""

from fastapi import APIRouter, Request, Response

from app.opendata.files import FRESH, KEPT
from app.opendata.queries import MAX_ROWS
from app.opendata.schemas import DATA_SETS, LICENCE, LICENCE_URL
from app.web.rendering import page

router = APIRouter()


@router.get("/data")
def show_data_sets(request: Request) -> Response:
    """What each file holds, its columns, and under which licence."""
    return page(
        request,
        "opendata/data.html",
        data_sets=tuple(DATA_SETS.values()),
        licence=LICENCE,
        licence_url=LICENCE_URL,
        most=f"{MAX_ROWS:,}",
        minutes=(FRESH + KEPT).seconds // 60,
    )
