"""Invitations, as another parser of iCalendar reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import vobject
from hypothesis import given
from hypothesis import strategies as st

from connectors.mailbox.calendar import as_calendar
from connectors.mailbox.sending import message
from connectors.mailbox.texts import Told
from hub.rules.inviting import invitation
from hub.rules.relations import Reason, Relation
from schemas.catalogue import Event, Plan
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


def _read(plan: Plan, before: list[Plan], party: str = "pv31") -> Any:
    written = _written(plan, before, party)
    return written and vobject.readOne(written)


def _written(plan: Plan, before: list[Plan], party: str = "pv31") -> str | None:
    invited = invitation(plan, before, party, {Relation.CORE_TEAM})
    if invited is None:
        return None
    told = Told(plan, "gm0935", [Reason(Relation.PROVINCE, None, "GM0935")], "https://hub.example/g/1")
    written = as_calendar(told, invited, _MAILBOX, _SENDER, REGISTER)
    assert written == as_calendar(told, invited, _MAILBOX, _SENDER, REGISTER)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    return written


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
    assert first.vevent.summary.value == "[TLP:GREEN] Risicodialoog Geuldal"
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


@given(
    events(["risk-dialogue-planned", "ministry-consultation-planned"]), st.sampled_from(["pv31", "gm0935"])
)
def test_whatever_is_planned_is_read_back(plan: Event, party: str) -> None:
    assert isinstance(plan, Plan)
    if found := _read(plan, [], party):
        assert found.vevent.summary.value == f"[TLP:{plan.tlp}] {plan.data.title}"
        assert found.vevent.dtstart.value == plan.data.starts_at.replace(microsecond=0)
        assert len(found.contents["vevent"]) == 1
