"""A request on its way through the secretariat, with its notes and links, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR, Actor
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError, SignInRequiredError
from app.core.outbox import AuditEntry
from app.demand import queries, service
from app.demand.models import GapRequest
from app.demand.rules import NoQuestionError, RequestEndedError, RequestStepError
from app.demand.schemas import (
    AnswerIn,
    CloseIn,
    LinkIn,
    NoteIn,
    OwnerIn,
    QuestionIn,
    WithdrawIn,
)
from app.demand.service import TooManyError
from tests import factories as make
from tests.factories import NOW, days

QUESTION = QuestionIn(question="Which product is it for?")
ANSWER = AnswerIn(answer="For measles vaccine.")
NOTE = NoteIn(body="Seen.")
LINK = LinkIn(title="Survey", url="https://example.org/survey.pdf")


def opened(db: Session, row: GapRequest) -> GapRequest:
    return service.open_request(db, make.make_secretariat(db), row.id, now=NOW)


def test_a_request_is_submitted_clarified_and_opened(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal)
        states = [row.state]

        service.ask_clarification(db, secretariat, row.id, QUESTION, now=NOW)
        states.append(row.state)
        waits = [row.asked_at]
        service.answer(db, focal, row.id, ANSWER, now=NOW)
        states.append(row.state)
        waits.append(row.asked_at)
        service.open_request(db, secretariat, row.id, now=NOW)
        states.append(row.state)
        notes = queries.notes_of(db, focal, row.id)

    assert states == ["submitted", "submitted", "clarified", "open"]
    assert waits == [NOW, None]
    assert [(note.kind, note.body, note.by_secretariat) for note in notes] == [
        ("question", "Which product is it for?", True),
        ("answer", "For measles vaccine.", False),
    ]


def test_a_request_may_be_opened_at_once_and_only_once(database: Database) -> None:
    with database.write() as db:
        row = make.make_request(db)
        assert opened(db, row).state == "open"

        with pytest.raises(RequestStepError):
            opened(db, row)


def test_each_step_says_who_did_it(database: Database) -> None:
    with database.write() as db:
        row = make.make_request(db)
        secretariat = make.make_secretariat(db)
        service.open_request(db, secretariat, row.id, now=NOW)
        entry = db.exec(select(AuditEntry).where(AuditEntry.action == "request.opened")).one()

    assert entry.actor_id == secretariat.user_id
    assert entry.changes == {"state": ["submitted", "open"]}


def test_seats_given_back_lead_to_where_triage_left_the_request(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal)

        def taken_and_back() -> list[str]:
            taken = service.count_seats(db, row.id, held=2, now=NOW).state
            return [taken, service.count_seats(db, row.id, held=-2, now=NOW).state]

        assert taken_and_back() == ["partly-matched", "submitted"]
        service.ask_clarification(db, secretariat, row.id, QUESTION, now=NOW)
        service.answer(db, focal, row.id, ANSWER, now=NOW)
        assert taken_and_back() == ["partly-matched", "clarified"]
        service.open_request(db, secretariat, row.id, now=NOW)
        assert taken_and_back() == ["partly-matched", "open"]


def test_triage_does_not_take_back_what_the_seats_say(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal)
        service.count_seats(db, row.id, held=2, now=NOW)
        service.ask_clarification(db, secretariat, row.id, QUESTION, now=NOW)
        service.answer(db, focal, row.id, ANSWER, now=NOW)
        service.open_request(db, secretariat, row.id, now=NOW)

        assert row.state == "partly-matched"


def test_nobody_answers_what_was_not_asked(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)

        with pytest.raises(NoQuestionError):
            service.answer(db, focal, row.id, ANSWER, now=NOW)


def test_a_draft_and_a_request_that_is_over_go_nowhere(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        over = make.make_request(db, actor=focal)
        closed = CloseIn(outcome="expired", reason="Late.")
        service.close_request(db, focal, over.id, closed, now=NOW)
        draft = make.make_request(db, actor=focal, submit=False)

        with pytest.raises(RequestStepError):
            service.open_request(db, secretariat, over.id, now=NOW)
        with pytest.raises(RequestStepError):
            service.ask_clarification(db, secretariat, over.id, QUESTION, now=NOW)
        with pytest.raises(RequestEndedError):
            service.add_link(db, focal, over.id, LINK, now=NOW)
        with pytest.raises(NotFoundError):
            service.open_request(db, secretariat, draft.id, now=NOW)


def test_only_somebody_of_the_secretariat_looks_after_a_request(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal)

        service.assign_owner(db, secretariat, row.id, OwnerIn(owner=secretariat.user_id), now=NOW)
        seen = queries.request_view(db, focal, row.id).owner
        with pytest.raises(InvalidError):
            service.assign_owner(db, secretariat, row.id, OwnerIn(owner=focal.user_id), now=NOW)
        service.assign_owner(db, secretariat, row.id, OwnerIn(), now=NOW)

        assert seen is not None
        assert seen.id == secretariat.user_id
        assert row.owner_id is None


def steps(actor: Actor, row: GapRequest) -> list[Callable[[Session], object]]:
    """Every step of this file, by ``actor``."""
    return [
        lambda db: service.open_request(db, actor, row.id, now=NOW),
        lambda db: service.ask_clarification(db, actor, row.id, QUESTION, now=NOW),
        lambda db: service.assign_owner(db, actor, row.id, OwnerIn(), now=NOW),
        lambda db: service.answer(db, actor, row.id, ANSWER, now=NOW),
        lambda db: service.write_note(db, actor, row.id, NOTE, now=NOW),
        lambda db: service.add_link(db, actor, row.id, LINK, now=NOW),
        lambda db: service.remove_link(db, actor, row.id, uuid4(), now=NOW),
        lambda db: service.copy_request(db, actor, row.id, now=NOW),
    ]


@pytest.mark.parametrize("publish", [True, False])
def test_to_strangers_the_case_does_not_exist(database: Database, publish: bool) -> None:
    with database.write() as db:
        row = make.make_request(db, country="KE", publish=publish)
        for actor in (make.make_focal_point(db, "GH"), make.make_trainee(db, country="KE")):
            for step in steps(actor, row):
                with pytest.raises(NotFoundError):
                    step(db)
            with pytest.raises(NotFoundError):
                queries.notes_of(db, actor, row.id)
            with pytest.raises(NotFoundError):
                queries.links_of(db, actor, row.id)
        for step in steps(VISITOR, row):
            with pytest.raises(SignInRequiredError):
                step(db)
        assert row.version == 1


def test_each_side_takes_its_own_steps_only(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal)
        of_secretariat, of_country = steps(focal, row)[:3], steps(secretariat, row)
        for step in [*of_secretariat, of_country[3], *of_country[5:]]:
            with pytest.raises(ForbiddenError):
                step(db)


def test_notes_of_the_secretariat_are_its_own(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal, publish=True)
        secret = NoteIn(body="They asked last year too.", audience="secretariat")
        service.write_note(db, secretariat, row.id, secret, now=NOW)
        service.write_note(db, secretariat, row.id, NOTE, now=NOW)
        service.write_note(db, focal, row.id, NoteIn(body="شكرا <script>"), now=NOW)
        with pytest.raises(InvalidError):
            service.write_note(db, focal, row.id, secret, now=NOW)

        seen = {
            who: [note.body for note in queries.notes_of(db, actor, row.id)]
            for who, actor in (("country", focal), ("secretariat", secretariat))
        }

    assert seen["country"] == ["Seen.", "شكرا <script>"]
    assert seen["secretariat"] == ["They asked last year too.", *seen["country"]]


def test_a_note_does_not_make_an_edit_begun_before_fail(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        service.write_note(db, make.make_secretariat(db), row.id, NOTE, now=NOW)
        service.add_link(db, focal, row.id, LINK, now=NOW)

        assert row.version == 1


def test_links_are_kept_once_and_taken_away(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        link = service.add_link(db, focal, row.id, LINK, now=NOW)
        with pytest.raises(InvalidError):
            service.add_link(db, focal, row.id, LINK, now=NOW)
        there = [each.url for each in queries.links_of(db, focal, row.id)]
        service.remove_link(db, focal, row.id, link.id, now=NOW)
        with pytest.raises(NotFoundError):
            service.remove_link(db, focal, row.id, link.id, now=NOW)

        assert there == ["https://example.org/survey.pdf"]
        assert queries.links_of(db, focal, row.id) == []


def test_a_link_of_another_request_is_not_taken_away(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        one, other = make.make_request(db, actor=focal), make.make_request(db, actor=focal)
        link = service.add_link(db, focal, one.id, LINK, now=NOW)

        with pytest.raises(NotFoundError):
            service.remove_link(db, focal, other.id, link.id, now=NOW)


def test_there_is_a_most_of_links(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        for number in range(20):
            link = LinkIn(title="Page", url=f"https://example.org/{number}")
            service.add_link(db, focal, row.id, link, now=NOW)

        with pytest.raises(TooManyError):
            service.add_link(db, focal, row.id, LINK, now=NOW)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://example.org/",
        "https://",
        "https:///path",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://[broken/",
        "https://example.org:port/",
        "data:text/html,x",
        " JavaScript:alert(1)",
        "https://example.org/\x00",
        "https://example.org/" + "x" * 500,
    ],
)
def test_an_address_that_is_no_website_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        LinkIn(title="Page", url=url)


def test_the_reason_of_an_end_is_counted_by_its_code(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        wrong = WithdrawIn(reason="Late.", reason_code="window-over")
        with pytest.raises(InvalidError) as refusal:
            service.withdraw_request(db, focal, row.id, wrong, now=NOW)
        assert (row.state, row.end_code) == ("submitted", "")
        right = WithdrawIn(reason="Twice.", reason_code="filed-twice")
        service.withdraw_request(db, focal, row.id, right, now=NOW)

        assert (row.state, row.end_code, row.state_reason) == ("withdrawn", "filed-twice", "Twice.")
    assert [problem.loc for problem in refusal.value.problems] == [("reason_code",)]


def test_a_person_cannot_say_that_a_request_was_merged(database: Database) -> None:
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        row = make.make_request(db, actor=focal)
        merged = WithdrawIn(reason="Twice.", reason_code="merged")

        with pytest.raises(InvalidError):
            service.withdraw_request(db, focal, row.id, merged, now=NOW)


def test_a_copy_says_the_same_for_the_next_year_that_lies_ahead(database: Database) -> None:
    facts: dict[str, Any] = {
        "code": "R-7",
        "earliest": days(-20),
        "needed_by": days(100),
        "languages": ["ar", "en"],
        "fee_limit": 500,
        "keep_together": True,
        "interpretation_ok": False,
        "publish": True,
        "publish_detail": "figures",
        "office": "هيئة الدواء",
        "needs": [{**make.request_body()["needs"][0], "role": "Inspector", "level_now": 1}],
    }
    with database.write() as db:
        focal = make.make_focal_point(db, "KE")
        source = make.make_request(db, actor=focal, **facts)
        service.add_link(db, focal, source.id, LINK, now=NOW)
        service.count_seats(db, source.id, held=2, now=NOW)

        copy = service.copy_request(db, focal, source.id, now=NOW)

        same = {"needs", "languages", "fee_limit", "keep_together", "interpretation_ok", "publish"}
        same |= {"publish_detail", "office", "people", "urgency", "sector", "travel"}
        views = [queries.request_view(db, focal, each) for each in (source.id, copy.id)]
        assert views[0].model_dump(include=same) == views[1].model_dump(include=same)
        assert (copy.state, copy.code, copy.seats_held, copy.version) == ("draft", None, 0, 1)
        assert copy.copied_from_id == source.id
        assert copy.earliest == source.earliest.replace(year=source.earliest.year + 1)
        assert copy.needed_by == source.needed_by.replace(year=source.needed_by.year + 1)
        assert len(queries.links_of(db, focal, copy.id)) == 1


def test_the_queue_shows_what_waits_for_whom(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        other = make.make_secretariat(db)
        new = make.make_request(db, actor=focal, urgency=1)
        asked = make.make_request(db, actor=focal, urgency=2)
        service.ask_clarification(db, secretariat, asked.id, QUESTION, now=NOW)
        mine = make.make_request(db, actor=focal, urgency=2)
        service.open_request(db, secretariat, mine.id, now=NOW)
        service.assign_owner(db, other, mine.id, OwnerIn(owner=secretariat.user_id), now=NOW)
        urgent = make.make_request(db, actor=focal, urgency=4)
        service.open_request(db, secretariat, urgent.id, now=NOW)
        served = make.make_request(db, actor=focal, urgency=4)
        service.open_request(db, secretariat, served.id, now=NOW)
        service.count_seats(db, served.id, held=6, now=NOW)
        make.make_request(db, actor=focal, submit=False)

        seen = {show: queries.queue(db, secretariat, show) for show in queries.QUEUES}
        counts = queries.queue_counts(db, secretariat)

    assert {show: [view.id for view in found] for show, found in seen.items()} == {
        "triage": [new.id],
        "answer": [asked.id],
        "mine": [mine.id],
        "urgent": [urgent.id],
    }
    assert counts == dict.fromkeys(queries.QUEUES, 1)


def test_a_request_is_in_training_from_its_first_date_until_its_seats_are_gone(
    database: Database,
) -> None:
    with database.write() as db:
        row = make.make_request(db)
        begun = NOW + timedelta(days=10)
        assert not service.begin_training(db, row.id, begun_at=begun, now=begun)
        service.count_seats(db, row.id, held=3, now=NOW)

        assert service.begin_training(db, row.id, begun_at=begun, now=begun)
        assert (row.state, row.training_since) == ("in-training", begun)
        assert not service.begin_training(db, row.id, begun_at=begun, now=begun)
        states = [
            service.count_seats(db, row.id, held=held, met=met, now=begun).state
            for held, met in ((3, 0), (0, 6), (0, -3), (-6, 0))
        ]
        assert row.training_since is None
    assert states == ["in-training", "met", "in-training", "submitted"]


def test_a_request_expires_when_its_date_has_passed_in_its_country(database: Database) -> None:
    with database.write() as db:
        row = make.make_request(db, needed_by=days(10))
        last_day = NOW + timedelta(days=10)

        assert not service.expire_request(db, row.id, now=last_day)
        assert service.expire_request(db, row.id, now=last_day + timedelta(days=1))
        assert not service.expire_request(db, row.id, now=last_day + timedelta(days=1))
        assert (row.state, row.end_code) == ("expired", "window-over")


def test_figures_alone_make_no_page(database: Database) -> None:
    with database.write() as db:
        row = make.make_request(db, publish=True, publish_detail="figures")
        for actor in (VISITOR, make.make_focal_point(db, "GH")):
            with pytest.raises(NotFoundError):
                queries.request_view(db, actor, row.id)
        insider = queries.request_view(db, make.make_secretariat(db), row.id)

    assert (insider.publish, insider.publish_detail) == (True, "figures")


def test_what_happened_to_a_published_request_is_not_public(database: Database) -> None:
    with database.write() as db:
        secretariat = make.make_secretariat(db)
        row = make.make_request(db, publish=True)
        service.ask_clarification(db, secretariat, row.id, QUESTION, now=NOW)
        service.assign_owner(db, secretariat, row.id, OwnerIn(owner=secretariat.user_id), now=NOW)
        seen = queries.request_view(db, VISITOR, row.id)

    hidden = {"owner", "asked_at", "clarified_at", "opened_at", "merged_into", "copied_from"}
    hidden |= {"reason_code", "training_since"}
    assert seen.model_dump(include=hidden) == dict.fromkeys(hidden)


def test_facts_of_the_case_are_told_once_each(database: Database) -> None:
    with database.write() as db:
        focal, secretariat = make.make_focal_point(db, "KE"), make.make_secretariat(db)
        row = make.make_request(db, actor=focal)
        for _ in range(2):
            service.ask_clarification(db, secretariat, row.id, QUESTION, now=NOW)
            service.answer(db, focal, row.id, ANSWER, now=NOW)
            service.write_note(db, focal, row.id, NOTE, now=NOW)
        query = select(AuditEntry.action).order_by(col(AuditEntry.id))
        told = [name for name in db.exec(query) if name.startswith("request")]

    steps_told = ["request.asked", "request.clarified", "request_note.written"]
    assert told == ["request.filed", *steps_told, *steps_told]
