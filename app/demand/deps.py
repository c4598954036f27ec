"""What the routes of this feature ask for."""

from fastapi import Request

from app.demand.service.rows import InUse


def in_use_of(request: Request) -> InUse:
    """Who knows the seats in use: booking, which this feature cannot ask by itself."""
    in_use: InUse = request.app.state.seats_in_use
    return in_use
