"""What people send about their account, and what they see of it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.accounts.rules import SECTORS, Scope
from app.core.fields import CountryCode, LanguageCodes, ZoneName, known, once
from app.core.text import Line, OptionalLine, Storable

_SECRET_LENGTH = 2000


def _checked_email(value: str) -> str:
    try:
        # Only the form is checked: asking the name service would make signing up depend on it.
        found = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise PydanticCustomError(
            "bad_email", "This is not an e-mail address that mail can be sent to."
        ) from error
    return found.normalized.lower()


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    AfterValidator(_checked_email),
]
"""An address for mail, made lower case: people type theirs in any case."""

Password = Annotated[SecretStr, Field(max_length=_SECRET_LENGTH)]
"""Shown in no error, log or page. What a new one must be is a rule of its own."""

PersonSector = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    known(SECTORS.__contains__, "sector", "unknown_term"),
]

TokenLabel = Annotated[Line, Field(max_length=100)]


class SomebodyIn(BaseModel):
    """Somebody else that a call is about: known by id, or by e-mail and name."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    person: UUID | None = None
    email: Email | None = None
    name: Line | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.person is None and (self.email is None or self.name is None):
            msg = "Give the person's id, or an e-mail address and a name."
            raise ValueError(msg)
        return self


class SignUpIn(BaseModel):
    """Somebody opens an account."""

    name: Line
    email: Email
    password: Password
    country: CountryCode | None = None


class SignInIn(BaseModel):
    """Somebody signs in. Any text is an address here: a wrong one gets the one answer."""

    email: Annotated[
        str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254), Storable
    ]
    password: Password
    next: str = ""


class NewUser(BaseModel):
    """A person made by the command line or the demonstration, not by signing up.

    ``zone`` defaults to that of the country. Without ``password_hash`` nobody can sign in until
    they sign up with the address.
    """

    email: Email
    name: Line
    country: CountryCode | None = None
    citizenship: CountryCode | None = None
    languages: LanguageCodes = ()
    zone: ZoneName | None = None
    sector: PersonSector | None = None
    organisation: OptionalLine = ""
    password_hash: str | None = Field(default=None, repr=False)


class ProfileIn(BaseModel):
    """The profile as the account page sends it: whole, so that an empty field empties it."""

    name: Line
    zone: ZoneName
    country: CountryCode | None = None
    citizenship: CountryCode | None = None
    languages: LanguageCodes = ()
    sector: PersonSector | None = None
    organisation: OptionalLine = ""
    version: int | None = None


class PersonPatch(BaseModel):
    """What to change of the own profile; what is not named stays.

    With ``version``, the change is refused when somebody changed the profile since.
    """

    model_config = ConfigDict(extra="forbid")

    # The defaults are never used: only fields that were sent are looked at. They keep null out
    # of what cannot be empty.
    name: Line = ""
    zone: ZoneName = ""
    country: CountryCode | None = None
    citizenship: CountryCode | None = None
    languages: LanguageCodes = ()
    sector: PersonSector | None = None
    organisation: OptionalLine = ""
    version: int | None = None


class PersonView(BaseModel):
    """A person's own profile and roles.

    ``roles`` are trainee, provider, focal and secretariat; ``providers`` the ids of providers
    whose listing the person may edit; ``countries`` those the person is focal point of.
    """

    id: UUID
    name: str
    email: str
    country: str | None
    citizenship: str | None
    zone: str
    languages: tuple[str, ...]
    sector: str | None
    organisation: str
    roles: tuple[str, ...]
    providers: tuple[UUID, ...]
    countries: tuple[str, ...]
    version: int


class TokenIn(BaseModel):
    """A token to be made. A token that may write may read, too."""

    model_config = ConfigDict(extra="forbid")

    label: TokenLabel
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1), once] = (Scope.READ,)
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        default=None, description="How long it works, in days; null: until it is revoked."
    )


class TokenView(BaseModel):
    """A token as its owner sees it later."""

    id: UUID
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None


class NewTokenView(TokenView):
    """A token just made. ``token`` is shown this once; a repeated call gets null."""

    token: str | None
