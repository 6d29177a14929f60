"""Dead letters and mails that were given up: the administrator reads why, and sends them again."""

import json
from typing import Any

import aiokafka
import httpx
import pytest
from sqlalchemy import update

from consumers.commands import letters
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import Outgoing, Publisher, ensure_topics, function_topic
from hub.rules.identity import event_key
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from schemas.terms import FunctionSlug
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.outletted import ledger
from tests.registers import HISTORY, save
from tests.samples import sample


async def _records(hub: Hub, topic: str) -> list[Any]:
    consumer = aiokafka.AIOKafkaConsumer(topic, **for_aiokafka(hub.settings), auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        got: list[Any] = []
        while len(got) < sum(ends.values()):
            for some in (await consumer.getmany(timeout_ms=500)).values():
                got += some
    return sorted(got, key=lambda one: one.timestamp)


async def _headers(hub: Hub, party: str) -> dict[str, str]:
    async with transaction(hub.pool) as connection:
        return {"Authorization": f"Bearer {await new_token(connection, party, NOW)}"}


async def test_a_dead_letter_is_sent_again_after_repair_once_and_that_is_recorded(
    hub: Hub, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    event = attributes("bottleneck-found", id="stuk")
    topic = function_topic(hub.settings, FunctionSlug(event["functions"].split(",")[0]))
    await ensure_topics(hub.settings)
    async with Publisher(hub.settings) as publisher:
        await publisher.publish([Outgoing(topic, b"k", json.dumps(event).encode())])
    (record,) = await _records(hub, topic)
    await hub.change("gm0935")
    await hub.router.on_records([record])
    assert await hub.rows(tables.event) == []

    admin = await _headers(hub, "kernhub")
    (letter,) = (await client.get("dead-letters", headers=admin)).json()["letters"]
    assert (letter["reason"], letter["known"], letter["sentAgainAt"]) == ("not-admitted", False, None)
    assert letter["problems"][0]["detail"]
    assert await letters.list_letters(hub.settings) == 0
    assert letter["key"] in capsys.readouterr().out

    path = f"dead-letters/{letter['key']}/send-again"
    own = await _headers(hub, "enexis")
    for headers, where, status in (
        (own, path, 403),
        (admin, f"dead-letters/router:{topic}:{record.partition}:99/send-again", 404),
        (admin, "dead-letters/onzin/send-again", 404),
    ):
        assert (await client.post(where, headers=headers)).status_code == status
    assert (await client.get("dead-letters", headers=own)).status_code == 403

    await save(hub.pool, HISTORY, NOW)
    sent = [(await client.post(path, headers=admin)).json() for _ in range(2)]
    assert sent[0] == sent[1]
    assert await letters.send_again(hub.settings, [letter["key"]]) == 0
    first, again = await _records(hub, topic)
    assert (again.key, again.value, again.headers) == (first.key, first.value, first.headers)
    await hub.router.on_records([again])
    (kept,) = await hub.rows(tables.event)
    assert kept.event_key == event_key(event["source"], "stuk")
    (said,) = await ledger(hub, "dead-letter-sent-again")
    assert (said["by"], said["offset"], said["to"]) == ("administrator", record.offset, topic)


async def test_mails_that_were_given_up_are_listed_and_sent_again(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    await hub.feed(sample("een"))
    await hub.go(NOW)
    async with transaction(hub.pool) as connection:
        await connection.execute(
            update(tables.mail).values(state="failed", last_error="550 geen postbus", attempts=3)
        )
    parties = {row.party for row in await hub.rows(tables.mail)}
    admin = await _headers(hub, "kernhub")
    found = (await client.get("failed-mails", headers=admin)).json()["mails"]
    assert {one["party"] for one in found} == parties
    assert {one["lastError"] for one in found} == {"550 geen postbus"}
    own = await _headers(hub, "enexis")
    assert (await client.post("failed-mails/send-again", headers=own)).status_code == 403
    one = min(parties)
    answer = await client.post(f"failed-mails/send-again?party={one}", headers=admin)
    assert answer.json() == {"mails": sum(row["party"] == one for row in found)}
    again = await client.post(f"failed-mails/send-again?party={one}", headers=admin)
    assert again.json() == {"mails": 0}
    (said,) = await ledger(hub, "resend-asked")
    assert (said["party"], said["by"], said["channel"]) == (one, "administrator", "mail")
