"""What many get is parsed once, but never as it was before it changed."""

from datetime import UTC, datetime

import pytest

from hub.parsed import Parsed
from hub.rules.identity import event_key
from hub.store.deliveries.stream import Place, Planned
from schemas.problems import Refused
from tests.events import attributes


def _planned(**changes: object) -> Planned:
    content = attributes("bottleneck-found", id="een", **changes)
    key = event_key(content["source"], "een")
    return Planned(Place(1, 1), key, "mail", (), (), datetime.now(UTC), "gm0935", content)


def test_the_same_content_is_parsed_once() -> None:
    parsed = Parsed()
    assert parsed.event(_planned()) is parsed.event(_planned())


def test_what_was_erased_since_is_not_what_was_parsed() -> None:
    parsed = Parsed()
    parsed.event(_planned())
    assert parsed.event(_planned(subject="anders")).subject == "anders"
    with pytest.raises(Refused):
        parsed.event(_planned(functions=""))
