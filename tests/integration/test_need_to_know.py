"""The matrix of need to know over the real outlets.

Every event has a secret word in each of its texts. The mails as composed and as sent, the API, the hub's own
events, the log, the ledger and the sheets are searched for it.
"""

import asyncio
import email
import email.policy
import io
import json
import random
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.ways_in.http import application
from hub.kafka.broker import Publisher, ensure_topics
from hub.register.history import History, Kind
from hub.register.sheets import write_sheet
from hub.rules.identity import event_key
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_feed_token, new_token
from hub.store.clock import clock_of, move_clock
from hub.store.database import opened, transaction
from hub.store.register.registers import SEED, Registers, lock_register, save_history
from tests import need_to_know as matrix
from tests.events import source_of
from tests.fed import Hub
from tests.need_to_know import LABELS, PARTIES, SECRET, TIES, Told, Tried
from tests.ways import Sent, Systems, systems_of

NOW = datetime(2027, 6, 1, 6, tzinfo=UTC)
SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
"""The fourth slot since `NOW`: what was asked then leaves in it, also when nobody else asks."""
KINDS = ("bottleneck-found", "stress-test-completed", "question-raised", "question-answered")
_CLEARED, _BARELY = PARTIES[::2], PARTIES[1::2]
_LANES = 4
"""Parties that ask, and mails that leave, at the same time."""
_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COUNT = re.compile(r"Overzicht: (\d+) bericht")
_ENTRY = re.compile(r"^\d+\. ", re.MULTILINE)


class World(NamedTuple):
    """A hub that is fed by hand, and its API as each party of the matrix calls it."""

    hub: Hub
    client: httpx.AsyncClient
    tokens: dict[str, str]

    async def get(self, party: Tried, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[party.slug]}"}
        return await self.client.get(f"/v1/events/{path}", headers=headers)

    async def post(self, party: Tried, event: str, query: str) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.tokens[party.slug]}",
            "Content-Type": "application/cloudevents+json",
        }
        return await self.client.post(f"/v1/events{query}", content=event, headers=headers)

    async def pulled(self, party: Tried) -> list[str]:
        """Every delivery that the party's system gets."""
        headers = {"Authorization": f"Bearer {self.tokens[party.slug]}"}
        answer = (await self.client.get("/v1/deliveries", headers=headers)).json()
        assert not answer["more"]
        return [json.dumps(one) for one in answer["deliveries"]]

    async def ask_all(self, parties: Sequence[Tried]) -> None:
        """The municipality and the askers ask the operator the same."""
        askers = (matrix.source(party) for party in parties if party.tie == "asker")
        await self.hub.feed(*map(matrix.shared_question, [source_of(matrix.PUBLISHER), *askers]))

    async def change(self, history: History, by: str) -> None:
        async with transaction(self.hub.pool) as connection:
            await lock_register(connection)
            await save_history(connection, history, by, NOW)

    async def send(self) -> None:
        """Every mail that stands ready, some at a time as from several mailers."""
        async with asyncio.TaskGroup() as lanes:
            for _ in range(_LANES):
                lanes.create_task(self.hub.send())

    async def signals(self) -> list[dict[str, Any]]:
        """The chain effects that the hub has signalled."""
        told = [row.content for row in await self.hub.rows(tables.outbox)]
        return [one for one in told if one["type"] == "nl.vitale-functies.chain-effect.signalled.v1"]

    async def composed(self) -> dict[str, list[str]]:
        """Every mail by party, as it was composed."""
        found: dict[str, list[str]] = {}
        for row in await self.hub.rows(tables.mail):
            found.setdefault(row.party, []).append(f"{row.subject}\n{row.body}\n{row.html}")
        return found

    def sent(self) -> dict[str, list[str]]:
        """Every mail by party, as its reader sees it, with all its headers."""
        settings = self.hub.settings
        assert settings.maildir is not None
        domain = settings.mail_from.partition("@")[2].encode()
        found: dict[str, list[str]] = {}
        for path in (settings.maildir / "new").iterdir():
            content = path.read_bytes()
            if domain not in content:
                continue
            mail = email.message_from_bytes(content, policy=email.policy.default)
            party = str(mail["To"]).removesuffix("@postbus.example")
            headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
            parts = [str(part.get_content()) for part in mail.walk() if not part.is_multipart()]
            found.setdefault(party, []).append("\n".join((headers, *parts)))
        return found


@asynccontextmanager
async def _world(settings: Settings, pool: AsyncEngine, parties: Sequence[Tried]) -> AsyncIterator[World]:
    async with Publisher(settings) as publisher:
        hub = Hub(settings, pool, publisher)
        clock = clock_of(hub.settings, pool)
        app = application(hub.settings, pool, Registers(pool, clock), publisher, clock)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            world = World(hub, client, {})
            await world.change(matrix.history(parties), SEED)
            async with transaction(pool) as connection:
                await move_clock(connection, NOW)
                for party in parties:
                    world.tokens[party.slug] = await new_token(connection, party.slug, NOW)
            yield world


def _found(texts: Iterable[str], events: Iterable[Told]) -> set[str]:
    """The secrets of the events that these texts give away, by word or by key."""
    by_key = {event.key: event.secret for event in events}
    found = set()
    for text in texts:
        found |= set(SECRET.findall(text)) | {by_key[key] for key in _KEY.findall(text) if key in by_key}
    return found


def _check_mails(mails: dict[str, list[str]], events: list[Told], parties: Iterable[Tried]) -> None:
    """Nobody reads, or can count, what it may not know; who is named and cleared reads it."""
    for party in parties:
        own = mails.get(party.slug, [])
        allowed = {event.secret for event in events if event.is_for(party)}
        found = _found(own, events)
        assert found <= allowed, (party, found - allowed)
        named = {event.secret for event in events if event.names(party)}
        assert named & allowed <= found, (party, named & allowed - found)
        for text in own:
            if counted := _COUNT.search(text):
                assert int(counted[1]) == len(_ENTRY.findall(text)), text


async def _check_pull(world: World, events: list[Told], parties: Sequence[Tried]) -> None:
    """A system gets nothing that its party may not know, and all that it may and that names it."""

    async def check(some: Iterable[Tried]) -> None:
        for party in some:
            found = _found(await world.pulled(party), events)
            allowed = {event.secret for event in events if event.is_for(party)}
            assert found <= allowed, (party, found - allowed)
            named = {event.secret for event in events if event.names(party) and "question" not in event.short}
            assert named & allowed <= found, (party, named & allowed - found)

    async with asyncio.TaskGroup() as lanes:
        for lane in range(_LANES):
            lanes.create_task(check(parties[lane::_LANES]))


FEEDS = ("atom", "bottlenecks-csv", "bottlenecks-geojson", "stress-tests-csv", "measures-geojson")


async def _check_feeds(world: World, events: list[Told], parties: Sequence[Tried]) -> None:
    """No feed, sheet or map tells more than its party may know; who is named and cleared reads it in Atom."""
    for party in parties:
        async with transaction(world.hub.pool) as connection:
            token = await new_feed_token(connection, party.slug, NOW)
        allowed = {event.secret for event in events if event.is_for(party)}
        for name in FEEDS:
            answer = await world.client.get(f"/feeds/{token}/{name}")
            assert answer.status_code == 200
            found = _found([answer.text], events)
            assert found <= allowed, (party, name, found - allowed)
            if name == "atom":
                named = {e.secret for e in events if e.names(party) and "question" not in e.short}
                assert named & allowed <= found, (party, named & allowed - found)


async def _check_systems(sent: Sent, events: list[Told], parties: Sequence[Tried]) -> None:
    """Over no way does a system get more than its party may know, and a room no more than that may know; who
    is not among the parties (any more) gets nothing."""
    await sent.send_all()
    by_slug = {party.slug: party for party in parties}
    for way, texts_of in (await sent.by_way()).items():
        for slug, texts in texts_of.items():
            found = _found(texts, events)
            if (party := by_slug.get(slug)) is None:
                assert found == set(), (way, slug)
                continue
            most = LABELS.index(sent.systems.room_label(slug)) if way == "room" else len(LABELS)
            allowed = {
                event.secret for event in events if event.is_for(party) and LABELS.index(event.label) <= most
            }
            assert found <= allowed, (way, party, found - allowed)
            named = {e.secret for e in events if e.names(party) and "question" not in e.short}
            assert named & allowed <= found, (way, party, named & allowed - found)


def _systems(parties: Sequence[Tried]) -> Systems:
    """A webhook, a room or a topic for parties of every tie, clearance and kind, drawn evenly."""
    slugs = [party.slug for party in parties]
    return Systems(slugs[::7], slugs[1::11], slugs[2::37])


async def _check_api(world: World, events: list[Told], parties: Sequence[Tried]) -> None:
    """Who may not see an event is told the same as of an event that does not exist, to the byte."""
    nothing = _said(await world.get(parties[0], f"{uuid4()}/chain-effects"))

    async def check(some: Iterable[Tried]) -> None:
        for party in some:
            for event, path in _asked(party, events):
                response = await world.get(party, f"{event.key}/{path}")
                if path == "chain-effects" and event.is_for(party) and event.is_told_to(party):
                    assert (response.status_code, _found([response.text], events)) == (200, {event.secret})
                else:
                    assert _said(response) == nothing, (party, event.secret)

    async with asyncio.TaskGroup() as lanes:
        for lane in range(_LANES):
            lanes.create_task(check(parties[lane::_LANES]))


def _asked(party: Tried, events: list[Told]) -> list[tuple[Told, str]]:
    """What a party asks after. One that is cleared for all: each bottleneck that it may not see, and one that
    it may. Any other: the least closed that it may not see, one more bottleneck, and one other event."""
    chance = random.Random(party.slug)  # noqa: S311 - the same in every run
    bottlenecks = [event for event in events if event.short == "bottleneck-found"]
    bottlenecks.sort(key=lambda event: LABELS.index(event.label))
    seen = [event for event in bottlenecks if event.is_for(party) and event.is_told_to(party)]
    hidden = [event for event in bottlenecks if event not in seen]
    if party in _CLEARED:
        return [(event, "chain-effects") for event in (*hidden, *(seen and [chance.choice(seen)]))]
    more = chance.choice([event for event in bottlenecks if event not in hidden[:1]])
    other = chance.choice([event for event in events if event.short != "bottleneck-found"])
    path = chance.choice(("explanation", "chain-effects"))
    return [*((event, "chain-effects") for event in (*hidden[:1], more)), (other, path)]


def _said(response: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    # What is left of a party's own limits depends on its own questions and the time between them.
    headers = [(name, value) for name, value in response.headers.items() if name != "ratelimit"]
    return response.status_code, sorted(headers), response.content


async def test_no_outlet_gives_more_than_the_label_allows(
    settings: Settings, pool: AsyncEngine, log: io.StringIO
) -> None:
    async with (
        _world(settings, pool, PARTIES) as world,
        systems_of(world.hub, _systems(PARTIES)) as systems,
    ):
        await _try_every_outlet(world, systems)
    assert SECRET.findall(log.getvalue()) == []


async def _try_every_outlet(world: World, systems: Sent) -> None:
    events = [matrix.told(kind, label) for kind in KINDS for label in reversed(LABELS)]
    await world.ask_all(PARTIES)
    await world.hub.feed(*(event.content for event in events))
    signals = await world.signals()
    assert _found([json.dumps(signals)], events) == set()
    await world.hub.feed(*signals)
    await world.hub.go(SLOT)
    await world.send()
    assert await world.hub.rows(tables.dead_letter) == []
    assert {row.kind for row in await world.hub.rows(tables.mail)} == {"immediate", "digest", "bundle"}

    mails = await world.composed()
    sent = world.sent()
    assert {party: len(texts) for party, texts in sent.items()} == {p: len(t) for p, t in mails.items()}
    for texts in (mails, sent):
        _check_mails(texts, events, PARTIES)
    await _check_pull(world, events, PARTIES)
    await _check_systems(systems, events, PARTIES)
    await _check_feeds(world, events, PARTIES[3::13])
    await _check_api(world, events, PARTIES)
    _check_dependent_teams(mails, events)

    history = await Registers(world.hub.pool, clock_of(world.hub.settings, world.hub.pool)).history()
    sheets = (write_sheet(kind, history.of_kind(kind)).decode() for kind in Kind)
    ledger = [bytes(row.record).decode() for row in await world.hub.rows(tables.ledger)]
    assert [text for text in (*sheets, *ledger) if SECRET.search(text)] == []


def _check_dependent_teams(mails: dict[str, list[str]], events: list[Told]) -> None:
    """A core team down the chain reads what is open; of what is AMBER it hears only that there is something,
    if it is cleared for that, and of what is closed further it hears nothing."""
    for team, label in matrix.DEPENDENT_TEAMS.items():
        texts = mails.get(team, [])
        order = LABELS.index(label)
        open_to_it = {event.secret for event in events if LABELS.index(event.label) <= min(order, 1)}
        assert _found(texts, events) <= open_to_it, team
        signalled = [text for text in texts if "kan uw functie raken" in text]
        assert len(signalled) == (1 if order >= LABELS.index("AMBER+STRICT") else 0), team


async def test_who_may_know_no_longer_is_told_nothing_that_was_still_to_go(
    settings: Settings, pool: AsyncEngine
) -> None:
    """Between routing and sending a third of the parties is cleared for less, a third loses its tie, and a
    third ends; some mails stand ready by then."""
    # Ties come in a round of twelve: one further each round, every tie meets every change.
    turns = [(number + number // len(TIES)) % 3 for number in range(len(_CLEARED))]
    less, moved, ended = (
        [party for party, turn in zip(_CLEARED, turns, strict=True) if turn == change] for change in range(3)
    )
    left = [*map(matrix.cleared_less, less), *map(matrix.moved_away, moved)]
    shorts = ("bottleneck-found", "question-raised", "question-answered")
    events = [matrix.told(short, label, _CLEARED) for short in shorts for label in reversed(LABELS)]
    async with (
        _world(settings, pool, _CLEARED) as world,
        systems_of(world.hub, _systems(_CLEARED)) as systems,
    ):
        await world.ask_all(_CLEARED)
        await world.hub.feed(*(event.content for event in events))
        await world.hub.mailer.compose()
        async with transaction(pool) as connection:
            await move_clock(connection, SLOT)
        await world.hub.throttle.release_due()
        await world.change(matrix.history(left), "administrator")
        await world.send()
        await world.hub.mailer.compose()
        await world.send()

        for mails in (await world.composed(), world.sent()):
            _check_mails(mails, events, left)
            assert [party for party in ended if party.slug in mails] == []
        await _check_pull(world, events, left)
        await _check_systems(systems, events, left)
        await _check_withheld(world.hub, systems.systems)
        await _check_feeds(world, events, left[::9])
        await _check_api(world, events, left)
        # Their keys ended with them: whatever they ask, they are told the same.
        refused = _said(await world.get(ended[0], f"{uuid4()}/chain-effects"))
        assert refused[0] == 401
        for event, party in zip(cycle(events), ended, strict=False):
            assert _said(await world.get(party, f"{event.key}/chain-effects")) == refused, party


async def _check_withheld(hub: Hub, systems: Systems) -> None:
    """That a right was gone at sending is recorded for each way."""
    query = tables.ledger.c.kind == "delivery-withheld"
    told = [json.loads(row.record) for row in await hub.rows(tables.ledger, query)]
    for way in ("webhook:zaken", "matrix:team", "topic:kafka", "pull", "mail"):
        whys = {one["why"] for one in told if one["channel"] == way}
        assert {"party-ended", "clearance-too-low"} & whys, (way, whys)


async def test_what_a_party_may_not_know_changes_nothing_of_what_it_gets(
    settings: Settings, twin: Settings
) -> None:
    """Two worlds that differ only in closed events: the same mails for all who may not know them."""
    open_ones = [matrix.told(kind, label, _BARELY) for kind in KINDS for label in ("GREEN", "CLEAR")]
    closed = [matrix.told(kind, label, _BARELY) for kind in KINDS for label in ("RED", "AMBER+STRICT")]
    got = []
    for chosen, events in ((settings, open_ones), (twin, [*closed, *open_ones])):
        answers = [event.content for event in events if event.short == "question-answered"]
        others = [event.content for event in events if event.short != "question-answered"]
        async with opened(chosen) as pool, _world(chosen, pool, _BARELY) as world:
            await world.ask_all(_BARELY)
            await world.hub.feed(*others)
            await world.hub.go(SLOT)
            await world.hub.feed(*answers)
            await world.hub.go(SLOT + timedelta(weeks=1))
            got.append(await world.composed())
    without, beside = got
    ignorant = [party for party in _BARELY if not any(event.is_for(party) for event in closed)]
    assert sum(party.slug in without for party in ignorant) > len(_BARELY) // 2
    for party in ignorant:
        assert sorted(without.get(party.slug, [])) == sorted(beside.get(party.slug, [])), party


async def test_no_answer_of_the_front_door_tells_what_is_there(settings: Settings, pool: AsyncEngine) -> None:
    await ensure_topics(settings)
    there = matrix.told("question-raised", "RED")
    backwards = there.content["id"][::-1]
    async with _world(settings, pool, PARTIES) as world:
        await world.hub.feed(there.content)
        for party in PARTIES[::24]:
            own = matrix.source(party)
            answer = matrix.told("question-answered", "GREEN").content
            probes: list[tuple[str, dict[str, Any]]] = [
                ("", {**there.content}),
                ("", {**there.content, "source": own, "data": {**there.content["data"], "recipients": []}}),
                ("", {**there.content, "source": own, "data": {"onbekend": 1}}),
                ("?dryRun=true", {**there.content}),
                ("?dryRun=true", {**there.content, "source": own, "tlp": "GREEN", "data": {"text": "Hoe?"}}),
                ("?dryRun=true", {**answer, "source": own, "data": _answering(there.content)}),
            ]
            for query, content in probes:
                text = json.dumps(content)
                replies = []
                for event_id in (there.content["id"], backwards):
                    response = await world.post(party, text.replace(there.content["id"], event_id), query)
                    status, headers, body = _said(response)
                    # A receipt, and its salt, are drawn for each: no two are the same.
                    body = re.sub(rb'"(receipt|salt)":"[^"]*"', b"RECEIPT", body)
                    # An event's own key and id are its sender's to know.
                    key = str(event_key(content["source"], event_id))
                    headers = [(name, value.replace(key, "KEY")) for name, value in headers]
                    body = body.replace(key.encode(), b"KEY").replace(event_id.encode(), b"ID")
                    replies.append((status, headers, body))
                assert replies[0] == replies[1], (party, query, text)


def _answering(question: dict[str, Any]) -> dict[str, Any]:
    return {"question": {"source": question["source"], "id": question["id"]}, "text": "Acht uur."}
