"""From a Kafka record to a typed event, or to a dead letter: whatever it holds, reading it never breaks."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from consumers.kafka.inbox import Arrival, Rejection, dead_letter, read
from hub.rules.identity import content_hash, event_key
from hub.settings import Settings
from tests.events import KINDS, attributes, event
from tests.registers import REGISTER
from tests.unit.strategies import wires

STRUCTURED = [("content-type", b"application/cloudevents+json")]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)
_headers = st.lists(
    st.tuples(
        st.sampled_from(["content-type", "ce_id", "ce_source", "ce_type", "trace"]) | st.text(max_size=5),
        st.sampled_from([b"application/json", b"application/cloudevents+json", b"", None])
        | st.binary(max_size=8),
    ),
    max_size=6,
)


def _record(value: bytes | None, headers: Any = STRUCTURED) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord("kernhub.function.electricity", 3, 17, 0, 0, b"zaak-1", value, None, 6, 0, headers)


def _read(wire: Any) -> Arrival | Rejection:
    return _read_one(_record(json.dumps(wire).encode()))


def _read_one(record: ConsumerRecord[bytes, bytes]) -> Arrival | Rejection:
    (reading,) = read([record], REGISTER, Settings())
    return reading


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_event_arrives_with_its_key_and_the_hash_of_what_came(kind: str) -> None:
    wire = attributes(kind)
    arrival = _read(wire)
    assert isinstance(arrival, Arrival)
    assert arrival.event == event(kind)
    assert arrival.attributes == wire
    assert arrival.key == event_key(wire["source"], wire["id"])
    assert arrival.digest == content_hash(wire)


def test_a_binary_record_is_the_same_arrival() -> None:
    wire = attributes("question-raised")
    headers = [(f"ce_{name}", str(value).encode()) for name, value in wire.items() if name != "data"]
    record = _record(json.dumps(wire["data"]).encode(), [*headers, ("content-type", b"application/json")])
    binary, structured = _read_one(record), _read(wire)
    assert binary[1:] == structured[1:]


def test_a_broken_event_is_rejected_with_every_problem_and_the_key_it_has() -> None:
    rejection = _read(attributes("bottleneck-found", tlp="rood", data={"title": ""}))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "invalid"
    assert {problem.field for problem in rejection.problems} == {"tlp", "data/title"}
    assert rejection.key == event_key(attributes("bottleneck-found")["source"], "bottleneck-found-1")


def test_an_event_that_the_register_does_not_know_is_rejected() -> None:
    rejection = _read(attributes("bottleneck-found", areas="GM9999"))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "not-admitted"
    assert [problem.code for problem in rejection.problems] == ["unknown_area"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\x00\xff",
        b"[]",
        b'{"id": "\\ud800", "source": "\\ud800"}',
        b'{"id": "\\u0000", "source": "a\\nb"}',
        b'{"id": 1e999, "source": 5}',
        b'{"\\u0000": {"\\u0000": []}}',
        b'{"x":' * 30_000,
        b" " * 70_000,
    ],
)
def test_poison_is_rejected(value: bytes | None) -> None:
    rejection = _read_one(_record(value))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "invalid"
    assert rejection.problems


@given(st.none() | st.binary(max_size=40) | _json.map(lambda value: json.dumps(value).encode()), _headers)
def test_whatever_a_record_holds_it_is_rejected_without_error(value: bytes | None, headers: Any) -> None:
    assert isinstance(_read_one(_record(value, headers)), Rejection)
    assert isinstance(_read_one(_record(value)), Rejection)


@given(wires(), st.sampled_from([*attributes(KINDS[0]), "traceparent", "\x00"]), _json)
def test_whatever_stands_in_an_attribute_what_is_told_of_it_can_be_stored(
    wire: dict[str, Any], name: str, value: Any
) -> None:
    reading = _read({**wire, name: value})
    if isinstance(reading, Rejection):
        assert reading.problems
        assert "\x00" not in "".join(text for problem in reading.problems for text in problem)
    else:
        assert "\\u0000" not in json.dumps(reading.attributes).replace("\\\\", "")


def test_a_dead_letter_says_where_the_record_was_and_why() -> None:
    rejection = _read(attributes("bottleneck-found", areas="GM9999"))
    assert isinstance(rejection, Rejection)
    now = datetime(2027, 6, 1, tzinfo=UTC)
    letter = dead_letter("router", rejection, now)
    assert (letter.consumer, letter.topic, letter.partition, letter.offset) == (
        "router",
        "kernhub.function.electricity",
        3,
        17,
    )
    assert (letter.event_key, letter.reason, letter.at) == (rejection.key, "not-admitted", now)
    assert letter.problems == rejection.problems
