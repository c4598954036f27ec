"""Slugs for names of any script, and rows named by slug or id."""

import pytest
from sqlmodel import select

from app.core.db import Database
from app.core.refs import as_uuid, free_slug, named_by
from app.registry.models import Provider
from tests.factories import make_provider


def test_names_of_every_script_get_a_latin_slug(database: Database) -> None:
    with database.write() as db:
        slugs = [
            free_slug(db, Provider, name)
            for name in (
                "École du Pangolin Pâle (démo)",
                "翠灯生物工艺学堂",
                "أكاديمية القمر",
                "!!!",
            )
        ]

    assert slugs[0] == "ecole-du-pangolin-pale-demo"
    assert slugs[3] == "provider"
    assert all(slug.isascii() and 0 < len(slug) <= 60 for slug in slugs)


def test_a_long_name_is_cut_after_a_word(database: Database) -> None:
    name = "Institut national de formation aux métiers de la biofabrication et du contrôle"
    with database.write() as db:
        slug = free_slug(db, Provider, name)

    assert slug == "institut-national-de-formation-aux-metiers-de-la"


def test_a_taken_slug_gets_a_number(database: Database) -> None:
    with database.write() as db:
        slugs = [make_provider(db, name="Lantern School").slug for _ in range(3)]

    assert slugs == ["lantern-school", "lantern-school-2", "lantern-school-3"]


def test_a_row_is_found_by_slug_and_by_id(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db, name="Lantern School")
        wanted = provider.id

    with database.read() as db:
        for ref in ("lantern-school", str(wanted), wanted.hex):
            assert db.exec(select(Provider.id).where(named_by(Provider, ref))).one() == wanted
        assert db.exec(select(Provider.id).where(named_by(Provider, "lantern"))).first() is None


@pytest.mark.parametrize("ref", ["", "x", "123", "not-a-uuid-at-all"])
def test_a_slug_is_not_taken_for_an_id(ref: str) -> None:
    assert as_uuid(ref) is None
