"""Real parts: one Kafka, PostgreSQL and mail sink for each process of the run, a database and topics for each
test."""

import asyncio
import io
import itertools
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from pydantic import PostgresDsn
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.workers import prepare_store
from hub import logs
from hub.settings import Settings
from hub.store.database import as_owner, dsn, opened
from tests.ports import free_port

_VAR = Path(__file__).parent.parent / "var" / "test" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
_TEMPLATE = "kernhub_template"
_numbers = itertools.count(1)

for name in [name for name in os.environ if name.startswith("KERNHUB_")]:
    del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A journey runs a whole hub, so two at once would wait for one another: one process does them all."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("journeys"))


@pytest.fixture(scope="session")
async def services() -> AsyncIterator[Settings]:
    """Kafka, PostgreSQL and a mail sink, as a laptop has them; fresh for every run."""
    await asyncio.to_thread(shutil.rmtree, _VAR, ignore_errors=True)
    chosen = Settings(var=_VAR, http_port=0)
    async with local_services(chosen, Processes(), lambda _: None) as known:
        await _spare_the_disk(known)
        await _make_template(known)
        yield known


@pytest.fixture
def unused_tcp_port() -> int:
    """A port where nobody listens, also a moment later."""
    return free_port()


@pytest.fixture
async def settings(services: Settings) -> AsyncIterator[Settings]:
    """Settings with a seeded database, topics and a sender address of the test's own."""
    async with _fresh(services) as made:
        yield made


@pytest.fixture(scope="module")
async def module_settings(services: Settings) -> AsyncIterator[Settings]:
    """Settings as a test has them, for the tests of a module that share a hub."""
    async with _fresh(services) as made:
        yield made


@pytest.fixture(scope="session")
async def lasting_settings(services: Settings) -> AsyncIterator[Settings]:
    """Settings as a test has them, for the journeys that share a hub."""
    async with _fresh(services) as made:
        yield made


@pytest.fixture
async def twin(services: Settings) -> AsyncIterator[Settings]:
    """Settings of a second hub, apart from the first."""
    async with _fresh(services) as made:
        yield made


@asynccontextmanager
async def _fresh(services: Settings) -> AsyncIterator[Settings]:
    name = f"test_{next(_numbers)}"
    await _as_superuser(services, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    # Beside a key stands what it signed last: another ledger has another key.
    key = services.var / f"{name}.key"
    for left in (key, key.with_name(f"{key.name}.head")):
        left.unlink(missing_ok=True)
    yield _on(services, name).model_copy(
        update={
            "ledger_key_file": key,
            "topic_prefix": name.replace("_", "-"),
            "topic_partitions": 2,
            "mail_from": f"kernhub@{name.replace('_', '-')}.example",
            "pages": "local",
        }
    )
    await _as_superuser(services, f"DROP DATABASE {name} WITH (FORCE)")


async def _as_superuser(settings: Settings, *statements: str) -> None:
    connection = await asyncpg.connect(dsn(as_owner(settings)))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _spare_the_disk(services: Settings) -> None:
    """What a test leaves in PostgreSQL outlives every process but not the machine: hundreds of databases that
    are flushed make tests wait for the disk."""
    wanted = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "'4GB'"}
    changes = [f"ALTER SYSTEM SET {name} = {value}" for name, value in wanted.items()]
    await _as_superuser(services, *changes, "SELECT pg_reload_conf()")


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """Connections to the test's own database, with the rights that a worker has."""
    async with opened(settings) as made:
        yield made


@pytest.fixture
async def owner_pool(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """Connections to the test's own database as a superuser, to whom the tables belong."""
    async with opened(as_owner(settings)) as made:
        yield made


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a worker writes to its log, at the level of debug."""
    loggers = [logging.getLogger(name) for name in (None, "aiokafka", "alembic", "httpx")]
    before = [(logger, logger.level) for logger in loggers]
    handlers = loggers[0].handlers[:]
    loggers[0].handlers.clear()
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.set_up("debug", "proef")
    yield written
    loggers[0].handlers[:] = handlers
    for logger, level in before:
        logger.setLevel(level)


def _on(settings: Settings, database: str) -> Settings:
    urls = {"database_url": dsn(settings), "database_owner_url": dsn(as_owner(settings))}
    on = {name: PostgresDsn(f"{url.rpartition('/')[0]}/{database}") for name, url in urls.items()}
    return settings.model_copy(update=on)


async def _make_template(settings: Settings) -> None:
    await _as_superuser(settings, f"CREATE DATABASE {_TEMPLATE}")
    template = _on(settings, _TEMPLATE)
    await prepare_store(template)
    # The same story gives the same keys, and so the same order, in each test and run.
    await _as_superuser(template, "UPDATE secret SET value = 'question-keys' WHERE name = 'question-keys'")
