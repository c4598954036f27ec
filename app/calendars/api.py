"""Addresses that calendar programs ask for (``feeds``), and private feeds as JSON (``router``)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from starlette.background import BackgroundTask

from app.accounts.deps import SignedIn
from app.accounts.rules import token_hash
from app.calendars import service
from app.calendars.cache import Body as FeedBody
from app.calendars.feeds import (
    Press,
    country_feed,
    facility_feed,
    private_body,
    provider_feed,
    public_body,
    search_body,
    skill_feed,
    slot_body,
)
from app.calendars.ical import MEDIA_TYPE
from app.calendars.models import FeedToken
from app.calendars.queries import tokens
from app.calendars.rules import FeedGoneError
from app.calendars.schemas import FeedIn, FeedView, NewFeedView
from app.core.db import Database
from app.core.errors import BusyError, NotFoundError
from app.core.log import logger
from app.core.paging import Page
from app.registry.schemas.filters import SlotFilter
from app.registry.schemas.inputs import Ref
from app.web.conditional import Representation, conditional_response
from app.web.deps import Now, ReadDb, ReplicaDb, Write

feeds = APIRouter(tags=["calendars"])
router = APIRouter(tags=["calendars"])

_log = logger("calendars")

_PUBLIC = "public, max-age=300"
_PRIVATE = "private, max-age=300"
_SECRET_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@feeds.get("/calendars/slots.ics")
def read_search_feed(
    request: Request, wanted: Annotated[SlotFilter, Query()], db: ReplicaDb, now: Now
) -> Response:
    """The meetings of all slots that the same search of ``GET /slots`` finds."""
    body = search_body(db, _press(request), wanted, now=now)
    return _sent(request, body, "cadre.ics", now=now)


@feeds.get("/calendars/providers/{ref}.ics")
def read_provider_feed(request: Request, ref: Ref, db: ReplicaDb, now: Now) -> Response:
    """The meetings of one provider."""
    path = f"/calendars/providers/{ref}.ics"
    body = public_body(db, _press(request), path, lambda db: provider_feed(db, ref), now=now)
    return _sent(request, body, f"cadre-{ref}.ics", now=now)


@feeds.get("/calendars/facilities/{ref}.ics")
def read_facility_feed(request: Request, ref: Ref, db: ReplicaDb, now: Now) -> Response:
    """The meetings at one facility."""
    path = f"/calendars/facilities/{ref}.ics"
    body = public_body(db, _press(request), path, lambda db: facility_feed(db, ref), now=now)
    return _sent(request, body, f"cadre-{ref}.ics", now=now)


@feeds.get("/calendars/skills/{skill_id}.ics")
def read_skill_feed(request: Request, skill_id: str, db: ReplicaDb, now: Now) -> Response:
    """The meetings of courses that teach one skill."""
    path = f"/calendars/skills/{skill_id}.ics"
    body = public_body(db, _press(request), path, lambda _: skill_feed(skill_id), now=now)
    return _sent(request, body, f"cadre-{skill_id}.ics", now=now)


@feeds.get("/calendars/countries/{alpha2}.ics")
def read_country_feed(request: Request, alpha2: str, db: ReplicaDb, now: Now) -> Response:
    """The meetings in one country."""
    path = f"/calendars/countries/{alpha2.upper()}.ics"
    body = public_body(db, _press(request), path, lambda _: country_feed(alpha2), now=now)
    return _sent(request, body, f"cadre-{alpha2.upper()}.ics", now=now)


@feeds.get("/slots/{slot_id}.ics")
def download_slot(request: Request, slot_id: UUID, db: ReplicaDb, now: Now) -> Response:
    """One slot, to be saved once; a cancelled one says so."""
    body = slot_body(db, _press(request), slot_id)
    return _sent(request, body, f"cadre-{slot_id}.ics", attachment=True, now=now)


@feeds.get("/calendars/private/{token}.ics")
def read_private_feed(request: Request, token: str, db: ReadDb, now: Now) -> Response:
    """One person's bookings or one country's seats, for whoever knows the address.

    404 for an address that never was one, 410 for one that was taken back.
    """
    try:
        feed = tokens.open_feed(db, token_hash(token))
    except (NotFoundError, FeedGoneError) as refusal:
        return PlainTextResponse(
            refusal.message, refusal.status, {**_SECRET_HEADERS, "Cache-Control": "private"}
        )
    body = private_body(db, _press(request), feed, now=now)
    answer = _sent(request, body, "cadre.ics", private=True, now=now)
    if service.is_first_use(feed.token, now=now):
        answer.background = BackgroundTask(_note_use, request.app.state.database, feed.token, now)
    return answer


@router.get("/me/feeds")
def list_feeds(db: ReadDb, actor: SignedIn) -> Page[FeedView]:
    """The own private calendars, newest first; never their addresses."""
    items = tokens.own_feeds(db, actor)
    return Page(items=items, total=len(items), next=None)


@router.post("/me/feeds", status_code=201, response_model=NewFeedView)
def make_feed(
    write: Write, actor: SignedIn, now: Now, body: Annotated[FeedIn | None, Body()] = None
) -> Response:
    """Make a private calendar. Its address is in this answer and nowhere else.

    A repeated call with the same Idempotency-Key makes no second one and has null addresses.
    """
    made: list[NewFeedView] = []

    def make(db: Session) -> NewFeedView:
        made.append(service.make_feed(db, actor, body or FeedIn(), now=now))
        # What is kept for a repetition must not hold the secret.
        return made[-1].model_copy(update={"url": None, "webcal_url": None})

    answer = write.answer(actor.key, make, status=201)
    if made:
        answer = JSONResponse(made[-1].model_dump(mode="json"), 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.delete("/me/feeds/{feed_id}", status_code=204)
def revoke_feed(feed_id: UUID, write: Write, actor: SignedIn, now: Now) -> None:
    """Take the address of a private calendar back, at once and for good."""
    write.run(lambda db: service.revoke_feed(db, actor, feed_id, now=now))


def _press(request: Request) -> Press:
    press: Press = request.app.state.press
    return press


def _sent(
    request: Request,
    body: FeedBody,
    filename: str,
    *,
    now: datetime,
    attachment: bool = False,
    private: bool = False,
) -> Response:
    packs = _press(request).settings.feed_gzip
    what = Representation(
        body=body.content,
        etag=body.etag,
        last_modified=min(body.last_modified, now),
        media_type=MEDIA_TYPE,
        cache_control=_PRIVATE if private else _PUBLIC,
        filename=filename,
        attachment=attachment,
        compress=(lambda: body.compressed) if packs else None,
        headers=_SECRET_HEADERS if private else {},
    )
    return conditional_response(request, what)


def _note_use(database: Database, token: FeedToken, now: datetime) -> None:
    """After the answer has left: that a feed was read is worth no failure of it."""
    try:
        database.run(lambda db: service.note_use(db, token.id, now=now))
    except (BusyError, DBAPIError) as error:
        _log.warning("feed_use_not_noted", feed=str(token.id), reason=type(error).__name__)
