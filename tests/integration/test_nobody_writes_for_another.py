"""All kinds of party, over every way in: who shows that it is one never writes for the other. By mail: see
`test_mail_in`."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import product
from pathlib import Path
from typing import Any

import aiokafka
import httpx
import pytest
from aiokafka.errors import TopicAuthorizationFailedError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.client.sending import send_batch
from connectors.files.uploading import Folder, upload
from connectors.webhook.writing import written
from consumers.commands import kafka_accounts
from consumers.kafka.lanes import consume_in_lanes
from consumers.ways_in.http import application
from consumers.ways_in.intake import GROUP, KafkaIntake, topics_of_parties
from hub.intake.accepting import Intake
from hub.kafka.broker import Publisher, intake_topic
from hub.register.history import Kind
from hub.register.kinds import PartyKind
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import SystemClock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from schemas.formats import BATCH, STRUCTURED
from tests.events import attributes
from tests.fed import NOW
from tests.one_part import in_one_part
from tests.registers import HISTORY, REGISTER, save, with_facts

COMPANY, KVK = "gasunie", "12345678"
PARTIES = {
    str(kind): next(slug for slug, party in REGISTER.parties.items() if party.kind is kind)
    for kind in PartyKind
    if kind is not PartyKind.HUB
} | {"company": COMPANY}
"""One of each kind, and one that is known by its number in the trade register. That every pair of parties is
told apart, the decision itself shows."""
PAIRS = tuple(product(PARTIES.values(), repeat=2))


def _source(party: str) -> str:
    number = f"kvknr:{KVK}" if party == COMPANY else f"oin:{REGISTER.parties[party].oin}"
    return f"urn:nld:{number}:systeem:zaken"


def _event(way: str, sender: str, named: str) -> dict[str, Any]:
    """What `sender` sends over this way under the number of `named`."""
    return attributes("knowledge-shared", id=f"{way} van {sender}", source=_source(named))


class Front:
    """The HTTP ways in of one hub; each says whether an event came in."""

    def __init__(self, client: httpx.AsyncClient, keys: dict[str, str], folder: Path):
        self._client, self._keys, self._folder = client, keys, folder

    async def structured(self, sender: str, event: dict[str, Any]) -> bool:
        return (await self._post(sender, json.dumps(event).encode(), {"content-type": STRUCTURED}))[0] == 202

    async def binary(self, sender: str, event: dict[str, Any]) -> bool:
        message = written(event, "binary")
        return (await self._post(sender, message.body, message.headers))[0] == 202

    async def batch(self, sender: str, event: dict[str, Any]) -> bool:
        _, (one,) = await self._post(sender, json.dumps([event]).encode(), {"content-type": BATCH})
        return bool(one["status"] == 202)

    async def client(self, sender: str, event: dict[str, Any]) -> bool:
        (receipt,) = await send_batch(self._client, self._keys[sender], [event])
        return receipt.accepted

    async def file(self, sender: str, event: dict[str, Any]) -> bool:
        content = json.dumps([event]).encode()
        told = await upload(self._client, self._keys[sender], "x.json", content, dry_run=False)
        return not told.problems

    async def folder(self, sender: str, event: dict[str, Any]) -> bool:
        path = self._folder / "x.json"
        path.write_text(json.dumps([event]))
        return not (await Folder(self._folder).send(self._client, self._keys[sender], path)).problems

    async def _post(self, sender: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        shown = {**headers, "authorization": f"Bearer {self._keys[sender]}"}
        answer = await self._client.post("/v1/events", content=body, headers=shown)
        return answer.status_code, answer.json()


async def _sources(pool: AsyncEngine) -> list[tuple[str, str]]:
    """Who is written down as the publisher of what was claimed, and in whose name it is."""
    async with transaction(pool) as connection:
        return [(row.publisher, row.event_key) for row in await connection.execute(select(tables.claim))]


@pytest.fixture
async def front(settings: Settings, pool: AsyncEngine, tmp_path: Path) -> AsyncIterator[Front]:
    await save(pool, with_facts(HISTORY, Kind.PARTY, COMPANY, oin="", kvk=KVK), NOW)
    roomy = settings.model_copy(update={"limit_events": 1_000_000})
    clock = SystemClock()
    async with Publisher(settings) as publisher:
        app = application(roomy, pool, Registers(pool, clock), publisher, clock)
        async with transaction(pool) as connection:
            keys = {party: await new_token(connection, party, NOW) for party in PARTIES.values()}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(in_one_part(app)), base_url="http://localhost"
        ) as client:
            yield Front(client, keys, tmp_path)


async def test_over_http_and_in_files_nobody_writes_for_another(front: Front, pool: AsyncEngine) -> None:
    ways: tuple[Callable[[str, dict[str, Any]], Awaitable[bool]], ...] = (
        front.structured,
        front.binary,
        front.batch,
        front.client,
        front.file,
        front.folder,
    )
    parties = list(PARTIES.values())
    for step, way in enumerate(ways, start=1):
        # Over all ways together, every pair of these.
        for place, sender in enumerate(parties):
            for named in (sender, parties[place - step], parties[(place + step) % len(parties)]):
                came_in = await way(sender, _event(way.__name__, sender, named))
                assert came_in is (sender == named), (way.__name__, sender, named)
    publishers = [publisher for publisher, _ in await _sources(pool)]
    assert sorted(publishers) == sorted(parties * len(ways))


async def test_on_kafka_nobody_writes_for_another(
    front: Front, settings: Settings, pool: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    told: dict[str, dict[str, Any]] = {}
    for party in PARTIES.values():
        capsys.readouterr()
        assert await kafka_accounts.open_kafka(settings, party, ()) == 0
        told[party] = json.loads(capsys.readouterr().out)
    for party in PARTIES.values():
        async with aiokafka.AIOKafkaProducer(
            bootstrap_servers=told[party]["servers"],
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism=told[party]["mechanism"],
            sasl_plain_username=told[party]["username"],
            sasl_plain_password=told[party]["password"],
        ) as producer:
            for named in PARTIES.values():
                value = json.dumps(_event("kafka", party, named)).encode()
                headers = [("content-type", STRUCTURED.encode())]
                await producer.send_and_wait(intake_topic(settings, party), value, headers=headers)
                if named != party:
                    with pytest.raises(TopicAuthorizationFailedError):
                        await producer.send_and_wait(intake_topic(settings, named), value, headers=headers)
    stop = asyncio.Event()
    async with Publisher(settings) as publisher:
        await publisher.ready()
        clock = SystemClock()
        intake = Intake(settings, pool, Registers(pool, clock), publisher, clock)
        taking = KafkaIntake(settings, pool, intake, publisher, clock)
        working = asyncio.create_task(
            consume_in_lanes(settings, GROUP, topics_of_parties(settings), taking.on_records, stop)
        )
        refused = tables.ledger.c.kind == "event-refused"
        async with asyncio.timeout(60):
            while True:
                async with transaction(pool) as connection:
                    rows = (await connection.execute(select(tables.ledger).where(refused))).all()
                if len(rows) >= len(PAIRS) - len(PARTIES) and len(await _sources(pool)) >= len(PARTIES):
                    break
                await asyncio.sleep(0.05)
        stop.set()
        await working
    assert sorted(publisher for publisher, _ in await _sources(pool)) == sorted(PARTIES.values())
