"""Identifiers of rows."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A fresh UUID version 7: unguessable in practice, and rising with time, so indexes stay small.

    Source: RFC 9562, section 5.7.
    """
    return uuid_utils.compat.uuid7()
