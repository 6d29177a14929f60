"""Every operation of the running API answers as its OpenAPI document says, to the member."""

import io
import json
import zipfile
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.ways_in.http import application
from hub.kafka.broker import Publisher, ensure_topics
from hub.ledger.key import signer_of
from hub.rules.identity import event_key
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import SystemClock, move_clock
from hub.store.database import transaction
from hub.store.exchanges import DeadLetter, keep_dead_letters
from hub.store.intake.letters import LetterKey, mark_sent_again
from hub.store.ledger.numbering import number_next
from hub.store.register.registers import Registers
from tests.documented import as_described, documented
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.filled import ROW, csv_of, row
from tests.samples import sample

BATCH = {"Content-Type": "application/cloudevents-batch+json"}
GETS = (
    "responsibilities?function=electricity&area=GM0935",
    "responsibilities?function=electricity&area=NL",
    "parties",
    "parties/gm0935",
    "parties/enexis",
    "functions",
    "dependencies",
    "areas",
    "areas?within=PV31",
    "areas/GM0935",
    "areas/PV31",
    "subscriptions",
    "situations",
    "requests",
    "requests?page=2",
    "standard-questions?function=electricity",
    "standard-questions?function=drinking-water",
)


async def test_every_operation_answers_as_it_is_documented(settings: Settings, pool: AsyncEngine) -> None:
    await ensure_topics(settings)
    seen: set[tuple[str, str, str]] = set()
    async with transaction(pool) as connection:
        await move_clock(connection, NOW)
        tokens = [
            await new_token(connection, slug, datetime.now(UTC)) for slug in ("gm0935", "kernhub", "min-ezk")
        ]
        tokens.append(await new_token(connection, "kernhub", datetime.now(UTC), scopes=[Scope.AUDIT]))
    async with Publisher(settings) as publisher:
        hub = Hub(settings, pool, publisher)
        found = attributes("bottleneck-found", data={"severity": "high"})
        situation = attributes("situation-opened")
        about = {"source": situation["source"], "id": situation["id"]}
        await hub.feed(attributes("question-raised"))
        await hub.feed(found, situation, attributes("situation-reported", data={"situation": about}))
        async with transaction(pool) as connection:
            while await number_next(connection, NOW, signer_of(settings)):
                pass
            letter = DeadLetter("router", "x", 0, 1, None, "invalid", [("id", "fout", "is fout")], NOW)
            await keep_dead_letters(connection, [letter])
            await mark_sent_again(connection, LetterKey("router", "x", 0, 1), NOW)
        app = application(settings, pool, Registers(pool, SystemClock()), publisher, SystemClock())
        document = app.openapi()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost/v1/",
            event_hooks={"response": [documented(document, seen)]},
        ) as client:
            await _use_all(client, str(event_key(found["source"], found["id"])), *tokens)
        assert await _connections_while_reading(app, pool, tokens[0]) == {0}
        # Who asks of the exchange of others is itself in the ledger: each question that was let in.
        assert len(await hub.rows(tables.ledger, tables.ledger.c.kind == "audit-asked")) == 8
        asked = await hub.rows(tables.ledger, tables.ledger.c.kind == "audit-asked")
        assert not any(b"jan" in bytes(one.record) for one in asked)
        assert {"further": "True"} in [json.loads(json.loads(one.record)["query"]) for one in asked]
        exports = await hub.rows(tables.ledger, tables.ledger.c.kind == "content-exported")
        exported = {(json.loads(one.record)["what"], json.loads(one.record)["by"]) for one in exports}
        assert exported >= {("ledger-extract", "gm0935"), ("situations", "gm0935")}
    good = {
        (method.upper(), path, status)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status in operation["responses"]
        if status.startswith("2")
    }
    assert good - seen == set()


async def _connections_while_reading(app: FastAPI, pool: AsyncEngine, token: str) -> set[int]:
    """How many connections are held while a party reads its own extract."""
    held = set()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            held.add(pool.pool.checkedout())
            await send(message)

        await app(scope, receive, sent)

    path = "http://localhost/v1/ledger/records?from=2027-05-01T00:00:00Z&to=2027-07-01T00:00:00Z"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(watched)) as client:
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return held


async def _use_all(
    client: httpx.AsyncClient, key: str, token: str, administrators: str, coordinators: str, auditors: str
) -> None:
    client.headers["Authorization"] = f"Bearer {token}"
    filters = [{"prefix": {"type": "nl.vitale-functies."}}]
    await client.put("subscriptions/alles", json={"wish": "digest", "areas": ["PV31"], "filters": filters})
    for path in (
        *GETS,
        f"events/{key}/explanation",
        f"events/{key}/chain-effects",
        f"events/{key}/deliveries",
    ):
        assert (await client.get(path)).status_code == 200, path
    await client.delete("subscriptions/alles")

    assert (await client.get("preferences")).status_code == 200
    for status, body in (
        (
            200,
            {
                "weekdays": [0, 3],
                "hour": 7,
                "language": "en",
                "atOnce": ["knowledge-shared"],
                "awayFrom": None,
            },
        ),
        (422, {"weekdays": [7], "stopped": ["situation-opened"]}),
        (422, {"hour": "7"}),
        (422, {"language": "fr"}),
    ):
        assert (await client.put("preferences", json=body)).status_code == status

    question = sample("vraag", "question.raised")
    typed = {"text": "Welke stations vallen uit?", "functions": ["electricity"]}
    assert (await client.post("questions/alike", json=typed)).status_code == 200
    one = {"Content-Type": "application/cloudevents+json"}
    wrong: dict[str, Any] = {"id": "fout"}
    for query, event in (("?dryRun=true", sample("a")), ("?dryRun=true", question), ("", sample("a"))):
        answer = await client.post(f"events{query}", content=json.dumps(event), headers=one)
    leaf = b64decode(answer.json()["receipt"].split("\n")[1]).hex()
    assert (await client.get(f"ledger/proof/{leaf}")).status_code == 200
    assert (await client.get("ledger/head")).status_code == 200
    since = "ledger/records?from=2027-05-01T00:00:00Z&to="
    assert (await client.get(f"{since}2027-07-01T00:00:00Z")).status_code == 200
    assert (await client.get(f"{since}2029-07-01T00:00:00Z")).status_code == 400
    for query, events in (
        ("?dryRun=true", [sample("a"), sample("b"), wrong, []]),
        ("", [sample("a"), sample("b")]),
        ("", [sample("b"), wrong, []]),
    ):
        await client.post(f"events{query}", content=json.dumps(events), headers=BATCH)

    sent = sample("a")
    assert (await client.get(f"events/{event_key(sent['source'], sent['id'])}")).status_code == 200

    await _use_outlets(client)
    await _use_files(client)

    client.headers["Authorization"] = f"Bearer {coordinators}"
    assert (await client.get("functions/electricity/load")).status_code == 200

    assert (await client.get(f"audit/events/{key}/records")).status_code == 403
    client.headers["Authorization"] = f"Bearer {administrators}"
    assert (await client.get(f"audit/events/{key}/records")).status_code == 403
    client.headers["Authorization"] = f"Bearer {auditors}"
    for path, status in {
        f"events/{key}/records": 200,
        f"events/{key}/records?after={10**30}": 200,
        f"events/{key}/known-by?at=2030-01-01T00:00:00Z": 200,
        f"events/{key}/seen-by?after=a&at=2030-01-01T00:00:00Z": 200,
        f"events/{key}/seen-by?at=9999-12-31T23:59:59Z": 400,
        "parties/pv31/received?function=electricity&from=2027-01-01T00:00:00Z": 200,
        "parties/pv31/received?from=0001-01-01T00:00:00%2B23:59": 400,
        "operators/enexis/asked?to=2030-01-01T00:00:00Z": 200,
        "operators/enexis/asked?after=x": 400,
        "operators/jan-jansen/asked": 404,
        f"events/{UUID(int=1)}/records": 404,
    }.items():
        answer = await client.get(f"audit/{path}")
        assert answer.status_code == status, path
        assert "2030" not in answer.json().get("at", ""), "of what is to come nobody knows"
    client.headers["Authorization"] = f"Bearer {administrators}"
    assert (await client.get("operators/enexis/policy")).status_code == 200
    for path in ("dead-letters", "failed-mails"):
        assert (await client.get(path)).status_code == 200
    assert (await client.post("failed-mails/send-again")).status_code == 200
    for offset, status in ((0, 404), (1, 200)):
        again = f"dead-letters/router:x:0:{offset}/send-again"
        assert (await client.post(again)).status_code == status
    for query, policy in (("?dryRun=true", {"bundles": 1}), ("", {"bundles": 1}), ("", {"bundles": -1})):
        await client.put(f"operators/enexis/policy{query}", json=policy)
    sheets = (await client.get("register/sheets")).content
    changed = _with_another_mailbox(sheets)
    for query, content in (("?dryRun=true", changed), ("", changed), ("", sheets), ("", b"geen zip")):
        await client.post(
            f"register/imports{query}", content=content, headers={"Content-Type": "application/zip"}
        )


async def _use_files(client: httpx.AsyncClient) -> None:
    for query in ("", "?format=csv"):
        assert (await client.get(f"files/templates/bottleneck-found{query}")).status_code == 200
    assert (await client.get("files/templates/chain-effect-signalled")).status_code == 404
    as_csv = {"Content-Type": "text/csv"}
    for query, content, status in (
        ("?dryRun=true", csv_of(ROW), 200),
        ("", csv_of(ROW), 202),
        ("", csv_of(row(ernst="erg")), 422),
    ):
        assert (await client.post(f"files{query}", content=content, headers=as_csv)).status_code == status
    assert (await client.post("files", content=b"x", headers={"Content-Type": "text/x"})).status_code == 415


async def _use_outlets(client: httpx.AsyncClient) -> None:
    assert (await client.get("deliveries")).status_code == 200
    assert (await client.get("deliveries?after=x")).status_code == 400
    wanted = {"url": "https://systeem.example/in"}
    for status, body in ((201, wanted), (200, wanted), (422, {"url": "ftp://systeem.example"})):
        assert (await client.put("webhooks/systeem", json=body)).status_code == status
    assert (await client.get("webhooks")).status_code == 200
    assert (await client.get("webhooks/systeem/unsent")).status_code == 200
    assert (await client.post("webhooks/systeem/secrets")).status_code == 200
    assert (await client.post("webhooks/systeem/resends", json={})).status_code == 200
    assert (await client.delete("webhooks/systeem")).status_code == 204
    assert (await client.delete("webhooks/systeem")).status_code == 404
    room = {"url": "https://matrix.example", "room": "!kamer:matrix.example", "token": "geheim-geheim"}
    for status, target in ((201, room), (200, room), (422, {})):
        assert (await client.put("outlets/matrix/team", json={"target": target})).status_code == status
    assert (await client.get("outlets")).status_code == 200
    assert (await client.get("outlets/matrix/team/unsent")).status_code == 200
    assert (await client.post("outlets/matrix/team/resends", json={})).status_code == 200
    assert (await client.delete("outlets/matrix/team")).status_code == 204
    assert (await client.delete("outlets/matrix/team")).status_code == 404
    assert (await client.post("feed-addresses")).status_code == 201
    assert (await client.delete("feed-addresses")).status_code == 204


def _with_another_mailbox(sheets: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheets)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"enexis@postbus.example", b"post@enexis.example"))
    return made.getvalue()


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"validOn": "2027-06-01", "registerVersion": 1}),
        (200, {"validOn": "vandaag", "registerVersion": 1, "functions": []}),
        (200, {"validOn": "2027-06-01", "registerVersion": 1, "functions": [], "more": 1}),
        (404, {"status": 404}),
    ],
)
async def test_an_answer_that_is_not_as_documented_is_noticed(status: int, answer: dict[str, Any]) -> None:
    check = as_described()
    request = httpx.Request("GET", "http://localhost/v1/functions")
    with pytest.raises((AssertionError, ValidationError)):
        await check(httpx.Response(status, json=answer, request=request))
