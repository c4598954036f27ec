"""What every route asks for that changes seats."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from app.accounts.posts import Sending
from app.booking.deps import DeskDep


@dataclass(frozen=True, slots=True)
class _Sending(Sending):
    """A form that was sent: who changes what, when, at which desk."""

    desk: DeskDep


Post = Annotated[_Sending, Depends()]
"""A form that was sent."""
