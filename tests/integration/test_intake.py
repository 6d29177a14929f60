"""The front door: what is taken in, and what each mistake is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from pydantic import PostgresDsn
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.ways_in.http import application
from hub.errors import DatabaseUnavailable, KafkaUnavailable
from hub.kafka.broker import Outgoing, Publisher, ensure_topics, function_topic
from hub.ledger.receipts import Receipts
from hub.register.history import Entry, History
from hub.register.kinds import Wish
from hub.register.model import Subscription
from hub.rules.explaining import explanation_for_publisher
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token, revoke_tokens
from hub.store.clock import Clock, SystemClock
from hub.store.database import engine, transaction
from hub.store.register.registers import Registers
from schemas.terms import FunctionSlug
from tests.documented import as_described
from tests.one_part import in_one_part
from tests.registers import HISTORY, TODAY, save
from tests.samples import sample

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@asynccontextmanager
async def _door(
    settings: Settings, pool: AsyncEngine, token: str, clock: Clock | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    clock = clock or SystemClock()
    async with Publisher(settings) as publisher:
        app = application(settings, pool, Registers(pool, clock), publisher, clock)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(in_one_part(app), raise_app_exceptions=False),
            base_url="http://localhost",
            headers={"Authorization": f"Bearer {token}", "Content-Type": STRUCTURED},
            event_hooks={"response": [as_described()]},
        ) as client:
            yield client


@pytest.fixture
async def token(pool: AsyncEngine) -> str:
    async with transaction(pool) as connection:
        return await new_token(connection, "gm0935", datetime.now(UTC))


@pytest.fixture
async def door(settings: Settings, pool: AsyncEngine, token: str) -> AsyncIterator[httpx.AsyncClient]:
    await ensure_topics(settings)
    async with _door(settings, pool, token) as client:
        yield client


async def _post(door: httpx.AsyncClient, event: Any, status: int) -> dict[str, Any]:
    content = event if isinstance(event, bytes) else json.dumps(event).encode()
    response = await door.post("/v1/events", content=content)
    assert response.status_code == status, response.text
    assert response.headers["api-version"]
    answer: dict[str, Any] = response.json()
    if status != 202:
        assert response.headers["content-type"] == "application/problem+json"
        assert answer["status"] == status
        assert answer["type"].startswith("https://")
        assert answer["title"]
        assert answer["detail"]
    return answer


async def _claims(pool: AsyncEngine) -> int:
    async with transaction(pool) as connection:
        return await connection.scalar(select(func.count()).select_from(tables.claim)) or 0


async def _on_kafka(settings: Settings) -> list[bytes]:
    """Everything on the electricity topic."""
    topic = function_topic(settings, FunctionSlug.ELECTRICITY)
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=settings.kafka_servers, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        return [bytes((await consumer.getone()).value) for _ in range(sum(ends.values()))]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"type": "nl.vitale-functies.iets.anders.v1"}, {("type", "unknown_type")}),
        ({"functions": "elektra"}, {("functions/0", "enum")}),
        ({"areas": "GM9999"}, {("areas", "unknown_area")}),
        ({"tlp": None}, {("tlp", "missing")}),
        ({"tlp": "amber"}, {("tlp", "enum")}),
        ({"time": "2027-06-01T10:00:00"}, {("time", "rfc3339")}),
        ({"specversion": "0.3"}, {("specversion", "literal_error")}),
        ({"data": {"onbekend": 1}}, {("data/onbekend", "extra_forbidden")}),
        (
            {"tlp": None, "functions": "elektra", "data": {"title": "", "severity": "erg"}},
            {("tlp", "missing"), ("functions/0", "enum"), ("data/title", "string_too_short")}
            | {("data/severity", "literal_error")},
        ),
        ({"type": "x", "tlp": None}, {("type", "unknown_type"), ("tlp", "missing")}),
        ({"tlp": "RED"}, {("data/recipients", "no_recipients")}),
    ],
)
async def test_every_broken_field_is_named_at_once_and_nothing_is_kept(
    door: httpx.AsyncClient, pool: AsyncEngine, settings: Settings, changes: Any, errors: Any
) -> None:
    answer = await _post(door, sample("fout", **changes), 422)
    assert {(error["field"], error["code"]) for error in answer["errors"]} == errors
    assert all(error["detail"] for error in answer["errors"])
    assert await _claims(pool) == 0
    assert await _on_kafka(settings) == []


async def test_a_source_of_somebody_else_is_refused(door: httpx.AsyncClient, pool: AsyncEngine) -> None:
    other = "urn:nld:oin:00000099100003630000:systeem:zaaksysteem"
    answer = await _post(door, sample("vreemd", source=other), 403)
    assert answer["errors"][0]["field"] == "source"
    assert await _claims(pool) == 0


@pytest.mark.parametrize("header", ["Bearer verkeerd", "Basic abc", "Bearer ", "", "Bearer é".encode()])
async def test_a_wrong_token_is_refused_whatever_the_body(door: httpx.AsyncClient, header: Any) -> None:
    response = await door.post("/v1/events", content=b"{geen json", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_revoked_token_no_longer_opens_the_door(door: httpx.AsyncClient, pool: AsyncEngine) -> None:
    for known_by_now in ("eerst", "dan"):
        await _post(door, sample(known_by_now), 202)
    async with transaction(pool) as connection:
        assert await revoke_tokens(connection, "gm0935", datetime.now(UTC)) == 1
    refused = await door.post("/v1/events", json=sample("daarna"))
    assert (refused.status_code, refused.headers.get("ratelimit")) == (401, None)
    await _post(door, sample("fout", tlp=None), 401)
    assert await _claims(pool) == 2


async def test_a_token_that_ends_while_its_event_comes_in_keeps_nothing(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    for known_by_now in ("eerst", "dan"):
        await _post(door, sample(known_by_now), 202)
    async with transaction(pool) as connection:
        await connection.execute(tables.party_token.update().values(expires_at=datetime.now(UTC)))
    assert "verlopen" in (await _post(door, sample("daarna"), 401))["detail"]
    assert await _claims(pool) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{geen json", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"id": NaN}', 400),
        (b'{"id": "a", "id": "b"}', 400),
        (b"[" * 60_000, 400),
        (b"{}", 422),
        (b" " * 300_000, 413),
    ],
)
async def test_a_body_that_is_no_event_is_refused(door: httpx.AsyncClient, body: bytes, status: int) -> None:
    await _post(door, body, status)


async def test_a_large_body_is_refused_while_it_still_comes_in(door: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 10_000
            yield b"x" * 10_000

    response = await door.post("/v1/events", content=endless())
    assert response.status_code == 413
    assert "dataref" in response.json()["detail"]
    assert sent < 1_000_000


async def test_an_unknown_content_type_says_what_to_send(door: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "", "application/json", "application/xml; charset=utf-8"):
        response = await door.post("/v1/events", content=b"{}", headers={"Content-Type": kind})
        assert response.status_code == 415, kind
        assert STRUCTURED in response.json()["detail"]


async def test_other_paths_and_methods_are_problems_too(door: httpx.AsyncClient) -> None:
    for method, path, status in (("GET", "/v1/events", 405), ("GET", "/v1/nergens", 404)):
        response = await door.request(method, path)
        assert (response.status_code, response.json()["status"]) == (status, status)


async def test_structured_binary_and_batch_are_the_same_event(
    door: httpx.AsyncClient, settings: Settings
) -> None:
    event = sample("drie-vormen")
    headers = {
        f"ce-{name}": value for name, value in event.items() if name not in ("data", "datacontenttype")
    }
    binary = await door.post(
        "/events", json=event["data"], headers={**headers, "Content-Type": "application/json"}
    )
    assert binary.status_code == 202, binary.text
    assert (await _post(door, event, 202))["outcome"] == "known"
    batch = await door.post("/v1/events", json=[event, event], headers={"Content-Type": BATCH})
    assert batch.status_code == 202
    assert [row["outcome"] for row in batch.json()] == ["known", "known"]
    (kept,) = await _on_kafka(settings)
    assert json.loads(kept) == event


async def test_form_and_register_are_told_at_once(door: httpx.AsyncClient) -> None:
    other = "urn:nld:oin:00000099100003630000:systeem:zaaksysteem"
    named = {"recipients": ["pv31", "weg", "min-kgg"]}
    wrong = sample("fout", tlp=None, functions="elektra", areas="GM0935,GM9999", source=other, data=named)
    answer = await _post(door, wrong, 422)
    assert {(error["field"], error["code"]) for error in answer["errors"]} == {
        ("tlp", "missing"),
        ("functions/0", "enum"),
        ("areas", "unknown_area"),
        ("source", "not_your_source"),
        ("data/recipients/1", "unknown_party"),
        ("data/recipients/2", "party_ended"),
    }
    answer = await _post(door, sample("vreemd", areas="GM9999", source=other), 403)
    assert [error["code"] for error in answer["errors"]] == ["not_your_source", "unknown_area"]


async def test_a_batch_gets_an_answer_per_event_in_order(door: httpx.AsyncClient, settings: Settings) -> None:
    events = [sample("goed"), sample("fout", tlp=None), "geen object", sample("goed"), sample("ook-goed")]
    events.append(sample("goed", data={"title": "Iets anders"}))
    response = await door.post("/v1/events", json=events, headers={"Content-Type": BATCH})
    assert response.status_code == 207
    assert [row["status"] for row in response.json()] == [202, 422, 422, 202, 202, 409]
    assert {json.loads(kept)["id"] for kept in await _on_kafka(settings)} == {"goed", "ook-goed"}


async def test_a_batch_is_bounded(door: httpx.AsyncClient) -> None:
    for content in (json.dumps([{}] * 1001).encode(), b"[" + b" " * 1_100_000 + b"]"):
        response = await door.post("/v1/events", content=content, headers={"Content-Type": BATCH})
        assert response.status_code == 413
    empty = await door.post("/v1/events", content=b"[]", headers={"Content-Type": BATCH})
    assert (empty.status_code, empty.json()["status"]) == (400, 400)


async def test_an_event_just_within_64_kilobyte_is_taken_and_just_over_is_not(
    door: httpx.AsyncClient,
) -> None:
    within = {f"vulling{number}": "x" * 3000 for number in range(20)}
    over = within | {f"extra{number}": "x" * 2300 for number in range(3)}
    await _post(door, sample("past", **within), 202)
    await _post(door, sample("past-niet", **over), 413)
    batch = await door.post("/v1/events", json=[sample("past-niet", **over)], headers={"Content-Type": BATCH})
    assert [row["status"] for row in batch.json()] == [413]


async def test_the_same_event_at_the_same_time_is_one_event(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    for event_id in ("met-een-nieuwe-sleutel", "met-een-bekende"):
        answers = await asyncio.gather(*(_post(door, sample(event_id), 202) for _ in range(8)))
        assert {answer["outcome"] for answer in answers} <= {"accepted", "known"}
    assert await _claims(pool) == 2


async def test_one_event_costs_one_event_whichever_way_it_goes(door: httpx.AsyncClient) -> None:
    answers = [
        await door.post("/v1/events", json=event)
        for event in (sample("a"), sample("b"), sample("c", tlp=None), sample("b", tlp="CLEAR"), sample("b"))
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 422, 409, 202]
    assert answers[0].headers.keys() == answers[1].headers.keys()
    assert answers[0].json().keys() == answers[1].json().keys()
    left = [int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0]) for answer in answers]
    assert all(one - other <= 1 for one, other in pairwise(left))


async def test_while_kafka_is_away_nothing_is_accepted_and_later_it_is(
    settings: Settings, pool: AsyncEngine, token: str, unused_tcp_port: int
) -> None:
    away = settings.model_copy(update={"kafka_servers": f"127.0.0.1:{unused_tcp_port}"})
    async with _door(away, pool, token) as door:
        response = await door.post("/v1/events", json=sample("later"))
        again = await door.post("/v1/events", json=sample("later"), headers={"Accept-Language": "en"})
    assert (again.status_code, again.json()["title"]) == (503, "The hub cannot keep this now")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "30"
    assert response.json()["errors"][0]["code"] == "kafka_unavailable"
    await ensure_topics(settings)
    async with _door(settings, pool, token) as door:
        assert (await _post(door, sample("later"), 202))["outcome"] == "accepted"
        assert (await _post(door, sample("later"), 202))["outcome"] == "known"
    assert len(await _on_kafka(settings)) == 1


async def test_a_topic_without_a_leader_holds_up_nobody_who_publishes_on_another(
    settings: Settings, pool: AsyncEngine, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asyncio.Event()
    publish = Publisher.publish

    async def leaderless(self: Publisher, events: Sequence[Outgoing]) -> None:
        if any(event.topic == function_topic(settings, FunctionSlug.NATURAL_GAS) for event in events):
            await found.wait()
            raise KafkaUnavailable("Kafka bevestigt niet.")
        await publish(self, events)

    monkeypatch.setattr(Publisher, "publish", leaderless)
    await ensure_topics(settings)
    gas = sample("gas", functions="natural-gas")
    async with _door(settings, pool, token) as door:
        both = asyncio.create_task(
            door.post("/v1/events", json=[gas, sample("stroom")], headers={"Content-Type": BATCH})
        )
        alone = asyncio.create_task(_post(door, gas, 503))
        for name in ("een", "twee"):
            assert (await _post(door, sample(name), 202))["outcome"] == "accepted"
        assert not both.done()
        found.set()
        assert [one["status"] for one in (await both).json()] == [503, 202]
        assert (await alone)["errors"][0]["code"] == "kafka_unavailable"
        assert (await _post(door, sample("stroom"), 202))["outcome"] == "known"
        monkeypatch.undo()
        assert (await _post(door, gas, 202))["outcome"] == "accepted"
    async with transaction(pool) as connection:
        kinds = (await connection.execute(select(tables.ledger.c.kind))).scalars()
        assert "event-refused" not in set(kinds)


async def test_while_postgresql_is_away_nothing_is_accepted(
    settings: Settings, token: str, unused_tcp_port: int
) -> None:
    url = PostgresDsn(f"postgresql://niemand@127.0.0.1:{unused_tcp_port}/weg")
    pool = engine(settings.model_copy(update={"database_url": url}))
    await ensure_topics(settings)
    async with _door(settings, pool, token) as door:
        response = await door.post("/v1/events", json=sample("later"))
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert "PostgreSQL" in response.json()["detail"]
    assert await _on_kafka(settings) == []
    await pool.dispose()


async def test_what_is_kept_is_told_also_when_a_refusal_beside_it_can_not_be_recorded(
    door: httpx.AsyncClient, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise DatabaseUnavailable("PostgreSQL geeft geen antwoord.")

    monkeypatch.setattr(Receipts, "refused", away)
    batch = json.dumps([sample("goed"), sample("fout", tlp=None)]).encode()
    response = await door.post("/v1/events", content=batch, headers={"Content-Type": BATCH})
    assert [one["status"] for one in response.json()] == [202, 422]
    assert await _claims(pool) == 1
    # Of what is refused alone it is true that nothing was taken in.
    assert "niets aangenomen" in (await _post(door, sample("fout", tlp=None), 503))["detail"]


async def test_the_api_describes_itself(door: httpx.AsyncClient) -> None:
    response = await door.get("/v1/openapi.json")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in (await door.get("/v1/subscriptions")).headers
    description = response.json()
    assert STRUCTURED in description["paths"]["/events"]["post"]["requestBody"]["content"]


async def test_a_dry_run_tells_who_would_receive_it_and_keeps_nothing(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    response = await door.post("/v1/events?dryRun=true", content=json.dumps(sample("proef")))
    assert response.status_code == 200, response.text
    told = response.json()
    assert (told["outcome"], told["registerVersion"]) == ("would-be-accepted", 1)
    received = {one["party"]: one for one in told["recipients"]}
    assert received["pv31"] == {
        "party": "pv31",
        "channel": "mail",
        "mode": "immediate",
        "reasons": [{"relation": "province", "area": "GM0935"}],
    }
    not_reached = {one["party"]: one["code"] for one in told["notReached"]}
    assert not received.keys() & not_reached.keys()
    async with transaction(pool) as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.claim)) == 0
    await _post(door, sample("proef"), 202)


async def test_a_dry_run_tells_nobody_what_others_are_cleared_for_or_subscribed_to(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    async def reached() -> tuple[dict[str, Any], dict[str, str]]:
        told = (await door.post("/v1/events?dryRun=true", json=sample("zaak", tlp="AMBER"))).json()
        assert told["notShown"]["nl"].startswith("Wie zich zelf")
        return {one["party"]: one for one in told["recipients"]}, {
            one["party"]: one["code"] for one in told["notReached"]
        }

    recipients, not_reached = await reached()
    assert not_reached["netbeheer-nederland"] == not_reached["kernteam-health"] == "may-not-know"
    wishes = (Subscription("pv31", "nee", Wish.NOT), Subscription("gm0363", "ja", Wish.DIGEST))
    entries = (*HISTORY.entries, *(Entry(wish, TODAY.replace(year=2025)) for wish in wishes))
    await save(pool, History.of(1, entries))
    assert await reached() == (recipients, not_reached)


async def test_a_dry_run_of_a_request_tells_who_would_be_asked(door: httpx.AsyncClient) -> None:
    question = sample("vraag", "question.raised")
    response = await door.post("/v1/events?dryRun=true", content=json.dumps(question))
    assert "enexis" in {one["party"] for one in response.json()["asked"]}
    assert "enexis" not in {one["party"] for one in response.json()["recipients"]}


async def test_a_dry_run_of_an_id_that_was_used_says_so(door: httpx.AsyncClient, pool: AsyncEngine) -> None:
    await _post(door, sample("proef"), 202)
    again = await door.post("/v1/events?dryRun=true", json=sample("proef"))
    assert (again.status_code, again.json()["outcome"]) == (200, "known")
    other = await door.post("/v1/events?dryRun=true", json=sample("proef", tlp="CLEAR"))
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "other_content")
    twice = [sample("nieuw"), sample("nieuw", tlp="CLEAR")]
    batch = await door.post("/v1/events?dryRun=true", json=twice, headers={"Content-Type": BATCH})
    assert [one.get("outcome", one.get("status")) for one in batch.json()] == ["would-be-accepted", 409]
    assert await _claims(pool) == 1


async def test_a_dry_run_of_many_events_is_refused_and_of_some_lets_others_in_between(
    door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = 0
    explained_in = []

    def explained(*given: Any) -> Any:
        explained_in.append(turn)
        return explanation_for_publisher(*given)

    monkeypatch.setattr("hub.intake.accepting.explanation_for_publisher", explained)
    everywhere = [sample(f"n{n}", functions=",".join(FunctionSlug), areas="NL") for n in range(21)]
    headers = {"Content-Type": BATCH}
    refused = await door.post("/v1/events?dryRun=true", json=everywhere, headers=headers)
    assert (refused.status_code, "hoogstens 20" in refused.json()["detail"]) == (413, True)
    asked = asyncio.create_task(door.post("/v1/events?dryRun=true", json=everywhere[1:], headers=headers))
    while not asked.done():
        await asyncio.sleep(0)
        turn += 1
    told = asked.result()
    assert (told.status_code, len(told.json()), len(told.content) < 4_000_000) == (200, 20, True)
    assert len(set(explained_in)) == 20


async def test_a_dry_run_refuses_what_would_be_refused(door: httpx.AsyncClient) -> None:
    wrong = json.dumps(sample("proef", tlp=None))
    response = await door.post("/v1/events?dryRun=true", content=wrong)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["tlp"]
    content = json.dumps([sample("goed"), sample("fout", tlp=None)])
    batch = await door.post("/v1/events?dryRun=true", content=content, headers={"Content-Type": BATCH})
    assert [one.get("outcome") for one in batch.json()] == ["would-be-accepted", None]


@pytest.mark.parametrize("query", ["dryrun=true", "dryRun=ja-graag", "dryRun=true&x=1"])
async def test_a_misspelled_dry_run_never_publishes(
    door: httpx.AsyncClient, pool: AsyncEngine, query: str
) -> None:
    response = await door.post(f"/v1/events?{query}", content=json.dumps(sample("proef")))
    assert response.status_code == 400, response.text
    async with transaction(pool) as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.claim)) == 0


async def test_other_content_before_what_is_known_takes_nothing_from_it(door: httpx.AsyncClient) -> None:
    known, other = sample("bekend"), sample("bekend", data={"title": "Iets anders"})
    await _post(door, known, 202)
    both = await door.post("/v1/events", content=json.dumps([other, known]), headers={"Content-Type": BATCH})
    assert [answer["status"] for answer in both.json()] == [409, 202]


class _Day:
    """A clock that stands at noon of a day, and may be put at another."""

    def __init__(self, day: str):
        self.day = day

    async def now(self) -> datetime:
        return datetime.fromisoformat(f"{self.day}T12:00:00+02:00")


async def test_a_request_that_is_sent_again_after_its_day_is_known_and_a_new_one_is_refused(
    settings: Settings, pool: AsyncEngine, token: str
) -> None:
    """Who heard no answer sends again, be it the next day."""
    await ensure_topics(settings)
    clock = _Day("2027-06-03")
    kept, new = (
        sample(name, "question.raised", data={"needed_by": "2027-06-03"}) for name in ("een", "twee")
    )
    async with _door(settings, pool, token, clock) as door:
        await _post(door, kept, 202)
        clock.day = "2027-06-04"
        await _post(door, kept, 202)
        both = await door.post("/v1/events", json=[new, kept], headers={"Content-Type": BATCH})
        assert [(answer["status"], answer.get("outcome")) for answer in both.json()] == [
            (422, None),
            (202, "known"),
        ]
        assert [error["code"] for error in both.json()[0]["errors"]] == ["past"]
        other = await _post(door, kept | {"tlp": "CLEAR"}, 409)
        assert [error["code"] for error in other["errors"]] == ["other_content"]
