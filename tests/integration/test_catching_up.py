"""What a party missed goes out once more: in order, marked, never twice unasked, by the rights of today."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import aiokafka
import pytest

from connectors.topic import sending as topic_sending
from consumers.commands import topics
from consumers.commands.catch_up import Asked, CannotReplay, catch_up, to_topic
from hub.errors import KafkaUnavailable
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import delivery_topic, replay_topic
from hub.rules.identity import event_key
from hub.store import tables
from hub.store.database import transaction
from hub.store.deliveries.stream import number_planned
from hub.store.mail import mail_queue
from hub.store.views.audit import life_of
from schemas.terms import Tlp
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.outletted import Sender, found, ledger


async def _on(hub: Hub, topic: str) -> list[dict[str, Any]]:
    consumer = aiokafka.AIOKafkaConsumer(topic, **for_aiokafka(hub.settings), auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        got: list[Any] = []
        while len(got) < sum(ends.values()):
            for some in (await consumer.getmany(timeout_ms=500)).values():
                got += some
        return [json.loads(one.value) for one in got]
    finally:
        await consumer.stop()


def _once(publish: Any) -> Any:
    calls = count()

    async def published(self: Any, events: Any) -> None:
        if next(calls):
            raise KafkaUnavailable("Kafka bevestigt niet.")
        await publish(self, events)

    return published


async def test_what_was_withheld_goes_to_the_mailbox_when_the_party_may_have_it(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    await hub.go(NOW)
    await hub.feed(attributes("bottleneck-found", id="a", subject="zaak"))
    await hub.at(NOW + timedelta(hours=2))
    await hub.feed(attributes("bottleneck-found", id="b", subject="zaak"))
    await hub.change("pv31", clearance=Tlp.CLEAR)
    await hub.go(NOW + timedelta(hours=2))
    assert await catch_up(hub.settings, Asked("pv31", why="herstel")) == 0
    assert "gingen er: 0. Al ontvangen of onderweg: 0; mag zij nu niet hebben: 2" in capsys.readouterr().out
    await hub.change("pv31", clearance=Tlp.AMBER)
    assert await catch_up(hub.settings, Asked("pv31")) == 0
    told = capsys.readouterr().out
    assert "zouden er gaan: 2" in told
    assert "niets verstuurd" in told
    for hours, went in ((0, 2), (1, 1), (2, 1), (3, 0)):
        await catch_up(hub.settings, Asked("pv31", since=NOW + timedelta(hours=hours)))
        assert f"zouden er gaan: {went}" in capsys.readouterr().out, "by the clock of the exercise"
    of_party = tables.mail.c.party == "pv31"
    assert await hub.rows(tables.mail, of_party) == []
    assert await catch_up(hub.settings, Asked("pv31", why="herstel")) == 0
    (mail,) = await hub.rows(tables.mail, of_party)
    assert mail.subject == "[OEFENING] [Kernhub] [TLP:GREEN] Nagezonden: 2 berichten"
    assert mail.body.startswith("OEFENING: dit is niet echt.\n\nDeze berichten worden nagezonden:")
    await hub.send()
    (sent,) = [one for one in await ledger(hub, "mail-sent") if one["party"] == "pv31"]
    assert len(sent["events"]) == 2
    capsys.readouterr()
    await catch_up(hub.settings, Asked("pv31", why="nog eens"))
    assert "gingen er: 0. Al ontvangen of onderweg: 2" in capsys.readouterr().out
    await catch_up(hub.settings, Asked("pv31", why="gevraagd", again=True))
    assert len(await hub.rows(tables.mail, of_party)) == 2
    acts = [(one["act"], one["by"], one["why"]) for one in await ledger(hub, "replay-begun")]
    whys = ("herstel", "herstel", "nog eens", "gevraagd")
    assert acts == [("catch-up", "administrator", why) for why in whys]


async def test_a_bundle_whose_mail_failed_is_made_again_once(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    question = attributes("question-raised", data={"asked": ["enexis"], "needed_by": None})
    await hub.feed(question)
    await hub.go(datetime(2027, 6, 22, 8, tzinfo=UTC))
    bundle = tables.mail.c.kind == "bundle"
    (failed,) = await hub.rows(tables.mail, bundle)
    async with transaction(hub.pool) as connection:
        await mail_queue.mark_not_sent(connection, failed.mail_key, "postbus weg", None)
    await catch_up(hub.settings, Asked("enexis"))
    assert "zouden opnieuw gemaakt worden: 1" in capsys.readouterr().out
    for times in (1, 0):
        await catch_up(hub.settings, Asked("enexis", why="postbus hersteld"))
        assert ("met wat nu mag: 1" in capsys.readouterr().out) is bool(times)
        await hub.mailer.compose()
    (again,) = await hub.rows(tables.mail, bundle)
    assert (again.mail_key, again.body, again.state) == (failed.mail_key, failed.body, "queued")
    await hub.send()
    assert (await hub.rows(tables.mail, bundle))[0].state == "sent"
    (taken,) = await ledger(hub, "mail-taken-back")
    (sent,) = [one for one in await ledger(hub, "mail-sent") if one["mail"] == str(again.mail_key)]
    made = [one for one in await ledger(hub, "mail-composed") if one["mail"] == str(again.mail_key)]
    assert [one["events"] for one in made] == [sent["events"]] * 2, "each composition has its own record"
    assert (taken["party"], taken["events"]) == ("enexis", sent["events"])
    async with transaction(hub.pool) as connection:
        life = await life_of(connection, event_key(question["source"], question["id"]))
    kinds = [row.kind for row in life if str(again.mail_key).encode() in bytes(row.record)]
    assert sorted(kinds) == ["mail-composed", "mail-composed", "mail-sent", "mail-taken-back"]


async def test_a_system_gets_what_it_missed_once_in_order_and_marked(
    hub: Hub, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"n{number}" for number in range(70)]
    await hub.feed(*found(*names, subject="zaak"))
    await hub.feed(*found("dicht", subject="zaak", tlp="AMBER"))
    await number_planned(hub.pool)
    with pytest.raises(CannotReplay, match="Kies uit: mail"):
        await catch_up(hub.settings, Asked("enexis", why="nieuw"), "topic:kafka")
    await topics.set_topic(hub.settings, "enexis", "structured")
    await sender.go()
    await hub.change("enexis", clearance=Tlp.GREEN)
    await hub.feed(*found("later", subject="zaak"))
    with monkeypatch.context() as broken:
        broken.setattr(topic_sending.Publisher, "publish", _once(topic_sending.Publisher.publish))
        assert await catch_up(hub.settings, Asked("enexis", why="nieuw"), "topic:kafka") == 1
    assert len(await _on(hub, delivery_topic(hub.settings, "enexis"))) == 64
    assert await catch_up(hub.settings, Asked("enexis", why="nieuw"), "topic:kafka") == 0
    await sender.go()
    events = await _on(hub, delivery_topic(hub.settings, "enexis"))
    assert [one["id"] for one in events] == [*names, "later"]
    assert [one.get("deliveryreplay") for one in events] == [*["catch-up"] * 70, None]
    assert len(await ledger(hub, "delivery-replayed")) == 70
    kept = await ledger(hub, "delivery-withheld")
    assert {(one["party"], one["why"]) for one in kept} == {("enexis", "clearance-too-low")}
    await catch_up(hub.settings, Asked("enexis", why="nieuw"), "topic:kafka")
    assert len(await _on(hub, delivery_topic(hub.settings, "enexis"))) == 71
    await catch_up(hub.settings, Asked("enexis", why="gevraagd", again=True), "topic:kafka")
    assert len(await _on(hub, delivery_topic(hub.settings, "enexis"))) == 71 + 71

    assert await to_topic(hub.settings, Asked("enexis", why="oefening"), "oefening-1") == 0
    events = await _on(hub, replay_topic(hub.settings, "oefening-1"))
    assert [(one["id"], one["deliveryreplay"]) for one in events] == [
        (name, "exercise") for name in [*names, "later"]
    ]
    await to_topic(hub.settings, Asked("enexis", why="oefening"), "oefening-1")
    assert len(await _on(hub, replay_topic(hub.settings, "oefening-1"))) == 71
    for name in ("Oefening", "a.b", "../x", ""):
        with pytest.raises(CannotReplay, match="kleine letters"):
            await to_topic(hub.settings, Asked("enexis"), name)
