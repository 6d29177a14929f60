"""From a published event to the right mailboxes, and no others."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.record.util import calc_crc32c
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import func, select

from consumers.commands.mail_reply import reply
from hub.kafka.broker import dead_letter_topic, function_topic
from hub.store import tables
from hub.store.clock import find_scenario_time
from hub.store.database import transaction
from hub.store.ledger.checks import check_ledger
from schemas.terms import FunctionSlug
from tests.journeys.running import START, RunningHub, subject_of, text_of
from tests.registers import REGISTER
from tests.samples import sample

_AFTER_CRC = 21
"""Where the part of a record batch begins that its checksum is over (Kafka protocol, record batch)."""
DIRECTLY = {"gm0935", "pv31", "ws0665", "vr24", "kernteam-electricity"}


def _sdk_event(attributes: dict[str, Any]) -> CloudEvent:
    """The same event, made by the official SDK."""
    data = attributes.pop("data")
    attributes["time"] = datetime.fromisoformat(attributes["time"])
    return CloudEvent(attributes, data)


async def test_a_bottleneck_reaches_its_governments_and_core_team_and_nobody_else(hub: RunningHub) -> None:
    response = await hub.publish("gm0935", sample("laag-station"))
    assert response.status_code == 202
    assert response.json()["outcome"] == "accepted"
    await hub.until_quiet()
    mails = hub.mails()
    coordinators = {
        row.party for row in await hub.rows(tables.delivery, tables.delivery.c.mode == "immediate")
    }
    assert set(mails) == coordinators
    assert DIRECTLY - {"gm0935"} <= set(mails), "everyone concerned, but not its own publisher"
    assert not {"gm0363", "pv27", "enexis", "kernteam-nuclear"} & set(mails)
    assert "Olie hangt hiervan af (keteneffect)." in text_of(mails["kernteam-oil"][0])
    (mail,) = mails["pv31"]
    text = text_of(mail)
    assert (
        subject_of(mail)
        == "[OEFENING] [Kernhub] [TLP:GREEN] Knelpunt gevonden: Onderstation Borgharen ligt te laag"
    )
    assert text.startswith(
        "OEFENING: dit is niet echt.\n\nTLP:GREEN - alleen voor partijen die meedoen aan deze aanpak"
    )
    assert "Van:           Gemeente Maastricht" in text
    assert "Bij 60 centimeter water valt het station uit." in text
    assert "Het gaat over uw provincie (Maastricht)." in text
    assert f"{hub.settings.public_url}/gebeurtenissen/" in text
    assert mail["X-TLP"] == "TLP:GREEN"


async def test_what_is_strictly_for_named_parties_reaches_those_only(hub: RunningHub) -> None:
    secret = sample("strikt", tlp="AMBER+STRICT", data={"recipients": ["vr24"]})
    assert (await hub.publish("gm0935", secret)).status_code == 202
    await hub.until_quiet()
    assert set(hub.mails()) == {"vr24"}
    assert {row.party for row in await hub.rows(tables.delivery)} == {"vr24"}


async def test_the_same_event_twice_is_one_event_and_other_content_is_refused(hub: RunningHub) -> None:
    first = await hub.publish("gm0935", sample("eenmaal"))
    await hub.until_quiet()
    again = await hub.publish("gm0935", sample("eenmaal"))
    other = await hub.publish("gm0935", sample("eenmaal", data={"severity": "low"}))
    await hub.until_quiet()
    assert [first.status_code, again.status_code, other.status_code] == [202, 202, 409]
    assert again.json()["outcome"] == "known"
    assert other.headers["content-type"] == "application/problem+json"
    assert len(list(await hub.rows(tables.event))) == 1
    assert all(len(mails) == 1 for mails in hub.mails().values())


@pytest.fixture
async def letter_box(hub: RunningHub) -> AsyncIterator[AIOKafkaConsumer]:
    """Reads the dead letters on Kafka that come from now on."""
    async with AIOKafkaConsumer(
        dead_letter_topic(hub.settings), bootstrap_servers=hub.settings.kafka_servers
    ) as consumer:
        await consumer.seek_to_end()
        yield consumer


async def test_events_on_kafka_pass_the_same_checks_and_poison_stops_nobody(
    hub: RunningHub, letter_box: AIOKafkaConsumer
) -> None:
    topic = function_topic(hub.settings, FunctionSlug.ELECTRICITY)
    structured = ("content-type", b"application/cloudevents+json")
    binary = kafka.to_binary(_sdk_event(sample("kafka-binair")), JSONFormat())
    poison: list[tuple[bytes | None, list[tuple[str, bytes]]]] = [
        (b"{geen json", [structured]),
        (None, [structured]),
        (b"\xff\xfe", [("content-type", b"\xff\xfe")]),
        (b"x" * 200_000, [structured]),
        (json.dumps(sample("zonder-label", tlp=None)).encode(), [structured]),
        (json.dumps(sample("onbekend-gebied", areas="GM9999")).encode(), [structured]),
        (b"[" * 50_000, [structured]),
        (b"{}", []),
    ]
    async with AIOKafkaProducer(bootstrap_servers=hub.settings.kafka_servers, acks="all") as producer:
        for value, headers in poison:
            await producer.send_and_wait(topic, value, key=b"zaak", headers=headers, partition=0)
        good = json.dumps(sample("kafka-structured")).encode()
        await producer.send_and_wait(topic, good, key=b"zaak", headers=[structured], partition=0)
        headers = [(name, value) for name, value in binary.headers.items()]
        await producer.send_and_wait(topic, binary.value, key=b"zaak", headers=headers, partition=0)

    letters = [await letter_box.getone() for _ in poison]
    codes = [dict(letter.headers)["kernhub-codes"].decode() for letter in letters]
    assert sorted(codes) == sorted(
        ["json", "empty", "utf8", "too_large", "missing", "unknown_area", "too_deep", "content_type"]
    )
    assert sorted(letter.value or b"" for letter in letters) == sorted(value or b"" for value, _ in poison)
    assert {dict(letter.headers)["kernhub-topic"] for letter in letters} == {topic.encode()}

    async with AIOKafkaProducer(bootstrap_servers=hub.settings.kafka_servers) as producer:
        await producer.send_and_wait(topic, good, headers=[structured], partition=0)
    await hub.until_kept({"kafka-structured", "kafka-binair"})
    await hub.until_quiet()
    assert {row.content["id"] for row in await hub.rows(tables.event)} == {"kafka-structured", "kafka-binair"}
    assert len(list(await hub.rows(tables.dead_letter))) == len(poison)
    assert len(hub.mails()["vr24"]) == 2


def _unreadable(producer: AIOKafkaProducer, value: bytes) -> Any:
    """A batch of one record with a header name that is no text, as a program in C may send it."""
    batch = producer.create_batch()
    batch.append(key=None, value=value, timestamp=None, headers=[("NAAM", b"")])
    batch.close()
    raw = bytearray(batch._build())
    raw[raw.index(b"NAAM")] = 0xFF
    raw[_AFTER_CRC - 4 : _AFTER_CRC] = calc_crc32c(bytes(raw[_AFTER_CRC:])).to_bytes(4, "big")
    batch._buffer = raw
    return batch


async def test_a_record_that_can_not_be_read_at_all_stops_nobody(
    hub: RunningHub, letter_box: AIOKafkaConsumer
) -> None:
    topic = function_topic(hub.settings, FunctionSlug.ELECTRICITY)
    structured = ("content-type", b"application/cloudevents+json")

    def wire(event_id: str) -> bytes:
        return json.dumps(sample(event_id)).encode()

    async with AIOKafkaProducer(
        bootstrap_servers=hub.settings.kafka_servers, acks="all", max_request_size=2_000_000
    ) as producer:

        async def send(value: bytes, partition: int = 0) -> None:
            await producer.send_and_wait(topic, value, headers=[structured], partition=partition)

        await send(wire("voor"))
        await (await producer.send_batch(_unreadable(producer, wire("onleesbaar")), topic, partition=0))
        await send(b"x" * 1_048_400)
        await send(b"x" * 1_048_400, partition=1)
        await send(wire("na"))
        await send(wire("na"), partition=1)
    for codec in ("gzip", "lz4", "snappy", "zstd"):
        async with AIOKafkaProducer(
            bootstrap_servers=hub.settings.kafka_servers, compression_type=codec
        ) as producer:
            await producer.send_and_wait(topic, wire(codec), headers=[structured], partition=1)
    letters = [await letter_box.getone() for _ in range(3)]
    reasons = [dict(letter.headers)["kernhub-reason"] for letter in letters]
    assert sorted(reasons) == [b"invalid", b"invalid", b"unreadable"]
    lengths = {dict(letter.headers).get("kernhub-length") for letter in letters}
    assert lengths == {b"1048400", None}
    await hub.until_kept({"voor", "na", "gzip", "lz4", "snappy", "zstd"})


@pytest.fixture
async def start(lasting_exercise: RunningHub) -> datetime:
    """The next Tuesday of the exercise at 08:00 in Amsterdam, all summer; it is then."""
    async with transaction(lasting_exercise.pool) as connection:
        now = await find_scenario_time(connection)
    assert now is not None
    begun = START - (START - now) // timedelta(weeks=1) * timedelta(weeks=1)
    await lasting_exercise.until_clock(begun)
    return begun


@pytest.fixture
async def exercise(lasting_exercise: RunningHub, start: datetime) -> RunningHub:
    """An exercise at `start` that tells of this journey only."""
    return await lasting_exercise.from_now()


async def test_a_digest_comes_on_monday_with_each_event_once(exercise: RunningHub, start: datetime) -> None:
    for number in range(3):
        lesson = sample(f"les-{number}", "knowledge.shared", data={"title": f"Les {number}"})
        assert (await exercise.publish("gm0935", lesson)).status_code == 202
    await exercise.until_quiet()
    assert not exercise.mails()
    await exercise.until_clock(start + timedelta(days=6, minutes=-1))
    assert not exercise.mails(), "a minute before Monday 08:00"
    await exercise.until_clock(start + timedelta(days=6))
    (mail,) = exercise.mails()["vr24"]
    assert subject_of(mail) == "[OEFENING] [Kernhub] [TLP:GREEN] Overzicht: 3 berichten"
    assert [text_of(mail).count(f"Les {number}") for number in range(3)] == [1, 1, 1]
    await exercise.until_clock(start + timedelta(days=13))
    assert len(exercise.mails()["vr24"]) == 1, "an empty digest is never sent"


TWELVE = (
    "gm0935 gm0994 gm0938 gm1729 gm0981 gm0928 gm0882 gm0917 gm0899 gm0971 gm1903 gm0965".split()  # noqa: SIM905
)


@pytest.fixture
def depth(request: pytest.FixtureRequest) -> str:
    """How deep the water is, in centimetres: other in each journey, since an answer serves who asks later."""
    return str(request.param)


@pytest.fixture
async def asked(exercise: RunningHub, depth: str) -> RunningHub:
    """Twelve municipalities have asked the grid operator the same."""
    for row in (REGISTER.parties[slug] for slug in TWELVE):
        question = sample(
            f"vraag-{row.slug}-{depth}",
            "question.raised",
            source=f"urn:nld:oin:{row.oin}:systeem:test",
            areas=row.areas[0],
            tlp="GREEN",
            data={
                "text": "Welke stations vallen uit?",
                "asked": ["enexis"],
                "standard_question": "stations-at-water-depth",
                "parameters": {"depth_cm": depth},
            },
        )
        response = await exercise.publish(row.slug, question)
        assert response.status_code == 202, response.text
    await exercise.until_quiet()
    return exercise


FOURTH_SLOT = timedelta(weeks=3, hours=2)
"""How long after `start` a question is kept that waits alone and is needed at no set date."""


@pytest.mark.parametrize("depth", ["50"], indirect=True)
async def test_twelve_municipalities_are_one_question_in_one_bundle_that_a_reply_answers(
    asked: RunningHub, start: datetime, tmp_path: Path
) -> None:
    slot = start + FOURTH_SLOT
    for week in (3, 2, 1):
        await asked.until_clock(slot - timedelta(weeks=week))
    await asked.until_clock(slot - timedelta(seconds=1))
    assert "enexis" not in asked.mails()
    await asked.until_clock(slot)
    (mail,) = asked.mails()["enexis"]
    text = text_of(mail)
    assert subject_of(mail) == "[OEFENING] [Kernhub] [TLP:GREEN] Bundel 1: 1 vraag van 12 partijen"
    assert text.count("Welke stations vallen uit?") >= 1
    assert text.count("   - Gemeente ") == 12
    assert "   - Gemeente Maastricht (Maastricht)" in text
    await asked.until_clock(slot + timedelta(weeks=1))
    assert len(asked.mails()["enexis"]) == 1

    # Its reader answers by replying, and all who asked hear it.
    (tmp_path / "bundel").write_bytes(mail.as_bytes())
    assert await reply(asked.settings, tmp_path / "bundel", "Station Weert en station Roermond.") == 0
    await asked.until_quiet()
    _, confirmation = asked.mails()["enexis"]
    assert "Station Weert en station Roermond." in text_of(confirmation)
    for slug in TWELVE:
        (answer,) = asked.mails()[slug]
        assert subject_of(answer).startswith("[OEFENING] [Kernhub] [TLP:GREEN] Vraag beantwoord"), slug
        assert "Station Weert en station Roermond." in text_of(answer)


@pytest.mark.parametrize("depth", ["100"], indirect=True)
async def test_one_answer_reaches_all_who_asked_and_serves_who_asks_later(
    asked: RunningHub, start: datetime, depth: str
) -> None:
    slot = start + FOURTH_SLOT
    await asked.until_clock(slot)
    enexis, first = REGISTER.parties["enexis"], REGISTER.parties["gm0935"]
    everyone = [REGISTER.parties[slug].areas[0] for slug in TWELVE]
    answer = sample(
        "antwoord",
        "question.answered",
        source=f"urn:nld:oin:{enexis.oin}:systeem:test",
        areas=",".join([*everyone, "GM0888"]),
        data={
            "question": {"source": f"urn:nld:oin:{first.oin}:systeem:test", "id": f"vraag-gm0935-{depth}"},
            "text": "Zie de regel van uw gemeente.",
            "per_area": [
                {"area": area, "text": f"Drie stations in {area}."} for area in [*everyone, "GM0888"]
            ],
        },
    )
    response = await asked.publish("enexis", answer)
    assert response.status_code == 202, response.text
    await asked.until_quiet()
    for slug in TWELVE:
        (mail,) = asked.mails()[slug]
        assert subject_of(mail).startswith("[OEFENING] [Kernhub] [TLP:GREEN] Vraag beantwoord"), slug
        assert "Drie stations in GM" in text_of(mail)

    late = REGISTER.parties["gm0888"]
    question = sample(
        "vraag-later",
        "question.raised",
        source=f"urn:nld:oin:{late.oin}:systeem:test",
        areas="GM0888",
        data={
            "text": "Welke stations vallen uit?",
            "asked": ["enexis"],
            "standard_question": "stations-at-water-depth",
            "parameters": {"depth_cm": depth},
        },
    )
    assert (await asked.publish("gm0888", question)).status_code == 202
    await asked.until_quiet()
    assert len(asked.mails()["gm0888"]) == 1
    await asked.until_clock(slot + timedelta(weeks=5))
    assert len(asked.mails()["enexis"]) == 1, "the operator is not asked again"


async def test_the_ledger_holds_and_tells_each_step(hub: RunningHub) -> None:
    await hub.publish("gm0935", sample("grootboek"))
    await hub.until_quiet()
    async with transaction(hub.pool) as connection:
        check = await check_ledger(connection)
        size = await connection.scalar(select(func.count()).select_from(tables.ledger))
    kinds = [row.kind for row in await hub.rows(tables.ledger)]
    assert check.faults == []
    assert check.size == size
    assert kinds.count("event-routed") == 1
    assert kinds.count("mail-sent") == kinds.count("mail-composed") == sum(map(len, hub.mails().values()))
