"""Everything that can go wrong for a reason the caller can understand.

One family, rendered as ``application/problem+json`` under ``/api/`` and as a page elsewhere.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field. ``loc`` is the path to it, as in the input model."""

    loc: tuple[str | int, ...]
    msg: str
    code: str


class AppError(Exception):
    """A refusal with an HTTP ``status``, a ``code`` for programs and a sentence for people.

    ``details`` are plain values that help a program; nothing confidential goes there.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "This could not be done"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class SignInRequiredError(AppError):
    """Nobody is signed in, or the token is unknown, expired or revoked."""

    status = 401
    code = "sign_in_required"
    title = "Please sign in"


class ForbiddenError(AppError):
    """The actor is known and may not do this; said only about things the actor may see."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFoundError(AppError):
    """No such thing, or none that this actor may know of."""

    status = 404
    code = "not_found"
    title = "Not found"


class ConflictError(AppError):
    """The state of things does not allow this now."""

    status = 409
    code = "conflict"
    title = "Not possible as things stand"


class EditConflictError(ConflictError):
    """Somebody else changed the row after the editor opened it."""

    code = "edit_conflict"


class InvalidError(AppError):
    """Input that no model could refuse, because the rule needs facts from the database."""

    status = 422
    code = "invalid"
    title = "Some fields need attention"

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__(" ".join(problem.msg for problem in problems))
        self.problems = problems


class BusyError(AppError):
    """The database stayed locked through every retry; the same call may work in a moment."""

    status = 503
    code = "busy"
    title = "Busy, please try again"


UNAVAILABLE = "The database cannot be used at the moment. Please try again in a while."


class UnavailableError(BusyError):
    """The database is away, or cannot write; what was asked for may be sent again later."""

    code = "unavailable"
    title = "Not available at the moment"


def invalid(field: str, msg: str, code: str) -> InvalidError:
    """An :class:`InvalidError` about one top-level field (dots in ``field`` are path steps)."""
    return InvalidError(FieldProblem(tuple(field.split(".")), msg, code))
