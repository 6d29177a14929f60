"""Of a removed content is left what it is about, and nothing that was written in it."""

import json

import pytest

from hub.rules.redacting import REMOVED, redacted
from schemas.catalogue import parse
from tests.events import KINDS, attributes


@pytest.mark.parametrize("short", KINDS)
def test_what_is_left_is_a_valid_event_about_the_same(short: str) -> None:
    content = attributes(short)
    left = redacted(content)
    before, after = parse(content), parse(left)
    for name in ("source", "id", "type", "subject", "functions", "areas", "tlp", "time"):
        assert getattr(after, name) == getattr(before, name)
    assert after.data.recipients == before.data.recipients
    assert redacted(left) == left


def test_nothing_is_left_of_what_was_written() -> None:
    content = attributes(
        "question-raised",
        mynote="Jan Jansen",
        data={
            "text": "Jan Jansen?",
            "background": "Bel Jan Jansen.",
            "urgent": "Jan Jansen wacht.",
            "parameters": {"Jan Jansen": "Jan Jansen"},
            "again": {"request": {"source": content_source(), "id": "v0"}, "reason": "Jan Jansen zei het."},
        },
    )
    left = redacted(content)
    assert "Jansen" not in json.dumps(left)
    assert left["data"]["text"] == REMOVED
    assert left["data"]["again"]["request"] == content["data"]["again"]["request"]


def test_each_row_of_an_answer_is_emptied_and_keeps_its_area() -> None:
    rows = [{"area": "GM0935", "text": "Jan Jansen"}, {"area": "GM0994", "text": "Piet"}]
    left = redacted(attributes("question-answered", data={"per_area": rows}))
    assert left["data"]["per_area"] == [{"area": one["area"], "text": REMOVED} for one in rows]


def content_source() -> str:
    source: str = attributes("question-raised")["source"]
    return source
