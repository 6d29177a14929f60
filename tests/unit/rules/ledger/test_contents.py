"""The hash of a content in a record can't be tried out without its salt; those of before still hold."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.identity import content_hash
from hub.rules.ledger.contents import committed, is_said
from tests import second_checker

CONTENT = {"id": "k1", "data": {"title": "Jan Jansen"}}
SALT = bytes(range(16))


def test_a_record_of_now_holds_with_its_salt_alone() -> None:
    said = {"schema": 3, "content": committed(SALT, content_hash(CONTENT)).hex()}
    assert is_said(said, CONTENT, SALT)
    assert not is_said(said, CONTENT | {"id": "k2"}, SALT)
    assert not is_said(said, CONTENT, SALT[::-1])
    assert not is_said(said, CONTENT, None)
    assert said["content"] != content_hash(CONTENT).hex()


def test_a_record_of_before_salts_holds() -> None:
    for schema in ({"schema": 1}, {"schema": 2}, {}):
        said = {**schema, "content": content_hash(CONTENT).hex()}
        assert is_said(said, CONTENT, SALT)
        assert not is_said(said, CONTENT | {"id": "k2"}, SALT)


def test_a_plain_hash_in_a_record_of_now_does_not_hold() -> None:
    assert not is_said({"schema": 3, "content": content_hash(CONTENT).hex()}, CONTENT, SALT)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["id", "data", "é", "\U0001f600", "\ufb01"]), _json),
    st.binary(max_size=16),
)
def test_the_second_checker_has_the_same_hash_for_each_content(event: dict[str, Any], salt: bytes) -> None:
    digest = content_hash(event)
    assert second_checker.content_of(event, salt.hex()) == committed(salt, digest).hex()
    assert second_checker.content_of(event, None) == digest.hex()


@pytest.mark.parametrize(
    "value", [1e21, 1e20, 123456789012345680000.0, 1e-6, 1e-7, -0.0, 5e-324, -1.5e300, 0.1]
)
def test_the_second_checker_writes_numbers_as_javascript_does(value: float) -> None:
    assert second_checker.number(value) == rfc8785.dumps(value).decode()
