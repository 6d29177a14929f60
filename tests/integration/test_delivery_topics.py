"""A party's own topic: what it received, in order per subject, with the reason."""

import json
from typing import Any

import aiokafka
import pytest

from connectors.topic import sending as topic_sending
from consumers.commands import topics
from hub.errors import KafkaUnavailable
from hub.kafka.broker import delivery_topic
from hub.store import tables
from schemas.formats import from_kafka
from schemas.terms import Tlp
from tests.fed import Hub
from tests.outletted import Sender, found, ledger


async def _records(hub: Hub, party: str) -> list[Any]:
    consumer = aiokafka.AIOKafkaConsumer(
        delivery_topic(hub.settings, party),
        bootstrap_servers=hub.settings.kafka_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        got: list[Any] = []
        while len(got) < sum(ends.values()):
            for some in (await consumer.getmany(timeout_ms=500)).values():
                got += some
        return got
    finally:
        await consumer.stop()


@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_what_a_party_received_stands_on_its_topic_in_order_per_subject(
    hub: Hub, sender: Sender, mode: str
) -> None:
    assert await topics.set_topic(hub.settings, "enexis", mode) == 0
    await sender.go()
    names = [f"n{number}" for number in range(40)]
    for some in (names[:25], names[25:]):
        await hub.feed(*(one for name in some for one in found(name, subject=f"zaak-{int(name[1:]) % 3}")))
        await sender.go()
    await hub.feed(*found("dicht", tlp="AMBER"))
    await hub.change("enexis", clearance=Tlp.GREEN)
    await sender.go()
    records = await _records(hub, "enexis")
    assert all(("exercise", b"true") in record.headers for record in records)
    events = [from_kafka(record.headers, record.value) for record in records]
    assert sorted(event["id"] for event in events) == sorted(names)
    for subject in ("zaak-0", "zaak-1", "zaak-2"):
        own = [
            (r.partition, e["id"]) for r, e in zip(records, events, strict=True) if e["subject"] == subject
        ]
        assert [name for _, name in own] == [name for name in names if f"zaak-{int(name[1:]) % 3}" == subject]
        assert len({partition for partition, _ in own}) == 1
    assert {event["deliveryreason"] for event in events} == {"operator;function=electricity;area=GM0935"}
    assert {record.key.decode() for record in records} == {"zaak-0", "zaak-1", "zaak-2"}
    assert len(await ledger(hub, "delivery-sent")) == 40
    (kept,) = await ledger(hub, "delivery-withheld")
    assert (kept["channel"], kept["why"]) == ("topic:kafka", "clearance-too-low")


async def test_while_kafka_is_away_nothing_is_skipped_or_out_of_order(
    hub: Hub, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    await topics.set_topic(hub.settings, "enexis", "structured")
    await sender.go()

    async def away(*_: object) -> None:
        raise KafkaUnavailable("Kafka bevestigt niet.")

    with monkeypatch.context() as broken:
        broken.setattr(topic_sending.Publisher, "publish", away)
        await hub.feed(*found("a", "b", subject="zaak"))
        await sender.go()
        await hub.feed(*found("c", subject="zaak"))
        await sender.later(seconds=20)
    assert await hub.rows(tables.unsent) == []
    await sender.later(hours=1)
    assert [json.loads(record.value)["id"] for record in await _records(hub, "enexis")] == ["a", "b", "c"]


async def test_the_administrator_lists_and_ends_topics(
    hub: Hub, sender: Sender, capsys: pytest.CaptureFixture[str]
) -> None:
    await topics.set_topic(hub.settings, "enexis", "binary")
    await sender.go()
    assert await topics.list_topics(hub.settings) == 0
    assert f"enexis: {delivery_topic(hub.settings, 'enexis')}, aan" in capsys.readouterr().out
    assert await topics.remove_topic(hub.settings, "enexis") == 0
    with pytest.raises(topics.NoOutlet):
        await topics.remove_topic(hub.settings, "enexis")
