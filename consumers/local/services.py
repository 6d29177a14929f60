"""Starts the parts that the settings leave out: Kafka, PostgreSQL and a mail server, on this machine.
Makes the keys with which the hub signs, too."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import PostgresDsn

from consumers.local import kafka, lock, mail_sink, ports, postgres
from consumers.local.processes import Processes
from hub.identity.signing import write_keys
from hub.settings import Settings

Tell = Callable[[str], None]
_Known = dict[str, Any]  # settings by name, as a started part fills them in


@asynccontextmanager
async def local_services(settings: Settings, processes: Processes, tell: Tell) -> AsyncIterator[Settings]:
    """Start Kafka, PostgreSQL and a mail server where `settings` names none, all at once, and wait until each
    answers. Yields settings that name them all; on the way out stops what was started, data stay in
    `settings.var`. `tell` gets short Dutch sentences on progress. Raises LocalServiceError, also when another
    hub uses that folder."""
    var = settings.var.absolute()
    with lock.only_hub(var):
        # What a killed hub left behind may need some seconds to end; each child holds this lock.
        async with lock.exclusive(var / "lock-children") as held:
            processes.hand_down(held)
            try:
                known = await _start(settings, var, processes, tell)
                yield settings.model_copy(update=known)
            finally:
                processes.keep(held)
                await mail_sink.stop(processes)
                await kafka.stop(processes)
                await postgres.stop(processes)


async def _start(settings: Settings, var: Path, processes: Processes, tell: Tell) -> _Known:
    starts: list[Coroutine[Any, Any, _Known]] = []
    own: _Known = {}
    if settings.ledger_key is None and settings.ledger_key_file is None:
        own["ledger_key_file"] = var / "ledger.key"
    if settings.signing_keys is None:
        own |= _signing_keys(var)
    if settings.kafka_servers is None:
        starts.append(_kafka(var, processes, tell))
    if settings.database_url is None:
        starts.append(_postgres(var, processes, tell))
    if settings.smtp_host is None:
        starts.append(_mail(settings, var, processes, tell))
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(start) for start in starts]
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return own | {name: value for task in tasks for name, value in task.result().items()}
    # The first says what is wrong; the others were broken off because of it.
    raise first


def _signing_keys(var: Path) -> _Known:
    path = var / "signing-keys.json"
    if not path.exists():
        write_keys(path)
    return {"signing_keys": path}


async def _kafka(var: Path, processes: Processes, tell: Tell) -> _Known:
    addresses = await kafka.start(var, processes, tell)
    # On loopback only, it asks the hub for no user (ADR 8).
    open_door = dict.fromkeys(("kafka_user", "kafka_password", "kafka_password_file", "kafka_ca_file"))
    return {
        **open_door,
        "kafka_tls": False,
        "kafka_servers": addresses.hub,
        "kafka_party_servers": addresses.parties,
    }


async def _postgres(var: Path, processes: Processes, tell: Tell) -> _Known:
    owner, app = await postgres.start(var, processes, tell)
    return {"database_owner_url": PostgresDsn(owner), "database_url": PostgresDsn(app)}


async def _mail(settings: Settings, var: Path, processes: Processes, tell: Tell) -> _Known:
    folder = (settings.maildir or var / "mail").absolute()
    port = await mail_sink.start(var, folder, processes, tell)
    return {"smtp_host": ports.HOST, "smtp_port": port, "maildir": folder, "smtp_starttls": False}
