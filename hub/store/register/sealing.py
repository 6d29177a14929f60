"""What a version of the register brought and ended, as a hash that the ledger has of it."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import content_hash
from hub.rules.ledger.contents import committed
from hub.rules.ledger.records import SALT_BYTES
from hub.store import tables

_entry = tables.register_entry.c


async def sealed(connection: AsyncConnection, version: int) -> tuple[bytes, str]:
    """A new salt, and the hash in hexadecimal of the entries that this version added, and that it ended."""
    salt = secrets.token_bytes(SALT_BYTES)
    query = select(tables.register_entry).where(or_(_entry.added_in == version, _entry.removed_in == version))
    return salt, _hash(version, (await connection.execute(query)).all(), salt).hex()


async def changed_in_each(connection: AsyncConnection, salts: Mapping[int, bytes]) -> dict[int, bytes]:
    """That hash of each of these versions (the salt of each), and of every other of which there is an entry:
    of those it is empty."""
    by_version: dict[int, list[Any]] = defaultdict(list)
    for row in await connection.execute(select(tables.register_entry)):
        for version in {row.added_in, row.removed_in} - {None}:
            by_version[version].append(row)
    return {
        version: _hash(version, by_version[version], salts[version]) if version in salts else b""
        for version in sorted(salts.keys() | by_version.keys())
    }


def _hash(version: int, rows: Sequence[Any], salt: bytes) -> bytes:
    added = [
        {**_name(row), "until": str(row.until) if row.until else None, "facts": row.facts}
        for row in rows
        if row.added_in == version
    ]
    ended = [{**_name(row), "added_in": row.added_in} for row in rows if row.removed_in == version]
    return committed(salt, content_hash({"added": _in_order(added), "ended": _in_order(ended)}))


def _name(row: Any) -> dict[str, Any]:
    return {"kind": row.kind, "key": row.key, "since": str(row.since)}


def _in_order(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda one: (one["kind"], one["key"], one["since"], one.get("added_in", 0)))
