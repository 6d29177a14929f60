"""Which content does a record speak of? By a hash that nobody can try out once its salt is gone."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from hub.rules.identity import content_hash

_SALTED_SINCE = 3
"""The first version of a record whose hash of the content is salted."""


def committed(salt: bytes, digest: bytes) -> bytes:
    """SHA-256 over the salt of a content and its own hash."""
    return sha256(salt + digest).digest()


def is_said(said: Mapping[str, Any], content: dict[str, Any], salt: bytes | None) -> bool:
    """Whether this is the content that a record with a member `content` speaks of. `salt` is that of its
    claim; records of before version 3 have none."""
    digest = content_hash(content)
    schema = said.get("schema")
    if isinstance(schema, int) and schema >= _SALTED_SINCE:
        return salt is not None and committed(salt, digest).hex() == said.get("content")
    return digest.hex() == said.get("content")
