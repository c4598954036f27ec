"""Who sees which request, and what lists find, on both databases."""

from typing import Any
from uuid import UUID

import pytest

from app.accounts.rules import VISITOR, Actor
from app.core.db import Database
from app.core.errors import InvalidError, NotFoundError
from app.demand import queries, service
from app.demand.schemas import RequestFilter, WithdrawIn
from tests import factories as make
from tests.factories import NOW

NEED = {"skill": "mfg-lnp", "level": 2, "platform": "mrna", "people": 3}


def found(database: Database, actor: Actor, **wanted: Any) -> list[UUID]:
    with database.read() as db:
        page = queries.list_requests(db, actor, RequestFilter(**wanted), limit=50)
    assert page.total == len(page.items)
    return [view.id for view in page.items]


def test_everybody_sees_what_was_filed_and_published_and_insiders_the_rest(
    database: Database,
) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        colleague = make.make_focal_point(db, "KE")
        other = make.make_focal_point(db, "GH")
        secretariat = make.make_secretariat(db)
        trainee = make.make_trainee(db, country="KE")
        public = make.make_request(db, actor=focal, publish=True).id
        private = make.make_request(db, actor=focal).id
        draft = make.make_request(db, actor=focal, publish=True, submit=False).id
        gone = make.make_request(db, actor=focal, publish=True).id
        withdrawal = WithdrawIn(reason="Filed twice.")
        service.withdraw_request(db, focal, gone, withdrawal, now=NOW)

    everything = [gone, draft, private, public]
    assert found(database, focal) == everything
    assert found(database, colleague) == everything
    assert found(database, secretariat) == [gone, private, public]
    for actor in (VISITOR, trainee, other):
        assert found(database, actor) == [public]
        with database.read() as db:
            assert queries.request_view(db, actor, public).id == public
            for hidden in (private, draft, gone):
                with pytest.raises(NotFoundError):
                    queries.request_view(db, actor, hidden)


def test_confidential_fields_reach_insiders_only(database: Database) -> None:
    secret: dict[str, Any] = {
        "office": "Office of two",
        "evidence_note": "An inspection report",
        "funding_note": "A budget",
        "note": "For the secretariat",
    }
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        secretariat = make.make_secretariat(db)
        row = make.make_request(db, actor=focal, publish=True, **secret)
        inside = [queries.request_view(db, actor, row.id) for actor in (focal, secretariat)]
        outside = queries.request_view(db, VISITOR, row.id)

    hidden = {*secret, "state_reason", "possible_duplicates"}
    for view in inside:
        assert view.model_dump(include=set(secret)) == secret
    assert outside.model_dump(include=hidden) == dict.fromkeys(hidden)
    assert outside.evidence == "expert-judgement"


@pytest.mark.parametrize(
    "wanted",
    [
        {"country": ["RW"]},
        {"region": ["eastern-africa"], "urgency": [2]},
        {"skill": ["mfg-lnp"]},
        {"domain": ["manufacturing"], "sector": ["regulator"]},
        {"platform": ["mrna"]},
        {"mode": ["hands-on"], "state": ["submitted"]},
        {"state": ["submitted", "met"], "significance": [1, 2]},
        {"code": ["R-7"]},
        {"q": "nanoparticle rwanda"},
        {"q": "r-7"},
        {"q": "RWÁNDA"},
    ],
)
def test_each_filter_finds_its_request(database: Database, wanted: dict[str, Any]) -> None:
    facts: dict[str, Any] = {
        "needs": [NEED],
        "sector": "regulator",
        "urgency": 2,
        "significance": 2,
        "modes": ["hands-on"],
        "code": "R-7",
    }
    with database.write() as db:
        secretariat = make.make_secretariat(db)
        row = make.make_request(db, country="RW", **facts)
        make.make_request(db, country="GH", modes=["classroom-onsite"], urgency=1)

    assert found(database, secretariat, **wanted) == [row.id]


def test_a_request_for_any_mode_or_product_type_answers_to_all(database: Database) -> None:
    with database.write() as db:
        secretariat = make.make_secretariat(db)
        row = make.make_request(db, needs=[{**NEED, "platform": "all"}])

    for wanted in ({"mode": ["hands-on"]}, {"platform": ["vaccines"]}):
        assert found(database, secretariat, **wanted) == [row.id]


@pytest.mark.parametrize("wanted", [{"q": "100% _"}, {"q": "zebra"}, {"country": ["FJ"]}])
def test_what_is_not_there_is_not_found(database: Database, wanted: dict[str, Any]) -> None:
    with database.write() as db:
        secretariat = make.make_secretariat(db)
        make.make_request(db)

    assert found(database, secretariat, **wanted) == []


def test_pages_hold_every_request_once_newest_first_and_own_ones_before(
    database: Database,
) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        foreign = [make.make_request(db, country="GH", publish=True).id for _ in range(3)]
        own = [make.make_request(db, actor=focal).id for _ in range(2)]

    seen: list[UUID] = []
    after: list[str | int] | None = None
    with database.read() as db:
        for _ in range(3):
            page = queries.list_requests(
                db, focal, RequestFilter(), limit=2, after=after, first=focal.countries
            )
            assert page.total == 5
            seen += [view.id for view in page.items]
            after = page.last

    assert after is None
    assert seen == [*reversed(own), *reversed(foreign)]


@pytest.mark.parametrize("after", [["x"], ["x", "y"], [1, "no id"], [1, 2, 3]])
def test_a_cursor_of_another_list_is_refused(
    sqlite_database: Database, after: list[str | int]
) -> None:
    with sqlite_database.read() as db, pytest.raises(InvalidError) as refusal:
        queries.list_requests(db, VISITOR, RequestFilter(), limit=2, after=after)

    assert refusal.value.problems[0].code == "bad_cursor"
