"""The front door on a real socket: what is packed, slow, too much or too often, and where an event stands."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api import body as reading
from connectors.api import gate, limits
from connectors.api.limits import AT_ONCE, WAITING
from connectors.mailbox import pages as mail_pages
from connectors.mailbox.links import SECRET
from consumers.ways_in import patience
from hub.kafka.broker import Publisher
from hub.rules.identity import event_key
from hub.rules.links import choose, signed
from hub.rules.moments import dutch_day
from hub.settings import Settings
from hub.store import tables
from hub.store.access.secrets import own_secret
from hub.store.access.tokens import new_token, revoke_tokens
from hub.store.database import transaction
from hub.store.exchanges import DeadLetter, keep_dead_letters
from schemas.problems import Problem
from tests.documented import as_described
from tests.fed import NOW, Hub
from tests.registers import REGISTER
from tests.samples import sample
from tests.served import served

STRUCTURED = "application/cloudevents+json"


async def _token(pool: AsyncEngine, party: str = "gm0935") -> str:
    async with transaction(pool) as connection:
        return await new_token(connection, party, datetime.now(UTC))


@pytest.fixture
async def port(settings: Settings, pool: AsyncEngine) -> AsyncIterator[int]:
    async with served(settings, pool) as made:
        yield made


@pytest.fixture
async def door(port: int, pool: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {await _token(pool)}", "Content-Type": STRUCTURED}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as made:
        made.event_hooks["response"] = [as_described()]
        yield made


def _event(event_id: str, **changes: Any) -> bytes:
    return json.dumps(sample(event_id, **changes)).encode()


async def test_what_is_packed_is_unpacked_and_no_further_than_is_allowed(door: httpx.AsyncClient) -> None:
    packed = {"Content-Encoding": "gzip"}
    good = gzip.compress(_event("ingepakt"))
    bomb = gzip.compress(b" " * 100_000_000)
    assert (await door.post("/v1/events", content=good, headers=packed)).status_code == 202
    for content, status in (
        (bomb, 413),
        (good[:-4], 400),
        (good + b"x", 400),
        (good + good, 400),
        (b"geen gzip", 400),
        (b"", 400),
    ):
        response = await door.post("/v1/events", content=content, headers=packed)
        assert response.status_code == status, content[:20]
    response = await door.post("/v1/events", content=good, headers={"Content-Encoding": "br"})
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "gzip")


async def test_the_link_in_a_receipt_tells_how_far_the_event_is(
    door: httpx.AsyncClient, settings: Settings, pool: AsyncEngine
) -> None:
    receipt = await door.post("/v1/events", content=_event("volg"))
    link = receipt.headers["location"]
    assert receipt.json()["link"] == link
    told = (await door.get(link)).json()
    assert told["state"] == "accepted"
    stranger = {"Authorization": f"Bearer {await _token(pool, 'gm0363')}"}
    assert (await door.get(link, headers=stranger)).status_code == 404
    async with Publisher(settings) as publisher:
        hub = Hub(settings, pool, publisher)
        await hub.go(NOW)
        await hub.router.on_records(hub.records(sample("volg")))
    told = (await door.get(link)).json()
    assert told["state"] == "routed"
    assert (await door.get(told["explanation"])).status_code == 200


async def test_an_event_that_is_refused_after_all_says_so_at_its_link(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    attributes = sample("te-laat")
    link = (await door.post("/v1/events", content=json.dumps(attributes))).headers["location"]
    key = event_key(attributes["source"], attributes["id"])
    problem = Problem("areas", "area_ended", "bestaat niet meer")
    letter = DeadLetter("router", "t", 0, 1, key, "not-admitted", [problem], datetime.now(UTC))
    async with transaction(pool) as connection:
        await keep_dead_letters(connection, [letter])
    told = (await door.get(link)).json()
    assert told["state"] == "refused"
    assert told["errors"] == [problem._asdict()]


async def test_who_sends_too_much_waits_and_nobody_else(settings: Settings, pool: AsyncEngine) -> None:
    tight = settings.model_copy(update={"limit_events": 10})
    first, second = await _token(pool), await _token(pool, "gm0363")
    async with (
        served(tight, pool) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as door,
    ):
        mine, other = ({"Authorization": f"Bearer {token}"} for token in (first, second))
        batch = [sample(f"veel-{number}") for number in range(15)]
        asked = {**mine, "Content-Type": "application/cloudevents-batch+json"}
        sent = await door.post("/v1/events", content=json.dumps(batch), headers=asked)
        assert sent.status_code == 202
        assert '"events";r=0' in sent.headers["ratelimit"]
        assert '"events";q=10;w=60' in sent.headers["ratelimit-policy"]
        refused = await door.get("/v1/subscriptions", headers=mine)
        assert refused.status_code == 429
        # Six were lacking, each takes six seconds to come back.
        assert 30 <= int(refused.headers["retry-after"]) <= 37
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await door.get("/v1/subscriptions", headers=other)).status_code == 200


async def test_a_burst_of_one_party_leaves_room_for_another(
    pool: AsyncEngine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bodies that never end hold each turn of a party; others don't notice."""
    # On a machine with much to do none of them may have waited too long.
    monkeypatch.setattr(limits, "WAIT_SECONDS", 60.0)
    mine, other = await _token(pool), {"Authorization": f"Bearer {await _token(pool, 'gm0363')}"}
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {mine}\r\nContent-Length: 1000\r\n"
        f"Content-Type: {STRUCTURED}\r\n\r\n{{"
    )
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(AT_ONCE + WAITING + 1)]
    for _, writer in opened:
        writer.write(head.encode())
    async with asyncio.timeout(60):
        answers = [asyncio.create_task(reader.read(12)) for reader, _ in opened]
        (refused,), waiting = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        assert refused.result().endswith(b"429")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as door:
            for _ in range(5):
                assert (await door.get("/v1/subscriptions", headers=other)).status_code == 200
            assert not any(task.done() for task in waiting)
            for _, writer in opened:
                writer.close()
            await asyncio.gather(*waiting, return_exceptions=True)
            own = {"Authorization": f"Bearer {mine}"}
            assert (await door.get("/v1/subscriptions", headers=own)).status_code == 200


async def test_a_body_that_does_not_come_ends_and_so_do_headers(
    pool: AsyncEngine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SECONDS", 0.2)
    monkeypatch.setattr(patience, "SECONDS", 0.3)
    token = await _token(pool)
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    slow = f"{head}Content-Length: 1000\r\nContent-Type: {STRUCTURED}\r\n\r\n{{"
    again = slow.replace("1000", "1001")
    cases = {slow: b"408", again: b"408", head: b"", "": b"", "GET /v1/op": b""}
    async with asyncio.timeout(60):
        for sent, status in cases.items():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent.encode())
            answer = await reader.read()
            assert answer[9:12] == status, sent
            if status:
                assert b"api-version" in answer.lower()
            writer.close()


async def test_the_pages_behind_mail_links_wait_for_no_form_of_who_has_no_link_and_not_long_for_others(
    pool: AsyncEngine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_pages, "_SECONDS", 0.2)
    link = choose("gm0935", dutch_day(datetime.now(UTC)))
    async with transaction(pool) as connection:
        word = signed(link, REGISTER.parties["gm0935"].mailbox, await own_secret(connection, SECRET))
    head = "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n"
    cases = {f"/mail/{word}": b"408", f"/mail/{word}x": b"404", f"/mail-in/{word}": b"404"}
    async with asyncio.timeout(60):
        for path, status in cases.items():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\nweekday=1".encode())
            assert await _status(reader) == status, path
            writer.close()


@pytest.mark.parametrize(
    "path", ["/v1/deliveries", "/v1/nergens", "/feeds/x/atom", "/inloggen", "/mail/x", "/bestanden", "/"]
)
async def test_no_answer_is_kept_on_the_way_or_taken_for_what_it_is_not(
    door: httpx.AsyncClient, path: str
) -> None:
    headers = (await door.get(path)).headers
    assert "no-store" in headers["cache-control"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_an_endless_body_is_refused_and_cut_off(
    pool: AsyncEngine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.3)
    token = await _token(pool)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Transfer-Encoding: chunked\r\nContent-Type: {STRUCTURED}\r\n\r\n".encode()
    )
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    async with asyncio.timeout(60):
        with pytest.raises(ConnectionError):
            await _send_for_ever(writer, piece)
    assert (await _status(reader)) in (b"413", b"")


async def _send_for_ever(writer: asyncio.StreamWriter, piece: bytes) -> None:
    while True:
        writer.write(piece)
        await writer.drain()


async def _status(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.read(12))[9:12]
    except ConnectionError:
        return b""


async def test_a_key_that_is_revoked_while_its_body_comes_does_nothing_more(
    pool: AsyncEngine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_FRESH_SECONDS", 0.0)
    body = _event("te-laat")
    for path, kind, is_known in (
        ("/v1/events", STRUCTURED, False),
        ("/v1/events", STRUCTURED, True),
        ("/v1/files", "application/json", False),
    ):
        token = await _token(pool)
        if is_known:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as door:
                headers = {"Authorization": f"Bearer {token}"}
                assert (await door.get("/v1/subscriptions", headers=headers)).status_code == 200
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\nContent-Type: {kind}\r\n\r\n".encode()
        )
        async with asyncio.timeout(60):
            # The hub asks for the body once it knows the key.
            assert b"100" in await reader.readuntil(b"\r\n\r\n")
            async with transaction(pool) as connection:
                await revoke_tokens(connection, "gm0935", datetime.now(UTC))
            writer.write(body)
            assert await _status(reader) == b"401", path
        writer.close()
    async with transaction(pool) as connection:
        assert (await connection.execute(tables.claim.select())).all() == []


async def test_nothing_hides_behind_a_request_that_tells_its_length_in_two_ways(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    async with asyncio.timeout(60):
        answers = await reader.read()
    writer.close()
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1") == 1


async def test_a_half_sent_body_has_no_effect(pool: AsyncEngine, port: int, door: httpx.AsyncClient) -> None:
    token = await _token(pool)
    body = _event("half")
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: {STRUCTURED}\r\n\r\n".encode()
        + body[:-1]
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await door.post("/v1/events", content=_event("ander"))).status_code == 202
    async with transaction(pool) as connection:
        claims = (await connection.execute(tables.claim.select())).all()
    ids = {event_key(sample("ander")["source"], "ander")}
    assert {row.event_key for row in claims} == ids


@pytest.mark.parametrize("path", ["/v1/events", "/v1/nergens", "/oauth/token", "/v1/events/x", "/nergens"])
async def test_every_answer_has_the_version_of_the_api(door: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        response = await door.request(method, path)
        assert response.headers["api-version"], method


async def test_problems_are_told_in_english_to_who_prefers_that(door: httpx.AsyncClient) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.9,nl;q=0.1"}
    wrong = {"tlp": None, "areas": "GM9999"}
    refused = await door.post("/v1/events", content=_event("fout", **wrong), headers=english)
    assert refused.headers["content-language"] == "en"
    assert refused.json()["title"] == "The event is wrong"
    details = {error["code"]: error["detail"] for error in refused.json()["errors"]}
    assert details == {"missing": "is missing", "unknown_area": "is not an area in the register"}
    batch = json.dumps([sample("goed"), sample("fout", **wrong)])
    asked = {**english, "Content-Type": "application/cloudevents-batch+json"}
    both = await door.post("/v1/events", content=batch, headers=asked)
    assert both.status_code == 207
    assert both.json()[1]["title"] == "The event is wrong"
    dutch = await door.post("/v1/events", content=_event("fout", **wrong))
    assert dutch.json()["title"] == "De gebeurtenis klopt niet"
    unknown = await door.get("/v1/subscriptions", headers={**english, "Authorization": "Bearer x"})
    assert unknown.json()["title"] == "We do not know this key"
