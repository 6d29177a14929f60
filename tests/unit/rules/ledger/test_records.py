"""A record is the canonical JSON of RFC 8785, whichever library writes it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.identity import Json
from hub.rules.ledger.heads import written
from hub.rules.ledger.records import RECEIVED, is_canonical, received_records, records_of
from schemas.problems import Refused

_SALT = "0f" * 16
_names = st.text(st.sampled_from("abcxyz_éA"), min_size=1, max_size=6).filter(str.isascii)
_flat = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=12)
    | st.sampled_from(["\x00\x1f\x7f", "\u2028\u2029", '"\\/\b\f\n\r\t', "\U0001f600\ufb01"])
)
_values = _flat | st.lists(_flat | st.floats(-1e15, 1e15), max_size=3) | st.dictionaries(_names, _flat)


def _inside(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=3) | st.dictionaries(_names, values, max_size=3)


_moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]))


class _Key(UUID):
    """A key as a driver makes it."""


@given(
    st.text(st.sampled_from("abc-"), min_size=1),
    st.none() | st.uuids() | st.uuids().map(lambda key: _Key(key.hex)),
    _moments,
    st.dictionaries(_names, _flat) | st.dictionaries(_names, _values),
    st.booleans(),
)
def test_a_record_is_canonical_json(
    kind: str, key: UUID | None, at: datetime, facts: dict[str, Any], has_json: bool
) -> None:
    own = {"schema": 3, "kind": kind, "event": str(key) if key else None, "at": written(at), "salt": _SALT}
    facts = {name: value for name, value in facts.items() if name not in own}
    plain = dict(facts)
    if has_json:
        facts["rows"], plain["rows"] = Json('[{"é":"\\n"},1]'), [{"é": "\n"}, 1]
    plainer, made = records_of([("plain", (), None, at, {}), (kind, (), key, at, facts)], [_SALT, _SALT])
    assert made == rfc8785.dumps(own | plain)
    assert json.loads(made) == own | plain
    assert is_canonical(made)
    assert plainer == rfc8785.dumps(own | {"kind": "plain", "event": None})


@given(
    st.dictionaries(
        st.text('aZ"\\é\ufb01\U0001f600', max_size=3),
        st.recursive(_flat | st.sampled_from([0.0, 1.0, 1e15, 1e-7, 0.5]), _inside, max_leaves=12),
        max_size=4,
    ),
    st.booleans(),
    st.booleans(),
)
def test_only_the_text_that_rfc_8785_writes_is_canonical(
    said: dict[str, Any], in_ascii: bool, in_order: bool
) -> None:
    right = rfc8785.dumps(said)
    assert is_canonical(right)
    other = json.dumps(said, ensure_ascii=in_ascii, sort_keys=in_order, separators=(",", ":")).encode()
    assert is_canonical(other) == (other == right)


@given(
    st.lists(st.tuples(st.uuids(), st.sampled_from(["gm0935", "enexis", 'a"b', "\u00e9"])), max_size=4),
    st.sampled_from([UTC, timezone(timedelta(hours=2))]),
    st.integers(0, 999_999),
)
def test_what_comes_in_together_is_recorded_as_each_by_itself(
    came: list[tuple[UUID, str]], zone: timezone, microsecond: int
) -> None:
    at = datetime(2027, 6, 1, 6, microsecond=microsecond, tzinfo=zone)
    contents = [f"{number:064x}" for number in range(len(came))]
    salts = [f"{number:032x}" for number in range(len(came))]
    told = [
        (RECEIVED, (), key, at, {"content": content, "publisher": publisher})
        for (key, publisher), content in zip(came, contents, strict=True)
    ]
    keys, publishers = [str(key) for key, _ in came], [publisher for _, publisher in came]
    assert received_records(keys, contents, publishers, at, salts) == records_of(told, salts)


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"x",
        b"null",
        b"[]",
        b'{"a":1}\n',
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1e16}',
        b'{"a":1.0}',
        b'{"a":[1.0]}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":"\\u00e9"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":9007199254740992}',
        '{"\ufb01":1,"\U0001f600":1}'.encode(),
        b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_what_is_no_canonical_json_object_is_no_record(record: bytes) -> None:
    assert not is_canonical(record)


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), "\ud800"])
def test_what_json_systems_read_differently_is_no_fact(value: object) -> None:
    with pytest.raises(Refused):
        records_of([("test", (), None, datetime(2027, 6, 1, tzinfo=UTC), {"value": value})], [_SALT])


def test_a_fact_takes_no_name_of_the_records_own() -> None:
    with pytest.raises(ValueError, match="salt"):
        records_of([("test", (), None, datetime(2027, 6, 1, tzinfo=UTC), {"salt": "00"})], [_SALT])
