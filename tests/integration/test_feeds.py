"""Feeds: valid for readers, stable, no more than the party may see, and ended when it says so."""

import csv
import io
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest
from geojson_pydantic import FeatureCollection

from consumers.ways_in.http import application
from hub.kafka.broker import Publisher
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token, revoke_tokens
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.register.registers import Registers
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.outletted import ledger


class Reader:
    """A party that reads its feeds."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], made: dict[str, str]):
        self.client = client
        self.headers = headers
        self.made = {name: urlsplit(address).path for name, address in made.items()}

    async def get(self, name: str, **asked: str) -> httpx.Response:
        return await self.client.get(f"http://localhost{self.made[name]}", params=asked)

    async def titles(self, **asked: str) -> list[str]:
        return [entry.title for entry in (await self.atom(**asked)).entries]

    async def atom(self, **asked: str) -> Any:
        answer = await self.get("atom", **asked)
        assert answer.status_code == 200, answer.text
        read = feedparser.parse(answer.content)
        assert not read.bozo, read.bozo_exception
        assert read.version == "atom10"
        return read

    async def rows(self, name: str = "bottlenecksCsv") -> list[dict[str, str]]:
        answer = await self.get(name)
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
async def enexis(hub: Hub, client: httpx.AsyncClient) -> Reader:
    return await _reader(hub, client, "enexis")


async def _reader(hub: Hub, client: httpx.AsyncClient, party: str) -> Reader:
    async with transaction(hub.pool) as connection:
        headers = {"Authorization": f"Bearer {await new_token(connection, party, NOW)}"}
    made = await client.post("feed-addresses", headers=headers)
    assert made.status_code == 201
    return Reader(client, headers, made.json())


def _found(event_id: str, **changes: Any) -> dict[str, Any]:
    return attributes("bottleneck-found", id=event_id, **{"data": {"title": event_id}, **changes})


async def test_a_feed_reads_well_newest_first_with_ids_that_stay(hub: Hub, enexis: Reader) -> None:
    empty = await enexis.atom()
    assert empty.entries == []
    await hub.feed(_found("oud"), _found('nieuw <b>&"', functions="electricity,drinking-water"))
    read = await enexis.atom()
    assert read.feed.id == empty.feed.id
    assert [entry.title[:31] for entry in read.entries] == ["[OEFENING] [TLP:GREEN] Knelpunt"] * 2
    assert 'nieuw <b>&"' in read.entries[0].title
    assert read.entries[1].title.endswith("oud")
    assert read.entries[0].author == "Gemeente Maastricht"
    assert "drinking-water" in {tag.term for tag in read.entries[0].tags}
    again = await enexis.atom()
    assert [entry.id for entry in again.entries] == [entry.id for entry in read.entries]
    assert len(await ledger(hub, "delivery-sent")) == 2


async def test_a_feed_is_of_one_function_or_area_when_asked(hub: Hub, client: httpx.AsyncClient) -> None:
    province = await _reader(hub, client, "pv31")
    await hub.feed(_found("stroom"), _found("water", functions="drinking-water", areas="GM0994"))
    assert len(await province.titles()) == 2
    assert [title.split(": ")[1] for title in await province.titles(function="drinking-water")] == ["water"]
    assert [title.split(": ")[1] for title in await province.titles(area="GM0935")] == ["stroom"]
    assert len(await province.titles(area="PV31")) == 2
    for asked in ({"function": "thee"}, {"area": "GM9999"}, {"zoek": "x"}):
        assert (await province.get("atom", **asked)).status_code == 400


async def test_nobody_reads_more_than_it_may_know_today(
    hub: Hub, client: httpx.AsyncClient, enexis: Reader
) -> None:
    stranger = await _reader(hub, client, "gm0014")
    await hub.feed(_found("dicht", tlp="AMBER"), _found("open"))
    assert len(await enexis.titles()) == len(await enexis.rows()) == 2
    assert await stranger.titles() == await stranger.rows() == []
    read = await ledger(hub, "content-exported")
    assert {(one["by"], one["what"], one["tlp"]) for one in read} == {
        ("enexis", "atom", "AMBER"),
        ("enexis", "bottlenecks-csv", "AMBER"),
    }
    await enexis.titles()
    assert len(await ledger(hub, "content-exported")) == len(read) == 2
    await enexis.get("bottlenecksGeojson", function="electricity")
    assert (await ledger(hub, "content-exported"))[-1]["asked"] == {"function": "electricity"}
    await hub.change("enexis", clearance=Tlp.GREEN)
    assert [title.split(": ")[1] for title in await enexis.titles()] == ["open"]
    assert [row["titel"] for row in await enexis.rows()] == ["open"]
    await hub.change("enexis")
    assert await enexis.titles() == await enexis.rows() == []


async def test_reading_a_feed_counts_for_the_limits_of_the_party(
    hub: Hub, settings: Settings, client: httpx.AsyncClient, enexis: Reader
) -> None:
    clock = clock_of(hub.settings, hub.pool)
    tight = settings.model_copy(update={"limit_events": 2})
    async with Publisher(settings) as publisher:
        app = application(tight, hub.pool, Registers(hub.pool, clock), publisher, clock)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as other:
            answers = [await other.get(enexis.made[name]) for name in ("atom", "bottlenecksCsv", "atom")]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_an_address_ends_when_its_party_says_so_and_opens_nothing_else(
    hub: Hub, client: httpx.AsyncClient, enexis: Reader
) -> None:
    token = enexis.made["atom"].split("/")[2]
    for path in ("deliveries", "webhooks"):
        assert (await client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code == 401
    api = enexis.headers["Authorization"].split()[1]
    assert (await client.get(f"http://localhost/feeds/{api}/atom")).status_code == 404
    assert (await enexis.get("atom")).headers["cache-control"] == "private, no-store"
    assert (await client.delete("feed-addresses", headers=enexis.headers)).status_code == 204
    for name in enexis.made:
        assert (await enexis.get(name)).status_code == 404
    assert len(await ledger(hub, "feed-address-changed")) == 2
    assert token not in str([bytes(row.record) for row in await hub.rows(tables.ledger)])


async def test_a_key_that_only_publishes_opens_no_way_out_for_what_its_party_reads(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    for scope in (Scope.PUBLISH, Scope.READ):
        async with transaction(hub.pool) as connection:
            key = await new_token(connection, "enexis", NOW, scopes=[scope])
        headers = {"Authorization": f"Bearer {key}"}
        assert (await client.post("feed-addresses", headers=headers)).status_code == 403
        wanted = {"url": "https://elders.example/in"}
        assert (await client.put("webhooks/elders", json=wanted, headers=headers)).status_code == 403
        assert (await client.post("webhooks/elders/resends", json={}, headers=headers)).status_code == 403


async def test_when_all_keys_of_a_party_end_the_addresses_that_they_made_end_too(
    hub: Hub, enexis: Reader
) -> None:
    async with transaction(hub.pool) as connection:
        assert await revoke_tokens(connection, "enexis", NOW) == 1
    for name in enexis.made:
        assert (await enexis.get(name)).status_code == 404
    assert len(await ledger(hub, "feed-address-changed")) == 2


async def test_bottlenecks_are_those_open_now_as_a_sheet_and_for_maps(hub: Hub, enexis: Reader) -> None:
    await hub.feed(_found("=1+1;x"))
    await hub.go(NOW + timedelta(hours=1))
    await hub.feed(_found("weg"), _found("later"))
    ends = {"bottleneck": {"source": source_of("gm0935"), "id": "weg"}}
    await hub.feed(attributes("bottleneck-resolved", data=ends))
    of = {"bottleneck": {"source": source_of("gm0935"), "id": "later"}, "title": "Beter bekeken"}
    await hub.feed(attributes("bottleneck-updated", data={**of, "severity": "low"}))
    rows = await enexis.rows()
    assert [(row["titel"], row["ernst"]) for row in rows] == [("'=1+1;x", "hoog"), ("Beter bekeken", "laag")]
    shown = json.loads((await enexis.get("bottlenecksGeojson")).content)
    FeatureCollection.model_validate(shown)
    assert {one["geometry"] for one in shown["features"]} == {None}
    assert [one["properties"]["gebieden"] for one in shown["features"]] == [["GM0935"], ["GM0935"]]
    assert [one["id"] for one in shown["features"]] == [row["kenmerk"] for row in rows]


async def test_stress_tests_and_measures_in_ones_area_stand_as_they_are_now_and_no_more_than_one_may_know(
    hub: Hub, client: httpx.AsyncClient, enexis: Reader
) -> None:
    test, measure = "stress-test-planned", "measure-adopted"
    await hub.feed(
        attributes(test, id="a", subject="a", data={"title": "Gepland"}),
        attributes(test, id="b", subject="b", data={"title": "Was gepland"}),
        attributes(test, id="c", subject="c", tlp="RED", data={"title": "Dicht", "recipients": ["pv31"]}),
        attributes(measure, id="m", subject="m", data={"title": "Dijk", "bottlenecks": []}),
        attributes(measure, id="n", subject="n", data={"title": "Pomp", "bottlenecks": []}),
    )
    done = {"title": "Gedaan", "openness": "public"}
    await hub.feed(attributes("stress-test-completed", id="d", subject="b", data=done))
    of = {"measure": {"source": source_of("gm0935"), "id": "m"}}
    await hub.feed(attributes("measure-implemented", id="i", subject="m", data=of))
    tests = await enexis.rows("stressTestsCsv")
    assert {row["titel"]: row["stand"] for row in tests} == {"Gepland": "gepland", "Gedaan": "afgerond"}
    measures = await enexis.rows("measuresCsv")
    stands = {row["titel"]: row["stand"] for row in measures}
    assert stands == {"Dijk": "uitgevoerd", "Pomp": "vastgesteld"}
    for name, rows in (("stressTestsGeojson", tests), ("measuresGeojson", measures)):
        answer = await enexis.get(name)
        assert answer.headers["content-type"] == "application/geo+json"
        assert [one.id for one in FeatureCollection.model_validate_json(answer.content).features] == [
            row["kenmerk"] for row in rows
        ]
    stranger = await _reader(hub, client, "gm0014")
    assert await stranger.rows("stressTestsCsv") == await stranger.rows("measuresCsv") == []
    assert len(await ledger(hub, "content-read")) == 5
