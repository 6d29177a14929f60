"""A feed, held to all that RFC 4287 asks, beside the parser of feeds that reads it elsewhere."""

from datetime import UTC, datetime
from uuid import UUID

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feed.atom import atom
from hub.outlets.handing import Handed
from hub.store.deliveries.stream import Place
from schemas.catalogue import Event
from tests.events import event
from tests.registers import REGISTER
from tests.unit.feed.standard import breaches
from tests.unit.strategies import PARTIES, events

_NOW = datetime(2027, 6, 7, 6, 30, tzinfo=UTC)


def _feed(rows: list[tuple[Event, str]]) -> bytes:
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
    return atom(str(UUID(int=99)), "Kernhub", handed, "https://hub.example", REGISTER, _NOW)


@settings(max_examples=30)
@given(st.lists(st.tuples(events(), st.sampled_from([*PARTIES, "left"])), max_size=4))
def test_any_feed_keeps_the_musts_of_its_standard(rows: list[tuple[Event, str]]) -> None:
    written = _feed(rows)
    assert breaches(written) == []
    read = feedparser.parse(written)
    assert not read.bozo
    assert len({read.feed.id, *(one.id for one in read.entries)}) == 1 + len(rows)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<id>urn:uuid:00000000-0000-0000-0000-000000000063</id>", ""),
        ("<id>urn:uuid:00000000-0000-0000-0000-000000000063</id>", "<id>63</id>"),
        ("<title>Kernhub</title>", "<title>Kernhub</title><title>Nog een</title>"),
        ("<title>Kernhub</title>", "<title>Kern<b>hub</b></title>"),
        ("<title>Kernhub</title>", '<title type="markdown">Kernhub</title>'),
        ("<title>Kernhub</title>", "<naam>Kernhub</naam>"),
        ("2027-06-07T06:30:00Z", "2027-06-07T06:30:00"),
        ("2027-06-07T06:30:00Z", "2027-06-07t06:30:00z"),
        ("2027-06-07T06:30:00Z", "2027-06-07T25:30:00Z"),
        ("2027-06-07T06:30:00Z", "maandag"),
        ("<name>Kernhub</name>", ""),
        ('rel="alternate"', 'rel="related"'),
        ('href="https://hub.example/gebeurtenissen/', 'href="/gebeurtenissen/'),
        ("<summary>", '<link href="https://hub.example/elders" /><summary>'),
        ('term="electricity"', 'label="electricity"'),
        ("<summary>", '<content type="image/png">iVBORw0=</content><x>'),
        ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
    ],
)
def test_what_breaks_the_standard_is_seen(was: str, becomes: str) -> None:
    written = _feed([(event("bottleneck-found"), "gm0935")]).decode()
    assert breaches(written.encode()) == []
    broken = written.replace(was, becomes)
    if becomes.endswith("<x>"):
        broken = broken.replace("<x>", "<x:s xmlns:x='urn:x'>").replace("</summary>", "</x:s>")
    assert broken != written
    assert breaches(broken.encode())


def test_an_entry_twice_and_one_without_an_author_are_seen() -> None:
    written = _feed([(event("bottleneck-found"), "gm0935")]).decode()
    entry = written[written.index("<entry>") : written.index("</feed>")]
    assert breaches(written.replace(entry, entry * 2).encode()) == ["4.1.1: the same entry is there twice"]
    for author in ("Kernhub", "Gemeente Maastricht"):
        written = written.replace(f"<author><name>{author}</name></author>", "")
    assert breaches(written.encode()) == ["4.1.1: nobody is the author"]
