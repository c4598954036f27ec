"""Use cases of requests, on both databases."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR, Actor, Scope
from app.core.db import Database
from app.core.errors import (
    EditConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SignInRequiredError,
)
from app.core.outbox import AuditEntry, OutboxEvent
from app.demand import queries, service
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import RequestEndedError, RequestStepError, SeatsStillHeldError
from app.demand.schemas import CloseIn, GapRequestIn, GapRequestPatch, WithdrawIn
from tests import factories as make
from tests.factories import NOW, days

CLOSED = CloseIn(outcome="expired", reason="The plant was not built.")
WITHDRAWN = WithdrawIn(reason="Filed twice.")
LNP = {"skill": "mfg-lnp", "level": 2, "platform": "mrna", "people": 3}


def body(**facts: Any) -> GapRequestIn:
    return GapRequestIn.model_validate(make.request_body(**facts))


def patch(**facts: Any) -> GapRequestPatch:
    return GapRequestPatch.model_validate(facts)


def codes(refusal: pytest.ExceptionInfo[InvalidError]) -> list[tuple[str, str]]:
    problems = refusal.value.problems
    return [(".".join(map(str, problem.loc)), problem.code) for problem in problems]


def facts_about(db: Session, request_id: UUID) -> list[str]:
    query = select(OutboxEvent.name).where(col(OutboxEvent.subject_id) == request_id)
    return list(db.exec(query.order_by(col(OutboxEvent.version))))


def test_a_request_is_a_draft_until_it_is_submitted(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = service.file_request(db, focal, body(), now=NOW)
        assert row.state == "draft"
        assert row.country == "KE"

        service.submit_request(db, focal, row.id, now=NOW)

        assert row.state == "submitted"
        assert facts_about(db, row.id) == ["request.drafted", "request.filed"]


def test_filing_keeps_every_need_in_order_and_adds_the_people(database: Database) -> None:
    needs = [LNP, {**LNP, "skill": "reg-gmp-inspection", "people": 4, "weight": 3}]
    with database.write() as db:
        row = make.make_request(db, needs=needs)

    with database.read() as db:
        stored = queries.needs_of(db, [row.id])[row.id]
    assert [(each.skill_id, each.people, each.weight) for each in stored] == [
        ("mfg-lnp", 3, 1),
        ("reg-gmp-inspection", 4, 3),
    ]
    assert row.people == 7


def test_the_earliest_date_is_today_in_the_country(database: Database) -> None:
    late = datetime.fromisoformat("2027-03-01T12:00:00+00:00")  # already the 2nd in Kiribati
    with database.write() as db:
        row = make.make_request(db, country="KI", now=late, needed_by="2027-03-02")

    assert row.earliest == date(2027, 3, 2)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"needed_by": days(-2)}, [("needed_by", "past_date")]),
        ({"earliest": days(30), "needed_by": days(29)}, [("needed_by", "window_order")]),
        ({"country": "GH"}, [("country", "not_your_country")]),
        ({"needs": [LNP, LNP]}, [("needs.1.skill", "repeated_need")]),
        (
            {"needs": [{**LNP, "people": 100_000}, {**LNP, "level": 3}]},
            [("needs", "too_many_people")],
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_kept(
    database: Database, facts: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")

    with pytest.raises(InvalidError) as refusal:
        database.run(lambda db: service.file_request(db, focal, body(**facts), now=NOW))

    assert codes(refusal) == expected
    with database.read() as db:
        assert db.exec(select(GapRequest)).all() == []
        assert db.exec(select(GapNeed)).all() == []


def test_a_focal_point_of_two_countries_says_for_which(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE", "UG")
        assert service.file_request(db, focal, body(country="UG"), now=NOW).country == "UG"

        with pytest.raises(InvalidError) as refusal:
            service.file_request(db, focal, body(), now=NOW)

    assert codes(refusal) == [("country", "missing")]


def test_only_focal_points_file(database: Database) -> None:
    with database.write() as db:
        for actor in (make.make_trainee(db, country="KE"), make.make_secretariat(db)):
            with pytest.raises(ForbiddenError):
                service.file_request(db, actor, body(country="KE"), now=NOW)
        with pytest.raises(SignInRequiredError):
            service.file_request(db, VISITOR, body(country="KE"), now=NOW)


def test_a_token_that_may_only_read_changes_nothing(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        reader = Actor(focal.user_id, countries=focal.countries, scopes=frozenset({Scope.READ}))
        for attempt in changes(reader, row.id):
            with pytest.raises(ForbiddenError):
                attempt(db)


def changes(actor: Actor, request_id: UUID) -> list[Any]:
    """Every use case that changes a request."""
    return [
        lambda db: service.amend_request(db, actor, request_id, patch(urgency=1), now=NOW),
        lambda db: service.submit_request(db, actor, request_id, now=NOW),
        lambda db: service.withdraw_request(db, actor, request_id, WITHDRAWN, now=NOW),
        lambda db: service.close_request(db, actor, request_id, CLOSED, now=NOW),
    ]


@pytest.mark.parametrize("publish", [True, False])
def test_a_strangers_request_is_not_there_to_be_changed(database: Database, publish: bool) -> None:
    with database.write() as db:
        row = make.make_request(db, country="KE", publish=publish)
        strangers = [make.make_focal_point(db, "GH"), make.make_trainee(db, country="KE")]
        for actor in strangers:
            for attempt in [*changes(actor, row.id), *changes(actor, uuid4())]:
                with pytest.raises(NotFoundError):
                    attempt(db)
        assert row.version == 1


def test_the_secretariat_closes_what_was_filed_and_changes_nothing_else(
    database: Database,
) -> None:
    with database.write() as db:
        secretariat = make.make_secretariat(db)
        row = make.make_request(db)
        draft = make.make_request(db, submit=False)
        amend, submit, withdraw, close = changes(secretariat, row.id)
        for attempt in (amend, submit, withdraw):
            with pytest.raises(ForbiddenError):
                attempt(db)
        for attempt in changes(secretariat, draft.id):
            with pytest.raises(NotFoundError):
                attempt(db)

        assert close(db).state == "expired"


def test_amending_changes_what_is_given_and_says_what_changed(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal, fee_limit=500, code="A-1")
        later = NOW + timedelta(hours=1)
        given = patch(fee_limit=None, urgency=2, travel="region", modes=["any"])

        service.amend_request(db, focal, row.id, given, now=later)

        assert (row.fee_limit_usd, row.urgency, row.travel, row.code) == (None, 2, "region", "A-1")
        assert (row.version, row.updated_at) == (2, later)
        entry = db.exec(select(AuditEntry).where(AuditEntry.action == "request.amended")).one()
    assert entry.actor_id == focal.user_id
    assert entry.changes == {
        "fee_limit_usd": [500, None],
        "urgency": [4, 2],
        "travel": ["anywhere", "region"],
    }


def test_amending_needs_replaces_them(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        service.amend_request(db, focal, row.id, patch(needs=[LNP]), now=NOW)

    with database.read() as db:
        view = queries.request_view(db, focal, row.id)
    assert [(need.skill, need.people) for need in view.needs] == [("mfg-lnp", 3)]
    assert view.seats_asked == 3


def test_an_amendment_without_a_change_leaves_the_version(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        same = patch(urgency=4, needs=make.request_body()["needs"], languages=["en", "fr"])

        service.amend_request(db, focal, row.id, same, now=NOW)

        assert row.version == 1


def test_an_edit_that_began_before_another_was_saved_is_refused(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        service.amend_request(db, focal, row.id, patch(urgency=1, version=1), now=NOW)

        with pytest.raises(EditConflictError):
            service.amend_request(db, focal, row.id, patch(urgency=2, version=1), now=NOW)


def test_fewer_people_than_seats_held_are_refused(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        service.count_seats(db, row.id, held=4, now=NOW)

        with pytest.raises(InvalidError) as refusal:
            service.amend_request(db, focal, row.id, patch(needs=[LNP]), now=NOW)
        service.amend_request(db, focal, row.id, patch(needs=[{**LNP, "people": 4}]), now=NOW)

        assert row.state == "matched"
    assert codes(refusal) == [("needs", "below_seats_held")]


def test_a_date_that_passed_may_stay_but_not_be_chosen(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal, needed_by=days(10))
        draft = make.make_request(db, actor=focal, needed_by=days(10), submit=False)
        later = NOW + timedelta(days=30)

        service.amend_request(db, focal, row.id, patch(urgency=1), now=later)
        with pytest.raises(InvalidError) as chosen:
            service.amend_request(db, focal, row.id, patch(needed_by=days(20)), now=later)
        with pytest.raises(InvalidError) as filed:
            service.submit_request(db, focal, draft.id, now=later)

    assert codes(chosen) == codes(filed) == [("needed_by", "past_date")]


def test_withdrawing_keeps_who_when_and_why(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        service.withdraw_request(db, focal, row.id, WITHDRAWN, now=NOW)
        entry = db.exec(select(AuditEntry).where(AuditEntry.action == "request.withdrawn")).one()

        assert (row.state, row.state_reason) == ("withdrawn", "Filed twice.")
        for attempt in changes(focal, row.id):
            with pytest.raises((RequestStepError, RequestEndedError)):
                attempt(db)
    assert (entry.actor_id, entry.reason) == (focal.user_id, "Filed twice.")
    assert entry.changes == {"state": ["submitted", "withdrawn"]}


def test_seats_are_given_back_before_a_withdrawal(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        service.count_seats(db, row.id, held=2, now=NOW)
        with pytest.raises(SeatsStillHeldError):
            service.withdraw_request(db, focal, row.id, WITHDRAWN, now=NOW)

        service.count_seats(db, row.id, held=-2, now=NOW)
        service.withdraw_request(db, focal, row.id, WITHDRAWN, now=NOW)

        assert row.state == "withdrawn"


def test_counting_seats_moves_the_state_and_tells(database: Database) -> None:
    with database.write() as db:
        row = make.make_request(db)
        states = [
            service.count_seats(db, row.id, held=held, met=met, now=NOW).state
            for held, met in ((4, 0), (2, 0), (0, 5), (0, 1), (0, -1), (-6, 0))
        ]
        last = db.exec(
            select(OutboxEvent)
            .where(OutboxEvent.subject_id == row.id)
            .order_by(col(OutboxEvent.version).desc())
        ).first()

    assert states == ["partly-matched", "matched", "matched", "met", "matched", "submitted"]
    assert last is not None
    assert (last.name, last.version) == ("request.counted", 7)
    assert last.payload == {"held": 0, "met": 5, "state": "submitted"}


def test_counts_at_the_same_moment_all_arrive(database: Database) -> None:
    with database.write() as db:
        request_id = make.make_request(db).id
    together = threading.Barrier(8)

    def count(_: int) -> None:
        def add(db: Session) -> None:
            # Read first, as a caller may have: what was read must not be what is written.
            db.get_one(GapRequest, request_id)
            if not database.is_sqlite and not together.broken:
                with contextlib.suppress(threading.BrokenBarrierError):
                    together.wait(timeout=2)
            service.count_seats(db, request_id, held=1, now=NOW)

        database.run(add)

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(count, range(8)))

    with database.read() as db:
        row = db.get_one(GapRequest, request_id)
        assert (row.seats_held, row.version, row.state) == (8, 9, "matched")
        assert facts_about(db, request_id) == ["request.filed"] + ["request.counted"] * 8


def test_a_request_closed_by_hand_is_not_opened_by_its_seats(database: Database) -> None:
    met = CloseIn(outcome="met", reason="Trained by the supplier.")
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        service.count_seats(db, row.id, held=2, now=NOW)
        service.close_request(db, focal, row.id, met, now=NOW)

        assert service.count_seats(db, row.id, held=-2, now=NOW).state == "met"


def test_counting_an_unknown_request_says_so(database: Database) -> None:
    with database.write() as db, pytest.raises(NotFoundError):
        service.count_seats(db, uuid4(), held=1, now=NOW)


def test_likely_duplicates_are_shown_to_the_country_and_the_secretariat_only(
    database: Database,
) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "GH")
        other = make.make_focal_point(db, "KE")
        secretariat = make.make_secretariat(db)
        first = make.make_request(db, actor=focal, publish=True)
        second = make.make_request(db, actor=focal, publish=True)
        make.make_request(db, actor=focal, needs=[LNP])
        make.make_request(db, actor=focal, earliest=days(201), needed_by=days(300))
        make.make_request(db, actor=focal, submit=False)
        make.make_request(db, country="KE")

        seen = [queries.request_view(db, each, first.id) for each in (focal, secretariat, other)]

    assert [view.possible_duplicates for view in seen] == [(second.id,), (second.id,), None]
