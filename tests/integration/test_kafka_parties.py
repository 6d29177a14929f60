"""Parties on Kafka: each writes its own topic and reads its own, by the same checks as at the front door."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import aiokafka
import confluent_kafka
import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands import kafka_accounts
from consumers.commands.keys import NotForThisParty, UnknownKey
from consumers.kafka.lanes import MOST, consume_in_lanes
from consumers.ways_in.intake import GROUP, KafkaIntake, topics_of_parties
from hub.errors import DatabaseUnavailable, KafkaUnavailable
from hub.intake.accepting import Intake
from hub.kafka.broker import (
    Publisher,
    dead_letter_topic,
    delivery_topic,
    ensure_topics,
    function_topic,
    function_topics,
    intake_topic,
    refused_topic,
)
from hub.rules.ledger.contents import committed
from hub.rules.ledger.heads import written
from hub.rules.ledger.tree import leaf_hash
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import SystemClock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from schemas.terms import FunctionSlug
from tests.asked_badly import BAD, asked_badly, good
from tests.samples import sample

_ROERMOND = "urn:nld:oin:00000099100009570000:systeem:zaken"
_STRUCTURED = [("content-type", b"application/cloudevents+json")]


class Party:
    """A program of a party, with what `kernhub party kafka open` printed."""

    def __init__(self, told: dict[str, Any]):
        self.told = told
        self.options = {
            "bootstrap_servers": told["servers"],
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": told["mechanism"],
            "sasl_plain_username": told["username"],
            "sasl_plain_password": told["password"],
        }

    @asynccontextmanager
    async def writing(self, **more: Any) -> AsyncIterator[aiokafka.AIOKafkaProducer]:
        producer = aiokafka.AIOKafkaProducer(**self.options, acks="all", enable_idempotence=True, **more)
        try:
            await producer.start()
            yield producer
        finally:
            await producer.stop()

    async def write(self, *values: bytes, topic: str | None = None) -> None:
        async with self.writing() as producer:
            for value in values:
                await producer.send_and_wait(topic or self.told["write"], value, headers=_STRUCTURED)

    async def read(self, topic: str, count: int, group: str | None = None) -> list[Any]:
        """The first records of a topic."""
        consumer = aiokafka.AIOKafkaConsumer(
            topic, **self.options, group_id=group or self.told["group"], auto_offset_reset="earliest"
        )
        try:
            async with asyncio.timeout(60):
                await consumer.start()
                return [await consumer.getone() for _ in range(count)]
        finally:
            await consumer.stop()

    async def refusals(self, count: int) -> list[dict[str, Any]]:
        """What the hub says of its first refused records."""
        records = await self.read(self.told["read"][1], count)
        assert {dict(r.headers)["content-type"] for r in records} == {b"application/problem+json"}
        return [json.loads(r.value) for r in records]

    def written_by_librdkafka(self, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """As `kcat -P -H name=value` does, which is a thin layer over the same library."""
        producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": self.told["servers"],
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": self.told["mechanism"],
                "sasl.username": self.told["username"],
                "sasl.password": self.told["password"],
            }
        )
        producer.produce(self.told["write"], value, headers=headers)
        assert producer.flush(60) == 0


async def _opened(
    settings: Settings, capsys: pytest.CaptureFixture[str], party: str, *scopes: Scope
) -> Party:
    capsys.readouterr()
    assert await kafka_accounts.open_kafka(settings, party, scopes) == 0
    return Party(json.loads(capsys.readouterr().out))


@pytest.fixture
async def maastricht(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Party:
    return await _opened(settings, capsys, "gm0935")


@asynccontextmanager
async def _taking_in(
    settings: Settings, pool: AsyncEngine, publisher: Publisher | None = None
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with publisher or Publisher(settings) as own:
        await own.ready()
        clock = SystemClock()
        taking = KafkaIntake(
            settings, pool, Intake(settings, pool, Registers(pool, clock), own, clock), own, clock
        )
        working = asyncio.create_task(
            consume_in_lanes(settings, GROUP, topics_of_parties(settings), taking.on_records, stop)
        )
        try:
            yield
        finally:
            stop.set()
            await working


@asynccontextmanager
async def _worker(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "consumers.program.main", "run", "intake",
        env={**os.environ, **settings.as_environment()},
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _until_taken_in(pool: AsyncEngine, count: int) -> None:
    """Until Kafka has this many events on the topics of functions."""
    async with asyncio.timeout(180):
        while await _taken_in(pool) < count:  # noqa: ASYNC110 - a claim tells nobody
            await asyncio.sleep(0.05)


async def _taken_in(pool: AsyncEngine) -> int:
    own = tables.claim.c
    async with transaction(pool) as connection:
        query = select(func.count()).select_from(tables.claim).where(own.acknowledged_at.is_not(None))
        return await connection.scalar(query) or 0


async def _published(settings: Settings) -> list[dict[str, Any]]:
    """Everything on the topics of functions, by partition."""
    async with aiokafka.AIOKafkaConsumer(
        *function_topics(settings), bootstrap_servers=settings.kafka_servers, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        return [json.loads((await consumer.getone()).value) for _ in range(sum(ends.values()))]


def _json(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


async def test_a_party_writes_its_own_topic_and_reads_its_own_and_nothing_else(
    settings: Settings, maastricht: Party, capsys: pytest.CaptureFixture[str]
) -> None:
    enexis = await _opened(settings, capsys, "enexis")
    parties = {"gm0935": maastricht, "enexis": enexis}
    await ensure_topics(settings)
    await ensure_topics(settings, [delivery_topic(settings, party) for party in parties])
    hubs_own = [dead_letter_topic(settings), function_topic(settings, FunctionSlug.ELECTRICITY)]
    async with aiokafka.AIOKafkaProducer(bootstrap_servers=settings.kafka_servers) as hub:
        for party in parties:
            for topic in (delivery_topic(settings, party), refused_topic(settings, party)):
                await hub.send_and_wait(topic, party.encode())
    for name, party in parties.items():
        (other,) = parties.keys() - {name}
        await party.write(b"{}")
        for topic in (delivery_topic(settings, name), refused_topic(settings, name)):
            assert [record.value for record in await party.read(topic, 1)] == [name.encode()]
        for topic in (
            delivery_topic(settings, other),
            refused_topic(settings, other),
            intake_topic(settings, name),
        ):
            with pytest.raises(TopicAuthorizationFailedError):
                await party.read(topic, 1)
        for topic in (
            *hubs_own,
            intake_topic(settings, other),
            *(topic(settings, one) for topic in (delivery_topic, refused_topic) for one in parties),
        ):
            with pytest.raises(TopicAuthorizationFailedError):
                await party.write(b"{}", topic=topic)
        with pytest.raises(GroupAuthorizationFailedError):
            await party.read(delivery_topic(settings, name), 1, group=parties[other].told["group"])
    stranger = Party({**maastricht.told, "password": "geraden"})
    with pytest.raises(KafkaError):
        await stranger.write(b"{}")


def _away(*_: Any) -> None:
    raise DatabaseUnavailable("weg")


async def test_a_second_user_takes_over_without_interruption_and_the_first_is_closed_at_once(
    settings: Settings,
    pool: AsyncEngine,
    maastricht: Party,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = await _opened(settings, capsys, "gm0935", Scope.PUBLISH)
    assert await kafka_accounts.list_kafka(settings) == 0
    listed = capsys.readouterr().out
    assert "mag publish\n" in listed
    assert maastricht.told["username"] in listed
    async with maastricht.writing() as old, second.writing() as new:
        for producer in (old, new):
            await producer.send_and_wait(maastricht.told["write"], _json(sample("een")), headers=_STRUCTURED)
        await kafka_accounts.close_kafka(settings, "gm0935", maastricht.told["username"])
        with pytest.raises(TopicAuthorizationFailedError):
            await old.send_and_wait(maastricht.told["write"], b"te laat")
        await new.send_and_wait(
            maastricht.told["write"], _json(sample("v", "question.raised")), headers=_STRUCTURED
        )
    async with _taking_in(settings, pool):
        await _until_taken_in(pool, 1)
        (unallowed,) = await second.refusals(1)
        assert [error["code"] for error in unallowed["errors"]] == ["scope"]
    await second.write(_json(sample("wacht")))
    with monkeypatch.context() as patched:
        patched.setattr(kafka_accounts, "opened_hub", _away)
        with pytest.raises(DatabaseUnavailable):
            await kafka_accounts.close_kafka(settings, "gm0935", None)
    await kafka_accounts.close_kafka(settings, "gm0935", None)  # and its record is there all the same
    with pytest.raises(UnknownKey):
        await kafka_accounts.close_kafka(settings, "gm0935", None)
    async with _taking_in(settings, pool):
        # Its program is let in again only to read why.
        topic = refused_topic(settings, "gm0935")
        async with aiokafka.AIOKafkaConsumer(
            topic, bootstrap_servers=settings.kafka_servers, auto_offset_reset="earliest"
        ) as consumer:
            async with asyncio.timeout(60):
                told = [json.loads((await consumer.getone()).value) for _ in range(2)]
        assert [error["code"] for error in told[1]["errors"]] == ["closed"]
    assert len(await _published(settings)) == 1
    async with transaction(pool) as connection:
        kinds = (
            await connection.execute(select(tables.ledger.c.kind).order_by(tables.ledger.c.kind))
        ).scalars()
        assert [kind for kind in kinds if kind.startswith("kafka")] == [
            *["kafka-user-closed"] * 2,
            *["kafka-user-made"] * 2,
        ]


@pytest.mark.parametrize(("party", "scope"), [("gm0935", Scope.AUDIT), ("kernhub", Scope.PUBLISH)])
async def test_what_no_party_can_do_on_kafka_is_not_given(
    settings: Settings, party: str, scope: Scope
) -> None:
    with pytest.raises(NotForThisParty):
        await kafka_accounts.open_kafka(settings, party, [scope])


async def test_events_of_the_official_sdk_and_of_kcat_are_taken_in_and_what_is_wrong_is_told_to_its_sender(
    settings: Settings, pool: AsyncEngine, maastricht: Party, capsys: pytest.CaptureFixture[str]
) -> None:
    enexis = await _opened(settings, capsys, "enexis")
    good = {name: sample(name) for name in ("sdk-binary", "sdk-structured", "kcat-structured", "kcat-binary")}
    attributes = {
        name: value for name, value in good["kcat-binary"].items() if name not in ("data", "datacontenttype")
    }
    binary = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    async with _taking_in(settings, pool):
        maastricht.written_by_librdkafka(_json(good["kcat-structured"]), _STRUCTURED)
        maastricht.written_by_librdkafka(
            _json(good["kcat-binary"]["data"]), [*binary, ("content-type", b"application/json")]
        )
        async with maastricht.writing() as producer:
            for name, made_by in (
                ("sdk-binary", kafka.to_binary_event),
                ("sdk-structured", kafka.to_structured_event),
            ):
                context = {k: v for k, v in good[name].items() if k != "data"}
                event = CloudEvent(
                    {**context, "time": datetime.fromisoformat(context["time"])}, good[name]["data"]
                )
                record = made_by(event)
                await producer.send_and_wait(
                    maastricht.told["write"],
                    record.value,
                    key=record.key,
                    headers=list(record.headers.items()),
                )
        maastricht.written_by_librdkafka(_json(sample("zonder-kop")), [])
        await maastricht.write(
            b"\x00\xff",
            b"x" * 900_000,
            _json(sample("fout", tlp=None, areas="GM9999")),
            _json(sample("vreemd", source=_ROERMOND)),
            _json({**good["sdk-binary"], "subject": "anders"}),
            b"[" * 30_000,
            _json(sample("veel", data={f"veld-{n}": n for n in range(1000)})),
            _json(sample("laatste")),
        )
        async with maastricht.writing(compression_type="zstd", max_request_size=10**8) as producer:
            await producer.send_and_wait(maastricht.told["write"], key=b"k", headers=_STRUCTURED)
            # 2 KB on its way, 50 MB when it is unpacked.
            await producer.send_and_wait(maastricht.told["write"], b"\0" * 50_000_000, headers=_STRUCTURED)
        await enexis.write(_json(sample("van-enexis")))
        await _until_taken_in(pool, 5)
        told = await maastricht.refusals(10)
        (of_enexis,) = await enexis.refusals(1)
    assert {event["id"] for event in await _published(settings)} == {*good, "laatste"}
    assert [(one["status"], {e["code"] for e in one["errors"]}, one["id"]) for one in told] == [
        (422, {"content_type"}, None),
        (422, {"utf8"}, None),
        (413, {"too_large"}, None),
        (422, {"missing", "unknown_area"}, "fout"),
        (403, {"not_your_source"}, "vreemd"),
        (409, {"other_content"}, "sdk-binary"),
        (422, {"too_deep"}, None),
        (422, {"extra_forbidden", "more"}, "veel"),
        (422, {"empty"}, None),
        (422, {"unreadable"}, None),
    ]
    assert [one["offset"] for one in told] == sorted(one["offset"] for one in told)
    assert of_enexis["status"] == 403


async def test_a_request_that_cannot_be_is_refused_there_for_the_same_reason(
    settings: Settings, pool: AsyncEngine, maastricht: Party
) -> None:
    asked = [asked_badly(bad, f"v{place}") for place, bad in enumerate(BAD)]
    async with _taking_in(settings, pool):
        await maastricht.write(*map(_json, [*asked, good(id="goed")]))
        await _until_taken_in(pool, 1)
        told = await maastricht.refusals(len(BAD))
    assert [event["id"] for event in await _published(settings)] == ["goed"]
    reasons = [[(error["field"], error["code"]) for error in one["errors"]] for one in told]
    assert reasons == [[(bad.field, bad.code)] for bad in BAD]


async def test_a_burst_of_one_party_waits_and_slows_nobody_else(
    settings: Settings, pool: AsyncEngine, maastricht: Party, capsys: pytest.CaptureFixture[str]
) -> None:
    tight = settings.model_copy(update={"limit_events": 60})
    async with maastricht.writing() as producer:
        sent = [
            await producer.send(maastricht.told["write"], _json(sample(f"n{n}")), headers=_STRUCTURED)
            for n in range(2 * MOST)
        ]
        await asyncio.gather(*sent)
    async with _taking_in(tight, pool):
        await _until_taken_in(pool, 1)
        # A party that is let in while the worker runs.
        roermond = await _opened(settings, capsys, "gm0957")
        await roermond.write(_json(sample("rustig", source=_ROERMOND)))
        async with asyncio.timeout(60):
            while "rustig" not in {event["id"] for event in await _published(settings)}:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        taken_in = await _taken_in(pool)
    # What it may send in a minute is used up by the first batch.
    assert taken_in <= MOST + 1


async def test_many_of_several_parties_are_kept_and_those_that_came_before_count_once(
    settings: Settings, pool: AsyncEngine, maastricht: Party, capsys: pytest.CaptureFixture[str]
) -> None:
    roermond = await _opened(settings, capsys, "gm0957")
    many = [f"n{n}" for n in range(150)]
    of_maastricht = [_json(sample(one)) for one in many]
    of_roermond = [_json(sample(one, source=_ROERMOND)) for one in many]
    await maastricht.write(*of_maastricht)
    await roermond.write(*of_roermond)
    later = [_json(sample(f"later-{one}")) for one in many]
    other = _json(sample("n7", subject="een andere zaak"))
    async with _taking_in(settings, pool):
        await _until_taken_in(pool, 300)
    await maastricht.write(*of_maastricht, other, *later)
    await roermond.write(of_roermond[0], _json(sample("slot", source=_ROERMOND)))
    async with _taking_in(settings, pool):
        await _until_taken_in(pool, 451)
        (told,) = await maastricht.refusals(1)
    assert (told["id"], [error["code"] for error in told["errors"]]) == ("n7", ["other_content"])
    published = Counter((event["source"], event["id"]) for event in await _published(settings))
    assert len(published) == 451
    assert set(published.values()) == {1}
    ledger = tables.ledger.c
    async with transaction(pool) as connection:
        query = select(ledger.event_key, ledger.record, ledger.leaf_hash)
        rows = (await connection.execute(query.where(ledger.kind == "event-received"))).all()
        claims = {row.event_key: row for row in await connection.execute(select(tables.claim))}
    assert len(rows) == len(claims) == 451
    for row in rows:
        said, claim = json.loads(row.record), claims[row.event_key]
        assert said["content"] == committed(claim.salt, claim.content_hash).hex()
        assert (said["publisher"], said["at"]) == (claim.publisher, written(claim.accepted_at))
        assert row.leaf_hash == leaf_hash(row.record)


async def test_what_kafka_does_not_acknowledge_is_tried_again_until_it_does(
    settings: Settings, pool: AsyncEngine, maastricht: Party
) -> None:
    class Stubborn(Publisher):
        refusals = 2

        async def publish(self, events: Any) -> None:
            if self.refusals:
                self.refusals -= 1
                raise KafkaUnavailable("Kafka bevestigt niet.")
            await super().publish(events)

    await maastricht.write(*(_json(sample(f"n{n}")) for n in range(3)))
    async with _taking_in(settings, pool, Stubborn(settings)):
        await _until_taken_in(pool, 3)
    assert sorted(event["id"] for event in await _published(settings)) == ["n0", "n1", "n2"]


async def test_what_breaks_the_hub_is_buried_and_told_and_the_rest_goes_on(
    settings: Settings, pool: AsyncEngine, maastricht: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Intake.keep_judged

    async def breaking(self: Intake, party: str, events: Any, *others: Any) -> Any:
        if any(event["id"] == "n1" for event in events):
            raise ZeroDivisionError
        return await keep(self, party, events, *others)

    monkeypatch.setattr(Intake, "keep_judged", breaking)
    await maastricht.write(*(_json(sample(f"n{n}")) for n in range(3)))
    async with _taking_in(settings, pool):
        await _until_taken_in(pool, 2)
        (told,) = await maastricht.refusals(1)
    assert [error["code"] for error in told["errors"]] == ["consumer_failed"]
    async with transaction(pool) as connection:
        (letter,) = (await connection.execute(select(tables.dead_letter))).all()
    assert (letter.consumer, letter.offset, letter.reason) == ("intake", 1, "consumer-failed")


async def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    settings: Settings, pool: AsyncEngine, maastricht: Party
) -> None:
    count = 1200
    async with _worker(settings) as process, maastricht.writing() as producer:
        await asyncio.gather(
            *[
                await producer.send(
                    maastricht.told["write"], _json(sample(f"n{n}", subject=f"z{n % 3}")), headers=_STRUCTURED
                )
                for n in range(count)
            ]
        )
        await _until_taken_in(pool, 250)
        process.send_signal(signal.SIGKILL)
    async with _worker(settings) as process, asyncio.timeout(180):
        # Of what was on Kafka when the worker was killed, only the router notes it, and that is not here.
        while len({event["id"] for event in await _published(settings)}) < count:  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.2)
        process.terminate()
        assert await process.wait() == 0
    ids: dict[str, list[str]] = {}
    for event in await _published(settings):
        ids.setdefault(event["subject"], []).append(event["id"])
    # On Kafka an event may stand twice after a kill, as after any retry: its id makes it one for the router.
    for subject, published in ids.items():
        wanted = [f"n{n}" for n in range(count) if f"z{n % 3}" == subject]
        assert list(dict.fromkeys(published)) == wanted
        assert len(published) - len(wanted) <= 200
