"""Who may open the secretariat's pages."""

from typing import Annotated

from fastapi import Depends

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.errors import NotFoundError


def _only_secretariat(actor: SignedIn) -> Actor:
    if not actor.secretariat:
        raise NotFoundError("There is nothing here.")
    return actor


Secretariat = Annotated[Actor, Depends(_only_secretariat)]
"""Somebody of the secretariat; to others these pages do not exist."""
