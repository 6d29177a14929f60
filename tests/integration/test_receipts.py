"""What comes in at the door stands in the ledger, and who sent it holds the hub to that."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import rfc8785
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands import ledger, ledger_files
from consumers.ways_in.http import application
from hub.kafka.broker import Publisher, ensure_topics
from hub.ledger import receipts
from hub.ledger.key import signer_of
from hub.rules.identity import event_key
from hub.rules.ledger.heads import head_in, receipt_in
from hub.rules.ledger.notes import Verifier
from hub.rules.ledger.paths import proves_inclusion
from hub.rules.ledger.selecting import Selection
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import SystemClock
from hub.store.database import transaction
from hub.store.ledger.numbering import number_next
from hub.store.register.registers import Registers
from tests import second_checker
from tests.documented import as_described
from tests.samples import sample

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


@pytest.fixture
async def door(settings: Settings, pool: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    await ensure_topics(settings)
    async with transaction(pool) as connection:
        token = await new_token(connection, "gm0935", NOW)
    async with Publisher(settings) as publisher:
        app = application(settings, pool, Registers(pool, SystemClock()), publisher, SystemClock())
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost/v1/",
            headers={"Authorization": f"Bearer {token}"},
            event_hooks={"response": [as_described()]},
        ) as client:
            yield client


async def _send(door: httpx.AsyncClient, *events: Any) -> list[dict[str, Any]]:
    answer = await door.post("events", content=json.dumps(events), headers=BATCH)
    assert answer.status_code in (202, 207)
    answers: list[dict[str, Any]] = answer.json()
    return answers


async def _records(pool: AsyncEngine, kind: str) -> list[dict[str, Any]]:
    async with transaction(pool) as connection:
        rows = await connection.execute(tables.ledger.select().where(tables.ledger.c.kind == kind))
        return [json.loads(row.record) for row in rows]


async def _number(settings: Settings, pool: AsyncEngine) -> None:
    async with transaction(pool) as connection:
        await number_next(connection, datetime.now(UTC), signer_of(settings))


async def test_a_receipt_is_a_promise_that_a_proof_keeps(
    door: httpx.AsyncClient, settings: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    (answer,) = await _send(door, sample("een"))
    key = signer_of(settings).verifier
    receipt = receipt_in(answer["receipt"], [key])
    assert receipt.event_key == event_key(answer["source"], answer["id"])
    path = f"ledger/proof/{receipt.leaf.hex()}"
    assert (await door.get(path)).status_code == 404, "before the first head"
    await _number(settings, pool)
    told = (await door.get(path)).json()
    said = (await door.get("ledger/head")).json()
    assert said == {"head": told["head"], "keys": [str(key)]}
    head, _ = head_in(told["head"], [Verifier.read(one) for one in said["keys"]])
    proof = [b64decode(node) for node in told["proof"]]
    assert proves_inclusion(receipt.leaf, told["number"], head.size, proof, head.root)
    (late,) = await _send(door, sample("twee"))
    leaf = receipt_in(late["receipt"], [key]).leaf.hex()
    assert (await door.get(f"ledger/proof/{leaf}")).json()["number"] is None
    assert (await door.get(f"ledger/proof/{'0' * 64}")).status_code == 404
    saved = tmp_path / "receipt.json"
    saved.write_text(json.dumps(answer))
    assert await ledger.witness(settings, saved) == 0


async def test_the_same_event_again_has_a_receipt_for_the_same_record(
    door: httpx.AsyncClient, settings: Settings, pool: AsyncEngine
) -> None:
    answers = await _send(door, sample("een"), sample("een")) + await _send(door, sample("een"))
    key = signer_of(settings).verifier
    receipts_ = [receipt_in(answer["receipt"], [key]) for answer in answers]
    assert len({one.leaf for one in receipts_}) == 1
    (said,) = await _records(pool, "event-received")
    assert said["publisher"] == "gm0935"
    assert said["event"] == str(receipts_[0].event_key)
    (salt,) = {answer["salt"] for answer in answers}
    digest = sha256(rfc8785.dumps(sample("een"))).digest()
    assert said["content"] == sha256(bytes.fromhex(salt) + digest).hexdigest()


async def test_who_holds_an_event_and_its_receipt_finds_it_in_an_export(
    door: httpx.AsyncClient, settings: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    een, twee = await _send(door, sample("een"), sample("twee") | {"causationid": None})
    await _number(settings, pool)
    exported = tmp_path / "all.jsonl"
    assert await ledger_files.export(settings, exported, Selection()) == 0
    content = await asyncio.to_thread(exported.read_bytes)
    assert second_checker.check(content) == []
    assert second_checker.told_of(content, sample("een"), een) == []
    assert second_checker.told_of(content, sample("twee"), twee) == []
    for event, answer in (
        (sample("een") | {"subject": "iets anders"}, een),
        (sample("een"), een | {"salt": twee["salt"]}),
        (sample("een"), twee),
    ):
        assert second_checker.told_of(content, event, answer) == ["the record is about another content"]
    without = b"\n".join(one for one in content.split(b"\n") if b"event-received" not in one)
    assert second_checker.told_of(without, sample("een"), een) == [
        "what the receipt promised is not in this export"
    ]
    forged = een | {"receipt": een["receipt"].replace("\nat 2", "\nat 3")}
    assert second_checker.told_of(content, sample("een"), forged) == ["the receipt: a false signature"]


async def test_what_is_refused_stands_in_the_ledger_without_what_it_says(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    secret = sample("een") | {"data": {"bottleneck": "J. Jansen, 06-12345678"}}
    for _ in range(2):
        answers = await _send(door, secret, "geen gebeurtenis")
        assert all("receipt" not in answer for answer in answers)
    found = await _records(pool, "event-refused")
    assert {(one["party"], one["outcome"]) for one in found} == {("gm0935", "invalid")}
    assert len(found) == 2, "the same again is no second record"
    assert "Jansen" not in json.dumps(found)
    assert all("content" not in one for one in found), "a hash without a salt could be tried out"
    assert await _records(pool, "event-received") == []


async def test_nobody_fills_the_ledger_with_nonsense(
    door: httpx.AsyncClient, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "MOST_REFUSALS", 5)
    for start in range(0, 12, 4):
        await _send(door, *({"id": f"x{n}"} for n in range(start, start + 4)))
    assert len(await _records(pool, "event-refused")) == 5
    assert [one["party"] for one in await _records(pool, "more-refused")] == ["gm0935"]
