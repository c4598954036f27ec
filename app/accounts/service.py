"""People, their roles, their logins and their tokens: the use cases.

Two of them (:func:`sign_in` and :func:`prepare_sign_up`) take the database instead of a session:
they hash a password between two short transactions, and nobody else should wait for that.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session, col

from app.accounts import attempts, passwords, queries
from app.accounts.models import ApiToken, Login, Membership, User
from app.accounts.rules import (
    LOGIN_LIFE,
    PROVIDER_ROLES,
    TOKEN_PREFIX,
    TOKENS_MAX,
    Actor,
    Caller,
    EmailTakenError,
    Role,
    Scope,
    TooManyTokensError,
    password_problem,
    sign_in_limits,
    sign_up_limits,
    token_hash,
)
from app.accounts.schemas import (
    NewTokenView,
    NewUser,
    PersonPatch,
    SignInIn,
    SignUpIn,
    TokenIn,
)
from app.core import countries, outbox
from app.core.db import Database, insert_into
from app.core.errors import EditConflictError, invalid
from app.core.outbox import Fact

_TOKEN_BYTES = 32
_USER_AGENT_LENGTH = 200


def prepare_sign_up(database: Database, body: SignUpIn, *, caller: Caller, now: datetime) -> str:
    """Check a new password and hash it, before :func:`sign_up`.

    Raises:
        InvalidError: The password will not do.
        TooManyAttemptsError: This network tried too many addresses that have accounts.
    """
    password = body.password.get_secret_value()
    problem = password_problem(password, email=body.email)
    if problem:
        raise invalid("password", problem, "weak_password")
    database.run(lambda db: attempts.charge(db, sign_up_limits(caller), now=now))
    return passwords.hash_password(password)


def sign_up(
    db: Session, body: SignUpIn, password_hash: str, *, caller: Caller, now: datetime
) -> User:
    """Open an account. Somebody who was only named before takes over that row.

    A stranger learns here whether an address has an account. Without mail that cannot be hidden
    (signing in with the new password would tell as well), so the message is clear, and a network
    gets few such answers.

    Raises:
        InvalidError: The address has an account.
    """
    user = _new_user(body.email, body.name, body.country, now)
    user.password_hash = password_hash
    made = _insert(db, user)
    user = made or _take_over(db, body, password_hash, now)
    attempts.refund(db, sign_up_limits(caller), now=now)
    payload = {"was_named": made is None}
    outbox.record(db, Fact("user.signed_up", user.id, user.version, now, user.id, payload=payload))
    return user


def sign_in(
    database: Database, body: SignInIn, *, caller: Caller, replaces: str | None, now: datetime
) -> tuple[str, Actor]:
    """The token for the cookie of a new login, and who signed in.

    An attempt is counted before the password is looked at and taken back when it was right, so
    that guesses sent at the same moment all count. ``replaces`` is the browser's former token;
    its login ends, so that no token known from before is worth anything after signing in.

    Raises:
        InvalidError: Wrong address or password; the same answer after the same time for both.
        TooManyAttemptsError: Too many failures lately.
    """
    limits = sign_in_limits(body.email, caller)
    database.run(lambda db: attempts.charge(db, limits, now=now))
    with database.read() as reader:
        user = queries.user_by_email(reader, body.email)
    if not _knows_password(user, body.password.get_secret_value()) or user is None:
        message = "The e-mail address or the password is not right."
        raise invalid("password", message, "wrong_credentials")
    user_id = user.id

    def start(db: Session) -> tuple[str, Actor]:
        attempts.refund(db, limits, now=now)
        if replaces is not None:
            sign_out(db, replaces, now=now)
        token = start_login(db, user_id, user_agent=caller.user_agent, now=now)
        return token, queries.actor_of_user(db, user_id)

    return database.run(start)


def start_login(db: Session, user_id: UUID, *, user_agent: str, now: datetime) -> str:
    """A new login of a person whose password was checked; returns the cookie's token."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    login = Login(
        user_id=user_id,
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + LOGIN_LIFE,
        user_agent=user_agent[:_USER_AGENT_LENGTH],
    )
    db.add(login)
    outbox.record(db, Fact("login.started", login.id, 1, now, user_id))
    return token


def sign_out(db: Session, token: str, *, now: datetime) -> None:
    """End the login of this cookie, on the server too. Nothing happens when it has ended."""
    login = queries.lock_live_login(db, token_hash(token), now)
    if login is None:
        return
    login.revoked_at = now
    db.add(login)
    outbox.record(db, Fact("login.ended", login.id, 2, now, login.user_id))


def edit_profile(db: Session, actor: Actor, patch: PersonPatch, *, now: datetime) -> User:
    """Change what was sent of the own profile.

    Raises:
        EditConflictError: ``version`` was sent and the profile has changed since.
    """
    user = queries.lock_user(db, actor.require_write())
    if patch.version is not None and patch.version != user.version:
        raise EditConflictError(
            "Your profile was changed in another window. Look at it again and repeat your change.",
            version=user.version,
        )
    changes = _apply(user, patch)
    if changes:
        user.version += 1
        user.updated_at = now
        db.add(user)
        fact = Fact("user.edited", user.id, user.version, now, user.id, changes=changes)
        outbox.record(db, fact)
    return user


def make_token(db: Session, actor: Actor, body: TokenIn, *, now: datetime) -> NewTokenView:
    """Make an API token. Its text is in the answer and nowhere else.

    Raises:
        TooManyTokensError: The person has :data:`~app.accounts.rules.TOKENS_MAX` live ones.
    """
    user = queries.lock_user(db, actor.require_write())
    if queries.count_live_tokens(db, user.id, now) >= TOKENS_MAX:
        raise TooManyTokensError(f"You have {TOKENS_MAX} tokens. Revoke one that you do not need.")
    text = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    row = ApiToken(
        user_id=user.id,
        label=body.label,
        token_hash=token_hash(text),
        scopes=tuple(scope for scope in Scope if scope in {Scope.READ, *body.scopes}),
        created_at=now,
        expires_at=now + timedelta(days=body.days) if body.days is not None else None,
    )
    db.add(row)
    payload = {"scopes": list(row.scopes)}
    outbox.record(db, Fact("token.made", row.id, 1, now, user.id, payload=payload))
    return NewTokenView(**queries.token_view(row).model_dump(), token=text)


def revoke_token(db: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    """Take an own token back, at once and for good; a second time changes nothing."""
    user_id = actor.require_write()
    token = queries.lock_own_token(db, user_id, token_id)
    if token.revoked_at is not None:
        return
    token.revoked_at = now
    db.add(token)
    outbox.record(db, Fact("token.revoked", token.id, 2, now, user_id))


def named_person(
    db: Session, *, email: str, name: str, country: str | None, by: UUID | None, now: datetime
) -> User:
    """The person with this address; made without a password when there is none yet.

    Somebody who is known keeps the own name and country, whatever the one who names them wrote.

    Args:
        db: A write session.
        email: As an :data:`~app.accounts.schemas.Email` field gave it.
        name: As typed by whoever names the person.
        country: Residence, alpha-2.
        by: Who names the person.
        now: Aware UTC time.
    """
    user = _insert(db, _new_user(email, name, country, now))
    if user is None:
        return queries.known_user(db, email)
    outbox.record(db, Fact("user.named", user.id, user.version, now, by))
    return user


def create_user(db: Session, facts: NewUser, *, by: UUID | None = None, now: datetime) -> User:
    """Make a person from the command line or for the demonstration.

    Raises:
        EmailTakenError: The address is in use, be it by somebody who was only named.
    """
    new = _new_user(facts.email, facts.name, facts.country, now)
    new.citizenship = facts.citizenship
    new.languages = facts.languages
    new.zone = facts.zone or new.zone
    new.sector = facts.sector
    new.organisation = facts.organisation
    new.password_hash = facts.password_hash
    user = _insert(db, new)
    if user is None:
        raise EmailTakenError(f"There is already a person with the address {facts.email}.")
    outbox.record(db, Fact("user.created", user.id, user.version, now, by))
    return user


def add_membership(  # noqa: PLR0913 - the parts of one sentence: who is what, where, by whom, when
    db: Session,
    user_id: UUID,
    role: Role,
    *,
    provider_id: UUID | None = None,
    country: str = "",
    by: UUID | None,
    now: datetime,
) -> Membership:
    """Give a person a role; in a provider, a new role takes the place of the former one.

    Asks nobody's permission: the use case above it has (a provider's application, the
    secretariat's decision, the command line).

    Args:
        db: A write session.
        user_id: Who gets the role.
        role: Not trainee: everybody is one.
        provider_id: For a provider's owner or editor, and only then.
        country: For a focal point, and only then; alpha-2.
        by: Who gives it; None for the system.
        now: Aware UTC time.

    Raises:
        ValueError: ``role`` does not go with ``provider_id`` and ``country``.
    """
    _check_role(role, provider_id, country)
    user = queries.lock_user(db, user_id)
    held = queries.same_membership(db, user_id, role, provider_id=provider_id, country=country)
    if held is not None and held.role == role:
        return held
    former = held.role if held is not None else None
    given = held or Membership(
        user_id=user_id, role=role, provider_id=provider_id, country=country, created_at=now
    )
    given.role = role
    db.add(given)
    user.version += 1
    db.add(user)
    payload = {"provider": str(provider_id) if provider_id else None, "country": country}
    fact = Fact("user.given_role", user.id, user.version, now, by, payload=payload)
    outbox.record(db, replace(fact, changes={"role": [former, role]}))
    return given


def _check_role(role: Role, provider_id: UUID | None, country: str) -> None:
    if (
        role == Role.TRAINEE
        or (role in PROVIDER_ROLES) != (provider_id is not None)
        or (role == Role.FOCAL_POINT) != bool(country)
    ):
        msg = f"{role} does not go with this provider or country"
        raise ValueError(msg)


def _new_user(email: str, name: str, country: str | None, now: datetime) -> User:
    home = countries.country(country) if country else None
    return User(
        email=email.strip().lower(),
        name=name,
        country=country,
        zone=home.timezone if home and home.timezone else "UTC",
        created_at=now,
        updated_at=now,
    )


def _insert(db: Session, user: User) -> User | None:
    """Make the person; None when the address is in use."""
    statement = insert_into(db, User).values(user.model_dump())
    statement = statement.on_conflict_do_nothing(index_elements=["email"])
    made = db.execute(statement.returning(col(User.id))).first()
    return db.get_one(User, user.id) if made is not None else None


def _take_over(db: Session, body: SignUpIn, password_hash: str, now: datetime) -> User:
    user = queries.lock_user(db, queries.known_user(db, body.email).id)
    if user.password_hash is not None or not user.is_active:
        raise invalid("email", "There is already an account with this address.", "email_taken")
    user.name = body.name
    if body.country is not None:
        fresh = _new_user(body.email, body.name, body.country, now)
        user.country, user.zone = fresh.country, fresh.zone
    user.password_hash = password_hash
    user.version += 1
    user.updated_at = now
    db.add(user)
    return user


def _knows_password(user: User | None, password: str) -> bool:
    if user is None or user.password_hash is None:
        passwords.burn_time()
        return False
    return passwords.verify_password(password, user.password_hash) and user.is_active


def _apply(user: User, patch: BaseModel) -> dict[str, Any]:
    """Put what was sent into the row; returns what is different now, as JSON values."""
    sent = patch.model_dump(exclude_unset=True, exclude={"version"})
    changes = {}
    for name, value in sent.items():
        before = getattr(user, name)
        if before != value:
            changes[name] = [_plain(before), _plain(value)]
            setattr(user, name, value)
    return changes


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
