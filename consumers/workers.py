"""The workers, by name, and how each is wired and run until it is told to stop.

Each imports its own modules when it starts: together they take seconds to load, and a worker needs a few."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.collecting import leave_out_what_is_there
from consumers.waiting import wait_or_stop
from consumers.worker_name import WorkerName
from hub import logs
from hub.errors import Unavailable
from hub.kafka.access import must_not_be_refused
from hub.kafka.broker import SEND_SECONDS, Publisher, ensure_topics
from hub.ledger.head import head_path
from hub.ledger.key import signer_of
from hub.register.kinds import HUB
from hub.register.seed import seed_history
from hub.rules.exercises import is_hub_mute
from hub.rules.ledger.notes import Signer
from hub.settings import Settings
from hub.store.clock import Clock, clock_of
from hub.store.database import as_owner, opened, transaction
from hub.store.ledger.keys import must_be_in_force
from hub.store.migrate import migrate, must_be_prepared
from hub.store.privileges import app_role_of
from hub.store.register.registers import Registers, seed_if_empty
from hub.store.wake import Channel, WakeUp

if TYPE_CHECKING:
    from consumers.kafka.stream import Handler

_log = logging.getLogger(__name__)
_POLL_SECONDS = 5.0
"""How long a timer-driven worker waits for a wake-up before it looks by itself."""


class Parts(NamedTuple):
    """What a worker is made of."""

    settings: Settings
    pool: AsyncEngine
    registers: Registers
    publisher: Publisher
    clock: Clock
    stop: asyncio.Event


_COMMAND_SECONDS: dict[WorkerName, float] = {WorkerName.HTTP: 5}
"""Who asks over HTTP waits for an answer, and must hear in time that there is none."""


async def prepare_store(settings: Settings) -> None:
    """Makes the tables and the first register where they are missing, and lets the workers' role use them,
    the ledger only to add to. Safe to run again and at the same time. Without the owner's address it only
    looks whether all is there. Raises DatabaseUnavailable, DatabaseNotPrepared, NotConfigured or
    MayChangeLedger."""
    if settings.database_owner_url is not None:
        async with opened(as_owner(settings)) as pool:
            await migrate(pool, app_role_of(settings))
    async with opened(settings) as pool:
        await _ready_store(pool)


async def _ready_store(pool: AsyncEngine) -> None:
    await must_be_prepared(pool)
    await seed_if_empty(pool, seed_history(), datetime.now(UTC))


async def run(name: WorkerName, settings: Settings, stop: asyncio.Event) -> None:
    """Runs one worker until `stop`, after waiting for the parts that it needs. Raises KafkaRefuses or
    NotConfigured when it is not let in at the start."""
    await must_not_be_refused(settings)
    async with opened(settings, _COMMAND_SECONDS.get(name, 60)) as pool:
        await _until_done(lambda: _ready_store(pool), stop)
        async with Publisher(settings) as publisher:
            if not stop.is_set():
                _log.info(logs.line("worker starts"))
                clock = clock_of(settings, pool)
                await WORKERS[name](Parts(settings, pool, Registers(pool, clock), publisher, clock, stop))
    _log.info(logs.line("worker has stopped"))


async def _until_done(step: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await step()
            return
        except Unavailable as error:
            _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
            await wait_or_stop(stop, 2.0)


async def _http(parts: Parts) -> None:
    from consumers.ways_in.http import application, serve

    settings, pool, registers, publisher, clock, stop = parts
    signer = signer_of(settings)
    await _until_done(lambda: _must_be_in_force(pool, signer), stop)
    await _until_done(lambda: warn_if_mute(registers), stop)
    app = application(settings, pool, registers, publisher, clock)
    async with asyncio.TaskGroup() as tasks:
        warming = tasks.create_task(_until_done(publisher.ready, stop))
        growing = tasks.create_task(_until_done(app.state.alike.grow, stop))
        growing.add_done_callback(lambda _: leave_out_what_is_there())
        wake_up = WakeUp(settings, _POLL_SECONDS, Channel.REMOVED)
        forgetting = tasks.create_task(app.state.alike.keep_forgetting(wake_up, stop))
        # The first publishers need not wait for Kafka's part; pages and refusals need no Kafka.
        await asyncio.wait([warming], timeout=SEND_SECONDS)
        await serve(settings, app, stop)
        growing.cancel()
        forgetting.cancel()
    await wake_up.close()


async def warn_if_mute(registers: Registers) -> bool:
    """Says in the log when the hub itself can tell real parties nothing; whether that is so. Raises
    DatabaseUnavailable."""
    is_mute = is_hub_mute(await registers.newest())
    if is_mute:
        _log.warning(logs.line("the hub reaches no real party: its OIN is one for tests", party=HUB))
    return is_mute


async def _must_be_in_force(pool: AsyncEngine, signer: Signer) -> None:
    async with transaction(pool) as connection:
        await must_be_in_force(connection, signer)


async def _router(parts: Parts) -> None:
    from consumers.routing.router import GROUP, Router

    settings, pool, registers, publisher, clock, _ = parts
    router = Router(settings, pool, registers, publisher, clock)
    await _consume(parts, GROUP, router.on_records)


async def _consume(parts: Parts, group: str, handle: "Handler") -> None:
    from consumers.kafka.stream import consume

    await _until_done(lambda: ensure_topics(parts.settings), parts.stop)
    await consume(parts.settings, group, handle, parts.stop)


async def _throttle(parts: Parts) -> None:
    from consumers.throttle.worker import GROUP, Throttle

    settings, pool, registers, publisher, clock, stop = parts
    throttle = Throttle(settings, pool, registers, publisher, clock)
    consuming = _consume(parts, GROUP, throttle.on_records)
    await _woken(parts, [Channel.CLOCK], lambda wake_up: throttle.keep_releasing(wake_up, stop), consuming)


async def _mailer(parts: Parts) -> None:
    from consumers.mail.mailer import Mailer

    mailer = Mailer(parts.settings, parts.pool, parts.registers, parts.clock)
    channels = [Channel.MAIL, Channel.CLOCK]
    await _woken(parts, channels, lambda wake_up: mailer.keep_mailing(wake_up, parts.stop))


async def _ledger(parts: Parts) -> None:
    from consumers.ledger import keep_numbering

    signer, beside_key = signer_of(parts.settings), head_path(parts.settings)
    await _woken(
        parts,
        [Channel.RECORD],
        lambda wake_up: keep_numbering(parts.pool, parts.clock, signer, wake_up, parts.stop, beside_key),
    )


async def _intake(parts: Parts) -> None:
    from consumers.kafka.lanes import consume_in_lanes
    from consumers.ways_in.intake import GROUP, KafkaIntake, topics_of_parties
    from hub.intake.accepting import Intake

    settings, pool, registers, publisher, clock, stop = parts
    intake = Intake(settings, pool, registers, publisher, clock)
    taking = KafkaIntake(settings, pool, intake, publisher, clock)
    await consume_in_lanes(settings, GROUP, topics_of_parties(settings), taking.on_records, stop)


async def _inbound(parts: Parts) -> None:
    from consumers.ways_in.inbound import Inbound, keep_fetching, listen
    from hub.intake.accepting import Intake

    settings, pool, registers, publisher, clock, stop = parts
    if settings.reply_address is None:
        _log.info(logs.line("takes no mail: no address for replies is set"))
        await stop.wait()
        return
    inbound = Inbound(settings, pool, registers, Intake(settings, pool, registers, publisher, clock), clock)
    await _woken(
        parts,
        [Channel.INBOUND],
        lambda wake_up: inbound.keep_reading(wake_up, stop),
        listen(inbound, settings, stop),
        keep_fetching(inbound, settings, stop),
    )


async def _outbox(parts: Parts) -> None:
    from consumers.kafka.outbox import Outbox

    outbox = Outbox(parts.settings, parts.pool, parts.publisher, parts.clock)
    await _woken(parts, [Channel.OUTBOX], lambda wake_up: outbox.keep_publishing(wake_up, parts.stop))


async def _outlets(parts: Parts) -> None:
    from consumers.ways_out.channels import WAYS_OUT
    from consumers.ways_out.outlets import Outlets

    ways = {name: channel.make(parts.settings) for name, channel in WAYS_OUT.items()}
    outlets = Outlets(parts.pool, parts.registers, parts.clock, ways)
    await _woken(
        parts, [Channel.PLANNED], lambda wake_up: outlets.keep_sending(wake_up, parts.stop), poll=1.0
    )


async def _woken(
    parts: Parts,
    channels: Sequence[Channel],
    work: Callable[[WakeUp], Coroutine[Any, Any, None]],
    *others: Coroutine[Any, Any, None],
    poll: float = _POLL_SECONDS,
) -> None:
    wake_up = WakeUp(parts.settings, poll, *channels)

    async def end_wait() -> None:
        await parts.stop.wait()
        wake_up.set()

    try:
        async with asyncio.TaskGroup() as tasks:
            for each in (work(wake_up), end_wait(), *others):
                tasks.create_task(each)
    finally:
        await wake_up.close()


WORKERS: Mapping[WorkerName, Callable[[Parts], Awaitable[None]]] = {
    WorkerName.HTTP: _http,
    WorkerName.ROUTER: _router,
    WorkerName.THROTTLE: _throttle,
    WorkerName.MAILER: _mailer,
    WorkerName.LEDGER: _ledger,
    WorkerName.OUTBOX: _outbox,
    WorkerName.OUTLETS: _outlets,
    WorkerName.INTAKE: _intake,
    WorkerName.INBOUND: _inbound,
}
