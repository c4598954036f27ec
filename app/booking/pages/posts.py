"""What every route asks for that changes seats."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.booking.deps import DeskDep
from app.web.deps import Now, Write
from app.web.forms import Form, Submitted

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Post:
    """A form that was sent: who changes what, when, at which desk."""

    request: Request
    write: Write
    actor: SignedIn
    desk: DeskDep
    now: Now

    def go(self, command: Callable[[Session], str]) -> Response:
        """Run ``command`` once for this form, then go to the address it gives."""
        return self.write.redirect(self.actor.key, command)

    def attempt(self, form: Submitted[M], use: Callable[[Session, M], str]) -> Response | None:
        """Run ``use`` once for this form and go to the address it gives; None when refused."""
        return form.attempt(lambda model: self.go(lambda db: use(db, model)))

    def read(self) -> AbstractContextManager[Session]:
        """A session for showing the form again."""
        return self.write.database.read()


Post = Annotated[_Post, Depends()]
"""A form that was sent."""


def refused_status(form: Form) -> int:
    """409 when things do not allow it now, 422 when a field is wrong."""
    return 409 if set(form.errors) == {"form"} else 422
