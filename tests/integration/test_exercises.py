"""Every kind of publisher to every kind of party over every way out: an exercise never meets what is real."""

import csv
import io
import json
from datetime import timedelta
from urllib.parse import urlsplit

import aiokafka
import feedparser
import httpx
import pytest

from consumers.commands import topics
from hub.kafka.access import for_aiokafka
from hub.kafka.broker import delivery_topic
from hub.register.history import Kind
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.integration.test_reminders import SLOT
from tests.outletted import Sender, found
from tests.receiver import Receiver
from tests.registers import HISTORY, save, with_facts

_OINS = {"pv31": "00000001876543210000", "gm0994": "00000001123456780000"}
_REAL = f"urn:nld:oin:{_OINS['gm0994']}:systeem"
PUBLISHED = {
    "met-testnummer": source_of("gm0935"),
    "als-oefening-gemerkt": f"{_REAL}:oefening-zaken",
    "onder-echt-nummer": f"{_REAL}:zaken",
}
RECEIVED = {"enexis": {"met-testnummer", "als-oefening-gemerkt"}, "pv31": {"onder-echt-nummer"}}
"""Enexis is there for exercises; the province is real."""


class Ways:
    """What a party received over each way: the ids, and whether each was marked as an exercise."""

    def __init__(self, hub: Hub, client: httpx.AsyncClient, receiver: Receiver, party: str):
        self._hub, self._client, self._receiver, self._party = hub, client, receiver, party

    async def open(self, sender: Sender) -> None:
        async with transaction(self._hub.pool) as connection:
            token = await new_token(connection, self._party, NOW)
        self._headers = {"Authorization": f"Bearer {token}"}
        made = (await self._client.post("feed-addresses", headers=self._headers)).json()
        self._feeds = {name: urlsplit(url).path for name, url in made.items()}
        await sender.webhook(self._party, f"{self._receiver.url}/{self._party}")
        await topics.set_topic(self._hub.settings, self._party, "structured")

    async def pull(self) -> dict[str, bool]:
        answer = await self._client.get("deliveries", headers=self._headers)
        return {one["id"]: one.get("exercise") == "true" for one in answer.json()["deliveries"]}

    async def atom(self) -> dict[str, bool]:
        read = feedparser.parse((await self._feed("atom")).content)
        return {one.title.rpartition(": ")[2]: one.title.startswith("[OEFENING] ") for one in read.entries}

    async def sheet(self) -> dict[str, bool]:
        text = (await self._feed("bottlenecksCsv")).content.decode("utf-8-sig")
        return {
            one["titel"]: one["oefening"] == "ja" for one in csv.DictReader(io.StringIO(text), delimiter=";")
        }

    async def map(self) -> dict[str, bool]:
        features = (await self._feed("bottlenecksGeojson")).json()["features"]
        return {one["properties"]["titel"]: one["properties"]["oefening"] == "ja" for one in features}

    async def webhook(self) -> dict[str, bool]:
        posted = [one for one in self._receiver.posted if one.path.endswith(self._party)]
        assert all(("kernhub-exercise" in one.headers) is ("exercise" in one.event) for one in posted)
        return {one.event["id"]: one.event.get("exercise") == "true" for one in posted}

    async def topic(self) -> dict[str, bool]:
        name = delivery_topic(self._hub.settings, self._party)
        consumer = aiokafka.AIOKafkaConsumer(
            name, **for_aiokafka(self._hub.settings), auto_offset_reset="earliest"
        )
        async with consumer:
            got: dict[str, bool] = {}
            ends = await consumer.end_offsets(consumer.assignment())
            while len(got) < sum(ends.values()):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    got |= {json.loads(r.value)["id"]: ("exercise", b"true") in r.headers for r in records}
        return got

    async def mail(self) -> dict[str, bool]:
        mails = await self._hub.rows(tables.mail, tables.mail.c.party == self._party)
        for mail in mails:
            marks = (mail.subject.startswith("[OEFENING] "), mail.body.startswith("OEFENING: "))
            assert marks[0] is marks[1] is ("OEFENING: dit is niet echt." in mail.html)
        return {
            name: mail.subject.startswith("[OEFENING] ")
            for mail in mails
            for name in PUBLISHED
            if name in mail.subject + mail.body
        }

    async def _feed(self, name: str) -> httpx.Response:
        return await self._client.get(f"http://localhost{self._feeds[name]}")


@pytest.fixture
async def opened(hub: Hub, client: httpx.AsyncClient, sender: Sender, receiver: Receiver) -> dict[str, Ways]:
    changed = HISTORY
    for party, oin in _OINS.items():
        changed = with_facts(changed, Kind.PARTY, party, oin=oin)
    await save(
        hub.pool, with_facts(changed, Kind.PARTY, "pv31", mailbox="post@provincie.nl", oin=_OINS["pv31"]), NOW
    )
    ways = {party: Ways(hub, client, receiver, party) for party in RECEIVED}
    for one in ways.values():
        await one.open(sender)
    await sender.go()
    for name, source in PUBLISHED.items():
        await hub.feed(*found(name, source=source, subject=name, data={"title": name}))
    await hub.go(NOW)
    await hub.go(NOW + timedelta(days=8))
    await sender.go()
    return ways


async def test_exercises_and_what_is_real_never_meet_over_any_way_out(opened: dict[str, Ways]) -> None:
    for party, expected in RECEIVED.items():
        is_exercise = party == "enexis"
        ways = opened[party]
        for way in (ways.pull, ways.atom, ways.sheet, ways.map, ways.webhook, ways.topic, ways.mail):
            assert await way() == dict.fromkeys(expected, is_exercise), (party, way.__name__)


async def test_every_page_that_shows_something_of_an_exercise_says_so(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    question = {"asked": ["enexis"], "needed_by": None}
    await hub.feed(
        attributes("question-raised", id="vraag", source=source_of("gm0935"), data=question),
        attributes("situation-opened", id="storm"),
        *found("knelpunt", source=source_of("gm0935"), subject="knelpunt"),
    )
    await hub.go(SLOT)
    await hub.send()
    events = {row.content["id"]: row.event_key for row in await hub.rows(tables.event)}
    bundles = {row.kind: row.bundle_key for row in await hub.rows(tables.bundle)}
    for path in (
        "/gebeurtenissen",
        f"/gebeurtenissen/{events['vraag']}",
        f"/gebeurtenissen/{events['knelpunt']}/keteneffecten",
        "/bundels",
        f"/bundels/{bundles['routine']}",
        "/situaties",
        f"/situaties/{events['storm']}",
        "/partijen/enexis",
        "/partijen/gm0935",
        f"/onderzoek/gebeurtenissen/{events['vraag']}",
        "/onderzoek/beheerders/enexis",
        "/onderzoek/partijen/enexis",
    ):
        page = await client.get(f"http://localhost{path}")
        assert (page.status_code, '<span class="tlp">Oefening</span>' in page.text) == (200, True), path
