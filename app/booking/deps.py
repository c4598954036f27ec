"""What the routes of this feature ask for."""

import hashlib
import hmac
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from app.accounts.rules import network_of
from app.booking.service.desk import Desk
from app.core.config import Settings
from app.web.deps import ClockDep, SettingsDep


async def _desk(request: Request, settings: SettingsDep, clock: ClockDep) -> Desk:
    return Desk(
        clock=clock,
        hold=timedelta(minutes=settings.hold_minutes),
        offer=timedelta(hours=settings.offer_hours),
        holds_per_person=settings.holds_per_person,
        holds_per_address=settings.holds_per_address,
        address=_address(request, settings),
    )


def _address(request: Request, settings: Settings) -> str:
    """Which network the call comes from, so that nobody can read it in the database."""
    host = request.client.host if request.client else ""
    if not host:
        return ""
    text = f"holds from {network_of(host)}".encode()
    return hmac.new(settings.key(), text, hashlib.sha256).hexdigest()


DeskDep = Annotated[Desk, Depends(_desk)]
"""How long holds and offers stand here, and the clock that decides about them."""
