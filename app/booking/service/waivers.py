"""Letting a person enter a slot without a course that it requires: named roles, with a reason."""

from uuid import UUID

from sqlmodel import Session

from app.accounts import service as people
from app.accounts.rules import Actor
from app.booking.queries import claims
from app.booking.queries.requirements import done_courses
from app.booking.service.desk import Desk, open_slot, promote
from app.booking.service.risks import note_risks
from app.core.errors import ConflictError, ForbiddenError, NotFoundError, invalid
from app.qualifications.models import Waiver
from app.qualifications.schemas.paths import WaiverIn
from app.qualifications.service import qualifications
from app.qualifications.service.qualifications import Waived
from app.registry.models import Slot
from app.registry.queries.chains import requirements_of
from app.registry.queries.rows import find_course, find_slot

SECRETARIAT, PROVIDER = "secretariat", "provider"


class NothingToWaiveError(ConflictError):
    """The person has passed everything that the slot requires, or it was waived already."""

    code = "nothing_to_waive"


def waive(db: Session, actor: Actor, slot_id: UUID, request: WaiverIn, desk: Desk) -> list[Waiver]:
    """Waive one course that the slot requires, or all that are missing, for one person.

    For people of the slot's provider, and for the secretariat; never for oneself. The line moves
    in the same commit, since the person may have waited for this.

    Raises:
        ForbiddenError: The actor sees the slot and has neither role, or is the person.
        InvalidError: There is no such person, or the slot does not require the course.
        NothingToWaiveError: Nothing is missing.
    """
    user_id = actor.require_write()
    found, _ = find_slot(db, actor, slot_id)
    role = role_for(actor, found.provider_id)
    locked = open_slot(db, slot_id, desk)
    person_id = _person_id(db, request, by=user_id, desk=desk)
    if person_id == user_id:
        raise ForbiddenError("Nobody waives a requirement for themselves.")
    rows = [
        qualifications.waive(
            db,
            Waived(person_id, slot_id, course_id, role, request.reason),
            by=user_id,
            now=locked.now,
        )
        for course_id in _courses(db, actor, locked.slot, person_id, request.course)
    ]
    booking = claims.live_booking(db, slot_id, person_id)
    if booking is not None:
        note_risks(db, locked, booking)
    promote(db, locked)
    return rows


def role_for(actor: Actor, provider_id: UUID) -> str:
    """In which role the actor waives what a slot of this provider requires.

    Raises:
        ForbiddenError: In none.
    """
    if provider_id in actor.providers:
        return PROVIDER
    if actor.secretariat:
        return SECRETARIAT
    raise ForbiddenError("Only people of the slot's provider and the secretariat may waive this.")


def _person_id(db: Session, request: WaiverIn, *, by: UUID, desk: Desk) -> UUID:
    if request.person is not None:
        person = claims.person_row(db, request.person)
        if person is None:
            raise invalid("person", "There is no such person.", "unknown_person")
        return person.id
    # Somebody unknown is named, so that nobody learns here who has an account.
    return people.named_person(
        db, email=str(request.email), name=str(request.name), country=None, by=by, now=desk.clock()
    ).id


def _courses(db: Session, actor: Actor, slot: Slot, person_id: UUID, ref: str | None) -> list[UUID]:
    required = requirements_of(db, [slot.course_id]).get(slot.course_id, ())
    wanted = list(required) if ref is None else [_required(db, actor, ref, required)]
    done = done_courses(db, slot, person_id, wanted)
    missing = [course_id for course_id in wanted if course_id not in done]
    if not missing:
        raise NothingToWaiveError("This person has what the date requires; there is nothing left.")
    return missing


def _required(db: Session, actor: Actor, ref: str, required: tuple[UUID, ...]) -> UUID:
    try:
        course_id = find_course(db, actor, ref)[0].id
    except NotFoundError as error:
        raise invalid("course", "There is no such course.", "unknown_course") from error
    if course_id not in required:
        raise invalid("course", "This date does not require that course.", "not_required")
    return course_id
