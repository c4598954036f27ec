"""States of a request, who sees and changes it, and what a request must say."""

from datetime import date
from uuid import uuid4

import pytest

from app.accounts.rules import VISITOR, Actor
from app.core.errors import ForbiddenError, SignInRequiredError
from app.demand.rules import (
    EDITABLE,
    LIVE,
    Action,
    NeedFacts,
    RequestEndedError,
    RequestNotLiveError,
    RequestState,
    RequestStepError,
    Seats,
    SeatsStillHeldError,
    actions_for,
    check_editable,
    check_live,
    check_step,
    check_withdrawal,
    need_problems,
    require_focal_point,
    sees_everything,
    state_after_count,
    window_problems,
)

FOCAL = Actor(uuid4(), countries=frozenset({"KE"}))
SECRETARIAT = Actor(uuid4(), secretariat=True)
TRAINEE = Actor(uuid4())
NONE_HELD = Seats(0, 0)
DAY = date(2027, 3, 1)


@pytest.mark.parametrize(
    ("held", "met", "expected"),
    [
        (0, 0, RequestState.OPEN),
        (1, 0, RequestState.PARTLY_MATCHED),
        (6, 0, RequestState.MATCHED),
        (6, 5, RequestState.MATCHED),
        (6, 6, RequestState.MET),
        (0, 6, RequestState.MET),
    ],
)
def test_the_state_of_a_live_request_follows_its_seats(
    held: int, met: int, expected: RequestState
) -> None:
    assert state_after_count("open", people=6, held=held, met=met) == expected


def test_a_request_met_by_count_opens_again_when_attendance_is_corrected() -> None:
    assert state_after_count("met", people=6, held=6, met=5) == RequestState.MATCHED


def test_a_request_closed_as_met_by_hand_stays_closed_when_seats_are_given_back() -> None:
    assert state_after_count("met", people=6, held=0, met=0, by_hand=True) == RequestState.MET


@pytest.mark.parametrize("state", ["draft", "withdrawn", "expired"])
def test_seats_do_not_move_a_request_that_is_not_live(state: str) -> None:
    assert state_after_count(state, people=6, held=6, met=6) == state


@pytest.mark.parametrize("state", sorted(set(RequestState) - {RequestState.DRAFT}))
def test_only_a_draft_can_be_submitted(state: RequestState) -> None:
    check_step("draft", RequestState.SUBMITTED)

    with pytest.raises(RequestStepError):
        check_step(state, RequestState.SUBMITTED)


@pytest.mark.parametrize("state", sorted(set(RequestState) - EDITABLE))
def test_what_is_over_stays_as_it_is(state: RequestState) -> None:
    for after in (RequestState.WITHDRAWN, RequestState.MET, RequestState.EXPIRED):
        with pytest.raises(RequestStepError):
            check_step(state, after)
    with pytest.raises(RequestEndedError):
        check_editable(state)
    with pytest.raises(RequestNotLiveError):
        check_live(state)


def test_no_seats_are_taken_for_a_draft() -> None:
    with pytest.raises(RequestNotLiveError):
        check_live("draft")


def test_a_request_with_seats_of_untrained_people_is_not_withdrawn() -> None:
    with pytest.raises(SeatsStillHeldError) as refusal:
        check_withdrawal("partly-matched", Seats(held=4, met=1))

    assert refusal.value.details == {"seats": 3}
    check_withdrawal("partly-matched", Seats(held=4, met=4))


def test_only_a_focal_point_files() -> None:
    require_focal_point(FOCAL)

    with pytest.raises(SignInRequiredError):
        require_focal_point(VISITOR)
    for actor in (TRAINEE, SECRETARIAT):
        with pytest.raises(ForbiddenError):
            require_focal_point(actor)


def test_the_country_and_the_secretariat_see_everything() -> None:
    assert sees_everything(FOCAL, "KE")
    assert sees_everything(SECRETARIAT, "KE")
    assert not sees_everything(FOCAL, "GH")
    assert not sees_everything(TRAINEE, "KE")


def test_actions_follow_from_who_is_asking_and_the_state() -> None:
    assert actions_for(FOCAL, "KE", "draft") == {Action.EDIT, Action.WITHDRAW, Action.SUBMIT}
    assert actions_for(SECRETARIAT, "KE", "draft") == set()
    for state in LIVE:
        assert actions_for(SECRETARIAT, "KE", state) == {Action.CLOSE, Action.MATCH}
        assert actions_for(FOCAL, "GH", state) == set()
    assert actions_for(FOCAL, "KE", "met") == set()


def test_a_window_of_one_day_that_is_today_is_fine() -> None:
    assert window_problems(DAY, DAY, today=DAY) == []


def test_a_window_in_the_past_or_back_to_front_is_named_at_its_field() -> None:
    past = window_problems(date(2027, 2, 1), date(2027, 2, 28), today=DAY)
    backwards = window_problems(date(2027, 4, 2), date(2027, 4, 1), today=DAY)

    assert [(p.loc, p.code) for p in past] == [(("needed_by",), "past_date")]
    assert [(p.loc, p.code) for p in backwards] == [(("needed_by",), "window_order")]


def need(people: int = 1, level: int = 2) -> NeedFacts:
    return NeedFacts("mfg-lnp", level, "mrna", people)


def test_the_same_line_twice_is_refused_and_another_level_is_not() -> None:
    assert need_problems([need(level=2), need(level=3)], NONE_HELD) == []

    problems = need_problems([need(level=3), need(), need()], NONE_HELD)

    assert [(p.loc, p.code) for p in problems] == [(("needs", 2, "skill"), "repeated_need")]


def test_all_needs_together_have_a_limit() -> None:
    assert need_problems([need(60_000), need(40_000, level=3)], NONE_HELD) == []

    problems = need_problems([need(60_000), need(40_001, level=3)], NONE_HELD)

    assert [(p.loc, p.code) for p in problems] == [(("needs",), "too_many_people")]


@pytest.mark.parametrize("seats", [Seats(held=5, met=0), Seats(held=0, met=5)])
def test_people_never_become_fewer_than_seats_held_or_met(seats: Seats) -> None:
    assert need_problems([need(5)], seats) == []
    assert [p.code for p in need_problems([need(4)], seats)] == ["below_seats_held"]
