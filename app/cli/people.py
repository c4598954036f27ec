"""People and their API tokens, made on the terminal."""

import json
import sys
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel import Session, select

from app.accounts import passwords, queries, service
from app.accounts.models import User
from app.accounts.rules import Role, Scope, password_problem
from app.accounts.schemas import NewUser, TokenIn
from app.cli.setup import opened
from app.core.clock import utc_now
from app.core.errors import NotFoundError, invalid
from app.core.refs import named_by
from app.registry.models import Provider

user_cli = typer.Typer(help="People and their API tokens.", no_args_is_help=True)


class NewRole(StrEnum):
    """The roles that ``cadre user create`` knows."""

    TRAINEE = "trainee"
    PROVIDER = "provider"
    FOCAL = "focal"
    SECRETARIAT = "secretariat"


Email = Annotated[str, typer.Option(help="Address; nobody else may have it.")]
ScopeOption = Annotated[
    list[Scope] | None, typer.Option("--scope", help="What it may do; by default read and write.")
]


@user_cli.command("create")
def create_user(  # noqa: PLR0913, PLR0917 - one argument per option
    email: Email,
    name: Annotated[str, typer.Option(help="One field, any script.")],
    role: Annotated[NewRole, typer.Option()] = NewRole.TRAINEE,
    country: Annotated[
        str | None, typer.Option(help="Residence, alpha-2; for focal the country served.")
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option(help="Slug or id of the provider to own; without it the person applies."),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    with_token: Annotated[
        bool, typer.Option("--with-token", help="Make an API token, too.")
    ] = False,
) -> None:
    """Make a person and print {"id", "email", "token"}; works while the server runs.

    Without a password the person signs up with the address and takes the account over.
    """
    facts = NewUser(email=email, name=name, country=country)
    if password_stdin:
        facts.password_hash = _hashed(sys.stdin.readline().rstrip("\r\n"), facts.email)

    def create(db: Session) -> tuple[User, str | None]:
        made = service.create_user(db, facts, now=utc_now())
        _give_role(db, made, role, provider)
        if not with_token:
            return made, None
        return made, _token(db, made.id, TokenIn(label="command line", scopes=tuple(Scope)))

    with opened() as database:
        made, token = database.run(create)
    _print_person(made, token)


@user_cli.command("token")
def make_token(
    email: Email,
    label: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: ScopeOption = None,
    days: Annotated[
        int | None, typer.Option(help="How long it works; by default for good.")
    ] = None,
) -> None:
    """Make an API token for a person and print {"id", "email", "token"}: it is shown this once."""
    body = TokenIn(label=label, scopes=tuple(scope or Scope), days=days)

    def make(db: Session) -> tuple[User, str | None]:
        found = queries.user_by_email(db, email)
        if found is None:
            raise NotFoundError(f"Nobody has the address {email}.")
        return found, _token(db, found.id, body)

    with opened() as database:
        person, token = database.run(make)
    _print_person(person, token)


def _give_role(db: Session, person: User, role: NewRole, provider: str | None) -> None:
    if provider is not None and role != NewRole.PROVIDER:
        raise invalid("provider", "--provider goes with --role provider.", "role_mismatch")
    if role == NewRole.SECRETARIAT:
        service.add_membership(db, person.id, Role.SECRETARIAT, by=None, now=utc_now())
    elif role == NewRole.FOCAL:
        if person.country is None:
            raise invalid("country", "A focal point needs --country.", "missing")
        service.add_membership(
            db, person.id, Role.FOCAL_POINT, country=person.country, by=None, now=utc_now()
        )
    elif provider is not None:
        service.add_membership(
            db,
            person.id,
            Role.PROVIDER_OWNER,
            provider_id=_provider_id(db, provider),
            by=None,
            now=utc_now(),
        )


def _provider_id(db: Session, ref: str) -> UUID:
    found = db.exec(select(Provider.id).where(named_by(Provider, ref))).one_or_none()
    if found is None:
        raise NotFoundError(f"No provider has the slug or id {ref}.")
    return found


def _token(db: Session, user_id: UUID, body: TokenIn) -> str | None:
    actor = queries.actor_of_user(db, user_id)
    return service.make_token(db, actor, body, now=utc_now()).token


def _hashed(password: str, email: str) -> str:
    problem = password_problem(password, email=email)
    if problem:
        raise invalid("password", problem, "weak_password")
    return passwords.hash_password(password)


def _print_person(person: User, token: str | None) -> None:
    print(json.dumps({"id": str(person.id), "email": person.email, "token": token}))
