"""Events made by the official CloudEvents SDKs, in binary and structured mode, over HTTP and over Kafka."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from datetime import datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent

from hub.kafka.broker import function_topic
from hub.store import tables
from schemas.catalogue import parse
from schemas.terms import FunctionSlug
from tests.events import attributes
from tests.journeys.running import RunningHub, subject_of

WAYS = ("http-binary", "http-structured", "kafka-binary", "kafka-structured")
_NODE = Path(sys.executable).with_name("node")
_PUBLISH = Path(__file__).parents[1] / "javascript" / "publish.js"


async def test_events_of_the_official_sdks_reach_their_readers_by_every_way(hub: RunningHub) -> None:
    python, javascript = _events("python"), _events("javascript")
    token = await hub.token("gm0935")
    assert await _sent_by_python(hub, token, python) == ["accepted", "accepted"]
    assert await _sent_by_javascript(hub, token, javascript) == ["accepted", "accepted"]

    sent = {event["id"]: event for event in (*python.values(), *javascript.values())}
    await hub.until_kept(sent.keys())
    await hub.until_quiet()
    kept = list(await hub.rows(tables.event))
    assert {row.content["id"]: parse(row.content) for row in kept} == {
        event_id: parse(event) for event_id, event in sent.items()
    }
    assert {row.event_key for row in kept} == {row.event_key for row in await hub.rows(tables.delivery)}
    assert not list(await hub.rows(tables.dead_letter))
    subjects = {subject_of(mail) for mail in hub.mails()["kernteam-electricity"]}
    assert subjects == {
        f"[OEFENING] [Kernhub] [TLP:GREEN] Impactanalyse gepubliceerd: {event['data']['title']}"
        for event in sent.values()
    }


def _events(language: str) -> dict[str, dict[str, Any]]:
    """For each way an event, with signs that are not ASCII in its data and in an extension attribute."""
    return {
        way: attributes(
            "impact-analysis-published",
            id=f"{language}-{way}",
            bronhouder="Coöperatie Één",
            data={"title": f"Eén dag zonder stroom, 100%: {language} {way} ¿ãß? € 🌊", "outage_hours": 24},
        )
        for way in WAYS
    }


async def _sent_by_python(hub: RunningHub, token: str, events: dict[str, dict[str, Any]]) -> list[str]:
    """What the hub answers over HTTP."""
    made = {way: _made_by_python(event) for way, event in events.items()}
    outcomes = []
    for way, to_http in (
        ("http-binary", http.to_binary_event),
        ("http-structured", http.to_structured_event),
    ):
        message = to_http(made[way])
        headers = {**message.headers, "Authorization": f"Bearer {token}"}
        response = await hub.client.post("/v1/events", content=message.body, headers=headers)
        outcomes.append(response.json().get("outcome", response.text))
    async with AIOKafkaProducer(bootstrap_servers=hub.settings.kafka_servers, acks="all") as producer:
        for way, to_kafka in (
            ("kafka-binary", kafka.to_binary_event),
            ("kafka-structured", kafka.to_structured_event),
        ):
            record = to_kafka(made[way])
            await producer.send_and_wait(
                _topic(hub), record.value, key=record.key, headers=list(record.headers.items())
            )
    return outcomes


def _made_by_python(event: dict[str, Any]) -> CloudEvent:
    context = {name: value for name, value in event.items() if name != "data"}
    return CloudEvent({**context, "time": datetime.fromisoformat(event["time"])}, event["data"])


async def _sent_by_javascript(hub: RunningHub, token: str, events: dict[str, dict[str, Any]]) -> list[str]:
    """What the hub answers over HTTP."""
    order = {
        "url": f"{hub.settings.public_url}/v1/events",
        "token": token,
        "servers": hub.settings.kafka_servers,
        "topic": _topic(hub),
        "events": events,
    }
    process = await asyncio.create_subprocess_exec(_NODE, _PUBLISH, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    output, errors = await process.communicate(json.dumps(order).encode())
    assert process.returncode == 0, errors.decode()
    return [answer.get("outcome", answer) for answer in json.loads(output)]


def _topic(hub: RunningHub) -> str:
    return function_topic(hub.settings, FunctionSlug.ELECTRICITY)
