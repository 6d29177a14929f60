"""A feed, held to what RFC 4287 says must be in it, beside the parser of feeds that reads it elsewhere."""

import re
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree as ET

import feedparser
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feed.atom import atom
from hub.handing import Handed
from hub.store.stream import Place
from schemas.catalogue import Event
from tests.registers import REGISTER
from tests.unit.strategies import PARTIES, events

_NOW = datetime(2027, 6, 7, 6, 30, tzinfo=UTC)
_ATOM = "{http://www.w3.org/2005/Atom}"
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ONCE = {"id", "title", "updated"}
_AT_MOST_ONCE = {
    "generator",
    "icon",
    "logo",
    "subtitle",
    "rights",
    "published",
    "source",
    "summary",
    "content",
}
_ANY = {"author", "category", "link", "entry"}


def _against_the_rules(element: ET.Element) -> list[str]:
    """The musts of sections 4.1.1 and 4.1.2 that a feed or entry breaks."""
    found = Counter(child.tag.removeprefix(_ATOM) for child in element)
    broken = [f"{name} is there {found[name]} times" for name in _ONCE if found[name] != 1]
    broken += [f"{name} is there {found[name]} times" for name in _AT_MOST_ONCE if found[name] > 1]
    broken += [f"{name} is unknown" for name in found if name not in _ONCE | _AT_MOST_ONCE | _ANY]
    if not element.findall(f"{_ATOM}author/{_ATOM}name"):
        broken.append("nobody is its author")
    for name in ("updated", "published"):
        broken += [
            f"{one.text}" for one in element.findall(_ATOM + name) if not _DATE.fullmatch(one.text or "")
        ]
    links = [link.attrib for link in element.findall(f"{_ATOM}link")]
    broken += [f"{link} leads nowhere" for link in links if not link.get("href", "").startswith("http")]
    broken += [f"{one.attrib}" for one in element.findall(f"{_ATOM}category") if not one.get("term")]
    if element.tag == f"{_ATOM}entry" and [link.get("rel") for link in links] != ["alternate"]:
        broken.append("an entry without content has one other form")
    return broken


@settings(max_examples=30)
@given(st.lists(st.tuples(events(), st.sampled_from([*PARTIES, "left"])), max_size=4))
def test_any_feed_keeps_the_musts_of_its_standard(rows: list[tuple[Event, str]]) -> None:
    handed = [
        Handed(
            UUID(int=number),
            UUID(int=number),
            "mail",
            Place(1, number),
            _NOW,
            publisher,
            told.model_dump(mode="json", exclude_none=True),
        )
        for number, (told, publisher) in enumerate(rows)
    ]
    written = atom(str(UUID(int=99)), "Kernhub", handed, "https://hub.example", REGISTER, _NOW)
    feed = ET.fromstring(written)  # noqa: S314 - our own
    entries = feed.findall(f"{_ATOM}entry")
    assert feed.tag == f"{_ATOM}feed"
    assert [broken for one in (feed, *entries) for broken in _against_the_rules(one)] == []
    assert len({one.findtext(f"{_ATOM}id") for one in (feed, *entries)}) == 1 + len(rows)
    assert not feedparser.parse(written).bozo
