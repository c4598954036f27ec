"""The attendance list, on paper, as a spreadsheet and as a page on a phone without scripts."""

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import Session, select

from app.booking.models import Attendance, Booking
from app.booking.rules import BookingState
from app.booking.schemas import AttendanceIn
from app.booking.service.attendance import record_attendance
from app.booking.service.desk import Desk
from app.core.db import Database
from app.qualifications.models import Qualification
from app.registry.models import Slot
from app.registry.queries.rows import meetings_of
from tests.booking.browsing import forms_of, sign_in, words
from tests.booking.people import Hands, book_new, confirm_new, state_of
from tests.factories import (
    NOW,
    login,
    make_course,
    make_facility,
    make_provider,
    make_slot,
    owner_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from playwright.sync_api import Browser

S = BookingState


def two_days(db: Session, **facts: Any) -> Slot:
    """A slot of two meetings on two days, from three days ahead."""
    first = (NOW + timedelta(days=3)).replace(hour=9, minute=0, second=0)
    starts = [first, first + timedelta(days=1)]
    meetings = [{"starts_at": each, "ends_at": each + timedelta(hours=3)} for each in starts]
    return make_slot(db, make_course(db, **facts), meetings=meetings)


def sheet_url(slot: Slot) -> str:
    """The attendance page of a slot."""
    return f"/provider/slots/{slot.id}/attendance"


def boxes(db: Session, slot: Slot) -> list[str]:
    """The values of the boxes, one for each meeting."""
    return [str(meeting.id) for meeting in meetings_of(db, [slot.id])[slot.id]]


def test_boxes_are_saved_with_one_button(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = two_days(db)
        days = boxes(db, slot)
        _, there = confirm_new(db, slot.id, desk, name="Abena")
        _, absent = confirm_new(db, slot.id, desk, name="Bao")
        owner = owner_of(db, slot.provider_id)
    hands.at = slot.ends_at
    sign_in(client, database, owner)
    page = client.get(sheet_url(slot))

    sent = {
        **forms_of(page)[sheet_url(slot)],
        "meetings": days,
        "people-0-present": days,
        "people-1-present": [],
    }
    saved = client.post(sheet_url(slot), data=sent)

    assert saved.headers["location"] == f"{sheet_url(slot)}?notice=attendance"
    with database.read() as db:
        assert [state_of(db, each.id) for each in (there, absent)] == [S.ATTENDED, S.NO_SHOW]
    again = client.get(sheet_url(slot))
    assert len(re.findall(r'name="people-0-present"[^>]* checked', again.text)) == 2
    assert "not recorded" not in words(again)


def test_one_button_says_that_everybody_was_there(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = two_days(db)
        days = boxes(db, slot)
        people = [confirm_new(db, slot.id, desk)[1] for _ in range(3)]
        owner = owner_of(db, slot.provider_id)
    hands.at = slot.starts_at
    sign_in(client, database, owner)
    page = client.get(sheet_url(slot))
    assert "Days that can be recorded once they have come" in words(page)

    sent = {**forms_of(page)[sheet_url(slot)], "meetings": days[:1], "everybody": "true"}
    assert client.post(sheet_url(slot), data=sent).status_code == 303

    with database.read() as db:
        assert db.exec(select(Attendance.present)).all() == [True] * 3
        assert {state_of(db, each.id) for each in people} == {S.CONFIRMED}


def test_what_was_ticked_stays_when_a_list_is_refused(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = two_days(db, certificate="assessed-completion")
        days = boxes(db, slot)
        confirm_new(db, slot.id, desk, name="Abena")
        owner = owner_of(db, slot.provider_id)
    hands.at = slot.ends_at
    sign_in(client, database, owner)
    form = forms_of(client.get(sheet_url(slot)))[sheet_url(slot)]

    sent = {**form, "meetings": days, "people-0-present": [], "people-0-result": "passed"}
    refused = client.post(sheet_url(slot), data=sent)

    assert refused.status_code == 409
    assert "Somebody who did not come has no result." in words(refused)
    assert "Abena" in words(refused)
    assert re.search(r'<option value="passed" selected', refused.text)
    assert len(re.findall(r'name="meetings"[^>]* checked', refused.text)) == 2
    assert not re.findall(r'name="people-0-present"[^>]* checked', refused.text)
    with database.read() as db:
        assert db.exec(select(Attendance)).all() == []


def test_days_that_nobody_recorded_are_shown_as_the_whole_was(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = two_days(db)
        _, there = confirm_new(db, slot.id, desk, name="Abena")
        confirm_new(db, slot.id, desk, name="Bao")
        owner = owner_of(db, slot.provider_id)
        hands.at = slot.ends_at
        record_attendance(db, owner, there.id, AttendanceIn(), desk)
    sign_in(client, database, owner)

    page = client.get(sheet_url(slot))

    assert len(re.findall(r'name="people-0-present"[^>]* checked', page.text)) == 2
    assert not re.findall(r'name="people-1-present"[^>]* checked', page.text)


def test_a_list_without_a_day_is_asked_for_one(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = two_days(db)
        confirm_new(db, slot.id, desk)
        owner = owner_of(db, slot.provider_id)
    hands.at = slot.ends_at
    sign_in(client, database, owner)
    form = forms_of(client.get(sheet_url(slot)))[sheet_url(slot)]

    refused = client.post(sheet_url(slot), data={**form, "meetings": []})

    assert refused.status_code == 422
    assert "Please choose the days to record." in words(refused)


def test_a_spreadsheet_of_people_runs_nothing(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = two_days(db)
        days = boxes(db, slot)
        for name in ("=1+1", "+41", "-x", "@me", '欧阳, "慧敏"'):
            _, booking = confirm_new(db, slot.id, desk, name=name, organisation="\tTab")
        book_new(db, slot.id, desk, name="Held", country="GH")
        owner = owner_of(db, slot.provider_id)
    hands.at = slot.starts_at
    with database.write() as db:
        db.add(
            Attendance(
                booking_id=booking.id,
                meeting_id=UUID(days[0]),
                present=True,
                recorded_by=owner.identified(),
                recorded_at=NOW,
            )
        )
    sign_in(client, database, owner)

    answer = client.get(f"/provider/slots/{slot.id}/roster.csv")

    assert answer.content.startswith("\ufeffNumber,Name,".encode())
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    names = ["'+41", "'-x", "'=1+1", "'@me", "Held", '欧阳, "慧敏"']
    assert [row[1] for row in rows[1:]] == names
    assert [row[4] for row in rows[1:]] == ["'\tTab"] * 4 + ["", "'\tTab"]
    assert rows[6][-2:] == ["present", ""]


def test_a_list_on_paper_has_room_to_sign_and_says_what_to_bring(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        place = make_facility(db, provider, access_rules=["nda"])
        course = make_course(db, provider, mode="hands-on", facility=str(place.id))
        slot = make_slot(db, course, facility=str(place.id))
        actor, _ = confirm_new(db, slot.id, desk, name="محمد", organisation="Ministry")
        _, other = confirm_new(db, slot.id, desk, name="Zoë")
        for person, until in ((actor.identified(), 31), (other.person_id, 29)):
            db.add(
                Qualification(
                    person_id=person,
                    kind="nda",
                    issuer="Plant",
                    issued_on=NOW.date(),
                    valid_until=NOW.date() + timedelta(days=until),
                    state="verified",
                    created_by=person,
                    created_at=NOW,
                )
            )
        owner = owner_of(db, provider.id)
    sign_in(client, database, owner)

    page = client.get(f"/provider/slots/{slot.id}/roster/print")

    assert '<span dir="auto">محمد</span>' in page.text
    assert "Ministry" in words(page)
    assert page.text.count('class="sign"') == 2
    assert words(page).count("✓ shown") == 1


def test_a_phone_without_scripts_records_a_day(
    browser: "Browser",
    live_server: str,
    sqlite_database: Database,
) -> None:
    now = NOW
    desk = Desk(clock=lambda: now - timedelta(days=2))
    with sqlite_database.write() as db:
        starts = now - timedelta(hours=3)
        slot = make_slot(
            db, starts_at=starts, ends_at=starts + timedelta(hours=2), now=now - timedelta(days=3)
        )
        _, booking = confirm_new(db, slot.id, desk, name="ဒေါ်ခင်မြင့်")
        token = login(db, owner_of(db, slot.provider_id))
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    context.add_cookies([{"name": "cadre_login", "value": token, "url": live_server}])
    tab = context.new_page()

    tab.goto(f"{live_server}/slots/{slot.id}/roster")
    tab.get_by_role("link", name="Attendance").click()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.get_by_label("ဒေါ်ခင်မြင့်").first.check()
    tab.get_by_role("button", name="Save attendance").click()

    assert "Attendance was recorded." in tab.inner_text("main")
    context.close()
    with sqlite_database.read() as db:
        assert db.get_one(Booking, booking.id).state == S.ATTENDED
