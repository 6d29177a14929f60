"""How many webhooks a second the hub delivers, beside a bare loop that posts the same bodies to the same
receiver.

    python -m bench.webhooks [--events 1000] [--endpoints 10] [--rounds 3]

Real PostgreSQL, a receiver in a process of its own, the same HTTP library on both sides. Every figure is of
one machine on one day; the ratios are what counts.
"""

import argparse
import asyncio
import json
import resource
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpcore

from bench.routing import say
from connectors.webhook.sending import Webhooks
from connectors.webhook.writing import written
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.ways_out.outlets import Outlets
from consumers.workers import prepare_store
from hub.outlets.handing import next_deliveries
from hub.outlets.webhooks import CHANNEL, put_webhook
from hub.rules.identity import event_key
from hub.rules.policy import Mode
from hub.rules.relations import Reason, Relation
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store.clock import SystemClock
from hub.store.database import opened, transaction
from hub.store.deliveries.outlets import OutletName
from hub.store.deliveries.stream import BEGIN, number_planned
from hub.store.exchanges import NewDeliveries, NewEvent, keep_events, plan_deliveries
from hub.store.register.registers import Registers
from schemas.terms import Tlp
from tests.events import attributes

_VAR = Path("var/bench-webhooks")
_LANES = 8
_GREETING = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nWebHook-Allowed-Origin: *\r\nWebHook-Allowed-Rate: *\r\n\r\n"
)
_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


class _Receiver(asyncio.Protocol):
    """Reads requests and takes them all."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._have = b""

    def data_received(self, data: bytes) -> None:
        self._have += data
        while (end := self._have.find(b"\r\n\r\n")) >= 0:
            head = self._have[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._have) < end + 4 + size:
                return
            self._have = self._have[end + 4 + size :]
            self._transport.write(_GREETING if head.startswith(b"options") else _TAKEN)  # type: ignore[attr-defined]


async def _receive() -> None:
    server = await asyncio.get_running_loop().create_server(_Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


@asynccontextmanager
async def receiver() -> AsyncIterator[str]:
    """A receiver in a process of its own; its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.webhooks", "--receive", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


async def _bare(urls: Sequence[str], bodies: Sequence[bytes]) -> float:
    """Posts every body to every address, eight at a time to each; how many a second."""

    async def lane(pool: httpcore.AsyncConnectionPool, url: str, mine: Sequence[bytes]) -> None:
        for body in mine:
            await pool.request("POST", url, headers={"content-type": "application/json"}, content=body)

    async with AsyncExitStack() as pools, asyncio.TaskGroup() as tasks:
        began = time.perf_counter()
        lanes = []
        for url in urls:
            pool = await pools.enter_async_context(httpcore.AsyncConnectionPool(max_connections=_LANES))
            lanes += [tasks.create_task(lane(pool, url, bodies[n::_LANES])) for n in range(_LANES)]
        await asyncio.gather(*lanes)
        return len(urls) * len(bodies) / (time.perf_counter() - began)


def _event(number: int) -> tuple[NewEvent, UUID]:
    content = attributes("bottleneck-found", id=f"bench-{number}", subject=f"zaak-{number}")
    key = event_key(content["source"], content["id"])
    now = datetime.now(UTC)
    where = (["electricity"], ["GM0935"], "GREEN", "gm0935", now)
    return NewEvent(key, content["type"], content["subject"], *where, json.dumps(content), 1), key


async def _measure(settings: Settings, url: str, count: int, endpoints: int, rounds: int) -> None:
    await prepare_store(settings)
    async with opened(settings) as pool:
        registers, clock = Registers(pool, SystemClock()), SystemClock()
        parties = ["enexis", "pv31", "vr24", "ws0665", "kernteam-electricity"]
        names = [(parties[n % len(parties)], f"b{n}") for n in range(endpoints)]
        async with transaction(pool) as connection:
            for party, name in names:
                called = OutletName(party, CHANNEL, name)
                await put_webhook(
                    connection, called, f"{url}/{name}", "structured", await clock.now(), local=True
                )
        way = Webhooks(settings.model_copy(update={"webhooks": "local"}))
        outlets = Outlets(pool, registers, clock, {CHANNEL: way})
        await outlets.address()
        while await outlets.take_turns():
            pass
        why = (Reason(Relation.NAMED),)
        ratios, place = [], BEGIN
        for turn in range(rounds):
            async with transaction(pool) as connection:
                made = [_event(turn * count + number) for number in range(count)]
                await keep_events(connection, [event for event, _ in made])
                tied = Tied(tuple(parties), Tlp.RED, why)
                now = datetime.now(UTC)
                await plan_deliveries(
                    connection, [NewDeliveries(key, tied, Mode.DIGEST, 1, now) for _, key in made]
                )
            await number_planned(pool)
            register = await registers.newest()
            async with transaction(pool) as connection:
                found = await next_deliveries(connection, parties[0], place, register, count)
            place = found.reached
            bodies = [written(one.event, "structured").body for one in found.handed]
            bare = await _bare([f"{url}/{name}" for _, name in names], bodies)
            began = time.perf_counter()
            await outlets.address()
            while await outlets.take_turns():
                pass
            ours = count * endpoints / (time.perf_counter() - began)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            ratios.append(ours / bare)
            say(f"hub {ours:,.0f}/s, bare {bare:,.0f}/s, ratio {ours / bare:.2f}, memory {memory} MB")
        say(f"median ratio {statistics.median(ratios):.2f}")
        await way.close()


async def _run(count: int, endpoints: int, rounds: int) -> None:
    shutil.rmtree(_VAR, ignore_errors=True)
    # Nothing here needs Kafka or a mail server: they are not started.
    known = Settings(var=_VAR, kafka_servers="127.0.0.1:9", smtp_host="127.0.0.1")
    async with (
        local_services(known, Processes(), lambda _: None) as settings,
        receiver() as url,
    ):
        await _measure(settings, url, count, endpoints, rounds)


def main() -> None:
    """Measures and tells."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--endpoints", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--receive", action="store_true")
    asked = parser.parse_args()
    asyncio.run(_receive() if asked.receive else _run(asked.events, asked.endpoints, asked.rounds))


if __name__ == "__main__":
    main()
