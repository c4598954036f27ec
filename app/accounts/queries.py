"""Who is behind a cookie or a token, and what a person sees of the own account."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, or_, select

from app.accounts.models import ApiToken, Login, Membership, User
from app.accounts.rules import (
    PROVIDER_ROLES,
    Actor,
    Role,
    Scope,
    TokenExpiredError,
    TokenRevokedError,
    TokenUnknownError,
)
from app.accounts.schemas import PersonView, TokenView
from app.core.errors import NotFoundError

ALL_SCOPES = frozenset(Scope)

# Built once: they are asked with every booking.
_LOCK_PEOPLE = (
    select(User.id)
    .where(col(User.id).in_(bindparam("person_ids", expanding=True)))
    .order_by(col(User.id))
    .with_for_update(key_share=True)
)
_EMPLOYER = select(User.organisation, User.sector).where(col(User.id) == bindparam("user_id"))


def actor_of_login(db: Session, token_hash: str, now: datetime) -> Actor | None:
    """Who is signed in with this cookie; None when the login ended, or never was."""
    statement = (
        select(User, Membership)
        .join(Login, col(Login.user_id) == col(User.id))
        .outerjoin(Membership, col(Membership.user_id) == col(User.id))
        .where(
            Login.token_hash == token_hash,
            col(Login.revoked_at).is_(None),
            col(Login.expires_at) > now,
            col(User.is_active),
        )
    )
    rows = db.exec(statement).all()
    return _actor(rows[0][0], (row[1] for row in rows)) if rows else None


def actor_of_token(db: Session, token_hash: str, now: datetime) -> Actor:
    """Whose API token this is, with its scopes.

    Raises:
        TokenUnknownError: It never was a token.
        TokenRevokedError: It was revoked, or the account is closed.
        TokenExpiredError: Its time is over.
    """
    statement = (
        select(ApiToken, User, Membership)
        .join(User, col(User.id) == col(ApiToken.user_id))
        .outerjoin(Membership, col(Membership.user_id) == col(User.id))
        .where(ApiToken.token_hash == token_hash)
    )
    rows = db.exec(statement).all()
    if not rows:
        raise TokenUnknownError("This token is not known here.")
    token, user, _ = rows[0]
    if token.revoked_at is not None:
        raise TokenRevokedError("This token was revoked.")
    if not user.is_active:
        raise TokenRevokedError("The account of this token is closed.")
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenExpiredError("This token has expired.")
    scopes = frozenset(Scope(scope) for scope in token.scopes)
    return _actor(user, (row[2] for row in rows), scopes)


def actor_of_user(db: Session, user_id: UUID) -> Actor:
    """The person as an actor with every right of the own account.

    For the worker, the command line and the demonstration, which act for somebody.

    Raises:
        NotFoundError: Nobody has this id.
    """
    return _actor(_user(db, user_id), memberships(db, user_id))


def user_by_email(db: Session, email: str) -> User | None:
    """The person with this address; capitals make no difference."""
    return db.exec(select(User).where(User.email == email.strip().lower())).one_or_none()


def known_user(db: Session, email: str) -> User:
    """The person with this address, who is known to exist.

    Raises:
        NotFoundError: There is none after all.
    """
    found = user_by_email(db, email)
    if found is None:
        raise NotFoundError("No such person.")
    return found


def lock_user(db: Session, user_id: UUID) -> User:
    """The person's row, kept from every other writer until this transaction ends.

    Raises:
        NotFoundError: Nobody has this id.
    """
    found = db.exec(select(User).where(User.id == user_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError("No such person.")
    return found


def employer_of(db: Session, user_id: UUID) -> tuple[str, str | None]:
    """The organisation of a person ("" when they named none) and its sector.

    Raises:
        NoResultFound: There is no such person.
    """
    organisation, sector = db.execute(_EMPLOYER, {"user_id": user_id}).one()
    return organisation, sector


def lock_people(db: Session, person_ids: Iterable[UUID]) -> None:
    """Keep the time of these people from every other writer until this transaction ends.

    Taken after slots, facilities and resources, ascending, so that one person cannot be booked on
    two slots at the same moment. Rows that only refer to a person are not kept waiting (FOR NO
    KEY UPDATE). SQLite needs no lock: a write transaction holds the whole database.
    """
    if db.get_bind().dialect.name == "sqlite":
        return
    db.execute(_LOCK_PEOPLE, {"person_ids": list(set(person_ids))}).all()


def memberships(db: Session, user_id: UUID) -> list[Membership]:
    """The roles of a person beyond being a trainee, oldest first."""
    statement = select(Membership).where(Membership.user_id == user_id)
    return list(db.exec(statement.order_by(col(Membership.created_at), col(Membership.id))))


def members_of_provider(db: Session, provider_id: UUID) -> list[tuple[User, Membership]]:
    """The active people of a provider with their roles, oldest member first."""
    statement = (
        select(User, Membership)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(Membership.provider_id == provider_id, col(User.is_active))
        .order_by(col(Membership.created_at), col(Membership.id))
    )
    return list(db.exec(statement))


def secretariat(db: Session) -> list[User]:
    """The active members of the secretariat."""
    statement = (
        select(User)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(Membership.role == Role.SECRETARIAT, col(User.is_active))
        .order_by(col(User.created_at), col(User.id))
    )
    return list(db.exec(statement))


def person_view(db: Session, user_id: UUID) -> PersonView:
    """A person's own profile and roles.

    Raises:
        NotFoundError: Nobody has this id.
    """
    user = _user(db, user_id)
    actor = _actor(user, memberships(db, user_id))
    return PersonView(
        id=user.id,
        name=user.name,
        email=user.email,
        country=user.country,
        citizenship=user.citizenship,
        zone=user.zone,
        languages=user.languages,
        sector=user.sector,
        organisation=user.organisation,
        roles=tuple(sorted(actor.roles)),
        providers=tuple(sorted(actor.providers)),
        countries=tuple(sorted(actor.countries)),
        version=user.version,
    )


def own_tokens(db: Session, user_id: UUID, now: datetime) -> list[TokenView]:
    """The person's tokens that still work, newest first. Never the tokens themselves."""
    statement = select(ApiToken).where(*_live_tokens(user_id, now))
    statement = statement.order_by(col(ApiToken.created_at).desc(), col(ApiToken.id).desc())
    return [token_view(token) for token in db.exec(statement)]


def token_view(token: ApiToken) -> TokenView:
    """What the owner sees of a token after it was made."""
    return TokenView(
        id=token.id,
        label=token.label,
        scopes=token.scopes,
        created_at=token.created_at,
        expires_at=token.expires_at,
    )


def lock_own_token(db: Session, user_id: UUID, token_id: UUID) -> ApiToken:
    """A token of this person, kept from other writers.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    statement = (
        select(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user_id)
        .with_for_update()
    )
    found = db.exec(statement).one_or_none()
    if found is None:
        raise NotFoundError("No such token.")
    return found


def count_live_tokens(db: Session, user_id: UUID, now: datetime) -> int:
    """How many tokens of the person work."""
    statement = select(func.count()).select_from(ApiToken).where(*_live_tokens(user_id, now))
    return db.exec(statement).one()


def lock_live_login(db: Session, token_hash: str, now: datetime) -> Login | None:
    """The login with this cookie, kept from other writers; None when it has ended."""
    statement = select(Login).where(
        Login.token_hash == token_hash,
        col(Login.revoked_at).is_(None),
        col(Login.expires_at) > now,
    )
    return db.exec(statement.with_for_update()).one_or_none()


def same_membership(
    db: Session, user_id: UUID, role: Role, *, provider_id: UUID | None, country: str
) -> Membership | None:
    """What the person is in this provider already, or whether they hold this other role."""
    statement = select(Membership).where(Membership.user_id == user_id)
    if provider_id is not None:
        statement = statement.where(Membership.provider_id == provider_id)
    else:
        statement = statement.where(Membership.role == role, Membership.country == country)
    return db.exec(statement).one_or_none()


def _live_tokens(user_id: UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(ApiToken.user_id) == user_id,
        col(ApiToken.revoked_at).is_(None),
        or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > now),
    )


def _user(db: Session, user_id: UUID) -> User:
    found = db.get(User, user_id)
    if found is None:
        raise NotFoundError("No such person.")
    return found


def _actor(
    user: User, held: Iterable[Membership | None], scopes: frozenset[Scope] = ALL_SCOPES
) -> Actor:
    roles = [each for each in held if each is not None]
    return Actor(
        user_id=user.id,
        name=user.name,
        email=user.email,
        country=user.country,
        zone=user.zone,
        secretariat=any(each.role == Role.SECRETARIAT for each in roles),
        providers=_providers(roles, PROVIDER_ROLES),
        owned=_providers(roles, frozenset({Role.PROVIDER_OWNER})),
        countries=frozenset(each.country for each in roles if each.role == Role.FOCAL_POINT),
        scopes=scopes,
    )


def _providers(roles: Iterable[Membership], wanted: frozenset[Role]) -> frozenset[UUID]:
    return frozenset(each.provider_id for each in roles if each.provider_id and each.role in wanted)
