"""Certificates are issued, replaced and revoked, on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.booking.schemas import AttendanceIn
from app.booking.service.attendance import CertifiedError, record_attendance
from app.booking.service.desk import Desk
from app.certificates.queries import (
    candidates,
    certificate_view,
    find_certificate,
    find_own_certificate,
    own_certificates,
)
from app.certificates.rules import CertificateOverError, NoCertificateError
from app.certificates.schemas import IssueIn, WhyIn
from app.certificates.service import issue_certificates, reissue_certificate, revoke_certificate
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import AuditEntry
from app.qualifications.models import Certificate
from app.registry.models import Course, Provider
from tests.booking.people import Hands
from tests.certificates.attended import (
    attend,
    certificates_of,
    held_slot,
    qualifications_of,
    rename,
)
from tests.factories import (
    NOW,
    TODAY,
    make_focal_point,
    make_provider,
    make_secretariat,
    owner_of,
)

WHY = WhyIn(reason="The name was misspelt.")


def test_everybody_who_earned_one_gets_one_and_no_second(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands, certificate="assessed-completion")
        owner = owner_of(db, slot.provider_id)
        _, passed = attend(db, slot, desk, hands, result="passed")
        _, failed = attend(db, slot, desk, hands, result="failed")
        _, unknown = attend(db, slot, desk, hands)

        issued = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)
        again = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)

        assert [row.booking_id for row in issued] == [passed]
        assert again == []
        assert certificates_of(db, failed) == certificates_of(db, unknown) == []


def test_a_certificate_says_what_was_true_on_its_day(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands, title="Aseptic filling", length=2.5)
        owner = owner_of(db, slot.provider_id)
        actor, booking = attend(db, slot, desk, hands, name="محمد")
        (row,) = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)
        course, provider = (
            db.get_one(Course, slot.course_id),
            db.get_one(Provider, slot.provider_id),
        )
        course.title, provider.name = "Otherwise", "Otherwise"
        rename(db, actor, "Otherwise")
        db.add(course)
        db.add(provider)

    with database.read() as db:
        view = certificate_view(find_certificate(db, row.code), now=NOW)
        assert (view.person, view.course, view.provider) == (
            *("محمد", "Aseptic filling", "Training Centre"),
        )
        assert (view.length, view.kind, view.result) == ("2.5 days", "attendance", None)
        assert [(skill.level, skill.level_label) for skill in view.skills] == [
            (3, "Independent practice")
        ]
        assert certificates_of(db, booking)[0].person_id == actor.user_id


def test_a_certificate_counts_as_a_qualification_for_as_long_as_the_course_says(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        course = db.get_one(Course, slot.course_id)
        course.valid_months = 12
        db.add(course)
        actor, _ = attend(db, slot, desk, hands)

        (row,) = issue_certificates(db, owner_of(db, slot.provider_id), slot.id, IssueIn(), now=NOW)

        (held,) = qualifications_of(db, actor)
        assert (held.state, held.course_id, held.certificate_id) == (
            *("verified", slot.course_id, row.id),
        )
        assert held.valid_until == row.valid_until
        assert row.valid_until is not None
        assert row.valid_until > row.issued_on + timedelta(days=364)


def test_a_certificate_issued_again_has_the_new_name_and_the_old_dates(
    database: Database, desk: Desk, hands: Hands
) -> None:
    later = NOW + timedelta(days=40)
    with database.write() as db:
        slot = held_slot(db, hands)
        owner = owner_of(db, slot.provider_id)
        actor, booking = attend(db, slot, desk, hands, name="Adda Lovelace")
        (old,) = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)
        old_code, issued_on = old.code, old.issued_on
        rename(db, actor, "Ada Lovelace")

        new = reissue_certificate(db, owner, old_code.lower(), WHY, now=later)

        assert new.code != old_code
        assert (new.person_name, new.issued_on) == ("Ada Lovelace", issued_on)
        assert new.facts["replaces"] == old_code
        first, second = certificates_of(db, booking)
        assert [first.state, second.state] == ["revoked", "valid"]
        assert certificate_view(first, now=later).revoked_on == later.date()
        assert certificate_view(second, now=later).revoked_on is None
        assert [each.state for each in qualifications_of(db, actor)] == ["revoked", "verified"]


def test_a_revoked_certificate_counts_for_nothing_and_stays_to_be_seen(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        owner = owner_of(db, slot.provider_id)
        actor, booking = attend(db, slot, desk, hands)
        (row,) = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)

        revoke_certificate(db, make_secretariat(db), row.code, WHY, now=NOW)

        assert certificate_view(find_certificate(db, row.code), now=NOW).state == "revoked"
        assert [each.state for each in qualifications_of(db, actor)] == ["revoked"]
        for change in (revoke_certificate, reissue_certificate):
            with pytest.raises(CertificateOverError):
                change(db, owner, row.code, WHY, now=NOW)
        told = db.exec(
            select(AuditEntry).where(AuditEntry.subject_id == row.id).order_by(col(AuditEntry.id))
        ).all()
        assert [(each.action, each.reason) for each in told] == [
            ("certificate.issued", None),
            ("certificate.revoked", WHY.reason),
        ]
        (fresh,) = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)
        assert fresh.booking_id == booking


def test_a_certificate_expires_after_its_last_day(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        attend(db, slot, desk, hands)
        (row,) = issue_certificates(db, owner_of(db, slot.provider_id), slot.id, IssueIn(), now=NOW)
        row.valid_until = row.issued_on
        db.add(row)
        db.flush()

        assert certificate_view(row, now=NOW).state == "valid"
        assert certificate_view(row, now=NOW + timedelta(days=2)).state == "expired"


def test_those_named_must_have_earned_one(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        owner = owner_of(db, slot.provider_id)
        _, there = attend(db, slot, desk, hands)
        _, absent = attend(db, slot, desk, hands)
        record_attendance(db, owner, absent, AttendanceIn(attended=False), desk)

        with pytest.raises(InvalidError) as caught:
            issue_certificates(db, owner, slot.id, IssueIn(bookings=(there, absent)), now=NOW)
        assert [problem.loc for problem in caught.value.problems] == [("bookings", 1)]
        (row,) = issue_certificates(db, owner, slot.id, IssueIn(bookings=(there,)), now=NOW)
        assert row.booking_id == there


@pytest.mark.parametrize("said", [{"attended": False}, {"result": "failed"}])
def test_a_list_cannot_contradict_a_certificate_that_stands(
    database: Database, desk: Desk, hands: Hands, said: dict[str, object]
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands, certificate="assessed-completion")
        owner = owner_of(db, slot.provider_id)
        _, booking = attend(db, slot, desk, hands, result="passed")
        (row,) = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)
        otherwise = AttendanceIn.model_validate(said)
        with pytest.raises(CertifiedError):
            record_attendance(db, owner, booking, otherwise, desk)
        note = AttendanceIn(result="passed", result_note="19 of 20")
        record_attendance(db, owner, booking, note, desk)

        revoke_certificate(db, owner, row.code, WHY, now=NOW)
        record_attendance(db, owner, booking, otherwise, desk)

        assert issue_certificates(db, owner, slot.id, IssueIn(), now=NOW) == []


def test_some_courses_give_none(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = held_slot(db, hands, certificate="none")
        attend(db, slot, desk, hands)

        with pytest.raises(NoCertificateError):
            issue_certificates(db, owner_of(db, slot.provider_id), slot.id, IssueIn(), now=NOW)


def test_strangers_issue_nothing_and_print_nothing(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        owner = owner_of(db, slot.provider_id)
        actor, _ = attend(db, slot, desk, hands)
        (row,) = issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)
        other = owner_of(db, make_provider(db).id)
        for stranger in (other, make_focal_point(db), attend(db, slot, desk, hands)[0]):
            with pytest.raises(NotFoundError):
                issue_certificates(db, stranger, slot.id, IssueIn(), now=NOW)
            with pytest.raises(NotFoundError):
                candidates(db, stranger, slot.id, now=NOW)
            with pytest.raises(NotFoundError):
                find_own_certificate(db, stranger, row.code)
            with pytest.raises(ForbiddenError):
                revoke_certificate(db, stranger, row.code, WHY, now=NOW)
        for one in (actor, owner, make_secretariat(db)):
            assert find_own_certificate(db, one, row.code).id == row.id


def test_two_certificates_of_one_booking_cannot_both_stand(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        attend(db, slot, desk, hands)
        (row,) = issue_certificates(db, owner_of(db, slot.provider_id), slot.id, IssueIn(), now=NOW)
        facts = row.model_dump(exclude={"id", "code"})

    with pytest.raises(IntegrityError), database.write() as db:
        db.add(Certificate(**facts, code="0000-0000-0000"))


def test_own_certificates_are_listed_newest_first_in_pages(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        owner = owner_of(db, slot.provider_id)
        actor, _ = attend(db, slot, desk, hands)
        issue_certificates(db, owner, slot.id, IssueIn(), now=NOW)
        for _ in range(2):
            newest = own_certificates(db, actor, now=NOW)[0][0]
            reissue_certificate(db, owner, newest.code, WHY, now=NOW)

        first, total, more = own_certificates(db, actor, now=NOW, limit=2)
        rest, _, end = own_certificates(db, actor, now=NOW, limit=2, after=more)

        assert (total, len(first), len(rest), end) == (3, 2, 1, None)
        assert [each.state for each in (*first, *rest)] == ["valid", "revoked", "revoked"]
        assert own_certificates(db, owner, now=NOW)[1] == 0


def test_the_day_of_issue_is_a_day_of_the_place(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        attend(db, slot, desk, hands)
        late = NOW.replace(hour=23, minute=30)  # in Nairobi it is tomorrow

        (row,) = issue_certificates(
            db, owner_of(db, slot.provider_id), slot.id, IssueIn(), now=late
        )

        assert slot.zone == "Africa/Nairobi"
        assert row.issued_on == date.fromordinal(TODAY.toordinal() + 1)
