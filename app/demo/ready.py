"""Make the demonstration's database ready, and hand out its tokens."""

from pathlib import Path

from sqlalchemy import make_url
from sqlmodel import Session

from app.accounts import queries, service
from app.accounts.rules import Scope
from app.accounts.schemas import TokenIn
from app.core import migrate
from app.core.clock import utc_now
from app.core.db import Database
from app.core.errors import ConflictError
from app.demo.loader import DemoSummary, is_empty, is_loaded, load_demo
from app.demo.people import SIGN_INS

_ROOT = Path(__file__).resolve().parents[2]

DEFAULT_URL = f"sqlite:///{_ROOT / 'var' / 'demo.db'}"
"""Beside the program, wherever it is started from."""

_LABEL = "demo-tokens"
_KEPT_TOKENS = 10
_TOKEN_DAYS = 30


class NotTheDemonstrationError(ConflictError):
    """The database holds another network."""

    code = "not_the_demonstration"


def make_ready(url: str, *, reset: bool = False) -> DemoSummary | None:
    """Bring the database to the newest revision and fill it, when nothing is in it yet.

    Args:
        url: Where the demonstration lives.
        reset: Begin anew; what was there is lost.

    Returns:
        What was loaded; None when the demonstration was there already.

    Raises:
        NotTheDemonstrationError: Another network lives there; nothing was changed.
    """
    if reset:
        _empty(url)
    migrate.upgrade(url)
    database = Database(url, pool_size=1)
    try:
        with database.read() as db:
            if is_loaded(db):
                return None
            _refuse_others(db)
        loaded = load_demo(database, now=utc_now())
        database.refresh_statistics()
        return loaded
    finally:
        database.dispose()


def fresh_tokens(database: Database) -> dict[str, str]:
    """One new API token for each of the four sign-ins, by role; the oldest ones are revoked."""
    roles = ("secretariat", "provider", "focal", "trainee")
    return database.run(
        lambda db: {role: _token(db, email) for role, email in zip(roles, SIGN_INS, strict=True)}
    )


def _token(db: Session, email: str) -> str:
    now = utc_now()
    actor = queries.actor_of_user(db, queries.known_user(db, email).id)
    earlier = [
        token for token in queries.own_tokens(db, actor.identified(), now) if token.label == _LABEL
    ]
    for token in earlier[_KEPT_TOKENS - 1 :]:
        service.revoke_token(db, actor, token.id, now=now)
    body = TokenIn(label=_LABEL, scopes=tuple(Scope), days=_TOKEN_DAYS)
    return str(service.make_token(db, actor, body, now=now).token)


def _empty(url: str) -> None:
    """Take everything away, once it is certain that it is the demonstration's."""
    path = make_url(url).database
    is_file = make_url(url).get_backend_name() == "sqlite"
    if is_file and not Path(str(path)).exists():
        return
    migrate.upgrade(url)  # what was left by an older release can then be read, too
    database = Database(url, pool_size=1)
    try:
        with database.read() as db:
            if not is_loaded(db):
                _refuse_others(db)
    finally:
        database.dispose()
    if not is_file:
        migrate.downgrade(url, "base")
        return
    for ending in ("-wal", "-shm", "-turns", ""):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _refuse_others(db: Session) -> None:
    if not is_empty(db):
        raise NotTheDemonstrationError(
            "This database holds another network, and the demonstration wants one of its own. "
            "Please name another in CADRE_DATABASE_URL, or leave it unset."
        )
