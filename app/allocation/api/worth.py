"""JSON routes of what one more slot would be worth."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.accounts.deps import SignedIn
from app.allocation.queries.worth import worth_page
from app.allocation.schemas.worth import WorthFilter, WorthView
from app.core.paging import Page, offset_of
from app.web.deps import Now, PagingDep, ReadDb

router = APIRouter(tags=["Allocations"])


@router.get("/worth")
def list_worth(
    db: ReadDb,
    actor: SignedIn,
    now: Now,
    wanted: Annotated[WorthFilter, Query()],
    paging: PagingDep,
) -> Page[WorthView]:
    """What one more typical slot would be worth, by skill, level, subregion and month.

    For the secretariat, and without confidential detail for verified providers.
    """
    offset = offset_of(paging.after)
    items, total, end = worth_page(db, actor, wanted, now=now, limit=paging.limit, offset=offset)
    return Page(items=items, total=total, next=paging.next_url(None if end is None else [end]))
