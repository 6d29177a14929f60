"""An invitation as iCalendar (RFC 5545, RFC 5546): for one mailbox, in UTC."""

from datetime import UTC, timedelta

from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as Meeting

from connectors.mailbox.texts import Told
from hub import wording
from hub.facts import facts
from hub.language import said
from hub.register.model import Register
from hub.rules.inviting import Invitation
from schemas.catalogue import Plan

_HOUR = timedelta(hours=1)
"""How long a meeting stands in the calendar: a plan says when it begins."""


def as_calendar(told: Told, invited: Invitation, mailbox: str, sender: str, register: Register) -> str:
    """The invitation, or that it is off, from the hub for this mailbox. The same again is the same text."""
    plan = told.event
    assert isinstance(plan, Plan)  # noqa: S101 - only plans invite
    calendar = Calendar()
    calendar.add("prodid", "-//Kernhub//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if invited.is_off else "REQUEST")
    meeting = Meeting()
    meeting.add("uid", f"{invited.uid}@{sender.partition('@')[2]}")
    meeting.add("sequence", invited.sequence)
    meeting.add("dtstamp", plan.time)
    meeting.add("dtstart", plan.data.starts_at.astimezone(UTC))
    meeting.add("dtend", plan.data.starts_at.astimezone(UTC) + _HOUR)
    meeting.add("summary", f"[TLP:{plan.tlp}] {plan.data.title}")
    if plan.data.place:
        meeting.add("location", plan.data.place)
    meeting.add("description", _description(told, register))
    meeting.add("url", told.link)
    meeting.add("class", "CONFIDENTIAL")
    meeting.add("status", "CANCELLED" if invited.is_off else "CONFIRMED")
    organizer = vCalAddress(f"mailto:{sender}")
    organizer.params["cn"] = vText(
        said("{party} via Kernhub", party=wording.party_name(told.publisher, register))
    )
    meeting["organizer"] = organizer
    attendee = vCalAddress(f"mailto:{mailbox}")
    attendee.params["role"] = vText("REQ-PARTICIPANT")
    attendee.params["partstat"] = vText("NEEDS-ACTION")
    attendee.params["rsvp"] = vText("FALSE")
    meeting.add("attendee", attendee, encode=False)
    calendar.add_component(meeting)
    written: bytes = calendar.to_ical()
    return written.decode()


def _description(told: Told, register: Register) -> str:
    facts_said = [f"{fact.label}: {fact.text}" for fact in facts(told.event, register)]
    return "\n".join([*facts_said, said("Hoe lang het duurt, staat er niet bij."), told.link])
