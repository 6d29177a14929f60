"""Requests that can't be, and operators that can't be asked: a clear error or a defined result."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from consumers.ways_in.http import application
from hub.kafka.broker import Publisher, ensure_topics
from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.throttle.policies import keep_change
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.throttled import FIRST, SLOTS


@pytest.fixture
async def door(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    await ensure_topics(hub.settings)
    clock = clock_of(hub.settings, hub.pool)
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    async with Publisher(hub.settings) as publisher:
        app = application(hub.settings, hub.pool, Registers(hub.pool, clock), publisher, clock)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost/v1/", headers=headers
        ) as made:
            yield made


def _question(**data: Any) -> dict[str, Any]:
    return attributes("question-raised", data={"asked": ["enexis"], "needed_by": None, **data})


@pytest.mark.parametrize(
    ("data", "status", "field"),
    [
        ({"text": ""}, 422, "data/text"),
        ({"text": "  \n "}, 422, "data/text"),
        ({"text": "x" * 30_000}, 422, "data/text"),
        ({"needed_by": "2027-05-31"}, 422, "data/needed_by"),
        ({"needed_by": "2027-06-01"}, 202, None),
        ({"asked": ["netbeheer-nederland"]}, 422, "data/asked/0"),
        ({"urgent": ""}, 422, "data/urgent"),
        ({"crisis": ""}, 422, "data/crisis"),
    ],
)
async def test_what_is_wrong_with_a_question_is_told_at_the_door(
    hub: Hub, door: httpx.AsyncClient, data: dict[str, Any], status: int, field: str | None
) -> None:
    for query in ("?dryRun=true", ""):
        answer = await door.post(f"events{query}", content=json.dumps(_question(**data)))
        assert answer.status_code == (status if not query or field else 200), answer.text
        if field:
            assert field in {error["field"] for error in answer.json()["errors"]}
    claims = await hub.rows(tables.claim)
    assert len(claims) == (0 if field else 1)


async def test_a_question_of_a_megabyte_is_refused_with_what_to_do(hub: Hub, door: httpx.AsyncClient) -> None:
    answer = await door.post("events", content=json.dumps(_question(text="x" * 1_000_000)))
    assert answer.status_code == 413
    assert "dataref" in answer.json()["detail"]
    assert await hub.rows(tables.claim) == []


@pytest.mark.parametrize(
    "policy",
    [
        Policy(bundles=0),
        Policy(quiet=(Quiet(SLOTS.day(FIRST - 1), SLOTS.day(FIRST + 60)),)),
        Policy(quiet=tuple(Quiet(SLOTS.day(FIRST + n), SLOTS.day(FIRST + n + 9)) for n in range(-1, 40))),
    ],
)
async def test_who_waits_for_a_slot_that_does_not_come_ends_by_its_expiry(hub: Hub, policy: Policy) -> None:
    async with transaction(hub.pool) as connection:
        await keep_change(connection, "enexis", Change(0, policy), NOW)
    await hub.feed(_question(needed_by="2027-07-01"))
    for week in range(5):
        await hub.go(SLOTS.moment(FIRST + week))
    assert await hub.states() == {"gm0935": "waiting"}
    await hub.go(datetime(2027, 7, 16, 6, tzinfo=UTC))
    assert await hub.states() == {"gm0935": "expired"}
    assert await hub.rows(tables.bundle) == []
