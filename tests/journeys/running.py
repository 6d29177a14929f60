"""A whole hub that runs: every worker a process of its own, as in real life."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Iterable, Mapping, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.local.processes import Processes
from consumers.play.quiet import is_quiet, watching_work
from consumers.up import keep_running, workers_running
from hub.kafka.broker import ensure_topics
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import move_clock
from hub.store.database import transaction
from hub.store.wake import Channel, WakeUp

_LONGEST_WAIT = 180.0
_KEYS: Mapping[str, tuple[str, ...]] = {
    "event": ("event_key",),
    "delivery": ("event_key", "party", "channel"),
    "request": ("event_key", "operator"),
    "dead_letter": ("consumer", "topic", "partition", "offset"),
    "ledger": ("record_key",),
}
"""The tables in which journeys look for what can't be seen from outside, and what tells their rows apart."""


class RunningHub(NamedTuple):
    """A hub as its parties and its administrator see it."""

    settings: Settings
    pool: AsyncEngine
    processes: Processes
    client: httpx.AsyncClient
    earlier_rows: Mapping[str, Set[tuple[Any, ...]]] = dict.fromkeys(_KEYS, frozenset())
    earlier_mails: Set[str] = frozenset()

    async def from_now(self) -> "RunningHub":
        """This hub when it has done all that there is to do, without the rows and mails that are there."""
        await self.until_quiet()
        earlier = {
            name: {_key(name, row) for row in await self.rows(getattr(tables, name))} for name in _KEYS
        }
        files = frozenset(path.name for path in self._mail_files())
        return self._replace(earlier_rows=earlier, earlier_mails=files)

    async def token(self, party: str) -> str:
        """A new API token."""
        async with transaction(self.pool) as connection:
            return await new_token(connection, party, datetime.now(UTC))

    async def publish(self, party: str, event: dict[str, Any]) -> httpx.Response:
        """Publishes an event as a party, in structured mode; again while Kafka is slow, as a client does."""
        headers = {
            "Authorization": f"Bearer {await self.token(party)}",
            "Content-Type": "application/cloudevents+json",
        }
        async with asyncio.timeout(_LONGEST_WAIT):
            while True:
                answer = await self.client.post("/v1/events", json=event, headers=headers)
                if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
                await asyncio.sleep(float(answer.headers["Retry-After"]))

    async def until_quiet(self) -> None:
        """Returns when every worker has done all that there is to do."""
        async with watching_work(self.settings, self.pool) as until:
            await until(is_quiet)

    async def until_kept(self, ids: Set[str]) -> None:
        """Waits for these events and no others: the hub can't know to wait for what is put on Kafka."""
        news = WakeUp(self.settings, 1.0, Channel.RECORD)
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                while {row.content["id"] for row in await self.rows(tables.event)} != ids:
                    await news.wait()
        finally:
            await news.close()

    async def until_clock(self, at: datetime) -> None:
        """Moves the clock, and waits for what that sets going."""
        async with transaction(self.pool) as connection:
            await move_clock(connection, at)
        await self.until_quiet()

    def mails(self) -> dict[str, list[EmailMessage]]:
        """Every mail that has arrived, by address, as its reader sees it."""
        domain = self.settings.mail_from.partition("@")[2]
        found: dict[str, list[EmailMessage]] = {}
        for path in self._mail_files():
            if path.name in self.earlier_mails:
                continue
            mail = cast(
                EmailMessage, email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            )
            if str(mail["Message-ID"]).endswith(f"@{domain}>"):
                found.setdefault(str(mail["To"]).removesuffix("@postbus.example"), []).append(mail)
        return found

    def _mail_files(self) -> list[Path]:
        assert self.settings.maildir is not None
        return sorted((self.settings.maildir / "new").iterdir(), key=lambda file: file.stat().st_mtime_ns)

    async def rows(self, table: Any, *conditions: Any) -> Iterable[Any]:
        """Rows of a table, for what can't be seen from outside."""
        async with transaction(self.pool) as connection:
            found = (await connection.execute(select(table).where(*conditions))).all()
        return [row for row in found if _key(table.name, row) not in self.earlier_rows[table.name]]


def _key(table: str, row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _KEYS[table])


def subject_of(mail: EmailMessage) -> str:
    """The subject as a mail reader shows it, without the blank that folding leaves."""
    return str(mail["Subject"]).strip()


@asynccontextmanager
async def running(settings: Settings, pool: AsyncEngine) -> AsyncIterator[RunningHub]:
    """All workers on these settings, watched and started again as `kernhub up` does."""
    processes = Processes()
    await ensure_topics(settings)
    async with workers_running(settings, processes, lambda _: None) as known:
        watching = asyncio.create_task(keep_running(known, processes, lambda _: None))
        async with httpx.AsyncClient(base_url=known.public_url, timeout=60) as client:
            yield RunningHub(known, pool, processes, client)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


START = datetime(2027, 6, 1, 6, 0, tzinfo=UTC)


@asynccontextmanager
async def exercising(settings: Settings, pool: AsyncEngine) -> AsyncIterator[RunningHub]:
    """A hub whose clock the test moves and that takes replies; it starts on Tuesday 1 June 2027, 08:00 in
    Amsterdam."""
    async with transaction(pool) as connection:
        await move_clock(connection, START)
    chosen = {"clock": "scenario", "reply_address": "antwoord@kernhub.localhost", "inbound_port": 0}
    async with running(settings.model_copy(update=chosen), pool) as made:
        yield made


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
