"""Identifiers of rows."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A fresh UUID version 7: unguessable in practice, and rising with time, so indexes stay small.

    Source: RFC 9562, section 5.7.
    """
    return uuid_utils.compat.uuid7()


_TIME_SHIFT = 80  # behind the 48 bits of milliseconds with which a UUID of version 7 begins


def lowest_id_of(milliseconds: int) -> UUID:
    """The lowest id that can be made in this millisecond of Unix time; 0 for times before that."""
    return UUID(int=max(0, milliseconds) << _TIME_SHIFT)


def milliseconds_of(row_id: UUID) -> int:
    """Unix time in which an id of :func:`new_id` was made."""
    return row_id.int >> _TIME_SHIFT
