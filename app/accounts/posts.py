"""What routes of pages ask for that change something: the form that was sent, by whom and when."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.web.deps import Now, Write
from app.web.forms import Submitted

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Sending:
    """A form that was sent: who changes what, and when."""

    request: Request
    write: Write
    actor: SignedIn
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


Post = Annotated[Sending, Depends()]
"""A form that was sent."""
