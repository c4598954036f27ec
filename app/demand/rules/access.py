"""Who may see and change a request, and what a page may offer. Pure."""

from enum import StrEnum

from app.accounts.rules import Actor
from app.core.errors import ForbiddenError
from app.demand.rules.states import EDITABLE, LIVE, Case, RequestState


def is_own(actor: Actor, country: str) -> bool:
    """Whether the actor speaks for the country."""
    return country in actor.countries


def sees_everything(actor: Actor, country: str) -> bool:
    """Whether the actor reads what is not published: the country itself and the secretariat."""
    return actor.secretariat or is_own(actor, country)


def require_focal_point(actor: Actor) -> None:
    """Let only people file who speak for a country.

    Raises:
        SignInRequiredError: Nobody is signed in.
        ForbiddenError: The actor is no focal point, or the token may only read.
    """
    actor.require_write()
    if not actor.countries:
        raise ForbiddenError("Only the focal point of a country can file a request.")


class Action(StrEnum):
    """What a page may offer to do with a request."""

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    MATCH = "match"


def actions_for(actor: Actor, country: str, state: str) -> frozenset[Action]:
    """What this actor can do with a request of ``country`` in ``state``; services check again."""
    current = RequestState(state)
    found = set()
    if is_own(actor, country) and current in EDITABLE:
        found |= {Action.EDIT, Action.WITHDRAW}
    if is_own(actor, country) and current == RequestState.DRAFT:
        found.add(Action.SUBMIT)
    if sees_everything(actor, country) and current in LIVE:
        found |= {Action.CLOSE, Action.MATCH}
    return frozenset(found)


class CaseAction(StrEnum):
    """What the page of a request may offer besides: its way through the secretariat, and more."""

    ASK = "ask"
    ANSWER = "answer"
    OPEN = "open"
    ASSIGN = "assign"
    NOTE = "note"
    LINK = "link"
    MERGE = "merge"
    COPY = "copy"


def case_actions_for(actor: Actor, country: str, state: str, case: Case) -> frozenset[CaseAction]:
    """What this actor can do with the case of a request; services check again."""
    current, own = RequestState(state), is_own(actor, country)
    found = set()
    if own:
        found.add(CaseAction.COPY)
    if sees_everything(actor, country):
        found.add(CaseAction.NOTE)
    if own and current in EDITABLE:
        found.add(CaseAction.LINK)
    if sees_everything(actor, country) and current in LIVE:
        found.add(CaseAction.MERGE)
    if own and current in LIVE and case.asked:
        found.add(CaseAction.ANSWER)
    return frozenset(found) | _of_secretariat(actor, current, case)


def _of_secretariat(actor: Actor, state: RequestState, case: Case) -> frozenset[CaseAction]:
    if not actor.secretariat or state == RequestState.DRAFT:
        return frozenset()
    found = {CaseAction.ASSIGN}
    if state in LIVE:
        found.add(CaseAction.ASK)
        if not case.opened:
            found.add(CaseAction.OPEN)
    return frozenset(found)
