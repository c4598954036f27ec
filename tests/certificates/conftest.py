"""A clock that tests set, and a client of the application that goes by it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.booking.service.desk import Desk
from app.core.config import Settings
from app.core.db import Database
from tests.booking.people import Hands

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


@pytest.fixture
def hands() -> Hands:
    """The time, which stands still until a test moves it."""
    return Hands()


@pytest.fixture
def desk(hands: Hands) -> Desk:
    """Holds of 15 minutes and offers of 48 hours, by the test's clock."""
    return Desk(clock=hands)


@pytest.fixture
def client(database: Database, settings: Settings, hands: Hands) -> "Iterator[TestClient]":
    """A client of the application, on both kinds of database in turn, by the test's clock."""
    from fastapi.testclient import TestClient  # noqa: PLC0415 - tests of rules need not wait

    from app.main import create_app  # noqa: PLC0415 - the same

    app = create_app(database, settings, clock=hands)
    with TestClient(app, base_url=settings.base_url, follow_redirects=False) as client:
        yield client
