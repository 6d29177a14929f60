"""The read models filled again from the ledger and the kept events, beside those that are there."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.web.words import RECORD_KINDS
from consumers.kafka.past import events_on_kafka
from consumers.replay.reenacting import Reenacting
from consumers.replay.replays import put_down
from consumers.say import tell, warn
from hub.asking.question_keys import knowing
from hub.errors import HubError, KafkaUnavailable, NotConfigured
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import as_owner, opened, snapshot, transaction
from hub.store.ledger import rebuilding
from hub.store.ledger.reading import is_unnumbered, numbered_records
from hub.store.ledger.trees import find_head

_TELL_EACH = 10_000


class NotQuiet(HubError):
    """Records still come in. The message says what to do."""

    try_again = True


async def rebuild(settings: Settings, why: str | None) -> int:
    """Fills the read models again, in a schema of their own that is gone afterwards, and tells table by table
    whether they are what they were; exit code 1 when one is not. Raises NotQuiet or Unavailable."""
    # Only the owner may make tables.
    settings = as_owner(settings)
    async with opened(settings, command_seconds=3600) as pool:
        async with transaction(pool) as connection:
            if await is_unnumbered(connection):
                raise NotQuiet(
                    "Er zijn records zonder nummer. Wacht tot 'kernhub run ledger' bij is, en zet de andere "
                    "werkers stil."
                )
        await put_down(pool, "rebuild", why, await clock_of(settings, pool).now(), {})
        async with rebuilding.empty_schema(settings, pool) as (schema, made):
            async with snapshot(pool) as live:
                head = await find_head(live)
                size = head.size if head else 0
                async with transaction(pool) as connection:
                    await rebuilding.copy_sources(connection, schema)
                await _read_kafka(settings, made)
                again = Reenacting(settings, live, made, schema)
                with knowing(await rebuilding.known_keys(live)):
                    await _do_again(again, live, size)
            async with transaction(pool) as connection:
                await _tell_unquiet(connection, size)
                compared = [
                    await rebuilding.compare(connection, schema, table) for table in rebuilding.NOT_COMPARED
                ]
    return _told(compared, again)


async def _do_again(again: Reenacting, live: AsyncConnection, size: int) -> None:
    count = 0
    async for one in numbered_records(live, 0, size):
        await again.take(one)
        count += 1
        if count % _TELL_EACH == 0:
            warn(f"{count} van {size} records opnieuw gedaan \u2026")
    await again.end()


async def _read_kafka(settings: Settings, made: AsyncEngine) -> None:
    try:
        async for some in events_on_kafka(settings):
            async with transaction(made) as connection:
                if some:
                    await rebuilding.keep_from_kafka(connection, some)
    except (KafkaUnavailable, NotConfigured) as error:
        warn(f"Let op: {error} Wat daar niet is gelezen, komt uit wat de hub zelf bewaart.")


async def _tell_unquiet(connection: AsyncConnection, size: int) -> None:
    head = await find_head(connection)
    newer = [
        one.kind
        async for one in numbered_records(connection, size, head.size if head else 0)
        if one.kind != "replay-begun"
    ]
    if newer:
        warn(f"Let op: er kwamen {len(newer)} records bij. Vergelijk als de werkers stilstaan.")


def _told(compared: list[rebuilding.Compared], again: Reenacting) -> int:
    sources = again.sources
    tell(
        f"Opnieuw gedaan: {sources['from-kafka']} gebeurtenissen zoals zij op Kafka staan, "
        f"{sources['from-kept']} die Kafka niet meer heeft zoals de hub ze bewaart, en {sources['removed']} "
        "waarvan de inhoud is verwijderd."
    )
    tell(f"{'tabel':<14}{'rijen':>10}{'ontbreekt':>12}{'te veel':>10}")
    for one in compared:
        tell(f"{one.table:<14}{one.rows:>10}{one.missing:>12}{one.extra:>10}")
    tell("Niet herbouwd, want geen afgeleide van het grootboek en de gebeurtenissen:")
    for table, reason in rebuilding.NOT_REBUILT.items():
        tell(f"  {table}: {reason}")
    for kind, count in sorted(again.different.items()):
        name = RECORD_KINDS.get(kind, kind)
        warn(f"{count} keer maakt het programma van nu iets anders van: {name} ({kind})")
    wrong = [one.table for one in compared if one.missing or one.extra]
    if wrong:
        warn(f"Niet gelijk: {', '.join(wrong)}.")
        return 1
    tell("Alle tabellen zijn gelijk.")
    return 0
