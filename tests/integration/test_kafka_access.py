"""The hub on a Kafka that lets nobody in without a name and a password, as docker-compose.yml has it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiokafka
import pytest
from aiokafka.errors import GroupAuthorizationFailedError, KafkaConnectionError
from pydantic import SecretStr

from consumers.kafka.lanes import consume_in_lanes
from consumers.kafka.past import events_on_kafka
from consumers.kafka.stream import consume
from consumers.local.processes import Processes
from consumers.worker_name import WorkerName
from consumers.workers import run
from hub.errors import KafkaRefuses, KafkaUnavailable
from hub.kafka.access import for_aiokafka, must_let_in
from hub.kafka.broker import Outgoing, Publisher, ensure_topics, function_topic, intake_topic
from hub.kafka.users import KafkaUsers
from hub.settings import Settings
from schemas.terms import FunctionSlug
from tests import deployed_kafka
from tests.deployed_kafka import HUB_PASSWORD, Deployed


@pytest.fixture(scope="module")
async def deployed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deployed]:
    processes = Processes()
    try:
        yield await deployed_kafka.start(tmp_path_factory.mktemp("deployed"), processes)
    finally:
        await processes.stop_all()


@pytest.fixture
def hub(settings: Settings, deployed: Deployed) -> Settings:
    """A hub as docker-compose.yml sets it, without TLS."""
    known = {
        "kafka_servers": deployed.hub,
        "kafka_party_servers": deployed.parties,
        "kafka_user": deployed.let_in(settings.topic_prefix),
        "kafka_password": SecretStr(HUB_PASSWORD),
    }
    return settings.model_copy(update=known)


def _with_tls(hub: Settings, deployed: Deployed) -> Settings:
    return hub.model_copy(
        update={"kafka_servers": deployed.tls, "kafka_tls": True, "kafka_ca_file": deployed.ca}
    )


@pytest.mark.parametrize("tls", [False, True])
async def test_the_hub_does_all_its_work_as_its_own_user(
    hub: Settings, deployed: Deployed, *, tls: bool
) -> None:
    own = _with_tls(hub, deployed) if tls else hub
    await must_let_in(own)
    intake = intake_topic(own, "gm0935")
    await ensure_topics(own)
    await ensure_topics(own, [intake])

    function = function_topic(own, FunctionSlug.ELECTRICITY)
    async with Publisher(own) as publisher:
        await publisher.publish([Outgoing(function, None, b"1"), Outgoing(intake, None, b"2")])

    seen: dict[str, bytes] = {}
    stop = asyncio.Event()

    async def handle(records: Any) -> None:
        seen.update({record.topic: record.value for record in records})
        if len(seen) == 2:
            stop.set()

    async with asyncio.timeout(180):
        await asyncio.gather(
            consume(own, "router", handle, stop), consume_in_lanes(own, "intake", f"^{intake}$", handle, stop)
        )
    assert seen == {function: b"1", intake: b"2"}
    assert not [event async for read in events_on_kafka(own) for event in read]  # and it may read

    user = await KafkaUsers(own).make("gm0935")
    assert await KafkaUsers(own).of_party("gm0935") == [user.name]


async def test_the_hub_may_do_nothing_with_what_is_not_its_own(hub: Settings) -> None:
    with pytest.raises(KafkaRefuses, match="mag topic ander-systeem niet maken"):
        await ensure_topics(hub, ["ander-systeem"])

    await ensure_topics(hub)
    topic = function_topic(hub, FunctionSlug.ELECTRICITY)
    consumer = aiokafka.AIOKafkaConsumer(topic, **for_aiokafka(hub), group_id="ander-systeem")
    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await _first_of(consumer)
    finally:
        await consumer.stop()


async def _first_of(consumer: aiokafka.AIOKafkaConsumer) -> None:
    await consumer.start()
    await consumer.getone()


_REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"kafka_password": SecretStr("verkeerd")},
        "laat gebruiker 'kernhub' niet binnen.*KERNHUB_KAFKA_PASSWORD",
    ),
    ({"kafka_user": "onbekend"}, "laat gebruiker 'onbekend' niet binnen"),
]


@pytest.mark.parametrize(("changed", "told"), _REFUSED)
async def test_a_hub_that_is_refused_is_told_why(hub: Settings, changed: dict[str, Any], told: str) -> None:
    wrong = hub.model_copy(update=changed)
    with pytest.raises(KafkaRefuses, match=told):
        await must_let_in(wrong)
    with pytest.raises(KafkaRefuses, match=told):
        await ensure_topics(wrong)


async def test_a_worker_that_is_refused_does_not_start(hub: Settings) -> None:
    wrong = hub.model_copy(update={"kafka_password": SecretStr("verkeerd")})
    with pytest.raises(KafkaRefuses):
        await run(WorkerName.ROUTER, wrong, asyncio.Event())


async def test_a_certificate_by_an_unknown_issuer_is_not_trusted(hub: Settings, deployed: Deployed) -> None:
    wrong = _with_tls(hub, deployed).model_copy(update={"kafka_ca_file": None})
    with pytest.raises(KafkaRefuses, match=r"niet te vertrouwen.*KERNHUB_KAFKA_CA_FILE"):
        await must_let_in(wrong)


async def test_nobody_comes_in_without_a_password(hub: Settings, deployed: Deployed) -> None:
    for address in (deployed.hub, deployed.parties, deployed.tls):
        nameless = {"kafka_servers": address, "kafka_user": None, "kafka_password": None}
        with pytest.raises(KafkaUnavailable, match=r"zonder gebruiker.*KERNHUB_KAFKA_USER"):
            await must_let_in(hub.model_copy(update=nameless))
        producer = aiokafka.AIOKafkaProducer(bootstrap_servers=address, request_timeout_ms=2000)
        with pytest.raises(KafkaConnectionError):
            await producer.start()
        await producer.stop()
