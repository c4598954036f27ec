"""Who may ask for a seat of a slot, by the way its seats are given. Pure."""

from app.core.errors import ConflictError
from app.registry.rules import Route

BY_NOMINATION = (
    "Countries take the seats of this date and name their people. "
    "Please ask the focal point of your country."
)


class NominationOnlyError(ConflictError):
    """Seats go to countries, whose focal points name people; nobody books one for themselves."""

    code = "nomination_only"


def route_problems(route: str) -> list[ConflictError]:
    """What the way in which seats are given has against a person who asks for one."""
    return [NominationOnlyError(BY_NOMINATION)] if route == Route.NOMINATION else []
