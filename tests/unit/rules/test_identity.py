"""Who an event is: its key, and the hash of its content."""

import json
from typing import Any
from uuid import UUID, uuid5

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.identity import canonical, content_hash, derived_key, derived_keys, event_key
from schemas.problems import Refused
from tests.events import attributes
from tests.unit.strategies import wires

_names = st.text(st.characters(codec="utf-8"), max_size=8)
_numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | _names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=12,
)


def _turned(value: Any) -> Any:
    """The same JSON with the members of every object in another order."""
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value


def test_the_key_of_an_event_is_the_same_for_ever() -> None:
    assert event_key("urn:a", "1") == event_key("urn:a", "1") == UUID("8318e0b7-8c2b-5a32-966c-6ad34aaa23e1")


@given(_names, _names, _names, _names)
def test_only_the_same_source_and_id_give_the_same_key(a: str, b: str, c: str, d: str) -> None:
    one, other = (a.replace("\n", ""), b), (c.replace("\n", ""), d)
    assert (event_key(*one) == event_key(*other)) is (one == other)


def test_derived_keys_differ_by_every_part() -> None:
    assert derived_key("item", "enexis", 1) == derived_key("item", "enexis", 1)
    parts = [("item", "enexis", 1), ("item", "enexis", 2), ("item", "wml", 1), ("bundle", "enexis", 1)]
    assert len({derived_key(*part) for part in parts}) == len(parts)
    assert derived_key("a", "b") != event_key("a", "b")


@given(st.lists(_names | st.integers() | st.uuids() | st.none(), min_size=1, max_size=4))
def test_a_derived_key_is_what_uuid5_makes_of_its_parts(parts: list[Any]) -> None:
    name = "\n".join(("derived", *map(str, parts)))
    made = uuid5(UUID("6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11"), name)
    assert derived_key(*parts) == made
    assert derived_keys([["a"], parts]) == [derived_key("a").bytes, made.bytes]


@given(st.dictionaries(_names, _json, max_size=4))
def test_the_order_of_names_does_not_change_the_content(value: dict[str, Any]) -> None:
    assert canonical(_turned(value)) == canonical(value)
    assert content_hash(_turned(value)) == content_hash(value)


@given(_json | st.lists(st.sampled_from([1.5, 1e21, -0.0, 10**15, 10**16, "urn:1", ":1.5", "é"])))
def test_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        with pytest.raises(Refused):
            canonical(value)
    else:
        assert canonical(value) == expected


@pytest.mark.parametrize("half", ["\ud800", {"\udfff": 1}, {"a": [{"\ud800b": 1.5}]}], ids=ascii)
def test_half_a_character_has_no_canonical_json(half: Any) -> None:
    with pytest.raises(Refused):
        canonical(half)


@given(_json)
def test_canonical_json_is_json_of_the_same_value(value: Any) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_canonical_json_is_written_as_rfc_8785_says() -> None:
    value = {"€": "\u20ac\n", "b": [1.0, 1e21, 0.000001, True, None], "a": -0.0}
    assert canonical(value).decode() == '{"a":0,"b":[1,1e+21,0.000001,true,null],"€":"€\\n"}'


@given(wires(), st.sets(st.sampled_from(["dataref", "causationid", "traceparent"])))
def test_an_attribute_of_null_is_absent(wire: dict[str, Any], absent: set[str]) -> None:
    assert content_hash({**wire, **dict.fromkeys(absent)}) == content_hash(wire)


def test_other_content_has_another_hash() -> None:
    title = {"title": "Iets anders"}
    assert content_hash(attributes("bottleneck-found")) != content_hash(
        attributes("bottleneck-found", data=title)
    )
    assert content_hash({"data": {"a": None}}) != content_hash({"data": {}})


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800"])
def test_what_json_systems_read_differently_is_refused(value: object) -> None:
    with pytest.raises(Refused, match="niet elk systeem"):
        content_hash({"data": {"value": value}})


def test_what_is_nested_too_deep_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Refused):
        canonical(deep)
