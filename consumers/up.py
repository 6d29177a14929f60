"""A whole hub on one machine: the workers as children, watched, and started again when one crashes."""

import os
import sys
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.local import ports, ready
from consumers.local.errors import LocalServiceError
from consumers.local.processes import Child, Processes
from consumers.local.running import announced
from consumers.local.services import Tell, local_services
from consumers.worker_name import WorkerName
from consumers.workers import prepare_store
from hub.kafka.access import must_not_be_refused
from hub.rules.exercises import is_hub_mute
from hub.settings import Settings
from hub.store.clock import clock_of, find_scenario_time, move_clock
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from hub.words.wording import HUB_IS_MUTE, moment

_LOCAL_REPLIES = "antwoord@kernhub.localhost"
_START_SECONDS = 120.0
_STOP_SECONDS = 25.0
_MOST_CRASHES = 5
_CRASH_SECONDS = 60.0
"""A worker that crashes more than five times in a minute has a cause that starting again does not mend."""


@asynccontextmanager
async def workers_running(settings: Settings, processes: Processes, tell: Tell) -> AsyncIterator[Settings]:
    """Starts every worker and waits until the web server answers. Yields the settings with its address; on
    the way out lets the workers finish what they have in hand. Raises LocalServiceError."""
    try:
        known = await _start_http(settings.for_workers(), processes, tell)
        for name in WorkerName:
            if name not in (WorkerName.HTTP, WorkerName.INBOUND):
                await _start(name, known, processes)
        yield await _start_inbound(known, processes)
    finally:
        await processes.stop_all(WorkerName, _STOP_SECONDS)


async def keep_running(settings: Settings, processes: Processes, tell: Tell) -> None:
    """Tells of every crash and starts the worker again. Raises LocalServiceError when a local service stops,
    or a worker keeps crashing."""
    crashes: defaultdict[str, deque[float]] = defaultdict(deque)
    while True:
        crash = await processes.crashed()
        if crash.name not in set(WorkerName):
            raise LocalServiceError(f"{crash}\nDe hub stopt. Wat is aangenomen, is bewaard: start opnieuw.")
        tell(str(crash))
        if gives_up(crashes[crash.name], time.monotonic()):
            raise LocalServiceError(
                f"{crash.name} stopt telkens weer. De hub stopt. Kijk in {crash.log} waarom."
            )
        await _start(crash.name, settings, processes)
        tell(f"{crash.name} is opnieuw gestart; het werk gaat verder waar het was.")


def gives_up(crashes: deque[float], now: float) -> bool:
    """Notes a crash at `now` (seconds) and says whether there were too many of late."""
    crashes.append(now)
    while now - crashes[0] > _CRASH_SECONDS:
        crashes.popleft()
    return len(crashes) > _MOST_CRASHES


async def _start(name: str, settings: Settings, processes: Processes, *, on_trial: bool = False) -> Child:
    return await processes.start(
        name,
        [sys.executable, "-m", "consumers.program.main", "run", name],
        log=settings.var.absolute() / "log" / f"{name}.log",
        env=_environment(settings),
        on_trial=on_trial,
    )


def _environment(settings: Settings) -> dict[str, str]:
    # What the settings leave out must not come back from ours, such as the owner's address.
    own = {f"KERNHUB_{name.upper()}" for name in Settings.model_fields}
    outside = {name: value for name, value in os.environ.items() if name not in own}
    return outside | settings.as_environment()


async def _start_http(settings: Settings, processes: Processes, tell: Tell) -> Settings:
    known = settings

    async def launch(chosen: tuple[int, ...]) -> tuple[Child, Callable[[], Awaitable[bool]]]:
        nonlocal known
        (port,) = chosen
        address = (
            {} if "public_url" in settings.model_fields_set else {"public_url": f"http://{ports.HOST}:{port}"}
        )
        known = settings.model_copy(update={"http_port": port, **address})
        tell(f"De webserver start op poort {port} …")
        child = await _start(WorkerName.HTTP, known, processes, on_trial=True)
        return child, lambda: ready.listens(port)

    await ready.start_on_free_ports("De webserver", (settings.http_port,), launch, processes, _START_SECONDS)
    return known


async def _start_inbound(settings: Settings, processes: Processes) -> Settings:
    if settings.reply_address is None:
        await _start(WorkerName.INBOUND, settings, processes)
        return settings
    known = settings

    async def launch(chosen: tuple[int, ...]) -> tuple[Child, Callable[[], Awaitable[bool]]]:
        nonlocal known
        (port,) = chosen
        known = settings.model_copy(update={"inbound_port": port})
        child = await _start(WorkerName.INBOUND, known, processes, on_trial=True)
        return child, lambda: ready.listens(port)

    preferred = (settings.inbound_port,)
    await ready.start_on_free_ports("De werker inbound", preferred, launch, processes, _START_SECONDS)
    return known


def takes_replies(settings: Settings) -> Settings:
    """These settings; a hub whose mail stays on this machine takes replies here too."""
    if settings.smtp_host is not None or "reply_address" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"reply_address": _LOCAL_REPLIES})


async def _start_clock(settings: Settings, pool: AsyncEngine, tell: Tell) -> None:
    """A scenario that nobody plays yet begins now: without a time no worker can work."""
    if settings.clock != "scenario":
        return
    async with transaction(pool) as connection:
        if await find_scenario_time(connection) is None:
            now = datetime.now(UTC)
            await move_clock(connection, now)
            tell(f"De klok van het scenario stond nog niet, en begint op {moment(now)}.")


async def run_hub(settings: Settings, tell: Tell) -> int:
    """A whole hub, until it is cancelled. Raises LocalServiceError."""
    chosen = {} if "pages" in settings.model_fields_set else {"pages": "local"}
    processes = Processes()
    wanted = takes_replies(settings.model_copy(update=chosen))
    async with local_services(wanted, processes, tell) as known:
        await must_not_be_refused(known)
        await prepare_store(known)
        async with opened(known) as pool:
            await _start_clock(known, pool, tell)
            is_mute = is_hub_mute(await Registers(pool, clock_of(known, pool)).newest())
        async with workers_running(known, processes, tell) as running:
            with announced(running, wanted, known):
                tell(f"Kernhub draait op {running.public_url}  (stoppen: Ctrl-C)")
                parties = running.kafka_party_servers or "gesloten"
                tell(f"Kafka: {running.kafka_servers}, voor partijen {parties}")
                tell(f"Mail: {running.maildir or running.smtp_host}")
                if running.reply_address is not None:
                    tell(f"Antwoorden per mail: SMTP op {running.inbound_host}:{running.inbound_port}")
                if is_mute:
                    tell(f"Let op: {HUB_IS_MUTE}")
                tell("Een API-sleutel voor een partij maakt u met: kernhub token gm0935")
                await keep_running(running, processes, tell)
    return 0
