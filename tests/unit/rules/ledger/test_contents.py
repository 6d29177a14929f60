"""The hash of a content in a record can't be tried out without its salt; those of before still hold."""

from hub.rules.identity import content_hash
from hub.rules.ledger.contents import committed, is_said

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
