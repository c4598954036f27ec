"""Who may do what: roles, the actor of a call, and what a password must be."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit
from uuid import UUID

from app.core.errors import AppError, ConflictError, ForbiddenError, SignInRequiredError

PASSWORD_MIN = 12
PASSWORD_MAX = 200
PASSWORD_LETTERS = 5
"""Different characters at least."""
LOGIN_LIFE = timedelta(days=14)
TOKEN_PREFIX = "cadre_"  # noqa: S105 - no secret
"""Begins every API token, so that people and secret scanners recognise one."""
TOKENS_MAX = 50
"""Live API tokens of one person."""

ATTEMPT_WINDOW = timedelta(minutes=15)
PAIR_FAILURES = 10
"""Failed sign-ins from one network for one address, per window."""
NETWORK_FAILURES = 100
"""Failed sign-ins from one network for any address: a training room may share one."""
SIGN_UP_FAILURES = 30
"""Sign-ups from one network for addresses that have an account already, per window."""

SECTORS = {
    "industry-private": "Private manufacturer",
    "industry-public": "Public manufacturer",
    "regulator": "Regulator or inspectorate",
    "ministry-health": "Ministry of health",
    "ministry-industry": "Ministry of industry, trade or science",
    "procurement-agency": "Procurement agency or medical stores",
    "control-laboratory": "Official control laboratory",
    "academia": "University or research institute",
    "health-facility": "Hospital or blood service",
    "development-partner": "Development bank, donor or international organisation",
    "civil-society": "Civil society",
}
"""The sector a person works in: the vocabulary ``audience_sectors`` without “Everyone”.

Repeated here because accounts stand below the taxonomy; a test keeps the two equal.
"""

_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_PATH_LENGTH = 500


class Role(StrEnum):
    """What a person is in the network. Every signed-in person is also a trainee."""

    TRAINEE = "trainee"
    PROVIDER_OWNER = "provider-owner"
    PROVIDER_EDITOR = "provider-editor"
    FOCAL_POINT = "focal-point"
    SECRETARIAT = "secretariat"


class Scope(StrEnum):
    """What an API token may be used for."""

    READ = "read"
    WRITE = "write"


PROVIDER_ROLES = frozenset({Role.PROVIDER_OWNER, Role.PROVIDER_EDITOR})


class TokenUnknownError(SignInRequiredError):
    """The Authorization header holds nothing that was ever a token here."""

    code = "token_unknown"


class TokenRevokedError(SignInRequiredError):
    """The token was taken back by its owner, or its owner's account is closed."""

    code = "token_revoked"


class TokenExpiredError(SignInRequiredError):
    """The token was made for a limited time, which is over."""

    code = "token_expired"


class ReadOnlyTokenError(ForbiddenError):
    """The token may read and nothing else."""

    code = "read_only_token"


class TooManyTokensError(ConflictError):
    """The person has as many live tokens as anybody may have."""

    code = "too_many_tokens"


class EmailTakenError(ConflictError):
    """Somebody has an account with this address."""

    code = "email_taken"


class TooManyAttemptsError(AppError):
    """Too many failed attempts; ``retry_after`` seconds from now there may be others."""

    status = 429
    code = "too_many_attempts"
    title = "Too many attempts"


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a sign-in comes from: the client's address and what it calls itself."""

    host: str
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A counter of failures: its key (hashed, so that no address is kept) and its ceiling."""

    key: str
    most: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is calling, with everything that permission needs.

    ``providers`` are the providers whose listing the actor may edit, ``owned`` those the actor
    owns, ``countries`` (alpha-2) those the actor is focal point of.
    """

    user_id: UUID | None = None
    name: str = ""
    email: str = ""
    country: str | None = None
    zone: str = "UTC"
    secretariat: bool = False
    providers: frozenset[UUID] = field(default_factory=frozenset)
    owned: frozenset[UUID] = field(default_factory=frozenset)
    countries: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[Scope] = field(default_factory=lambda: frozenset(Scope))

    @property
    def signed_in(self) -> bool:
        """Whether this is somebody."""
        return self.user_id is not None

    @property
    def roles(self) -> frozenset[str]:
        """Short names for pages: trainee, provider, focal, secretariat."""
        found = {
            "trainee": self.signed_in,
            "provider": bool(self.providers),
            "focal": bool(self.countries),
            "secretariat": self.secretariat,
        }
        return frozenset(name for name, holds in found.items() if holds)

    @property
    def key(self) -> str:
        """The owner of idempotency keys."""
        return str(self.user_id or "anonymous")

    def identified(self) -> UUID:
        """The user's id.

        Raises:
            SignInRequiredError: Nobody is signed in.
        """
        if self.user_id is None:
            raise SignInRequiredError("Please sign in first.")
        return self.user_id

    def require_write(self) -> UUID:
        """The user's id, when the call may change things.

        Raises:
            SignInRequiredError: Nobody is signed in.
            ReadOnlyTokenError: The token may only read.
        """
        user_id = self.identified()
        if Scope.WRITE not in self.scopes:
            raise ReadOnlyTokenError("This token may only read.")
        return user_id

    def require_secretariat(self) -> UUID:
        """The user's id, when the actor belongs to the secretariat.

        Raises:
            ForbiddenError: The actor does not.
        """
        user_id = self.require_write()
        if not self.secretariat:
            raise ForbiddenError("Only the secretariat may do this.")
        return user_id


VISITOR = Actor()
"""Somebody who has not signed in."""


def token_hash(token: str) -> str:
    """What is kept of a random token: its SHA-256 in hexadecimal digits.

    A slow hash is for what people choose; 32 random bytes cannot be guessed anyway.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def sign_in_limits(email: str, caller: Caller) -> tuple[Limit, ...]:
    """What a sign-in for ``email`` counts against.

    There is no counter for an address alone: with one, strangers could lock a person out.
    """
    network = network_of(caller.host)
    return (
        Limit(token_hash(f"sign-in {network} {email}"), PAIR_FAILURES),
        Limit(token_hash(f"sign-in {network}"), NETWORK_FAILURES),
    )


def sign_up_limits(caller: Caller) -> tuple[Limit, ...]:
    """What a sign-up counts against, so that nobody can try long lists of addresses."""
    return (Limit(token_hash(f"sign-up {network_of(caller.host)}"), SIGN_UP_FAILURES),)


def network_of(host: str) -> str:
    """The network that one subscriber gets: an IPv4 address, or the first 64 bits of IPv6."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))


def window_start(now: datetime) -> datetime:
    """The beginning of the quarter of an hour that ``now`` is in."""
    past = timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
    return now - past


def own_path(target: str, *, otherwise: str) -> str:
    """``target`` when it is a path on this site; a link from elsewhere must not lead away."""
    safe = len(target) <= _PATH_LENGTH and _PATH.fullmatch(target)
    return urlsplit(target)._replace(fragment="").geturl() if safe else otherwise


def home_of(actor: Actor) -> str:
    """The page where the actor's own work is."""
    homes = {
        "secretariat": "/secretariat",
        "provider": "/provider",
        "focal": "/me",
        "trainee": "/me",
    }
    return next((path for role, path in homes.items() if role in actor.roles), "/")


def password_problem(password: str, *, email: str) -> str | None:
    """What is wrong with a new password, in words for its owner; None when it will do.

    Length, not character classes. Source: NIST SP 800-63B, section 5.1.1.2.
    """
    if len(password) < PASSWORD_MIN:
        return f"Please use at least {PASSWORD_MIN} characters; a short sentence works well."
    if len(password) > PASSWORD_MAX:
        return f"Please use at most {PASSWORD_MAX} characters."
    if len(set(password)) < PASSWORD_LETTERS:
        return "This password repeats too few characters."
    if password.casefold() in {email.casefold(), email.partition("@")[0].casefold()}:
        return "Please do not use your e-mail address as the password."
    return None
