"""The page of one's own private calendars."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.calendars import service
from app.calendars.queries import tokens
from app.calendars.rules import FeedKind
from app.calendars.schemas import FeedIn, NewFeedView
from app.core import countries
from app.core.links import absolute, webcal
from app.web.deps import Now, ReadDb, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()

_ALL_DATES = "/calendars/slots.ics"


@router.get("/me/calendar")
def show_calendars(request: Request, db: ReadDb, actor: SignedIn) -> Response:
    """The own private calendars, and the form to make one."""
    return _page(request, db, actor)


@router.post("/me/calendar")
def make_feed(
    request: Request,
    form: Annotated[Submitted[FeedIn], Depends(submitted(FeedIn))],
    db: ReadDb,
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Make a calendar and show its address this once, hence no redirect."""

    def use(body: FeedIn) -> Response:
        made: list[NewFeedView] = []

        def make(db: Session) -> str:
            made.append(service.make_feed(db, actor, body, now=now))
            return "/me/calendar"

        answer = write.redirect(actor.key, make)
        if not made:  # the same form again: its address was shown already
            return answer
        return _page(request, db, actor, status=201, made=made[-1])

    return form.attempt(use) or _page(request, db, actor, status=422, form=form)


@router.post("/me/calendar/{feed_id}/revocation")
def revoke_feed(feed_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Take an address back."""

    def revoke(db: Session) -> str:
        service.revoke_feed(db, actor, feed_id, now=now)
        return "/me/calendar?notice=revoked"

    return write.redirect(actor.key, revoke)


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    *,
    status: int = 200,
    form: Form | None = None,
    made: NewFeedView | None = None,
) -> Response:
    answer = page(
        request,
        "calendars/feeds.html",
        status=status,
        feeds=tokens.own_feeds(db, actor),
        zone=actor.zone,
        form=form or Form.of(kind=FeedKind.PERSON.value),
        made=made,
        countries=[(code, countries.name(code)) for code in sorted(actor.countries)],
        all_dates=(absolute(_ALL_DATES), webcal(_ALL_DATES)),
        revoke_key=Form().key,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
