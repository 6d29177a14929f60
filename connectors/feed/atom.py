"""Atom (RFC 4287) of what a party received."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from hub.outlets.handing import Handed
from hub.register.model import Register
from hub.rules.handing import LAPSE
from hub.words import wording
from hub.words.facts import facts
from schemas.catalogue import parse
from schemas.envelope import is_exercise

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold."""
_MOST_TEXT = 1000


def atom(
    name: str, title: str, deliveries: Sequence[Handed], public_url: str, register: Register, now: datetime
) -> bytes:
    """The feed, newest first. `name`: a UUID that this feed always has; ids of entries are those of the
    deliveries."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "nl"})
    _text(feed, "id", f"urn:uuid:{name}")
    _text(feed, "title", title)
    _text(feed, "updated", _moment(deliveries[0].planned_at if deliveries else now))
    _text(feed, "generator", "Kernhub")
    author = ET.SubElement(feed, f"{{{_ATOM}}}author")
    _text(author, "name", "Kernhub")
    for one in deliveries:
        _entry(feed, one, public_url, register)
    made: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return made


def _entry(feed: ET.Element, one: Handed, public_url: str, register: Register) -> None:
    event = parse(one.event)
    entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
    kind = "Antwoord geldt niet meer" if one.channel == LAPSE else wording.type_name(event)
    _text(entry, "id", f"urn:uuid:{one.key}")
    mark = "[OEFENING] " if is_exercise(event.source) else ""
    _text(entry, "title", f"{mark}[TLP:{event.tlp}] {kind}: {wording.title(event)}")
    _text(entry, "updated", _moment(one.planned_at))
    _text(entry, "published", _moment(event.time))
    author = ET.SubElement(entry, f"{{{_ATOM}}}author")
    _text(author, "name", wording.party_name(one.publisher, register) or "Onbekend")
    link = {"rel": "alternate", "href": f"{public_url}/gebeurtenissen/{one.event_key}"}
    ET.SubElement(entry, f"{{{_ATOM}}}link", link)
    for term in (event.type, *event.functions, *event.areas, *(["oefening"] if mark else [])):
        ET.SubElement(entry, f"{{{_ATOM}}}category", {"term": str(term)})
    lines = [f"{fact.label}: {fact.text}" for fact in facts(event, register) if fact.text]
    about = f"{wording.functions(event, register)}; {wording.areas(event.areas, register, most=8)}"
    _text(entry, "summary", wording.shortened("\n".join([*lines, about]), _MOST_TEXT))


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = _NOT_XML.sub("\ufffd", text)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
