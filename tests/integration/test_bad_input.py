"""Bad input at the front door, over real HTTP: each is refused with a reason, nothing of it is kept, and no
error tells more than its sender may know."""

import asyncio
import gzip
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.kafka.broker import function_topics
from hub.rules.identity import event_key
from hub.rules.relations import publisher
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from schemas.catalogue import CATALOGUE, EventType
from schemas.formats import BATCH, STRUCTURED
from tests.events import attributes
from tests.registers import REGISTER
from tests.samples import sample
from tests.served import served

SECRET = re.compile(
    r"kh_|Traceback|site-packages|asyncpg|sqlalchemy|postgresql:|\.py\b|SELECT |INSERT ", re.IGNORECASE
)
ABSENT = object()
WORSE = ("\0", "\u202eabc", [[]], {"a": [1]})
"""No field of any type takes these."""
BAD = (*WORSE, ABSENT, "", "x" * 20_001, -1.5, True, 10**18)
_MOST_BYTES = 900_000
_OF_THE_HUB = "^/(register|audit)/"


class Case(NamedTuple):
    kind: str
    field: str
    value: Any
    event: dict[str, Any]


class Door(NamedTuple):
    client: httpx.AsyncClient
    tokens: Mapping[str, str]

    async def post(
        self, party: str, content: bytes, kind: str = STRUCTURED, **headers: str
    ) -> httpx.Response:
        known = {"Authorization": f"Bearer {self.tokens[party]}", "Content-Type": kind}
        response = await self.client.post("/v1/events", content=content, headers=known | headers)
        assert response.status_code < 500, content[:200]
        assert not SECRET.search(response.text), response.text
        assert self.tokens[party] not in response.text
        return response


@pytest.fixture
async def wide(settings: Settings) -> Settings:
    """Settings under which nobody sends too much."""
    return settings.model_copy(update={"limit_events": 1_000_000, "limit_megabytes": 10_000})


@pytest.fixture
async def door(wide: Settings, pool: AsyncEngine) -> AsyncIterator[Door]:
    async with transaction(pool) as connection:
        tokens = {
            party: await new_token(connection, party, datetime.now(UTC))
            for party in ("gm0935", "enexis", "kernteam-electricity", "gm0363")
        }
        every = [Scope.READ, Scope.ADMINISTER, Scope.AUDIT]
        tokens["kernhub"] = await new_token(connection, "kernhub", datetime.now(UTC), scopes=every)
    async with (
        served(wide, pool) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield Door(client, tokens)


def _fields(row: EventType) -> Iterator[str]:
    yield from row.model.model_fields
    data = row.model.model_fields["data"].annotation
    yield from (f"data/{name}" for name in getattr(data, "model_fields", ()))


def _cases(row: EventType) -> Iterator[Case]:
    for field in _fields(row):
        for number, value in enumerate(BAD):
            event = attributes(row.short, id=f"{row.short}-{field}-{number}")
            holder, name = (event["data"], field[5:]) if field.startswith("data/") else (event, field)
            if value is ABSENT:
                holder.pop(name, None)
            else:
                holder[name] = value
            yield Case(row.short, field, value, event)


def _batches(cases: list[Case]) -> Iterator[list[Case]]:
    batch, size = list[Case](), 0
    for case in cases:
        length = len(json.dumps(case.event)) + 2
        if batch and (len(batch) == 400 or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(case)
        size += length
    yield batch


async def test_every_field_of_every_type_is_held_to_what_it_may_be(door: Door, pool: AsyncEngine) -> None:
    kept = set()
    by_party: dict[str, list[Case]] = {}
    for row in CATALOGUE:
        if not row.by_hub:
            party = publisher(attributes(row.short)["source"], REGISTER)
            assert party is not None
            by_party.setdefault(party, []).extend(_cases(row))
    for party, cases in by_party.items():
        for batch in _batches(cases):
            response = await door.post(party, json.dumps([case.event for case in batch]).encode(), BATCH)
            answers = response.json()
            assert len(answers) == len(batch), response.text[:200]
            for case, answer in zip(batch, answers, strict=True):
                if answer["status"] == 202:
                    assert case.value not in WORSE, case[:3]
                    kept.add(event_key(case.event["source"], case.event["id"]))
                else:
                    assert 400 <= answer["status"] < 500, case[:3]
                    assert answer["errors"], case[:3]
                    assert all(error["detail"] for error in answer["errors"])
    async with transaction(pool) as connection:
        claimed = await connection.execute(select(tables.claim.c.event_key))
        assert set(claimed.scalars()) == kept


def _text(**changes: Any) -> str:
    return json.dumps(sample("fout", **changes))


_GOOD = _text()
UNREADABLE = {
    "empty": b"",
    "a mark of byte order": b"\xef\xbb\xbf" + _GOOD.encode(),
    "half a character": _GOOD.encode().replace(b"Borgharen", b"Borg\xc3"),
    "a lone surrogate": _GOOD.replace("Borgharen", "\\ud83d").encode(),
    "two surrogates the wrong way around": _GOOD.replace("Borgharen", "\\udc00\\ud800").encode(),
    "10,000 levels of lists": _GOOD.replace('"flood"', "[" * 10_000 + "]" * 10_000).encode(),
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a name twice": _GOOD.replace('"id"', '"id": "eerst", "id"').encode(),
    "a name twice in data": _GOOD.replace('"title"', '"title": "eerst", "title"').encode(),
    "not a number": _GOOD.replace('"high"', "NaN").encode(),
    "an endless number": _GOOD.replace('"high"', "-Infinity").encode(),
    "a number that is too large": _GOOD.replace('"high"', "1e400").encode(),
    "a number of 5,000 digits": _GOOD.replace('"high"', "9" * 5_000).encode(),
    "half": _GOOD.encode()[:-1],
    "two": (_GOOD + _GOOD).encode(),
    "a list": f"[{_GOOD}]".encode(),
    "nothing": b"null",
    "UTF-16": _GOOD.encode("utf-16"),
}


async def test_what_no_system_may_send_is_refused_whole_and_nothing_is_kept(
    door: Door, pool: AsyncEngine, wide: Settings
) -> None:
    for name, content in UNREADABLE.items():
        for packed in (False, True):
            sent = gzip.compress(content) if packed else content
            headers = {"Content-Encoding": "gzip"} if packed else {}
            response = await door.post("gm0935", sent, **headers)
            assert response.status_code == 400, name
            assert response.headers["content-type"] == "application/problem+json"
    large = _text(data={"description": "x" * 300_000}).encode()
    assert (await door.post("gm0935", large)).status_code == 413
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]", compresslevel=9)
    packed_with = {"Content-Encoding": "gzip"}
    assert (await door.post("gm0935", bomb, **packed_with)).status_code == 413
    assert (await door.post("gm0935", bomb, BATCH, **packed_with)).status_code == 413
    marked = _text(data={"title": "\u202eabc"}).encode()
    assert (await door.post("gm0935", marked)).status_code == 422
    assert (await door.post("gm0935", _GOOD.encode(), "application/xml")).status_code == 415
    async with transaction(pool) as connection:
        assert (await connection.execute(select(tables.claim))).first() is None
    assert await _on_kafka(wide) == 0


async def test_nobody_writes_for_another(door: Door, pool: AsyncEngine) -> None:
    for row in CATALOGUE:
        if not row.by_hub:
            event = json.dumps(attributes(row.short)).encode()
            refused = await door.post("gm0363", event)
            assert refused.status_code == 403, row.short
            assert refused.json()["errors"][0]["code"] == "not_your_source"
    async with transaction(pool) as connection:
        assert (await connection.execute(select(tables.claim))).first() is None


@pytest.mark.parametrize(("party", "seconds", "paths"), [("gm0935", 8, "."), ("kernhub", 4, _OF_THE_HUB)])
async def test_nothing_that_the_description_allows_or_forbids_breaks_the_api(
    door: Door, tmp_path: Path, party: str, seconds: int, paths: str
) -> None:
    """schemathesis makes requests from the OpenAPI document, good and bad, to every operation: as a party,
    and those of administrator and auditor also as these."""
    tool = Path(sys.executable).with_name("schemathesis")
    base = str(door.client.base_url).rstrip("/")
    process = await asyncio.create_subprocess_exec(
        str(tool),
        "run",
        f"{base}/v1/openapi.json",
        *("--url", f"{base}/v1"),
        *("--header", f"Authorization: Bearer {door.tokens[party]}"),
        *("--include-path-regex", paths),
        *("--phases", "examples,coverage,fuzzing"),
        *("--checks", "not_a_server_error,content_type_conformance,response_headers_conformance"),
        *("--max-examples", "3", "--generation-deterministic", "--max-time", str(seconds), "--no-shrink"),
        *("--request-timeout", "60", "--max-response-time", "60"),
        *("--no-color", "--warnings", "off", "--suppress-health-check", "all"),
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).parents[1] / "generated_bodies.py")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-6000:]


async def _on_kafka(settings: Settings) -> int:
    topics = function_topics(settings)
    async with AIOKafkaConsumer(*topics, bootstrap_servers=settings.kafka_servers) as consumer:
        return sum((await consumer.end_offsets(consumer.assignment())).values())
