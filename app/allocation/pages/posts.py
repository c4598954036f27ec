"""What these pages' forms ask for, and who may open them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.web.deps import Now, Write
from app.web.forms import Form, Submitted

M = TypeVar("M", bound=BaseModel)

CONFLICT, UNPROCESSABLE = 409, 422


@dataclass(frozen=True, slots=True)
class _Post:
    """A form that was sent: who changes what, and when."""

    request: Request
    write: Write
    actor: SignedIn
    now: Now

    def carry_out(self, form: Submitted[M], use: Callable[[Session, M], str]) -> Response | None:
        """Run ``use`` once for this form and go to the address it gives; None when refused."""
        return form.attempt(
            lambda model: self.write.redirect(self.actor.key, lambda db: use(db, model))
        )


Post = Annotated[_Post, Depends()]


def _only_secretariat(actor: SignedIn) -> Actor:
    if not actor.secretariat:
        raise NotFoundError("There is nothing here.")
    return actor


Secretariat = Annotated[Actor, Depends(_only_secretariat)]
"""Somebody of the secretariat; to others these pages do not exist."""


def status_of(form: Form) -> int:
    """The status of a page that shows a form, refused or not."""
    if not form.errors:
        return 200
    return CONFLICT if set(form.errors) == {"form"} else UNPROCESSABLE
