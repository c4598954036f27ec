"""Private feeds: make an address, take it back, note that it is used."""

import secrets
from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy import or_, update
from sqlmodel import Session, col

from app.accounts import queries as accounts
from app.accounts.rules import Actor, token_hash
from app.calendars.models import FeedToken
from app.calendars.queries import tokens
from app.calendars.rules import FEEDS_MAX, FeedKind, TooManyFeedsError
from app.calendars.schemas import FeedIn, NewFeedView
from app.core import outbox
from app.core.errors import ForbiddenError, invalid
from app.core.links import absolute, webcal
from app.core.outbox import Fact

_TOKEN_BYTES = 24  # 192 bits in 32 characters: the whole address stays short


def make_feed(db: Session, actor: Actor, body: FeedIn, *, now: datetime) -> NewFeedView:
    """Make a private feed. Its address is in the answer and nowhere else.

    Raises:
        InvalidError: A country is missing, or given for a feed of one's own.
        ForbiddenError: The actor is no focal point of the country.
        TooManyFeedsError: The person has :data:`~app.calendars.rules.FEEDS_MAX` live ones.
    """
    user = accounts.lock_user(db, actor.require_write())
    country = _country(actor, body)
    if tokens.count_live_feeds(db, user.id) >= FEEDS_MAX:
        raise TooManyFeedsError(f"You have {FEEDS_MAX} calendars. Revoke one that you do not need.")
    secret = secrets.token_urlsafe(_TOKEN_BYTES)
    row = FeedToken(
        user_id=user.id,
        kind=body.kind,
        country=country,
        label=body.label,
        token_hash=token_hash(secret),
        created_at=now,
    )
    db.add(row)
    payload = {"kind": row.kind, "country": country}
    outbox.record(db, Fact("feed.made", row.id, 1, now, user.id, payload=payload))
    path = f"/calendars/private/{secret}.ics"
    view = tokens.feed_view(row, actor)
    return NewFeedView(**view.model_dump(), url=absolute(path), webcal_url=webcal(path))


def revoke_feed(db: Session, actor: Actor, feed_id: UUID, *, now: datetime) -> None:
    """Take an own feed's address back, at once and for good; a second time changes nothing.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    user_id = actor.require_write()
    row = tokens.lock_own_feed(db, user_id, feed_id)
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    db.add(row)
    outbox.record(db, Fact("feed.revoked", row.id, 2, now, user_id))


def is_first_use(token: FeedToken, *, now: datetime) -> bool:
    """Whether this is the first time on its day (UTC) that the feed is read."""
    return token.last_used_on is None or token.last_used_on < _midnight(now)


def note_use(db: Session, feed_id: UUID, *, now: datetime) -> None:
    """Write down the day on which the feed was read; at most one write a day."""
    today = _midnight(now)
    used = col(FeedToken.last_used_on)
    db.execute(
        update(FeedToken)
        .where(col(FeedToken.id) == feed_id, or_(used.is_(None), used < today))
        .values(last_used_on=today)
    )


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)


def _country(actor: Actor, body: FeedIn) -> str | None:
    if body.kind == FeedKind.PERSON:
        if body.country is not None:
            raise invalid("country", "A calendar of your bookings has no country.", "not_wanted")
        return None
    only = next(iter(actor.countries)) if len(actor.countries) == 1 else None
    country = body.country or only
    if country is None and actor.countries:
        raise invalid("country", "Please choose the country.", "missing")
    if country is None or country not in actor.countries:
        raise ForbiddenError("Only focal points of a country may subscribe to its seats.")
    return country
