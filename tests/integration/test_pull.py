"""Pull: nothing missed and nothing twice, whatever is written meanwhile, and no more than one may know."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from cloudevents.core.formats.json import JSONFormat
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.rules.identity import event_key
from hub.rules.policy import Mode
from hub.rules.relations import Reason, Relation
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import opened, transaction
from hub.store.deliveries import stream
from hub.store.deliveries.stream import BEGIN, Place, number_planned, read_stream
from hub.store.exchanges import NewDeliveries, NewEvent, keep_events, plan_deliveries
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.outletted import ledger
from tests.samples import sample

_HERE = Tied(("gm0935", "pv31"), Tlp.RED, (Reason(Relation.MUNICIPALITY, None, "GM0935"),))


class Reader(NamedTuple):
    """A party's system that pulls."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def ask(self, **asked: Any) -> dict[str, Any]:
        answer = await self.client.get("deliveries", params=asked, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ids(self, **asked: Any) -> list[str]:
        return [one["id"] for one in (await self.ask(**asked))["deliveries"]]


async def _reader(hub: Hub, client: httpx.AsyncClient, party: str) -> Reader:
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, party, NOW)
    return Reader(client, {"Authorization": f"Bearer {token}"})


async def _keep(connection: AsyncConnection, event_id: str) -> None:
    content = sample(event_id)
    key = event_key(content["source"], event_id)
    where = (["electricity"], ["GM0935"], "GREEN", "gm0935", NOW)
    new = NewEvent(key, content["type"], content["subject"], *where, json.dumps(content), 1)
    await keep_events(connection, [new])


async def _plan(connection: AsyncConnection, event_id: str) -> None:
    key = event_key(sample(event_id)["source"], event_id)
    await plan_deliveries(connection, [NewDeliveries(key, _HERE, Mode.DIGEST, 1, NOW)])


async def _read(pool: AsyncEngine, after: Place) -> tuple[list[str], Place]:
    await number_planned(pool)
    async with transaction(pool) as connection:
        found = await read_stream(connection, "gm0935", after, 3)
    return [one.content["id"] for one in found.found], found.reached


async def test_every_page_gives_the_next_ones_as_they_came_and_the_last_one_waits_for_more(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    reader = await _reader(hub, client, "enexis")
    empty = await reader.ask()
    assert (empty["deliveries"], empty["more"]) == ([], False)
    names = [f"n{number}" for number in range(7)]
    await hub.feed(*(attributes("bottleneck-found", id=name) for name in names[:4]))
    await hub.feed(*(attributes("bottleneck-found", id=name) for name in names[4:]))
    got, cursor, more = [], empty["next"], True
    while more:
        answer = await reader.ask(after=cursor, limit=2)
        got += [one["id"] for one in answer["deliveries"]]
        cursor, more = answer["next"], answer["more"]
    assert got == names
    assert await reader.ids(after=cursor) == []
    await hub.feed(attributes("bottleneck-found", id="later"))
    assert await reader.ids(after=cursor) == ["later"]
    assert await reader.ids() == [*names, "later"]


async def test_each_is_a_cloudevent_that_says_why_and_stands_once_in_the_ledger(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    told = attributes("bottleneck-found", eigenveld="x")
    await hub.feed(told)
    reader = await _reader(hub, client, "enexis")
    (one,) = (await reader.ask())["deliveries"]
    assert (await reader.ask())["deliveries"] == [one]
    event = JSONFormat().read(None, json.dumps(one))
    assert event.get_id() == told["id"]
    assert event.get_extension("deliveryreason") == "operator;function=electricity;area=GM0935"
    assert {name: one[name] for name in told} == told
    (row,) = await hub.rows(tables.ledger, tables.ledger.c.kind == "delivery-sent")
    said = json.loads(row.record)
    assert (said["party"], said["channel"], said["delivery"]) == ("enexis", "pull", one["deliveryid"])


async def test_an_answer_that_comes_by_two_plans_comes_once(hub: Hub, client: httpx.AsyncClient) -> None:
    answer = attributes("question-answered", source=source_of("enexis"))
    await hub.feed(attributes("question-raised", id="vraag-1", data={"asked": ["enexis"]}))
    await hub.feed(answer)
    key = event_key(answer["source"], answer["id"])
    planned = await hub.rows(tables.audience, tables.audience.c.event_key == key)
    assert sum("gm0935" in row.parties for row in planned) > 1
    reader = await _reader(hub, client, "gm0935")
    assert (await reader.ids()).count("question-answered-1") == 1


async def test_who_is_cleared_for_less_since_gets_the_rest_and_the_ledger_says_so(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    await hub.feed(attributes("bottleneck-found", id="dicht", tlp="AMBER"))
    await hub.feed(attributes("bottleneck-found", id="open"))
    await hub.change("enexis", clearance=Tlp.GREEN)
    reader = await _reader(hub, client, "enexis")
    assert await reader.ids() == ["open"]
    (row,) = await hub.rows(tables.ledger, tables.ledger.c.kind == "delivery-withheld")
    said = json.loads(row.record)
    assert (said["party"], said["channel"], said["why"]) == ("enexis", "pull", "clearance-too-low")
    await hub.change("enexis")
    assert (await client.get("deliveries", headers=reader.headers)).status_code == 401


async def test_what_was_planned_before_its_event_is_kept_waits_for_it_and_so_do_the_next(
    pool: AsyncEngine, hub: Hub, client: httpx.AsyncClient
) -> None:
    async with transaction(pool) as connection:
        await _plan(connection, "vroeg")
        await _keep(connection, "gewoon")
        await _plan(connection, "gewoon")
    reader = await _reader(hub, client, "gm0935")
    first = await reader.ask()
    assert first["deliveries"] == []
    async with transaction(pool) as connection:
        await _keep(connection, "vroeg")
    assert await reader.ids(after=first["next"]) == ["vroeg", "gewoon"]


async def test_an_event_that_was_lost_holds_up_what_comes_after_it_for_a_week_and_is_then_told_of(
    pool: AsyncEngine, hub: Hub, client: httpx.AsyncClient
) -> None:
    async with transaction(pool) as connection:
        await _plan(connection, "weg")
        await _keep(connection, "gewoon")
        await _plan(connection, "gewoon")
        await connection.execute(update(tables.planning).values(made_at=func.now() - timedelta(days=6)))
    reader = await _reader(hub, client, "gm0935")
    assert await reader.ids() == []
    async with transaction(pool) as connection:
        await connection.execute(update(tables.planning).values(made_at=func.now() - timedelta(days=8)))
    assert await reader.ids() == ["gewoon"]
    assert [one["why"] for one in await ledger(hub, "delivery-withheld")] == ["could-not-compose"]


async def test_since_a_moment_is_told_apart_within_what_was_planned_before_plannings_were_kept(
    pool: AsyncEngine,
) -> None:
    async with transaction(pool) as connection:
        planning = await stream.new_planning(connection)
        for event_id, days in (("oud", 30), ("nieuw", 2), ("nieuwer", 1)):
            await _keep(connection, event_id)
            await _plan(connection, event_id)
            key = event_key(sample(event_id)["source"], event_id)
            at = func.now() - timedelta(days=days)
            audience = update(tables.audience).where(tables.audience.c.event_key == key)
            await connection.execute(audience.values(planned_at=at, planning=planning))
    await number_planned(pool)
    async with transaction(pool) as connection:
        place = await stream.place_since(connection, datetime.now(UTC) - timedelta(days=3))
    assert (await _read(pool, place))[0] == ["nieuw", "nieuwer"]


async def test_a_transaction_that_commits_late_is_read_late_and_not_missed(
    settings: Settings, pool: AsyncEngine
) -> None:
    async with opened(settings) as other:
        async with transaction(other) as slow:
            await _keep(slow, "begon-eerst")
            await _plan(slow, "begon-eerst")
            async with transaction(pool) as quick:
                await _keep(quick, "was-eerst")
                await _plan(quick, "was-eerst")
            found, reached = await _read(pool, BEGIN)
            assert found == ["was-eerst"]
        assert (await _read(pool, reached))[0] == ["begon-eerst"]


async def test_who_reads_while_others_write_gets_all_of_it_once_and_in_the_order_of_everyone(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_AT_ONCE", 2)
    chance = random.Random(7)  # noqa: S311 - the same in every run
    written = [f"w{writer}-{number}" for writer in range(4) for number in range(12)]

    async def write(writer: int, other: AsyncEngine) -> None:
        for name in written[writer * 12 : writer * 12 + 12]:
            async with transaction(other) as connection:
                await _keep(connection, name)
                await _plan(connection, name)
                for _ in range(chance.randrange(6)):
                    await asyncio.sleep(0)

    async def read(until: asyncio.Event) -> list[str]:
        got: list[str] = []
        place, is_last = BEGIN, False
        while True:
            is_last = until.is_set()
            found, place = await _read(pool, place)
            got += found
            if is_last and not found:
                return got

    done = asyncio.Event()
    async with opened(settings) as other, asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(read(done)) for _ in range(2)]
        await asyncio.gather(*(write(writer, other) for writer in range(4)))
        done.set()
    first, second = (reader.result() for reader in readers)
    assert first == second
    assert sorted(first) == sorted(written)


@pytest.mark.parametrize("cursor", ["onzin", "gAAAAA", "é", "x" * 200])
async def test_a_cursor_that_the_hub_did_not_give_is_refused(
    hub: Hub, client: httpx.AsyncClient, cursor: str
) -> None:
    reader = await _reader(hub, client, "gm0935")
    answer = await client.get("deliveries", params={"after": cursor}, headers=reader.headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "after"


async def test_cursors_tell_nothing_of_what_others_get(hub: Hub, client: httpx.AsyncClient) -> None:
    reader = await _reader(hub, client, "gm0014")
    same = {(await reader.ask())["next"] for _ in range(2)}
    assert len(same) == 2
    await hub.feed(attributes("bottleneck-found"))
    assert {len((await reader.ask())["next"])} == set(map(len, same))
