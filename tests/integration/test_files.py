"""A filled-in file goes in whole or not at all, by the checks that every event meets."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.api.gate import Visit
from consumers.kafka.outbox import Outbox
from hub.errors import KafkaUnavailable
from hub.filing.reading import MEDIA_TYPES, Format
from hub.filing.xlsx import unpacked_size
from hub.kafka.broker import Outgoing, Publisher, ensure_topics
from hub.register.history import Kind
from hub.rules.scopes import Scope
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.intake.outbox import claim_waiting, put_out
from schemas.terms import FunctionSlug
from tests.fed import NOW, Hub
from tests.filled import FILLED, HEAD, ROW, csv_of, row, template_with
from tests.registers import HISTORY, save, with_facts
from tests.samples import sample


@pytest.fixture
async def maastricht(hub: Hub, client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers["Authorization"] = f"Bearer {await _key(hub)}"
    return client


async def _key(hub: Hub, party: str = "gm0935", scopes: Sequence[Scope] | None = None) -> str:
    async with transaction(hub.pool) as connection:
        given = {} if scopes is None else {"scopes": scopes}
        return await new_token(connection, party, datetime.now(UTC), **given)


async def _send(
    client: httpx.AsyncClient, content: bytes, status: int, *, kind: Format = Format.CSV, dry: bool = False
) -> dict[str, Any]:
    headers = {"Content-Type": MEDIA_TYPES[kind]}
    response = await client.post(f"files{'?dryRun=true' if dry else ''}", content=content, headers=headers)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def _outcomes(client: httpx.AsyncClient, content: bytes) -> list[str]:
    return [one["outcome"] for one in (await _send(client, content, 202))["events"]]


async def test_a_file_of_a_real_party_that_is_marked_goes_in_as_an_exercise_and_else_as_real(
    hub: Hub, maastricht: httpx.AsyncClient
) -> None:
    oin = "00000001123456780000"
    await save(hub.pool, with_facts(HISTORY, Kind.PARTY, "gm0935", oin=oin), NOW)
    for mark, system in (("ja", "oefening-bestanden"), ("nee", "bestanden")):
        content = csv_of((*ROW, mark), head=(*HEAD, "Oefening"))
        dry = await _send(maastricht, content, 200, dry=True)
        assert [bool(one.get("exercise")) for one in dry["events"]] == [mark == "ja"]
        # Enexis is there for exercises.
        assert ("enexis" in [one["party"] for one in dry["recipients"]]) is (mark == "ja")
        (told,) = (await _send(maastricht, content, 202))["events"]
        assert told["source"] == f"urn:nld:oin:{oin}:systeem:{system}"
        # The same key in the other world is another event.
        assert told["outcome"] == "accepted"
    mixed = csv_of((*ROW, ""), (*ROW, "ja"), head=(*HEAD, "Oefening"))
    await _send(maastricht, mixed, 422)
    assert len(await hub.rows(tables.claim)) == 2


async def test_a_file_of_500_rows_goes_in_at_once_and_a_second_time_does_nothing(
    hub: Hub, maastricht: httpx.AsyncClient
) -> None:
    rows = [row(kenmerk=f"K-{number}", zaak=f"station-{number}") for number in range(500)]
    told = await _send(maastricht, csv_of(*rows), 200, dry=True)
    assert {one["outcome"] for one in told["events"]} == {"would-be-accepted"}
    assert {one["party"]: one["events"] for one in told["recipients"]}["enexis"] == 500
    assert told["asked"] == []
    assert await hub.rows(tables.claim) == []

    wrong_at_the_end = csv_of(*rows[:-1], row(kenmerk="K-499", gebieden="GM9999"))
    problem = await _send(maastricht, wrong_at_the_end, 422)
    ((line, cell, field),) = [(one["line"], one["cell"], one["field"]) for one in problem["errors"]]
    assert (line, cell, field) == (501, "E501", "Gebieden")
    assert await hub.rows(tables.claim) == await hub.rows(tables.outbox) == []

    answer = await _send(maastricht, csv_of(*rows), 202)
    assert [one["rows"] for one in answer["events"]] == [[number] for number in range(2, 502)]
    assert all(one["receipt"] and one["salt"] for one in answer["events"])
    assert len(await hub.rows(tables.outbox)) == 500
    assert len(await hub.rows(tables.ledger, tables.ledger.c.kind == "event-from-file")) == 500

    records = len(await hub.rows(tables.ledger))
    await hub.at(datetime.fromisoformat("2027-07-01T10:00:00Z"))
    assert set(await _outcomes(maastricht, csv_of(*rows))) == {"known"}
    assert len(await hub.rows(tables.outbox)) == 500
    assert len(await hub.rows(tables.ledger)) == records


async def test_a_template_that_is_filled_in_is_published(
    hub: Hub, maastricht: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = (await maastricht.get("files/templates/bottleneck-found")).content
    filled = template_with(template, FILLED)
    counted: list[int] = []
    with monkeypatch.context() as noting:
        noting.setattr(Visit, "read", lambda _, size: counted.append(size))
        await _send(maastricht, filled, 200, kind=Format.XLSX, dry=True)
    # What it unpacks to counts for the limits of the party, not only what was sent.
    assert sum(counted) == unpacked_size(filled) > len(filled)
    answer = await _send(maastricht, filled, 202, kind=Format.XLSX)
    assert [one["outcome"] for one in answer["events"]] == ["accepted"]
    # The OIN of Maastricht is one for tests.
    assert [one["exercise"] for one in answer["events"]] == [True]

    await ensure_topics(hub.settings)
    async with Publisher(hub.settings) as publisher:
        outbox = Outbox(hub.settings, hub.pool, publisher, clock_of(hub.settings, hub.pool))
        assert await outbox.publish_next(set())
        assert not await outbox.publish_next(set())
    (claim,) = await hub.rows(tables.claim)
    assert (claim.publisher, claim.acknowledged_at is not None) == ("gm0935", True)
    ((kept,),) = [(one.content,) for one in await hub.rows(tables.outbox)]
    await hub.feed(kept)
    (event,) = await hub.rows(tables.event)
    assert event.content["id"] == "K-1"

    # In another file, and beside another row, it is still the same event.
    outcomes = await _outcomes(maastricht, csv_of(row(kenmerk="K-2"), ROW))
    assert outcomes == ["accepted", "known"]
    problem = await _send(maastricht, csv_of(row(kenmerk="K-3"), row(titel="Anders")), 422)
    assert [(one["cell"], one["code"]) for one in problem["errors"]] == [("B3", "other_content")]
    assert len(await hub.rows(tables.outbox)) == 2


async def test_the_hubs_own_events_do_not_wait_behind_a_long_file(
    hub: Hub, maastricht: httpx.AsyncClient
) -> None:
    await _send(maastricht, csv_of(*(row(kenmerk=f"K-{n}") for n in range(3))), 202)
    async with transaction(hub.pool) as connection:
        await put_out(connection, [sample("eigen-1"), sample("eigen-2")], datetime.now(UTC))
        waiting = await claim_waiting(connection, 4)
    assert [one.content["id"] for one in waiting] == ["eigen-1", "eigen-2", "K-0", "K-1"]


async def test_a_topic_that_is_away_holds_up_no_events_of_other_functions(
    hub: Hub, maastricht: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (row(kenmerk="K-1"), row(kenmerk="K-2", functies="Drinkwater"), row(kenmerk="K-3"))
    await _send(maastricht, csv_of(*rows), 202)
    await ensure_topics(hub.settings)
    publish, away = Publisher.publish, {FunctionSlug.ELECTRICITY}

    async def leaderless(self: Publisher, events: Sequence[Outgoing]) -> None:
        if any(event.topic.endswith("electricity") for event in events):
            raise KafkaUnavailable("Kafka bevestigt niet.")
        await publish(self, events)

    async def waiting() -> list[str]:
        rows = await hub.rows(tables.outbox, tables.outbox.c.published_at.is_(None))
        return sorted(row.content["id"] for row in rows)

    async with Publisher(hub.settings) as publisher:
        outbox = Outbox(hub.settings, hub.pool, publisher, clock_of(hub.settings, hub.pool))
        found: set[FunctionSlug] = set()
        with monkeypatch.context() as patched:
            patched.setattr(Publisher, "publish", leaderless)
            assert await outbox.publish_next(found)
            assert (found, await waiting()) == (away, ["K-1", "K-3"])
            assert not await outbox.publish_next(found)
        assert await outbox.publish_next(set())
    assert await waiting() == []


async def test_a_file_says_no_more_than_its_party_and_key_may(hub: Hub, client: httpx.AsyncClient) -> None:
    client.headers["Authorization"] = f"Bearer {await _key(hub, scopes=[Scope.READ])}"
    await _send(client, csv_of(ROW), 403)
    client.headers["Authorization"] = f"Bearer {await _key(hub, scopes=[Scope.ASK])}"
    problem = await _send(client, csv_of(ROW), 422)
    assert [one["code"] for one in problem["errors"]] == ["scope"]
    client.headers["Authorization"] = f"Bearer {await _key(hub, 'pv31')}"
    answer = await _send(client, csv_of(ROW), 202)
    own = answer["events"][0]["source"]
    client.headers["Authorization"] = f"Bearer {await _key(hub)}"
    await _send(client, csv_of(ROW), 202)
    claims = await hub.rows(tables.claim)
    assert sorted(one.publisher for one in claims) == ["gm0935", "pv31"]
    (content,) = (one.content for one in await hub.rows(tables.outbox) if one.content["source"] == own)
    foreign = str([{**content, "id": "van een ander"}]).replace("'", '"').encode()
    problem = await _send(client, foreign, 422, kind=Format.JSON)
    assert [one["code"] for one in problem["errors"]] == ["not_your_source"]
    assert len(await hub.rows(tables.claim)) == 2
