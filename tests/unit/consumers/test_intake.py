"""What a record of a party costs it, and how a refusal is reported: whatever it holds, the report fits."""

import json
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from consumers.ways_in.intake import _size, _told
from hub.intake.judging import Answer
from hub.intake.outcome import Outcome
from schemas.problems import Problem

_MOST_REPORT = 1024 * 1024
"""Of the producer and of Kafka: what is larger is refused."""


def _record(key: bytes | None, value: bytes | None, headers: Any = ()) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord("kernhub.intake.gm0935", 3, 17, 0, 0, key, value, None, 0, 0, tuple(headers))


@pytest.mark.parametrize(
    ("record", "size"),
    [
        (_record(None, None), 0),
        (_record(b"k" * 900_000, None), 900_000),
        (_record(b"", b"", [("h", b"x" * 900_000), ("leeg", None), ("h", b"")]), 900_006),
        (_record(b"key", b"value", [("ce_id", b"1")]), 14),
    ],
    ids=["nothing", "key", "headers", "all"],
)
def test_key_and_headers_cost_as_much_as_content(record: ConsumerRecord[bytes, bytes], size: int) -> None:
    assert _size(record) == size


def test_a_report_fits_however_much_is_wrong() -> None:
    problems = tuple(Problem(f"data/{'x' * 2000}", f"code-{n}", "\x7f" * 2000) for n in range(5000))
    answer = Answer(Outcome.INVALID, "s" * 64_000, "\ud800" * 64_000, problems)
    report = _told("kernhub.refused.gm0935", _record(b"k" * 1025, b"{}"), answer)
    assert report.value is not None
    assert len(report.value) + sum(len(name) + len(value) for name, value in report.headers) < _MOST_REPORT
    told = json.loads(report.value)
    assert (len(told["source"]), len(told["id"])) == (1000, 1000)
    assert (told["partition"], told["offset"]) == (3, 17)
    assert [one["code"] for one in told["errors"]] == [*(f"code-{n}" for n in range(100)), "more"]
    assert "4900" in told["errors"][-1]["detail"]


@pytest.mark.parametrize(
    ("key", "kept"), [(None, None), (b"", b""), (b"k" * 1024, b"k" * 1024), (b"k" * 1025, None)]
)
def test_a_report_has_the_key_of_its_record_when_that_is_short(key: bytes | None, kept: bytes | None) -> None:
    answer = Answer(Outcome.INVALID, None, None, (Problem("", "json", "is geen JSON"),))
    report = _told("kernhub.refused.gm0935", _record(key, b"{"), answer)
    assert report.key == kept
    assert json.loads(report.value or b"")["source"] is None
