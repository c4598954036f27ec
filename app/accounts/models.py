"""Tables of people, what they may do, and how they sign in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.db import Tokens
from app.core.ids import new_id


class User(SQLModel, table=True):
    """A person. The name is one field, in any script.

    ``password_hash`` is None for somebody who was named (nominated) and has not signed up yet.
    """

    __tablename__ = "user"
    __table_args__ = (UniqueConstraint("email"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = Field(max_length=254, description="Lower case.")
    name: str = Field(max_length=200)
    country: str | None = Field(default=None, max_length=2, description="Residence, alpha-2.")
    citizenship: str | None = Field(default=None, max_length=2, description="Alpha-2.")
    languages: tuple[str, ...] = Field(default=(), sa_column=Column(Tokens, nullable=False))
    zone: str = Field(default="UTC", max_length=64, description="IANA zone shown to the person.")
    sector: str | None = Field(default=None, max_length=32)
    organisation: str = Field(default="", max_length=200)
    password_hash: str | None = Field(default=None, max_length=200)
    is_active: bool = True
    version: int = 1
    created_at: datetime
    updated_at: datetime


class Membership(SQLModel, table=True):
    """A role of a person: in a provider, for a country, or in the secretariat."""

    __tablename__ = "membership"
    __table_args__ = (
        # NULLs are distinct in unique indexes, so each kind of role has its own.
        Index(
            "uq_membership_provider",
            "user_id",
            "provider_id",
            unique=True,
            sqlite_where=text("provider_id IS NOT NULL"),
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index(
            "uq_membership_other",
            "user_id",
            "role",
            "country",
            unique=True,
            sqlite_where=text("provider_id IS NULL"),
            postgresql_where=text("provider_id IS NULL"),
        ),
        CheckConstraint(
            "(role IN ('provider-owner', 'provider-editor')) = (provider_id IS NOT NULL)",
            name="provider_role_has_provider",
        ),
        CheckConstraint("(role = 'focal-point') = (country <> '')", name="focal_point_has_country"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    role: str = Field(max_length=16)
    provider_id: UUID | None = Field(
        default=None, foreign_key="provider.id", ondelete="CASCADE", index=True
    )
    country: str = Field(default="", max_length=2, description="Alpha-2, or empty.")
    created_at: datetime


class Login(SQLModel, table=True):
    """A signed-in browser. The cookie holds a random token; only its SHA-256 is kept."""

    __tablename__ = "login"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    user_agent: str = Field(default="", max_length=200)


class ApiToken(SQLModel, table=True):
    """A token for programs: shown once, hashed at rest, scoped, revocable."""

    __tablename__ = "api_token"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    label: str = Field(max_length=100)
    token_hash: str = Field(max_length=64, unique=True)
    scopes: tuple[str, ...] = Field(default=(), sa_column=Column(Tokens, nullable=False))
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class SignInAttempt(SQLModel, table=True):
    """Failed sign-ins per address and hour, so that guessing stays slow on every server."""

    __tablename__ = "sign_in_attempt"

    key: str = Field(primary_key=True, max_length=64, description="SHA-256 of e-mail or network.")
    window_start: datetime = Field(primary_key=True)
    failures: int = 0
