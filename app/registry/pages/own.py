"""Who may open the console of a provider."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from app.accounts.posts import Sending
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.registry.queries import catalogue
from app.registry.schemas.views import CourseView, FacilityView, ProviderView
from app.web.forms import Submitted

M = TypeVar("M", bound=BaseModel)


class _Edit(Sending):
    """A form that was sent, for use cases that ask who changes something and when."""

    def carry_out(
        self, form: Submitted[M], use: Callable[[Session, Actor, M, datetime], str]
    ) -> Response | None:
        """Run ``use`` once for this form and go to the address it gives; None when refused."""
        return self.attempt(form, lambda db, model: use(db, self.actor, model, self.now))


Edit = Annotated[_Edit, Depends()]
"""What every route asks for that saves a form."""


def own_provider(db: Session, actor: Actor, ref: str) -> ProviderView:
    """The provider, when the actor edits its listing.

    Raises:
        NotFoundError: The actor does not, or there is none: to others a console does not exist.
    """
    actor.identified()
    view = catalogue.provider_view(db, actor, ref)
    if view.id not in actor.providers:
        raise NotFoundError("There is no such provider.")
    return view


def own_facility(db: Session, actor: Actor, provider: ProviderView, ref: str) -> FacilityView:
    """A facility of this provider.

    Raises:
        NotFoundError: There is none, or it is another provider's.
    """
    view = catalogue.facility_view(db, actor, ref)
    if view.provider.id != provider.id:
        raise NotFoundError("There is no such facility.")
    return view


def own_course(db: Session, actor: Actor, provider: ProviderView, ref: str) -> CourseView:
    """A course of this provider.

    Raises:
        NotFoundError: There is none, or it is another provider's.
    """
    view = catalogue.course_view(db, actor, ref)
    if view.provider.id != provider.id:
        raise NotFoundError("There is no such course.")
    return view
