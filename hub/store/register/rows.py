"""An entry of the register as a row, and back."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.history import FACTS_OF, Entry, Kind
from hub.store import tables

_ADAPTERS: dict[Kind, TypeAdapter[Any]] = {kind: TypeAdapter(facts) for kind, facts in FACTS_OF.items()}
_entry = tables.register_entry.c


async def remove_entry(connection: AsyncConnection, entry: Entry, version: int) -> None:
    """Ends an entry with this version: later ones do not have it."""
    await connection.execute(
        update(tables.register_entry)
        .where(
            _entry.kind == entry.kind,
            _entry.key == entry.key,
            _entry.since == entry.since,
            _entry.removed_in.is_(None),
        )
        .values(removed_in=version)
    )


def row_of(entry: Entry, version: int) -> dict[str, Any]:
    """The row that an entry is from this version on."""
    return {
        "kind": entry.kind,
        "key": entry.key,
        "facts": _ADAPTERS[entry.kind].dump_python(entry.facts, mode="json"),
        "since": entry.since,
        "until": entry.until,
        "added_in": version,
    }


def facts_of(kind: Kind, written: Any) -> Any:
    """The facts of an entry, as a row has them."""
    return _ADAPTERS[kind].validate_python(written)
