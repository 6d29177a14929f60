"""How fast the front door is: events a second over HTTP, beside a bare handler that only produces to Kafka.

    python -m bench.intake [--events 2000] [--rounds 3] [--connections 16]

Same machine, same web server, same Kafka with acks=all, same clients on the same connections. The hub also
knows who sends, holds the party to its limits, checks every rule, and claims the id in PostgreSQL.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from consumers.local import ports, ready
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.workers import prepare_store
from hub.kafka.broker import ensure_topics
from hub.settings import Settings
from hub.store.access.tokens import new_token
from hub.store.clock import SystemClock
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from schemas.formats import BATCH, STRUCTURED

_PARTIES = 8
_BATCH = 1000
_BATCHES = 4
"""One after another on each connection: the first also pays for what is not under way yet."""


class Rate(NamedTuple):
    """Events a second, how long a request took, in seconds, and the processor time that the web server took
    for an event, in microseconds."""

    events_per_second: float
    half: float
    slowest: float
    processor: float


class _Server(NamedTuple):
    port: int
    pid: int

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _event(source: str, event_id: str) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": "nl.vitale-functies.bottleneck.found.v1",
        "time": "2027-06-01T08:00:00Z",
        "subject": f"zaak-{event_id}",
        "datacontenttype": "application/json",
        "functions": "electricity",
        "areas": "GM0935",
        "tlp": "GREEN",
        "data": {
            "title": "Onderstation ligt te laag",
            "description": "Bij 60 centimeter water valt het station uit, en daarna de gemalen in de polder.",
            "hazards": ["flood"],
            "severity": "high",
            "found_on": "2027-06-01",
        },
    }


def _request(path: str, token: str, kind: str, content: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: meting\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def _send_all(port: int, requests: Sequence[bytes], took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        begin = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        if status != 202:
            raise RuntimeError(f"{status}: {body[:300]!r}")
        took.append(time.perf_counter() - begin)
    writer.close()
    await writer.wait_closed()


async def _rate(server: _Server, lanes: Sequence[Sequence[bytes]], events: int) -> Rate:
    took: list[float] = []
    begin, before = time.perf_counter(), server.processor_seconds()
    await asyncio.gather(*(_send_all(server.port, lane, took) for lane in lanes))
    seconds, processor = time.perf_counter() - begin, server.processor_seconds() - before
    took.sort()
    return Rate(
        events / seconds, statistics.median(took), took[int(len(took) * 0.99)], processor / events * 1e6
    )


async def _serve(
    settings: Settings, module: Sequence[str], name: str, processes: Processes, var: Path
) -> _Server:
    (port,) = ports.pick([0])
    own = settings.model_copy(update={"http_port": port, "public_url": f"http://127.0.0.1:{port}"})
    child = await processes.start(
        name, [sys.executable, "-m", *module], log=var / f"{name}.log", env=own.as_environment()
    )
    await ready.until_ready(name, child, lambda: ready.listens(port), 60)
    return _Server(port, child.pid)


async def _measure(options: argparse.Namespace, var: Path) -> None:
    processes = Processes()
    async with AsyncExitStack() as stack:
        chosen = Settings(var=var, http_port=0, limit_events=100_000_000, limit_megabytes=1_000_000)
        settings = await stack.enter_async_context(local_services(chosen, processes, _tell))
        pool = await stack.enter_async_context(opened(settings))
        await prepare_store(settings)
        await ensure_topics(settings)
        register = await Registers(pool, SystemClock()).newest()
        parties = sorted(p for p in register.parties if p.startswith("gm"))[:_PARTIES]
        now = datetime.now(UTC)
        async with transaction(pool) as connection:
            tokens = [await new_token(connection, party, now) for party in parties]
        sources = [f"urn:nld:oin:{register.parties[party].oin}:systeem:meting" for party in parties]
        names = ["bare", "hub"]
        try:
            served = {
                "bare": await _serve(settings, ["bench.bare_intake"], "bare", processes, var),
                "hub": await _serve(
                    settings, ["consumers.program.main", "run", "http"], "hub", processes, var
                ),
            }
            run = f"{now:%Y%m%d%H%M%S}"
            singles: dict[str, list[Rate]] = {name: [] for name in names}
            batches: list[Rate] = []
            for number in range(options.rounds + 1):  # the first warms up
                for name in names:
                    lanes = _lanes(f"{run}-{name}-{number}", options, sources, tokens)
                    rate = await _rate(served[name], lanes, options.events)
                    if number:
                        singles[name].append(rate)
                lanes = _batch_lanes(f"{run}-batch-{number}", 4, sources, tokens)
                rate = await _rate(served["hub"], lanes, 4 * _BATCHES * _BATCH)
                if number:
                    batches.append(rate)
        finally:
            await processes.stop_all(names, 20)
    for name in names:
        _tell(_line(name, singles[name]))
    _tell(_line(f"hub, batches of {_BATCH}", batches))
    median = {name: statistics.median(r.events_per_second for r in rates) for name, rates in singles.items()}
    _tell(f"hub / bare: {median['hub'] / median['bare']:.2f}")
    batched = statistics.median(r.events_per_second for r in batches)
    _tell(f"batch / single: {batched / median['hub']:.1f}")


def _lanes(
    run: str, options: argparse.Namespace, sources: Sequence[str], tokens: Sequence[str]
) -> list[list[bytes]]:
    lanes: list[list[bytes]] = [[] for _ in range(options.connections)]
    for number in range(options.events):
        lane = number % options.connections
        content = json.dumps(_event(sources[lane % _PARTIES], f"{run}-{number}")).encode()
        lanes[lane].append(_request("/v1/events", tokens[lane % _PARTIES], STRUCTURED, content))
    return lanes


def _batch_lanes(run: str, count: int, sources: Sequence[str], tokens: Sequence[str]) -> list[list[bytes]]:
    lanes = []
    for lane in range(count):
        requests = []
        for turn in range(_BATCHES):
            batch = [_event(sources[lane], f"{run}-{lane}-{turn}-{number}") for number in range(_BATCH)]
            requests.append(_request("/v1/events", tokens[lane], BATCH, json.dumps(batch).encode()))
        lanes.append(requests)
    return lanes


def _line(name: str, rates: Sequence[Rate]) -> str:
    each = (statistics.median(values) for values in zip(*rates, strict=True))
    per_second, half, slowest, processor = each
    return (
        f"{name}: {per_second:.0f} events/s, p50 {half * 1000:.1f} ms, p99 {slowest * 1000:.1f} ms, "
        f"{processor:.0f} us of the web server's processor time an event"
    )


def _tell(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    asyncio.run(_measure(parser.parse_args(), Path("var/bench").absolute()))


if __name__ == "__main__":
    main()
