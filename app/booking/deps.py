"""What the routes of this feature ask for."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends

from app.booking.service.desk import Desk
from app.web.deps import ClockDep, SettingsDep


async def _desk(settings: SettingsDep, clock: ClockDep) -> Desk:
    return Desk(
        clock=clock,
        hold=timedelta(minutes=settings.hold_minutes),
        offer=timedelta(hours=settings.offer_hours),
    )


DeskDep = Annotated[Desk, Depends(_desk)]
"""How long holds and offers stand here, and the clock that decides about them."""
