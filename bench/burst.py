"""A burst of deliveries to mailboxes and webhooks: what memory it takes, how long an urgent event waits that
comes in its middle, and what a party waits that has no part in it.

    python -m bench.burst [--events 1000] [--parties 100] [--webhooks 20]

Real PostgreSQL; a mail server and a receiver in processes of their own; the mailer and the worker of outlets
in this one. Every event is for every party, at once. Every figure is of one machine on one day.
"""

import argparse
import asyncio
import json
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import any_, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import mails, webhooks
from bench.routing import resident_mb, say
from connectors.webhook.sending import Webhooks
from consumers.collecting import collect_rarely
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.mail.mailer import Mailer
from consumers.ways_out.outlets import Outlets
from consumers.workers import prepare_store
from hub.outlets.channel import Target, Welcome
from hub.outlets.handing import Handed
from hub.outlets.webhooks import CHANNEL, put_webhook
from hub.rules.identity import event_key
from hub.rules.outlets import Outcome, Sent
from hub.rules.policy import Mode
from hub.rules.relations import Reason, Relation
from hub.rules.threading import mail_of
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import SystemClock
from hub.store.database import keys_of, opened, transaction
from hub.store.deliveries.outlets import OutletName
from hub.store.exchanges import NewDeliveries, NewEvent, keep_events, plan_deliveries
from hub.store.register.registers import Registers
from hub.store.wake import Channel, WakeUp, wake
from schemas.terms import Tlp
from tests.events import attributes

_VAR = Path("var/bench-burst")
_PLANNED_AT_ONCE = 50
_GATHERED = timedelta(minutes=11)
"""What is too much in an hour is gathered for ten minutes: the bench moves its clock instead of waiting."""
_PATIENCE_SECONDS = 1200.0


class _Clock:
    """The time, and how far the bench went ahead of it."""

    ahead = timedelta()

    async def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class _Counted:
    """Webhooks, counted by party; `taken_at`: when each party took an event, of those that are watched."""

    def __init__(self, way: Webhooks):
        self._way = way
        self.taken: Counter[str] = Counter()
        self.taken_at: dict[tuple[str, str], float] = {}

    async def greet(self, target: Target) -> Welcome | Sent:
        return await self._way.greet(target)

    async def send(self, target: Target, deliveries: Sequence[Handed]) -> Sequence[Sent]:
        sent = await self._way.send(target, deliveries)
        for one, became in zip(deliveries, sent, strict=False):
            self.taken[target.party] += became.outcome is Outcome.TAKEN
            if one.event["id"] in ("haast", "los"):
                self.taken_at[target.party, one.event["id"]] = time.perf_counter()
        return sent

    async def close(self) -> None:
        await self._way.close()


def _new(content: dict[str, Any]) -> NewEvent:
    key, now = event_key(content["source"], content["id"]), datetime.now(UTC)
    where = ([content["functions"]], [content["areas"]], content["tlp"], "gm0935", now)
    return NewEvent(key, content["type"], content["subject"], *where, json.dumps(content), 1)


async def _plan(pool: AsyncEngine, contents: Sequence[dict[str, Any]], parties: Sequence[str]) -> None:
    tied = Tied(tuple(parties), Tlp.RED, (Reason(Relation.NAMED),))
    for first in range(0, len(contents), _PLANNED_AT_ONCE):
        made = [_new(one) for one in contents[first : first + _PLANNED_AT_ONCE]]
        now = datetime.now(UTC)
        planned = [NewDeliveries(one.event_key, tied, Mode.IMMEDIATE, 1, now) for one in made]
        async with transaction(pool) as connection:
            await keep_events(connection, made)
            await plan_deliveries(connection, planned)
            await wake(connection, Channel.MAIL)


class _Burst:
    """What is looked at while it goes on."""

    def __init__(self, pool: AsyncEngine, counted: _Counted):
        self._pool = pool
        self._counted = counted
        self.began = time.perf_counter()
        self._most = 0

    async def until(self, is_done: Callable[[], Awaitable[Any]]) -> float:
        """Looks four times a second; when it was so."""
        while not await is_done():
            self._most = max(self._most, resident_mb())
            if time.perf_counter() - self.began > _PATIENCE_SECONDS:
                raise TimeoutError("the burst took too long")
            await asyncio.sleep(0.25)
        return time.perf_counter()

    async def tell(self, what: str) -> None:
        took = time.perf_counter() - self.began
        query = select(tables.mail.c.state, func.count()).group_by(tables.mail.c.state)
        async with transaction(self._pool) as connection:
            made = dict(map(tuple, await connection.execute(query)))
        posted = f"{self._counted.taken.total():,} posted"
        say(f"{took:5.0f} s: {what}; mails {made}, {posted}; memory {resident_mb()} MB, at most {self._most}")

    async def waiting(self, mode: str) -> int:
        """How many audiences wait to be composed in this mode."""
        audience = tables.audience.c
        query = select(func.count()).where(audience.is_open, audience.mode == mode)
        async with transaction(self._pool) as connection:
            return await connection.scalar(query) or 0

    async def is_mailed(self, mode: str) -> bool:
        """Whether nothing of this mode is to be composed, or any mail to be sent."""
        queued = select(func.count()).where(tables.mail.c.state == "queued")
        async with transaction(self._pool) as connection:
            return not await self.waiting(mode) and not await connection.scalar(queued)

    async def sent_after(
        self, event: Mapping[str, Any], parties: Sequence[str], since: datetime
    ) -> list[float]:
        """After how many seconds the mails of an event were sent, of those that were."""
        key = event_key(event["source"], event["id"])
        keys, mail = [mail_of(key, party) for party in parties], tables.mail.c
        query = select(mail.sent_at).where(mail.mail_key == any_(keys_of(keys)), mail.state == "sent")
        async with transaction(self._pool) as connection:
            found = (await connection.execute(query)).scalars()
            return sorted((at - since).total_seconds() for at in found)


@asynccontextmanager
async def _at_work(
    settings: Settings, pool: AsyncEngine, registers: Registers, clock: _Clock, outlets: Outlets
) -> AsyncIterator[None]:
    """The mailer and the worker of outlets."""
    stop = asyncio.Event()
    wakes = WakeUp(settings, 5.0, Channel.MAIL, Channel.CLOCK), WakeUp(settings, 1.0, Channel.PLANNED)
    mailer = Mailer(settings, pool, registers, clock)
    workers = [
        asyncio.create_task(mailer.keep_mailing(wakes[0], stop)),
        asyncio.create_task(outlets.keep_sending(wakes[1], stop)),
    ]
    try:
        yield
    finally:
        stop.set()
        for one in wakes:
            one.set()
        await asyncio.gather(*workers)
        for one in wakes:
            await one.close()


async def _measure(settings: Settings, url: str, events: int, parties: int, hooked: int) -> None:
    await prepare_store(settings)
    collect_rarely()
    clock = _Clock()
    async with opened(settings) as pool, opened(settings) as looking:
        registers = Registers(pool, SystemClock())
        known = sorted(slug for slug in (await registers.newest()).parties if slug.startswith("gm"))
        busy, quiet = known[:parties], known[parties]
        way = _Counted(Webhooks(settings.model_copy(update={"webhooks": "local"})))
        async with transaction(pool) as connection:
            for slug in [*busy[:hooked], quiet]:
                name, now = OutletName(slug, CHANNEL, "burst"), await clock.now()
                await put_webhook(connection, name, f"{url}/{slug}", "structured", now, local=True)
        outlets = Outlets(pool, registers, clock, {CHANNEL: way})
        await outlets.address()
        while await outlets.take_turns():
            pass
        contents = [attributes("bottleneck-found", id=f"b-{n}", subject=f"zaak-{n}") for n in range(events)]
        await _plan(looking, contents, busy)
        say(f"{events * parties:,} deliveries are planned; {hooked} of {parties} parties have a webhook")
        burst = _Burst(looking, way)
        await burst.tell("begin")
        async with _at_work(settings, pool, registers, clock, outlets):
            await _watch(burst, way, clock, looking, (busy, quiet), events)


async def _watch(
    burst: _Burst,
    way: _Counted,
    clock: _Clock,
    pool: AsyncEngine,
    parties: tuple[Sequence[str], str],
    events: int,
) -> None:
    busy, quiet = parties

    async def is_sent(event: Mapping[str, Any], to: Sequence[str]) -> bool:
        return len(await burst.sent_after(event, to, since)) == len(to)

    async def is_composed_to(part: float) -> bool:
        return await burst.waiting(Mode.IMMEDIATE) <= events * (1 - part)

    await burst.until(lambda: is_composed_to(0.25))
    await burst.tell("a quarter is composed")
    await burst.until(lambda: is_composed_to(0.5))
    await burst.tell("half is composed")
    since, planned_at = datetime.now(UTC), time.perf_counter()
    haast = attributes("situation-opened", id="haast", subject="haast")
    los = attributes("bottleneck-found", id="los", subject="los")
    await _plan(pool, [haast], busy)
    await _plan(pool, [los], [quiet])
    await burst.until(lambda: is_sent(haast, busy))
    urgent = await burst.sent_after(haast, busy, since)
    await burst.tell(f"the urgent event is mailed: after {median(urgent):.1f} s, the last {urgent[-1]:.1f} s")
    await burst.until(lambda: is_sent(los, [quiet]))
    alone = await burst.sent_after(los, [quiet], since)
    await burst.tell(f"what came for a party with nothing else is mailed: after {alone[0]:.1f} s")
    await burst.until(lambda: burst.is_mailed(Mode.IMMEDIATE))
    await burst.tell("what goes by itself is mailed")

    async def is_posted() -> bool:
        return all(way.taken[slug] > events for slug in busy if slug in way.taken) and bool(way.taken[quiet])

    await burst.until(is_posted)
    after = {key: at - planned_at for key, at in way.taken_at.items()}
    behind = sorted(seconds for (_, event_id), seconds in after.items() if event_id == "haast")
    await burst.tell(
        f"all is posted: the urgent event behind what was there before, after {median(behind):.1f} s; what "
        f"came for a party with nothing else after {after[quiet, 'los']:.1f} s"
    )
    clock.ahead = _GATHERED
    async with transaction(pool) as connection:
        await wake(connection, Channel.MAIL)
    await burst.until(lambda: burst.is_mailed("together"))
    await burst.tell("the rest is mailed together")
    async with transaction(pool) as connection:
        settled = await connection.scalar(select(func.count()).select_from(tables.outcome))
    assert settled == (events + 1) * len(busy) + 1, settled  # noqa: S101 - each has its outcome, once


async def _run(events: int, parties: int, hooked: int) -> None:
    shutil.rmtree(_VAR, ignore_errors=True)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(mails.receiver())
        url = await stack.enter_async_context(webhooks.receiver())
        # Nothing here needs Kafka: it is not started.
        known = Settings(
            var=_VAR, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False, kafka_servers="127.0.0.1:9"
        )
        settings = await stack.enter_async_context(local_services(known, Processes(), lambda _: None))
        await _measure(settings, url, events, parties, hooked)


def main() -> None:
    """Measures and tells."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--parties", type=int, default=100)
    parser.add_argument("--webhooks", type=int, default=20)
    asked = parser.parse_args()
    asyncio.run(_run(asked.events, asked.parties, asked.webhooks))


if __name__ == "__main__":
    main()
