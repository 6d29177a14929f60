"""The local services for real: Kafka, PostgreSQL and the mail sink as child processes."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from consumers.local import lock, mail_sink, ports
from consumers.local.errors import LocalServiceError
from consumers.local.processes import Processes
from consumers.local.services import local_services
from hub.settings import Settings
from hub.store.database import as_owner, dsn


def settings_for(var: Path, **chosen: object) -> Settings:
    parts = ("kafka_servers", "database_url", "database_owner_url", "smtp_host", "maildir")
    nothing = dict.fromkeys(parts)
    return Settings.model_validate({**nothing, "var": var, **chosen})


def say(sentence: str) -> None:
    assert sentence


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn(as_owner(settings)))
    try:
        yield connection
    finally:
        await connection.close()


async def make_topic(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_servers)
    await admin.start()
    await admin.create_topics([NewTopic("gas", num_partitions=1, replication_factor=1)])
    await admin.close()


async def produce(settings: Settings, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_servers, acks="all") as producer:
        await producer.send_and_wait("gas", value)


async def consume(settings: Settings) -> bytes:
    consumer = AIOKafkaConsumer(
        "gas", bootstrap_servers=settings.kafka_servers, group_id="test", auto_offset_reset="earliest"
    )
    async with consumer:
        record = await asyncio.wait_for(consumer.getone(), 60)
        await consumer.commit()
        return bytes(record.value)


async def send_mail(settings: Settings) -> None:
    mail = EmailMessage()
    mail["From"] = "hub@kernhub.example"
    mail["To"] = "gas@kernhub.example"
    mail["Message-ID"] = "<1@kernhub.example>"
    mail.set_content("Dag.")
    await aiosmtplib.send(mail, hostname=settings.smtp_host, port=settings.smtp_port)


def kept_mail(settings: Settings) -> list[Path]:
    assert settings.maildir is not None
    return list((settings.maildir / "new").iterdir())


async def test_all_three_work_and_keep_their_data_through_a_restart(tmp_path: Path) -> None:
    # A space, letters beyond ASCII, closed to others, and longer than a socket path may be.
    closed = tmp_path / "van één beheerder"
    closed.mkdir(mode=0o700)
    chosen = settings_for(closed / ("lang" * 30))
    async with local_services(chosen, Processes(), say) as settings:
        await make_topic(settings)
        await produce(settings, b"first")
        assert await consume(settings) == b"first"
        await produce(settings, b"second")
        async with connected(settings) as database:
            await database.execute("CREATE TABLE kept (word text)")
            await database.execute("INSERT INTO kept VALUES ('yes')")
            assert await database.fetchval("SHOW server_encoding") == "UTF8"
            assert await database.fetchval("SHOW timezone") == "UTC"
            assert await database.fetchval("SHOW fsync") == "on"
        await send_mail(settings)
        await send_mail(settings)
        assert len(kept_mail(settings)) == 1
    async with local_services(chosen, Processes(), say) as settings:
        assert await consume(settings) == b"second"
        async with connected(settings) as database:
            assert await database.fetchval("SELECT word FROM kept") == "yes"
        await send_mail(settings)
        assert len(kept_mail(settings)) == 1
    for name in ("postgres-password", "postgres-password-hub"):
        assert (chosen.var / name).stat().st_mode & 0o777 == 0o600


async def test_parts_that_are_set_are_not_started(tmp_path: Path) -> None:
    chosen = settings_for(
        tmp_path / "var",
        kafka_servers="kafka.example:9092",
        database_url="postgresql://u:p@db.example/kernhub",
        smtp_host="mail.example",
        ledger_key_file=tmp_path / "ledger.key",
        signing_keys=tmp_path / "signing-keys.json",
    )
    async with local_services(chosen, Processes(), say) as settings:
        assert settings == chosen
    assert not (chosen.var / "log").exists()


async def test_a_taken_port_gives_another_and_a_killed_child_is_said(tmp_path: Path) -> None:
    chosen = settings_for(tmp_path / "var", kafka_servers="kafka.example:9092")
    processes = Processes()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 5432))
            other.listen(1)
        except OSError:
            pass  # taken already, which will do
        async with local_services(chosen, processes, say) as settings:
            async with connected(settings) as database:
                assert await database.fetchval("SELECT 1") == 1
            assert settings.database_url is not None
            assert settings.database_url.hosts()[0]["port"] != 5432
            os.kill(processes.pid("mail"), signal.SIGKILL)
            crash = await asyncio.wait_for(processes.crashed(), 60)
    assert crash.name == "mail"
    assert "SIGKILL" in str(crash)
    assert str(chosen.var / "log" / "mail.log") in str(crash)


async def test_a_mail_sink_that_another_hub_started_on_the_port_just_before_is_not_taken_for_the_own_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = Processes(), Processes()
    pick = ports.pick
    try:
        taken = await mail_sink.start(tmp_path / "theirs", tmp_path / "their-mail", others, say)
        first_pick = iter([(taken,)])
        monkeypatch.setattr(ports, "pick", lambda preferred: next(first_pick, None) or pick(preferred))
        own = await mail_sink.start(tmp_path / "ours", tmp_path / "our-mail", ours, say)
    finally:
        await mail_sink.stop(ours)
        await mail_sink.stop(others)
    assert own != taken


async def test_a_second_hub_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    chosen = settings_for(tmp_path)
    with lock.only_hub(tmp_path), pytest.raises(LocalServiceError, match="al in gebruik"):
        async with local_services(chosen, Processes(), say):
            pass


HUB = """
import asyncio, sys
from pathlib import Path
from consumers.local.processes import Processes
from consumers.local.services import local_services
from hub.settings import Settings

async def main():
    settings = Settings(var=Path(sys.argv[1]))
    processes = Processes()
    async with local_services(settings, processes, lambda sentence: None):
        print(*(processes.pid(name) for name in ("kafka", "postgres", "mail")), flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal of a parent is Linux's")
async def test_a_killed_hub_leaves_no_children_and_does_not_prevent_the_next_start(tmp_path: Path) -> None:
    var = tmp_path / "var"
    env = {name: value for name, value in os.environ.items() if not name.startswith("KERNHUB_")}
    hub = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HUB, str(var)), stdout=asyncio.subprocess.PIPE, env=env
    )
    assert hub.stdout is not None
    children = [int(word) for word in (await asyncio.wait_for(hub.stdout.readline(), 300)).split()]
    assert len(children) == 3
    hub.kill()
    await hub.wait()
    async with local_services(settings_for(var), Processes(), say):
        assert not [pid for pid in children if is_running(pid)]


def is_running(pid: int) -> bool:
    # Where nothing reaps orphans a dead child stays listed as a zombie.
    stat = Path("/proc", str(pid), "stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
