"""How many mails a second the hub sends, beside a bare aiosmtplib loop that sends the same bytes to the same
server.

    python -m bench.mails [--events 200] [--rounds 5]

Real PostgreSQL, and aiosmtpd in a process of its own that keeps nothing. Every figure is of one machine on
one day; the ratios are what counts.
"""

import argparse
import asyncio
import gc
import resource
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.routing import say
from connectors.mailbox import texts
from connectors.mailbox.sending import MailServer
from consumers.collecting import collect_rarely
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.mail.made import keep_made, made_mail
from consumers.mail.mailer import Mailer
from consumers.workers import prepare_store
from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.relations import Reason, Relation
from hub.rules.threading import mail_of
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import SystemClock
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from schemas.catalogue import BY_TYPE, parse
from tests.events import attributes

_VAR = Path("var/bench-mails")
_LINK = "http://127.0.0.1/gebeurtenissen/een"
_PARTIES = ("enexis", "pv31", "vr24", "ws0665", "kernteam-electricity")


class _Taker:
    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        return "250 Taken"


async def _receive() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Taker(), hostname="bench", loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


@asynccontextmanager
async def receiver() -> AsyncIterator[int]:
    """A mail server in a process of its own; its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.mails", "--receive", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def _queue(pool: AsyncEngine, register: Register, first: int, count: int) -> None:
    """Mails of as many events, each to five parties."""
    now = datetime.now(UTC)
    for number in range(first, first + count):
        content = attributes("bottleneck-found", id=f"bench-{number}", subject=f"zaak-{number}")
        event, key = parse(content), event_key(content["source"], content["id"])
        text = texts.immediate(texts.Told(event, "gm0935", (Reason(Relation.NAMED),), _LINK), register)
        made = [
            made_mail(
                mail_of(key, party), party, "immediate", text, register, now, [key], BY_TYPE[event.type].short
            )
            for party in _PARTIES
        ]
        async with transaction(pool) as connection:
            await keep_made(connection, made, now, [key])


async def _bytes(pool: AsyncEngine, mailer: Mailer) -> list[tuple[str, bytes]]:
    """The mails that wait, as the hub will send them, with their addresses."""
    mail = tables.mail.c
    async with transaction(pool) as connection:
        rows = (await connection.execute(select(tables.mail).where(mail.state == "queued"))).all()
        writer = await mailer.writer(connection, rows)
        return [(row.address, writer.mail(row).as_bytes()) for row in rows]


async def _bare(settings: Settings, mails: Sequence[tuple[str, bytes]]) -> float:
    """Sends each, one after another on one connection; how many seconds."""
    began = time.perf_counter()
    client = aiosmtplib.SMTP(hostname=settings.smtp_host, port=settings.smtp_port, start_tls=False)
    async with client:
        for address, mail in mails:
            await client.sendmail(settings.mail_from, [address], mail)
    return time.perf_counter() - began


async def _ours(mailer: Mailer, settings: Settings) -> float:
    began = time.perf_counter()
    async with MailServer(settings) as server:
        while await mailer.send_some(server):
            pass
    return time.perf_counter() - began


async def _measure(settings: Settings, count: int, rounds: int) -> None:
    await prepare_store(settings)
    collect_rarely()
    async with opened(settings) as pool:
        clock = SystemClock()
        mailer = Mailer(settings, pool, Registers(pool, clock), clock)
        register = await Registers(pool, clock).newest()
        ratios = []
        for turn in range(rounds + 1):
            await _queue(pool, register, turn * count, count)
            mails = await _bytes(pool, mailer)
            gc.collect()
            # Whoever is second finds the server warmer: they take turns.
            if turn % 2:
                ours, bare = await _ours(mailer, settings), await _bare(settings, mails)
            else:
                bare, ours = await _bare(settings, mails), await _ours(mailer, settings)
            if not turn:
                continue  # what happens once is no speed
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            many = len(mails)
            ratios.append(bare / ours)
            say(
                f"{many} mails of {len(mails[0][1])} bytes: hub {many / ours:,.0f}/s, "
                f"bare {many / bare:,.0f}/s, ratio {ratios[-1]:.2f}, memory {memory} MB"
            )
        say(f"median ratio {statistics.median(ratios):.2f}")


async def _run(count: int, rounds: int) -> None:
    shutil.rmtree(_VAR, ignore_errors=True)
    async with receiver() as port:
        # Nothing here needs Kafka: it is not started.
        known = Settings(
            var=_VAR, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False, kafka_servers="127.0.0.1:9"
        )
        async with local_services(known, Processes(), lambda _: None) as settings:
            await _measure(settings, count, rounds)


def main() -> None:
    """Measures and tells."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--receive", action="store_true")
    asked = parser.parse_args()
    asyncio.run(_receive() if asked.receive else _run(asked.events, asked.rounds))


if __name__ == "__main__":
    main()
