"""Tables that an answer, a proof or a replay leans on, held against the records that tell of what is in
them."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import derived_key
from hub.rules.ledger.checking import said_in
from hub.rules.ledger.heads import written
from hub.store import tables
from hub.store.ledger.records import find_records
from hub.store.register.sealing import changed_in_each
from hub.store.tables.ledger import COUNTS

_MOST = 100
_UNREMOVED = text(
    f"""
    SELECT r.event_key || ': geen record vertelt dat haar inhoud is verwijderd' FROM removal r
    WHERE NOT EXISTS (
        SELECT FROM ledger WHERE ledger.event_key = r.event_key AND kind = 'content-removed' AND {COUNTS}
        AND position(convert_to('"why":"' || r.why || '"', 'UTF8') IN record) > 0)
    UNION ALL
    SELECT l.event_key || ': haar inhoud is verwijderd, en de lijst van wat verwijderd is noemt haar niet'
    FROM ledger l
    WHERE kind = 'content-removed' AND {COUNTS}
      AND NOT EXISTS (SELECT FROM removal r WHERE r.event_key = l.event_key)
    LIMIT {_MOST}
    """  # noqa: S608 - of constants
)
# A record of before schema 3 has the hash without a salt.
_UNCLAIMED = text(
    f"""
    SELECT c.event_key FROM claim c JOIN ledger l ON l.event_key = c.event_key
    WHERE l.kind IN ('event-received', 'event-routed') AND {COUNTS} AND c.salt IS NOT NULL
      AND position('"content":"'::bytea IN l.record) > 0
      AND position(convert_to('"content":"' || encode(sha256(c.salt || c.content_hash), 'hex'), 'UTF8')
                   IN l.record) = 0
      AND position(convert_to('"content":"' || encode(c.content_hash, 'hex'), 'UTF8') IN l.record) = 0
    LIMIT {_MOST}
    """  # noqa: S608 - of constants
)
_POLICIES = text(f"SELECT record FROM ledger WHERE kind = 'policy-set' AND {COUNTS}")  # noqa: S608 - of constants


# What a worker could not handle: the replay passes over it.
_LETTERS = text(
    f"""
    SELECT coalesce(d.name, l.name) || CASE WHEN l.name IS NULL
           THEN ' is ingevoegd: geen record vertelt ervan' ELSE ' ontbreekt' END
    FROM (SELECT concat_ws('/', consumer, topic, partition, "offset", reason) AS name FROM dead_letter
          WHERE consumer = 'router') AS d
    FULL JOIN (
        SELECT concat_ws('/', said->>'consumer', said->>'topic', said->>'partition', said->>'offset',
                         said->>'reason') AS name
        FROM (SELECT convert_from(record, 'UTF8')::jsonb AS said FROM ledger
              WHERE kind = 'dead-letter' AND {COUNTS}) AS told) AS l USING (name)
    WHERE d.name IS NULL OR l.name IS NULL LIMIT {_MOST}
    """  # noqa: S608 - of constants
)


async def faults_beside(connection: AsyncConnection) -> AsyncIterator[str]:
    """What these tables have otherwise than the ledger tells."""
    async for fault in _of_register(connection):
        yield fault
    for found in (await connection.execute(_UNREMOVED)).scalars():
        yield f"gebeurtenis {found}"
    for found in (await connection.execute(_UNCLAIMED)).scalars():
        yield f"de hash waaraan gebeurtenis {found} wordt herkend, is veranderd"
    for found in (await connection.execute(_LETTERS)).scalars():
        yield f"onbestelbaar bericht {found}"
    async for fault in _of_policies(connection):
        yield fault


async def _of_register(connection: AsyncConnection) -> AsyncIterator[str]:
    table = tables.register_version
    rows = {row.version: row for row in await connection.execute(select(table).order_by(table.c.version))}
    last = max(rows, default=0)
    # One more: whoever drops the newest leaves its record.
    keys = {derived_key("register-version", version): version for version in (*rows, last + 1)}
    said = {keys[key]: said_in(one) for key, one in (await find_records(connection, list(keys))).items()}
    if last + 1 in said:
        yield f"versie {last + 1} van het register ontbreekt"
    if missing := set(range(1, last)) & said.keys() - rows.keys():
        yield f"versie {min(missing)} van het register ontbreekt"
    salts = {version: bytes(row.salt or b"") for version, row in rows.items()}
    sealed_since = min((version for version, one in said.items() if "entries" in one), default=last + 1)
    for version, changed in (await changed_in_each(connection, salts)).items():
        row, told = rows.get(version), said.get(version)
        if row is None:
            yield f"van het register is versie {version} ingevoegd: zij staat alleen bij wat zij bracht"
        elif told is None:
            if row.salt is None and version < sealed_since:
                continue  # of before versions were recorded
            yield f"versie {version} van het register is ingevoegd: geen record vertelt ervan"
        elif (told.get("day"), told.get("by"), told.get("at")) != (
            row.on_day.isoformat(),
            row.by,
            written(row.made_at),
        ):
            yield f"versie {version} van het register is van een andere dag, of van een ander, dan toen"
        elif "entries" in told and told["entries"] != changed.hex():
            yield f"wat versie {version} van het register bracht of beëindigde, is veranderd"


async def _of_policies(connection: AsyncConnection) -> AsyncIterator[str]:
    said: dict[tuple[str, int], Mapping[str, Any]] = {}
    for record in (await connection.execute(_POLICIES)).scalars():
        one = said_in(bytes(record))
        key = str(one.get("operator")), int(one.get("since", 0))
        if key not in said or str(one.get("at")) > str(said[key].get("at")):
            said[key] = one
    kept = {
        (row.operator, row.since): row for row in await connection.execute(select(tables.operator_policy))
    }
    for operator, since in sorted(said.keys() | kept.keys()):
        told, row = said.get((operator, since)), kept.get((operator, since))
        if told is None:
            yield f"het tempo van {operator} vanaf beurt {since} is ingevoegd: geen record vertelt ervan"
        elif row is None:
            yield f"het tempo van {operator} vanaf beurt {since} ontbreekt"
        elif _plain(told.get("policy")) != _plain(row.policy):
            yield f"het tempo van {operator} vanaf beurt {since} is veranderd"


def _plain(policy: Any) -> str:
    return json.dumps(policy, sort_keys=True)
