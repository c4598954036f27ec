"""Settings, from the environment with the prefix ``CADRE_``."""

from functools import lru_cache
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_KEY_LENGTH = 32


class Settings(BaseSettings):
    """Every setting; the README's table lists the same ones (a test compares them)."""

    model_config = SettingsConfigDict(env_prefix="CADRE_", extra="ignore")

    database_url: str = Field(
        default="sqlite:///var/cadre.db",
        description="Database: sqlite:///path or postgresql+psycopg://user:password@host/name",
    )
    replica_url: str | None = Field(
        default=None,
        description="Read-only copy of the database for public lists and feeds",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address people use; links in calendars and the origin check rely on it",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Signs page cursors; at least 32 characters; required outside demo",
    )
    smtp_url: str | None = Field(
        default=None,
        description="Mail server; this release sends no mail yet, its facts wait in the outbox",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Log lines for people (text) or for machines (json)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe level that is logged"
    )
    demo: bool = Field(default=False, description="Demonstration network: banner and sign-ins")
    network_name: str = Field(default="Cadre", description="Name of the network, shown on pages")
    network_domain: str = Field(
        default="cadre.example",
        description="Right-hand part of calendar UIDs; choose once, never change",
    )
    allowed_hosts: str = Field(
        default="*", description="Host names the server answers to, separated by commas"
    )
    threads: int = Field(
        default=8, ge=1, le=64, description="Requests worked on at once, per process"
    )
    max_body_bytes: int = Field(
        default=1_000_000,
        ge=10_000,
        description="Largest accepted request body, in bytes",
    )
    hold_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        description="How long a seat is held until it is confirmed",
    )
    offer_hours: int = Field(
        default=48,
        ge=1,
        le=720,
        description="How long an offer from the waiting list stands",
    )
    holds_per_person: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Seats one person can hold at a time without confirming them",
    )
    holds_per_address: int = Field(
        default=20,
        ge=1,
        le=10_000,
        description="The same for everybody at one network address together",
    )
    feed_gzip: bool = Field(default=True, description="Compress calendar feeds when asked to")

    @model_validator(mode="after")
    def _needs_a_secret(self) -> "Settings":
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < _KEY_LENGTH:
            msg = f"CADRE_SECRET_KEY needs at least {_KEY_LENGTH} characters"
            raise ValueError(msg)
        self.base_url = self.base_url.rstrip("/")
        return self

    def key(self) -> bytes:
        """The signing key.

        Raises:
            RuntimeError: No ``CADRE_SECRET_KEY`` outside the demonstration.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        if self.demo:
            return b"demonstration-network-only-nothing-here-is-secret"
        msg = "Set CADRE_SECRET_KEY to at least 32 random characters (or CADRE_DEMO=1)."
        raise RuntimeError(msg)

    def hosts(self) -> list[str]:
        """``allowed_hosts`` as a list."""
        return [host.strip() for host in self.allowed_hosts.split(",") if host.strip()]


@lru_cache
def settings_from_environment() -> Settings:
    """The settings of this process."""
    return Settings()
