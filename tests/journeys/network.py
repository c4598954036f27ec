"""A small network in which every page has something to show, names of any script included."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.schemas import AttendanceIn, BookSeatIn, CohortIn, NominationIn
from app.booking.service.attendance import record_attendance
from app.booking.service.cohorts import hold_cohort
from app.booking.service.desk import Desk
from app.booking.service.nominations import nominate
from app.booking.service.seats import book_seat, confirm_booking
from app.certificates.schemas import IssueIn
from app.certificates.service import issue_certificates
from app.core.clock import utc_now
from app.registry.models import Course, Provider
from tests import factories as make

LONG = "Institut national de formation aux métiers de la biofabrication et du contrôle des vaccins"
UNBROKEN = "Arzneimittelherstellungsqualitätssicherungsfachkräftefortbildung"
BURMESE = "ဒေါ်ခင်မေသန်း"
CHINESE = "欧阳晓明"
ARABIC = "أمينة بنت عبد العزيز القاسمي"
VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Network:
    """Who there is, and the main pages that each of them looks at."""

    people: dict[str, Actor]
    pages: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rows:
    """What the addresses name: slugs of two providers and a course, ids of slots and bookings."""

    school: str
    applied: str
    course: str
    slot: UUID
    full: UUID
    seat: UUID
    waits: UUID
    over: UUID
    code: str


def build(db: Session) -> Network:
    """Fill an empty database: providers, dates, a request, a block of seats and a waiting list."""
    school = make.make_provider(
        db, name="مدرسة الفنار للتقنية الحيوية", name_latin="Lighthouse School", about=UNBROKEN
    )
    applied = make.make_provider(db, name=LONG, state="applied")
    basics = make.make_course(db, school, title="أساسيات التعبئة المعقمة")
    course = _course(db, school, basics)
    busy = make.make_slot(db, course)
    day = make.days(40)
    later: dict[str, Any] = {"starts_at": f"{day}T09:00", "ends_at": f"{day}T17:00"}
    full = make.make_slot(db, course, seats=1, note=ARABIC, **later)
    desk = Desk(clock=utc_now)
    trainee = _trained(db, basics, name=BURMESE, country="MM", zone="Asia/Yangon")
    seat = book_seat(db, trainee, busy.id, BookSeatIn(note="شكرا"), desk)
    confirm_booking(db, trainee, seat.id, desk)
    for name in (CHINESE, UNBROKEN):
        book_seat(db, _trained(db, basics, name=name), full.id, BookSeatIn(), desk)
    waits = book_seat(db, trainee, full.id, BookSeatIn(), desk)
    focal = make.make_focal_point(db, "GH")
    request = make.make_request(db, actor=focal, country="GH", publish=True)
    cohort = hold_cohort(db, focal, request.id, CohortIn(slot=busy.id, seats=3), desk)
    facts = {"email": "named@people.example", "name": ARABIC}
    _trained(db, basics, **facts)
    named = NominationIn.model_validate(facts)
    nominate(db, focal, cohort.id, named, desk)
    over, code = _attended(db, basics, trainee)
    seats = (busy.id, full.id, seat.id, waits.id)
    rows = Rows(school.slug, applied.slug, course.slug, *seats, over, code)
    return Network(
        people={
            "trainee": trainee,
            "focal": focal,
            "provider": make.owner_of(db, school.id),
            "secretariat": make.make_secretariat(db),
        },
        pages=_pages(rows, f"/requests/{request.id}", f"/cohorts/{cohort.id}"),
    )


def _pages(rows: Rows, need: str, cohort: str) -> dict[str, tuple[str, ...]]:
    slot, full, console = f"/slots/{rows.slot}", f"/slots/{rows.full}", f"/provider/{rows.school}"
    desk = f"/provider/slots/{rows.over}"
    return {
        VISITOR: (
            *("/", "/slots", "/slots?view=month", "/slots?view=map", "/slots?q=nothing"),
            *("/providers", f"/providers/{rows.school}", f"/courses/{rows.course}"),
            *("/facilities/hall", "/skills/mfg-aseptic-fill", slot, full),
            *("/certificates", f"/certificates/{rows.code}"),
            *("/gaps", "/requests", need, "/data", "/api/docs", "/sign-in", "/sign-up", "/no"),
        ),
        "trainee": (
            *("/me", f"/bookings/{rows.seat}", f"/bookings/{rows.waits}", "/me/calendar"),
            *("/account", slot, full, "/provider/apply", "/me/certificates", "/me/qualifications"),
        ),
        "focal": (
            *("/me", "/requests", "/requests/new", need, f"{need}/matches", f"{need}/edit"),
            *(f"{need}/seats?slot={rows.slot}", cohort, f"{need}/withdrawal"),
        ),
        "provider": (
            *("/provider", console, f"{console}/edit", f"{console}/courses/new"),
            *(f"{console}/facilities/new", f"{console}/slots/new", f"{slot}/roster"),
            *(f"{slot}/requirements", "/qualifications"),
            *(f"{slot}/edit", f"{slot}/cancellation", f"{console}/facilities/hall/closures"),
            *(f"{console}/resources", f"{desk}/attendance", f"{desk}/roster/print"),
            *(f"{desk}/certificates", f"/certificates/{rows.code}", f"{console}/worth"),
        ),
        "secretariat": (
            *("/secretariat", f"/secretariat/providers/{rows.applied}", "/gaps"),
            *("/secretariat/allocations", "/secretariat/worth"),
            *("/secretariat/calls", "/secretariat/calls/new"),
        ),
    }


def _trained(db: Session, basics: Course, **facts: Any) -> Actor:
    """Somebody who has passed what comes first."""
    someone = make.make_trainee(db, **facts)
    make.make_qualification(db, someone.identified(), basics)
    return someone


def _attended(db: Session, basics: Course, trainee: Actor) -> tuple[UUID, str]:
    """A date that is over, with somebody who has a certificate of it; its code."""
    now = utc_now()
    before = now - timedelta(days=9)
    day = {"starts_at": now - timedelta(days=2), "ends_at": now - timedelta(days=1)}
    slot = make.make_slot(db, basics, now=before, **day)
    owner = make.owner_of(db, slot.provider_id)
    for person in (trainee, make.make_trainee(db, name=UNBROKEN, organisation=LONG)):
        booking = book_seat(db, person, slot.id, BookSeatIn(), Desk(clock=lambda: before))
        confirm_booking(db, person, booking.id, Desk(clock=lambda: before))
        record_attendance(db, owner, booking.id, AttendanceIn(), Desk(clock=utc_now))
    given, _ = issue_certificates(db, owner, slot.id, IssueIn(), now=now)
    return slot.id, given.code


def _course(db: Session, school: Provider, basics: Course) -> Course:
    hall = make.make_facility(db, school, access_rules=["nda"])
    return make.make_course(
        db,
        school,
        title=f"{UNBROKEN} and gowning",
        mode="hands-on",
        facility=hall.slug,
        prerequisites=[basics.slug],
        platforms=["vaccines"],
    )
