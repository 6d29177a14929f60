"""Which content does a record speak of? By a hash that nobody can try out once its salt is gone."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from hub.rules.identity import content_hash
from hub.rules.ledger.checking import said_in
from hub.rules.ledger.heads import written
from hub.rules.redacting import redacted

_SALTED_SINCE = 3
"""The first version of a record whose hash of the content is salted."""


def committed(salt: bytes, digest: bytes) -> bytes:
    """SHA-256 over the salt of a content and its own hash."""
    return sha256(salt + digest).digest()


class MailSays(NamedTuple):
    """What a mail says, and to whom; `html` and `calendar`: None where it has none."""

    address: str
    subject: str
    body: str
    html: str | None
    calendar: str | None


def committed_mail(salt: bytes, mail: MailSays) -> bytes:
    """SHA-256 over the salt of a mail and the hash of what it says, in canonical form."""
    return committed(salt, content_hash(mail._asdict()))


class KeptEvent(NamedTuple):
    """An event as it is kept. `salt`: of its claim. `is_alike`: the columns beside its content say the
    same."""

    content: dict[str, Any] | None
    salt: bytes | None
    publisher: str
    register: int
    accepted_at: datetime
    is_alike: bool
    is_removed: bool


def is_told(record: bytes, event: KeptEvent) -> bool:
    """Whether the event that a record tells of is there as it was decided on: with that content, or with what
    is left of it where it was removed, and of the same publisher, moment and register."""
    if event.content is None or not event.is_alike:
        return False
    said = said_in(record)
    if (said.get("publisher") or "", said.get("register"), said.get("at")) != (
        event.publisher,
        event.register,
        written(event.accepted_at),
    ):
        return False
    if event.is_removed:
        return redacted(event.content) == event.content
    return is_said(said, event.content, event.salt)


def is_said(said: Mapping[str, Any], content: dict[str, Any], salt: bytes | None) -> bool:
    """Whether this is the content that a record with a member `content` speaks of. `salt` is that of its
    claim; records of before version 3 have none."""
    digest = content_hash(content)
    schema = said.get("schema")
    if isinstance(schema, int) and schema >= _SALTED_SINCE:
        return salt is not None and committed(salt, digest).hex() == said.get("content")
    return digest.hex() == said.get("content")
