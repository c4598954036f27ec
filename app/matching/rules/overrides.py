"""The secretariat's word against the ranking: what it may say, and of what."""

from enum import StrEnum

from app.core.errors import ConflictError


class OverrideKind(StrEnum):
    """What the secretariat says of a slot for a request."""

    PUT_FORWARD = "put-forward"
    SET_ASIDE = "set-aside"


class OverrideExistsError(ConflictError):
    """One word at a time on a slot for a request: the one that stands has to end first."""

    code = "override_exists"


class OverrideEndedError(ConflictError):
    """It does not hold any more."""

    code = "override_ended"
