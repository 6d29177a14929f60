"""A real process of outlets that is killed (-9) at any step loses nothing; by name each comes once."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from hub.settings import Settings
from hub.store import tables
from hub.store.database import transaction
from hub.store.wake import Channel, WakeUp
from tests.fed import Hub
from tests.outletted import Sender, found, ledger
from tests.receiver import Answer, Received, Receiver, Writer, status

NAMES = [f"n{number}" for number in range(24)]


@asynccontextmanager
async def _outlets(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    env = {**os.environ, **settings.for_workers().as_environment()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "consumers.program.main",
        "run",
        "outlets",
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _killing(process: asyncio.subprocess.Process, at: int, *, answers: bool) -> Answer:
    """Kills the process at this delivery, before it is answered, or right after."""
    count = Counter[str]()

    async def answer(receiver: Receiver, request: Received, writer: Writer) -> None:
        count["n"] += 1
        if count["n"] == at and not answers:
            receiver.take(request, 200)
            process.send_signal(signal.SIGKILL)
            return
        await status(204)(receiver, request, writer)
        if count["n"] == at:
            await writer.drain()
            process.send_signal(signal.SIGKILL)

    return answer


async def test_each_goes_once_by_name_however_often_the_worker_is_killed(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    settings = hub.settings.model_copy(update={"webhooks": "local"})
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    await hub.feed(*found(*NAMES))
    for at, answers in ((1, False), (1, True), (9, False), (17, True)):
        async with _outlets(settings) as process:
            receiver.usual = _killing(process, at, answers=answers)
            async with asyncio.timeout(180):
                assert await process.wait() == -signal.SIGKILL
        async with transaction(hub.pool) as connection:
            # As if the two minutes were over for which it held its outlet.
            await connection.execute(text("UPDATE outlet SET held_until = now() - interval '1 second'"))
    receiver.usual = status(204)
    news = WakeUp(settings, 1.0, Channel.RECORD)
    async with _outlets(settings), asyncio.timeout(180):
        while len(await ledger(hub, "delivery-sent")) < len(NAMES):
            await news.wait()
    await news.close()
    assert sorted(receiver.ids) == sorted(NAMES)
    assert len(receiver.taken) > len(NAMES), "some came again, under the same name"
    assert len({one["delivery"] for one in await ledger(hub, "delivery-sent")}) == len(NAMES)
    assert await hub.rows(tables.unsent) == []
