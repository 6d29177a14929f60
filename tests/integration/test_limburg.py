"""The story of Limburg keeps to the pace of the throttle."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.play.scenario import read_scenario, steps
from hub.kafka.broker import Publisher
from hub.rules.identity import event_key
from hub.rules.relations import publisher
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import move_clock
from hub.store.database import transaction
from schemas.catalogue import Answer, LibraryChange, Request, parse
from tests.fed import Hub
from tests.registers import REGISTER

LIMBURG = Path(__file__).parents[2] / "scenarios" / "limburg"


@pytest.fixture
async def hub(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Hub]:
    async with Publisher(settings) as made:
        yield Hub(settings, pool, made)


async def test_in_limburg_each_operator_answers_what_it_has_received(hub: Hub) -> None:
    early = []
    for at, scene in steps(read_scenario(LIMBURG)):
        async with transaction(hub.pool) as connection:
            await move_clock(connection, at)
        if scene is None:
            await hub.throttle.release_due()
            continue
        event = parse(scene.attributes)
        if isinstance(event, Answer):
            asked = event.data.answered
            request = tables.request.c
            (row,) = await hub.rows(
                tables.request,
                request.event_key == event_key(asked.source, asked.id),
                request.operator == publisher(event.source, REGISTER),
            )
            early += [event.id] if row.state == "waiting" else []
        if isinstance(event, Answer | Request | LibraryChange):
            await hub.throttle.on_records(hub.records(scene.attributes))
    assert early == []
    served = {
        row.asker: (row.state, row.areas)
        for row in await hub.rows(tables.request)
        if row.event_key in {one.event_key for one in await hub.rows(tables.served)}
    }
    # Late on what many had asked, and on what Enexis had deposited; of which only the rest was asked.
    assert served["gm0889"] == ("answered", ["GM0889"])
    assert served["gm0938"] == ("answered", ["GM0938"])
    assert served["vr24"] == ("sent", ["GM1729"])
