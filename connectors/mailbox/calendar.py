"""Invitations as iCalendar (RFC 5545, RFC 5546): one for one mailbox, or all of a mail as a file. In UTC."""

from collections.abc import Iterable
from datetime import UTC, timedelta
from uuid import UUID

from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as Meeting

from connectors.mailbox.rendering import with_line
from connectors.mailbox.texts import MailText, Told
from hub.register.model import Register
from hub.rules.inviting import Invitation
from hub.words import wording
from hub.words.facts import facts
from hub.words.language import said
from schemas.catalogue import Plan
from schemas.envelope import is_exercise
from schemas.participation import ParticipationRequested

_HOUR = timedelta(hours=1)
"""How long a meeting stands in the calendar: a plan says when it begins."""


def as_calendar(told: Told, invited: Invitation, mailbox: str, sender: str, register: Register) -> str:
    """The invitation, or that it is off, from the hub for this mailbox. The same again is the same text."""
    calendar = _calendar("CANCEL" if invited.is_off else "REQUEST")
    meeting = _meeting(told, invited, sender, register)
    attendee = vCalAddress(f"mailto:{mailbox}")
    attendee.params["role"] = vText("REQ-PARTICIPANT")
    attendee.params["partstat"] = vText("NEEDS-ACTION")
    attendee.params["rsvp"] = vText("FALSE")
    meeting.add("attendee", attendee, encode=False)
    calendar.add_component(meeting)
    return _written(calendar)


def as_file(meetings: Iterable[tuple[Told, Invitation]], sender: str, register: Register) -> str | None:
    """Meetings of one mail together, for who is mailed them among other things; None: there are none. Of each
    only the newest version. It is published (RFC 5546): a request may be about one meeting only."""
    newest: dict[UUID, tuple[Told, Invitation]] = {}
    for told, invited in meetings:
        if invited.uid not in newest or newest[invited.uid][1].sequence < invited.sequence:
            newest[invited.uid] = told, invited
    if not newest:
        return None
    calendar = _calendar("PUBLISH")
    for told, invited in newest.values():
        calendar.add_component(_meeting(told, invited, sender, register))
    return _written(calendar)


def with_file(text: MailText, calendar: str | None) -> MailText:
    """The mail that says, when it has meetings with it, that they are there."""
    if calendar is None:
        return text
    line = said("De afspraken in deze mail zitten er als bijlage bij: open die om ze in uw agenda te zetten.")
    body, html = with_line(text.body, text.html, line)
    return text._replace(body=body, html=html or text.html)


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Kernhub//NL")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _meeting(told: Told, invited: Invitation, sender: str, register: Register) -> Meeting:
    plan = told.event
    assert isinstance(plan, Plan | ParticipationRequested)  # noqa: S101 - only these invite
    meeting = Meeting()
    meeting.add("uid", f"{invited.uid}@{sender.partition('@')[2]}")
    meeting.add("sequence", invited.sequence)
    meeting.add("dtstamp", plan.time)
    meeting.add("dtstart", plan.data.starts_at.astimezone(UTC))
    meeting.add("dtend", plan.data.starts_at.astimezone(UTC) + _HOUR)
    # In a calendar it stands without its mail.
    mark = f"[{said('OEFENING')}] " if is_exercise(plan.source) else ""
    meeting.add("summary", f"{mark}[TLP:{plan.tlp}] {plan.data.title}")
    if plan.data.place:
        meeting.add("location", plan.data.place)
    meeting.add("description", _description(told, register))
    meeting.add("url", told.link)
    meeting.add("class", "CONFIDENTIAL")
    is_asked = isinstance(plan, ParticipationRequested)
    meeting.add("status", "CANCELLED" if invited.is_off else "TENTATIVE" if is_asked else "CONFIRMED")
    organizer = vCalAddress(f"mailto:{sender}")
    organizer.params["cn"] = vText(
        said("{party} via Kernhub", party=wording.party_name(told.publisher, register))
    )
    meeting["organizer"] = organizer
    return meeting


def _written(calendar: Calendar) -> str:
    written: bytes = calendar.to_ical()
    return written.decode()


def _description(told: Told, register: Register) -> str:
    facts_said = [f"{fact.label}: {fact.text}" for fact in facts(told.event, register)]
    return "\n".join([*facts_said, said("Hoe lang het duurt, staat er niet bij."), told.link])
