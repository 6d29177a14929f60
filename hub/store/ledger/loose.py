"""What is wrong around the ledger, where no number leads to it: read from the other side."""

from collections.abc import AsyncIterator

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.ledger.beside import faults_beside
from hub.store.ledger.setting_aside import faults_of_aside
from hub.store.mail.told import faults_of_mails
from hub.store.tables.ledger import COUNTS

_STRAYS = text(
    f"""
    SELECT l.record_key || ' (groep ' || l.batch || ')' FROM ledger l
    LEFT JOIN (SELECT batch, unnest(record_keys) AS record_key FROM ledger_batch) k USING (batch, record_key)
    WHERE k.record_key IS NULL AND {COUNTS} LIMIT 100
    """  # noqa: S608 - of constants
)

_MISPLACED = text(
    f"""
    SELECT batch FROM ledger_batch
    WHERE (cardinality(record_keys) <> (SELECT count(DISTINCT key) FROM unnest(record_keys) AS key)
           OR (array_ndims(record_keys), array_lower(record_keys, 1)) <> (1, 1))
      AND {COUNTS} LIMIT 100
    """  # noqa: S608 - of constants
)
_UNTOLD = text(
    f"""
    SELECT event_key FROM event WHERE NOT EXISTS (
      SELECT FROM ledger
      WHERE ledger.event_key = event.event_key AND kind = 'event-routed' AND {COUNTS}) LIMIT 100
    """  # noqa: S608 - of constants
)


async def loose_faults(connection: AsyncConnection) -> AsyncIterator[str]:
    """What belongs to no number, or was put, changed or taken beside the records that tell of it."""
    for query, fault in _FAULTS:
        for found in (await connection.execute(query)).scalars():
            yield fault.format(found)
    for fault in await faults_of_aside(connection):
        yield fault
    async for fault in faults_of_mails(connection):
        yield fault
    async for fault in faults_beside(connection):
        yield fault


_FAULTS = (
    (_STRAYS, "record {} is ingevoegd: het hoort bij geen nummer"),
    (_UNTOLD, "gebeurtenis {} is ingevoegd: geen record vertelt ervan, of alleen een dat apart is gezet"),
    (_MISPLACED, "in groep {} staat een record twee keer, of op een plaats die er niet is"),
)
