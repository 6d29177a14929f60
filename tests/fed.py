"""A router, throttle and mailer that are fed by hand, on a clock of the test."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

from aiokafka import ConsumerRecord
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox.sending import MailServer
from consumers.mail.mailer import Mailer
from consumers.routing.router import Router
from consumers.throttle.worker import Throttle
from hub.kafka.broker import Publisher, function_topic
from hub.register.history import Kind
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of, move_clock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from schemas.terms import FunctionSlug
from tests.registers import HISTORY, save, with_facts, without_party

NOW = datetime(2027, 6, 1, 6, tzinfo=UTC)


class Hub:
    """A router, throttle and mailer that are fed by hand."""

    def __init__(self, settings: Settings, pool: AsyncEngine, publisher: Publisher):
        self.settings = settings.model_copy(update={"clock": "scenario"})
        self.pool = pool
        clock = clock_of(self.settings, pool)
        registers = Registers(pool, clock)
        self.router = Router(self.settings, pool, registers, publisher, clock)
        self.throttle = Throttle(self.settings, pool, registers, publisher, clock)
        self.mailer = Mailer(self.settings, pool, registers, clock)
        self._offsets = count()

    def records(self, *events: dict[str, Any]) -> list[ConsumerRecord[bytes, bytes]]:
        """The events as they stand on Kafka."""
        return [self._record(event) for event in events]

    def _record(self, event: dict[str, Any]) -> ConsumerRecord[bytes, bytes]:
        value = json.dumps(event).encode()
        topic = function_topic(self.settings, FunctionSlug(event["functions"].split(",")[0]))
        headers = (("content-type", b"application/cloudevents+json"),)
        return ConsumerRecord(topic, 0, next(self._offsets), 0, 0, b"k", value, 0, 1, len(value), headers)

    async def feed(self, *events: dict[str, Any]) -> None:
        records = self.records(*events)
        await self.router.on_records(records)
        await self.throttle.on_records(records)

    async def at(self, to: datetime) -> None:
        async with transaction(self.pool) as connection:
            await move_clock(connection, to)

    async def go(self, to: datetime) -> None:
        await self.at(to)
        await self.throttle.release_due()
        await self.mailer.compose()

    async def send(self) -> None:
        async with MailServer(self.settings) as server:
            while await self.mailer.send_some(server):
                pass

    async def change(self, party: str, **changes: Any) -> None:
        """A new register in which this party is different, or gone without changes."""
        changed = (
            with_facts(HISTORY, Kind.PARTY, party, **changes) if changes else without_party(HISTORY, party)
        )
        await save(self.pool, changed, NOW)

    async def rows(self, table: Any, *conditions: Any) -> list[Any]:
        async with transaction(self.pool) as connection:
            return list((await connection.execute(select(table).where(*conditions))).all())

    async def states(self) -> dict[str, str]:
        return {row.asker: row.state for row in await self.rows(tables.request)}

    async def bundles(self, operator: str = "enexis") -> list[str]:
        mail = tables.mail.c
        rows = await self.rows(tables.mail, mail.kind == "bundle", mail.party == operator)
        return [row.body for row in sorted(rows, key=lambda row: row.made_at)]
