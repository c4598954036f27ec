"""What every command begins with: settings, logs, zones, and the database they name."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.core import log, migrate, zones
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import AppError


class NotMigratedError(AppError):
    """The tables are not those that this program expects."""

    status = 503
    code = "not_migrated"


def ready_settings() -> Settings:
    """The settings of the environment, with logs and time zones set up as they say."""
    settings = Settings()
    log.configure(log_format=settings.log_format, level=settings.log_level)
    zones.use_packaged_tzdata()
    return settings


@contextmanager
def opened(*, pool_size: int = 1) -> Iterator[Database]:
    """The database that the environment names, at the newest revision.

    Raises:
        NotMigratedError: It is not there yet.
    """
    database = Database(ready_settings().database_url, pool_size=pool_size)
    try:
        with database.read() as db:
            if not migrate.current_is_head(db.connection()):
                raise NotMigratedError(
                    "The database is not at the newest revision: run cadre migrate."
                )
        yield database
    finally:
        database.dispose()
