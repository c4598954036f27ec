"""Who may do what: roles, the actor of a call, and what a password must be."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from app.core.errors import ForbiddenError, SignInRequiredError

PASSWORD_MIN = 12
PASSWORD_MAX = 200


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
            ForbiddenError: The token may only read.
        """
        user_id = self.identified()
        if Scope.WRITE not in self.scopes:
            raise ForbiddenError("This token may only read.")
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


def password_problem(password: str, *, email: str) -> str | None:
    """What is wrong with a new password, in words for its owner; None when it will do.

    Length, not character classes. Source: NIST SP 800-63B, section 5.1.1.2.
    """
    if len(password) < PASSWORD_MIN:
        return f"Please use at least {PASSWORD_MIN} characters; a short sentence works well."
    if len(password) > PASSWORD_MAX:
        return f"Please use at most {PASSWORD_MAX} characters."
    if len(set(password)) < 5:
        return "This password repeats too few characters."
    if password.casefold() in {email.casefold(), email.partition("@")[0].casefold()}:
        return "Please do not use your e-mail address as the password."
    return None
