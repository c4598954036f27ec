"""Private feeds: whose a secret address is, and what its owner sees of it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.accounts.rules import Actor
from app.calendars.models import FeedToken
from app.calendars.rules import FeedGoneError, FeedKind
from app.calendars.schemas import FeedView
from app.core.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A private feed that works, and the person who made it."""

    token: FeedToken
    owner: Actor


def open_feed(db: Session, token_hash: str) -> OpenFeed:
    """The feed with this secret address.

    The secret itself is never compared: its hash is looked up, which takes as long for an
    unknown address as for a known one.

    Raises:
        NotFoundError: It never was an address.
        FeedGoneError: It was revoked, its owner's account is closed, or its owner is no longer
            a focal point of the country.
    """
    query = (
        select(FeedToken, User)
        .join(User, col(User.id) == col(FeedToken.user_id))
        .where(FeedToken.token_hash == token_hash)
    )
    row = db.exec(query).one_or_none()
    if row is None:
        raise NotFoundError("There is no such calendar.")
    token, user = row
    owner = accounts.actor_of_user(db, user.id)
    if token.revoked_at is not None or not user.is_active or not _works(token, owner):
        raise FeedGoneError("This calendar has ended. Please remove it from your program.")
    return OpenFeed(token, owner)


def own_feeds(db: Session, actor: Actor) -> list[FeedView]:
    """The actor's feeds that were not revoked, newest first; never their addresses."""
    query = select(FeedToken).where(*_live(actor.identified()))
    query = query.order_by(col(FeedToken.created_at).desc(), col(FeedToken.id).desc())
    return [feed_view(token, actor) for token in db.exec(query)]


def feed_view(token: FeedToken, owner: Actor) -> FeedView:
    """What the owner sees of a feed after it was made."""
    return FeedView(
        id=token.id,
        kind=FeedKind(token.kind),
        country=token.country,
        label=token.label,
        created_at=token.created_at,
        last_used_on=token.last_used_on.date() if token.last_used_on else None,
        works=_works(token, owner),
    )


def count_live_feeds(db: Session, user_id: UUID) -> int:
    """How many feeds of the person were not revoked."""
    query = select(func.count()).select_from(FeedToken).where(*_live(user_id))
    return db.exec(query).one()


def lock_own_feed(db: Session, user_id: UUID, feed_id: UUID) -> FeedToken:
    """A feed of this person, kept from other writers.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    query = select(FeedToken).where(FeedToken.id == feed_id, FeedToken.user_id == user_id)
    found = db.exec(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError("There is no such calendar.")
    return found


def _live(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (col(FeedToken.user_id) == user_id, col(FeedToken.revoked_at).is_(None))


def _works(token: FeedToken, owner: Actor) -> bool:
    return token.kind == FeedKind.PERSON or token.country in owner.countries
