"""The pages of a plan, of calls and of casework, on top of the small network."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.allocation.jobs import make_next
from app.allocation.models import AllocationLine
from app.allocation.rules.calls import CallKind
from app.allocation.schemas.calls import CallIn, CallSubject
from app.allocation.schemas.runs import RunIn
from app.allocation.service.calls import send_call
from app.allocation.service.runs import start_run
from app.core.clock import utc_now
from app.core.db import Database
from app.demand.models import GapRequest
from app.demand.schemas.cases import QuestionIn
from app.demand.service.triage import ask_clarification
from app.matching.rules.overrides import OverrideKind
from app.matching.schemas import OverrideIn
from app.matching.service.overrides import override_match
from tests import factories as make
from tests.journeys.network import ARABIC, LONG, Network

Pages = dict[str, tuple[str, ...]]


def plan(database: Database, network: Network) -> Pages:
    """Two runs with plans, calls of two kinds, a question and overrides; their pages by role."""
    people = network.people
    with database.write() as db:
        asked, slots = _fill(db, people)
        call, joint = _calls(db, people["secretariat"], asked[0])
    runs = [_run(database, people["secretariat"], floor) for floor in (90, 0)]
    with database.read() as db:
        query = select(AllocationLine.id).where(AllocationLine.run_id == runs[0])
        line = db.exec(query.order_by(col(AllocationLine.id))).first()
    home = f"/secretariat/allocations/{runs[0]}"
    need, twin = (f"/requests/{each}" for each in asked[:2])
    return {
        "focal": (
            *("/requests/import", f"{need}/merge?into={asked[1]}", f"{need}/seats"),
            *(f"{need}/matches", f"{need}/closure", need, twin, f"/calls/{joint}", "/"),
        ),
        "provider": (
            *("/provider", f"/calls/{call}", *(f"/slots/{each}" for each in slots[:1])),
            *(page for page in network.pages["provider"] if page.endswith("/worth")),
        ),
        "secretariat": (
            *("/secretariat/requests", "/secretariat/requests?show=answer", need),
            *("/secretariat/allocations", home, f"{home}?by=request", f"{home}/application"),
            *(f"{home}/lines/new", f"{home}/lines/{line}", f"{home}/comparison?with={runs[1]}"),
            *("/secretariat/worth", "/secretariat/calls", f"/calls/{call}", f"/calls/{joint}"),
            *("/secretariat/synergies", "/gaps?by=country", f"{need}/matches"),
            *(f"{need}/overrides", f"{need}/overrides?slot={slots[2]}&kind=set-aside"),
            *(f"{need}/merge?into={asked[1]}", "/requests/import"),
        ),
    }


def _fill(db: Session, people: dict[str, Actor]) -> tuple[list[UUID], list[UUID]]:
    """Requests that may be one, neighbours that fill a date together, dates put first and aside."""
    facts = {"needed_by": make.days(300), "languages": ["en"], "note": ARABIC, "office": LONG}
    twins = [_ask(db, people["focal"], "GH", 4, **facts) for _ in range(2)]
    for country in ("NG", "TG"):
        _ask(db, None, country, 5, **facts)
    course = make.make_course(db, seats=10, title=LONG)
    slots = [make.make_slot(db, course, **make.in_days(day), seats=10).id for day in (60, 62, 64)]
    for slot, kind in ((slots[0], OverrideKind.PUT_FORWARD), (slots[1], OverrideKind.SET_ASIDE)):
        said = OverrideIn(slot=slot, kind=kind, reason=ARABIC)
        override_match(db, people["secretariat"], twins[0].id, said, now=make.NOW)
    question = QuestionIn(question=LONG)
    ask_clarification(db, people["secretariat"], twins[1].id, question, now=make.NOW)
    return [each.id for each in twins], slots


def _ask(db: Session, actor: Actor | None, country: str, people: int, **facts: Any) -> GapRequest:
    need = {"skill": "mfg-aseptic-fill", "level": 3, "platform": "vaccines", "people": people}
    more = {"skill": "mfg-gowning", "level": 2, "people": 2, "role": ARABIC}
    return make.make_request(db, actor=actor, country=country, needs=[need, more], **facts)


def _calls(db: Session, actor: Actor, request: UUID) -> tuple[UUID, UUID]:
    """A call for dates to all who teach the skill, and one to countries to fill one together."""
    subject = CallSubject(requests=(request,), level=3, seats=10, people=9, countries=3)
    about = {"skill": "mfg-aseptic-fill", "region": "AFR", "message": ARABIC}
    slots = CallIn.model_validate({**about, "kind": CallKind.SLOTS, "subject": subject})
    joint = slots.model_copy(update={"kind": CallKind.JOINT, "countries": ("GH", "NG")})
    first, second = (send_call(db, actor, each, now=make.NOW).id for each in (slots, joint))
    return first, second


def _run(database: Database, actor: Actor, floor: int) -> UUID:
    wish = RunIn.model_validate({"settings": {"floor_percent": floor}, "note": ARABIC})
    run_id = database.run(lambda db: start_run(db, actor, wish, now=utc_now()).id)
    assert make_next(database, utc_now) == run_id
    return run_id
