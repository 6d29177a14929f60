"""Invitations, as another parser of iCalendar reads them."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from connectors.mailbox.calendar import as_calendar, as_file, with_file
from connectors.mailbox.sending import message
from connectors.mailbox.texts import Told, immediate
from hub.rules.inviting import Invitation, asked_along, invitation
from hub.rules.relations import Reason, Relation
from schemas.catalogue import Event, Plan
from schemas.envelope import is_exercise
from schemas.participation import ParticipationRequested
from tests.events import event
from tests.registers import REGISTER
from tests.unit.strategies import events

_MAILBOX, _SENDER = "pv31@postbus.example", "kernhub@kernhub.example"


def _dialogue(event_id: str, before: Event | None = None, **data: Any) -> Plan:
    said: dict[str, Any] = {
        "title": "Risicodialoog Geuldal",
        "text": "Neem mee:\n- kaarten; en\nATTENDEE:mailto:kwaad@elders.example",
        "hazards": ["flood"],
        "starts_at": "2027-06-24T13:30:00+02:00",
        "place": "Provinciehuis, Maastricht",
        "participants": ["pv31"],
        "supersedes": {"source": before.source, "id": before.id} if before else None,
        **data,
    }
    found = event("risk-dialogue-planned", id=event_id, data=said)
    assert isinstance(found, Plan)
    return found


def _told(one: Event) -> Told:
    return Told(one, "gm0935", [Reason(Relation.PROVINCE, None, "GM0935")], "https://hub.example/g/1")


def _read(plan: Plan, before: list[Plan], party: str = "pv31") -> Any:
    written = _written(plan, before, party)
    return written and vobject.readOne(written)


def _written(plan: Plan, before: list[Plan], party: str = "pv31") -> str | None:
    invited = invitation(plan, before, party, {Relation.CORE_TEAM})
    if invited is None:
        return None
    written = as_calendar(_told(plan), invited, _MAILBOX, _SENDER, REGISTER)
    assert written == as_calendar(_told(plan), invited, _MAILBOX, _SENDER, REGISTER)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    return written


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_mail_as_a_whole_says_in_which_language_it_is(language: str) -> None:
    plan, html = _dialogue("een"), f'<html lang="{language}"><p>x</p></html>'
    file = as_file([(_told(plan), Invitation(uuid4(), 0, is_off=False))], _SENDER, REGISTER)
    for calendar in (None, _written(plan, []), file):
        args = (uuid4(), _SENDER, _MAILBOX, "x", "x", "GREEN", plan.time, html)
        mail = message_from_bytes(message(*args, calendar=calendar).as_bytes(), policy=policy.default)
        assert [part["Content-Language"] for part in mail.walk() if "Content-Language" in part] == [language]
        assert mail["Content-Language"] == language
    called = [part.get_filename() for part in mail.iter_attachments()]
    assert called == [{"nl": "afspraken.ics", "en": "meetings.ics"}[language]]


def test_a_mail_has_the_method_of_its_calendar_whatever_the_plan_says() -> None:
    plan = _dialogue("een", title="METHOD:CANCEL", text="\nMETHOD:CANCEL\n")
    off = _dialogue("twee", plan, state="cancelled")
    for calendar, method in ((_written(plan, []), "REQUEST"), (_written(off, [plan]), "CANCEL")):
        mail = message(
            uuid4(), _SENDER, _MAILBOX, "x", "x", "GREEN", plan.time, "<p>x</p>", calendar=calendar
        )
        assert [part.get_param("method") for part in mail.iter_parts()] == [None, None, method]


def test_a_plan_a_change_and_its_end_are_one_meeting() -> None:
    plan = _dialogue("een")
    moved = _dialogue("twee", plan, starts_at="2027-11-25T09:00:00+01:00")
    off = _dialogue("drie", moved, state="cancelled")
    first, second, third = _read(plan, []), _read(moved, [plan]), _read(off, [moved, plan])
    assert [one.method.value for one in (first, second, third)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [one.vevent.sequence.value for one in (first, second, third)] == ["0", "1", "2"]
    assert len({one.vevent.uid.value for one in (first, second, third)}) == 1
    assert third.vevent.status.value == "CANCELLED"
    assert first.vevent.dtstart.value == datetime(2027, 6, 24, 11, 30, tzinfo=UTC)
    assert second.vevent.dtstart.value == datetime(2027, 11, 25, 8, tzinfo=UTC)
    assert second.vevent.dtend.value - second.vevent.dtstart.value == timedelta(hours=1)
    assert first.vevent.summary.value == "[OEFENING] [TLP:GREEN] Risicodialoog Geuldal"
    real = plan.model_copy(update={"source": "urn:nld:oin:00000001123456780000:systeem:zaken"})
    assert _read(real, []).vevent.summary.value == "[TLP:GREEN] Risicodialoog Geuldal"
    assert first.vevent.location.value == "Provinciehuis, Maastricht"
    (invited,) = first.vevent.attendee_list
    assert invited.value == f"mailto:{_MAILBOX}"
    assert "ATTENDEE:mailto:kwaad@elders.example" in first.vevent.description.value.splitlines()
    assert first.vevent.organizer.value == f"mailto:{_SENDER}"


def test_another_plan_is_another_meeting_and_who_takes_no_part_is_not_invited() -> None:
    one, other = _dialogue("een"), _dialogue("twee")
    assert _read(one, []).vevent.uid.value != _read(other, []).vevent.uid.value
    assert _read(one, [], "vr24") is None
    without = _dialogue("drie", one, participants=["gm0935"])
    assert _read(without, [one]).method.value == "CANCEL"
    assert _read(without, [one], "gm0935").method.value == "REQUEST"


def test_all_meetings_of_a_mail_are_one_file_with_the_newest_version_of_each() -> None:
    plan, other, asked = _dialogue("een"), _dialogue("twee"), event("participation-requested")
    moved = _dialogue("drie", plan, starts_at="2027-11-25T09:00:00+01:00")
    off = _dialogue("vier", other, state="cancelled")
    assert isinstance(asked, ParticipationRequested)
    told = [(moved, [plan]), (plan, []), (off, [other])]
    meetings = [
        *((_told(one), invitation(one, before, "pv31", set())) for one, before in told),
        (_told(asked), asked_along(asked)),
    ]
    written = as_file([(one, invited) for one, invited in meetings if invited], _SENDER, REGISTER)
    assert written is not None
    read = vobject.readOne(written)
    assert read.method.value == "PUBLISH"
    assert [(one.sequence.value, one.status.value) for one in read.vevent_list] == [
        ("1", "CONFIRMED"),
        ("1", "CANCELLED"),
        ("0", "TENTATIVE"),
    ]
    assert read.vevent_list[0].uid.value == _read(plan, []).vevent.uid.value
    assert all("attendee" not in one.contents for one in read.vevent_list), "a published meeting has none"
    assert as_file([], _SENDER, REGISTER) is None


def test_a_mail_with_a_file_of_meetings_is_the_same_bytes_again_and_says_that_it_is_there() -> None:
    plan = _dialogue("een", text="\nMETHOD:REQUEST\n")
    invited = invitation(plan, [], "pv31", set())
    assert invited is not None
    file = as_file([(_told(plan), invited)], _SENDER, REGISTER)
    text = with_file(immediate(_told(plan), REGISTER), file)
    assert "open die om ze in uw agenda te zetten" in " ".join(text.body.split())
    assert "open die om ze in uw agenda te zetten" in text.html
    key = uuid4()

    def sent() -> EmailMessage:
        return message(key, _SENDER, _MAILBOX, "x", text.body, "GREEN", plan.time, text.html, calendar=file)

    assert sent().as_bytes() == sent().as_bytes()
    mail = message_from_bytes(sent().as_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    (attached,) = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "afspraken.ics")
    assert attached.get_param("method") == "PUBLISH"
    told = vobject.readOne(attached.get_content()).vevent
    assert told.summary.value == "[OEFENING] [TLP:GREEN] Risicodialoog Geuldal"
    shown = mail.get_body()
    assert shown is not None
    assert shown.get_content_type() == "text/html"


@given(
    events(["risk-dialogue-planned", "ministry-consultation-planned"]), st.sampled_from(["pv31", "gm0935"])
)
def test_whatever_is_planned_is_read_back(plan: Event, party: str) -> None:
    assert isinstance(plan, Plan)
    if found := _read(plan, [], party):
        mark = "[OEFENING] " if is_exercise(plan.source) else ""
        assert found.vevent.summary.value == f"{mark}[TLP:{plan.tlp}] {plan.data.title}"
        assert found.vevent.dtstart.value == plan.data.starts_at.replace(microsecond=0)
        assert len(found.contents["vevent"]) == 1
