"""Passwords at rest. The only module that knows how they are hashed.

Hashing takes about 20 ms of a processor by design, so callers do it outside write transactions:
SQLite has one writer at a time, and everybody else would wait.
"""

import unicodedata

from passlib.hash import argon2  # type: ignore[import-untyped]  # libpass ships no types

# Source: OWASP Password Storage Cheat Sheet (Argon2id, 19 MiB, 2 iterations, 1 lane).
_HASHER = argon2.using(type="ID", memory_cost=19_456, rounds=2, parallelism=1)

# Made once with the settings above; nobody knows a password for it.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$BoAwprR2rtX6X+sdI0TIOQ"
    "$XLTumKVast3OIDVb4UpH5hgilEtzxemW0WWQJQGeuVc"
)


def hash_password(password: str) -> str:
    """What is kept of ``password``: an Argon2id hash with its own salt."""
    hashed: str = _HASHER.hash(_octets(password))
    return hashed


def verify_password(password: str, hashed: str) -> bool:
    """Whether ``hashed`` was made from ``password``."""
    matches: bool = _HASHER.verify(_octets(password), hashed)
    return matches


def burn_time() -> None:
    """Take as long as :func:`verify_password`, for an e-mail address that nobody has here.

    Without it the time of the answer would tell strangers who has an account.
    """
    _HASHER.verify(b"", _NOBODY)


def _octets(password: str) -> bytes:
    # The same letters typed on another keyboard may arrive as other code points.
    # Source: NIST SP 800-63B, section 5.1.1.2 (NFKC before hashing).
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
