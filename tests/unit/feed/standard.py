"""What RFC 4287 asks of a feed: by a grammar (`atom.rng`), and here what no grammar can say.

There is no validator of feeds that is kept up and runs without a network: that of the W3C is Python 2 and no
package, and what npm has sends the feed there. Of the grammar libxml2 is the judge."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"


def breaches(written: bytes) -> list[str]:
    """All that this feed does against the standard."""
    feed = etree.fromstring(written)
    grammar = _grammar()
    broken = [] if grammar.validate(feed) else [str(one) for one in grammar.error_log]
    return broken + list(_beside_the_grammar(feed))


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))


def _beside_the_grammar(feed: etree._Element) -> Iterator[str]:
    entries = feed.findall(f"{_ATOM}entry")
    has_author = feed.find(f"{_ATOM}author") is not None
    for one in (feed, *entries):
        yield from _of_one(one)
    for entry in entries:
        if not has_author and entry.find(f"{_ATOM}author") is None:
            yield "4.1.1: nobody is the author"
        yield from _of_entry(entry)
    told = [(entry.findtext(f"{_ATOM}id"), entry.findtext(f"{_ATOM}updated")) for entry in entries]
    if len(set(told)) < len(told):
        yield "4.1.1: the same entry is there twice"


def _of_one(one: etree._Element) -> Iterator[str]:
    if not urlsplit(one.findtext(f"{_ATOM}id") or "").scheme:
        yield "4.2.6: an id is an absolute IRI"
    links = one.findall(f"{_ATOM}link")
    others = [(link.get("type"), link.get("hreflang")) for link in links if _is_alternate(link)]
    if len(set(others)) < len(others):
        yield "4.1.1, 4.1.2: two alternates of one type and language"
    based = any(each.get("{http://www.w3.org/XML/1998/namespace}base") for each in one.iter())
    addresses = [link.get("href") or "" for link in links]
    if not based and not all(urlsplit(address).scheme for address in addresses):
        yield "RFC 3987: an address that nothing completes"


def _of_entry(entry: etree._Element) -> Iterator[str]:
    content, summary = entry.find(f"{_ATOM}content"), entry.find(f"{_ATOM}summary")
    if content is None and not any(map(_is_alternate, entry.findall(f"{_ATOM}link"))):
        yield "4.1.2: no content, and no other form"
    if content is not None and summary is None and _is_elsewhere_or_coded(content):
        yield "4.1.2: content that a reader can't show has no summary"


def _is_alternate(link: etree._Element) -> bool:
    return link.get("rel", "alternate") == "alternate"


def _is_elsewhere_or_coded(content: etree._Element) -> bool:
    kind = content.get("type", "text")
    is_text = kind in ("text", "html", "xhtml") or kind.startswith("text/") or kind.endswith(("+xml", "/xml"))
    return content.get("src") is not None or not is_text
