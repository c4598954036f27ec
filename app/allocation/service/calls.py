"""Send a call to providers or countries, and answer one."""

from calendar import monthrange
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.allocation.models import AllocationRun, SupplyCall, SupplyCallParty
from app.allocation.queries import calls as queries
from app.allocation.rules import calls as rules
from app.allocation.rules.calls import CallKind
from app.allocation.schemas.calls import AnswerIn, CallIn
from app.core import outbox
from app.core.errors import FieldProblem, ForbiddenError, InvalidError, NotFoundError, invalid
from app.core.outbox import Fact
from app.demand.models import GapRequest
from app.registry.models import Slot
from app.registry.queries.rows import find_provider
from app.registry.rules import ProviderState


def send_call(db: Session, actor: Actor, wish: CallIn, *, now: datetime) -> SupplyCall:
    """Send a call: for slots, for joining dates, or for filling a date together.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        InvalidError: The month or last day has passed, or nobody is there to send it to.
    """
    user_id = actor.require_secretariat()
    today = now.date()
    _refuse(
        rules.party_problems(wish.kind, wish.providers, wish.countries)
        + rules.time_problems(wish.month, wish.ends_on, today=today)
        + _unknown(db, wish)
    )
    providers = _receivers(db, actor, wish)
    row = SupplyCall(
        kind=wish.kind,
        skill_id=wish.skill,
        region=wish.region,
        month=wish.month,
        subject=wish.subject.model_dump(mode="json"),
        message=wish.message,
        run_id=wish.run,
        sent_by=user_id,
        sent_at=now,
        ends_on=wish.ends_on or _last_day(wish.month, today),
    )
    db.add(row)
    db.flush()
    db.add_all(SupplyCallParty(call_id=row.id, provider_id=each) for each in providers)
    db.add_all(SupplyCallParty(call_id=row.id, country=each) for each in wish.countries)
    payload = {
        "kind": str(wish.kind),
        "skill": wish.skill,
        "providers": [str(each) for each in providers],
        "countries": list(wish.countries),
    }
    outbox.record(db, Fact("call.sent", row.id, row.version, now, user_id, payload=payload))
    db.flush()
    return row


def answer_call(
    db: Session, actor: Actor, call_id: UUID, wish: AnswerIn, *, now: datetime
) -> SupplyCallParty:
    """Answer for one's provider or country; the same answer again changes nothing.

    Raises:
        NotFoundError: There is no such call to the actor.
        ForbiddenError: The actor reads the call (the secretariat) and is none of its parties.
        CallOverError: Its last day has passed.
        InvalidError: The actor speaks for several parties and named none of them.
    """
    user_id = actor.require_write()
    row = queries.lock_call(db, actor, call_id)
    party = _own_party(db, actor, row.id, wish.party)
    rules.check_open(row.ends_on, now.date())
    if (party.answer, party.answer_note) == (wish.answer, wish.note):
        return party
    changes = {"answer": [party.answer, wish.answer]}
    party.answer, party.answer_note = wish.answer, wish.note
    party.answered_by, party.answered_at = user_id, now
    row.version += 1
    db.add_all([row, party])
    payload = {
        "party": str(party.id),
        "provider": str(party.provider_id) if party.provider_id else None,
        "country": party.country,
        "answer": wish.answer,
    }
    fact = Fact(
        "call.answered", row.id, row.version, now, user_id, payload=payload, changes=changes
    )
    outbox.record(db, fact)
    db.flush()
    return party


def _receivers(db: Session, actor: Actor, wish: CallIn) -> list[UUID]:
    if wish.kind == CallKind.JOINT:
        return []
    if not wish.providers:
        found = queries.providers_teaching(db, wish.skill)
        if not found:
            text = "No verified provider teaches this skill. Name the providers to ask."
            raise invalid("providers", text, "nobody_teaches_it")
        return found
    return list(dict.fromkeys(_verified(db, actor, ref) for ref in wish.providers))


def _verified(db: Session, actor: Actor, ref: str) -> UUID:
    try:
        provider = find_provider(db, actor, ref)
    except NotFoundError as error:
        text = f"There is no provider “{ref}”."
        raise invalid("providers", text, "unknown_provider") from error
    if provider.state != ProviderState.VERIFIED:
        text = f"{provider.name} is not verified."
        raise invalid("providers", text, "provider_not_verified")
    return provider.id


def _unknown(db: Session, wish: CallIn) -> list[FieldProblem]:
    """References that lead nowhere."""
    problems = []
    if wish.run is not None and db.get(AllocationRun, wish.run) is None:
        problems.append(FieldProblem(("run",), "There is no such allocation.", "unknown_run"))
    if any(db.get(Slot, each) is None for each in wish.subject.slots):
        problems.append(
            FieldProblem(("subject", "slots"), "There is no such slot.", "unknown_slot")
        )
    if any(db.get(GapRequest, each) is None for each in wish.subject.requests):
        problems.append(
            FieldProblem(("subject", "requests"), "There is no such request.", "unknown_request")
        )
    return problems


def _last_day(month: date | None, today: date) -> date:
    """Sixty days from now; nobody plans for a month that is over, so at most its last day."""
    usual = today + rules.SHOWN_FOR
    if month is None:
        return usual
    return min(usual, month.replace(day=monthrange(month.year, month.month)[1]))


def _own_party(db: Session, actor: Actor, call_id: UUID, wanted: UUID | None) -> SupplyCallParty:
    own = queries.own_parties(db, actor, call_id)
    if not own:
        raise ForbiddenError("Only those whom a call was sent to can answer it.")
    if wanted is None and len(own) > 1:
        raise invalid("party", "You speak for several. For whom is this answer?", "which_party")
    found = next((each for each in own if wanted in (None, each.id)), None)
    if found is None:
        raise invalid("party", "This is not one of the parties you speak for.", "unknown_party")
    return found


def _refuse(problems: list[FieldProblem]) -> None:
    if problems:
        raise InvalidError(*problems)
