"""Rows that people name by a slug and programs by an id."""

from typing import Any
from uuid import UUID

from slugify import slugify
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select


def as_uuid(ref: str) -> UUID | None:
    """``ref`` as an id, when it has the form of one."""
    try:
        return UUID(ref)
    except ValueError:
        return None


def named_by(table: Any, ref: str) -> ColumnElement[bool]:
    """A condition: the row of ``table`` whose id or slug is ``ref``."""
    found = as_uuid(ref)
    condition: ColumnElement[bool] = (
        col(table.id) == found if found is not None else col(table.slug) == ref
    )
    return condition


def free_slug(db: Session, table: Any, *candidates: str) -> str:
    """A slug for a new row of ``table``: from the first candidate that gives Latin letters.

    Names in other scripts are transliterated; a number is added while the slug is taken. At most
    60 characters, so that feed addresses stay short.
    """
    slugs = (
        slugify(candidate, max_length=60, word_boundary=True, save_order=True)
        for candidate in candidates
    )
    stem = next((slug for slug in slugs if slug), table.__tablename__)
    slug, number = stem, 2
    while db.exec(select(table.id).where(col(table.slug) == slug)).first() is not None:
        slug, number = f"{stem}-{number}", number + 1
    return slug
