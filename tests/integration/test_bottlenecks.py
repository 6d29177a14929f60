"""Which bottlenecks count as open, for the whole hub and per function."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.broker import Publisher
from hub.rules.bottlenecks import closes
from hub.rules.identity import event_key
from hub.settings import Settings
from hub.store import tables
from hub.store.database import transaction
from hub.store.exchanges import NewEvent, found_bottlenecks, keep_events
from hub.store.views.overview import count_open_bottlenecks
from hub.store.views.parties import open_bottlenecks_by_function
from schemas.bottleneck import BottleneckResolved
from schemas.catalogue import parse
from tests.events import attributes, source_of
from tests.integration.test_throttle import Hub
from tests.registers import REGISTER

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
_FOUND = attributes(
    "bottleneck-found", id="knelpunt", functions="electricity,oil", source=source_of("gm0935")
)
_REFERENCE = {"bottleneck": {"source": _FOUND["source"], "id": "knelpunt"}}


@pytest.mark.parametrize(
    ("party", "functions", "areas", "still_open"),
    [
        ("wml", "drinking-water", "GM0935", 1),
        ("wml", "drinking-water,oil", "GM0935", 0),
        ("wml", "oil", "GM0917", 1),
        ("wml", "oil", "GM0917,GM0935", 0),
        ("gm0935", "oil", "GM0917", 0),
    ],
)
async def test_a_bottleneck_is_closed_only_in_a_function_of_its_own_and_by_another_only_in_all_its_areas(
    pool: AsyncEngine, party: str, functions: str, areas: str, still_open: int
) -> None:
    resolved = attributes(
        "bottleneck-resolved", source=source_of(party), functions=functions, areas=areas, data=_REFERENCE
    )
    async with transaction(pool) as connection:
        await keep_events(connection, [_new(_FOUND, "gm0935"), _new(resolved, party)])
        found = (await found_bottlenecks(connection, [_new(_FOUND).event_key]))[_new(_FOUND).event_key]
        event = parse(resolved)
        assert isinstance(event, BottleneckResolved)
        assert closes(event, found, REGISTER) is not bool(still_open)
        assert await count_open_bottlenecks(connection) == still_open
        by_function = await open_bottlenecks_by_function(connection)
    assert by_function == (dict.fromkeys(("electricity", "oil"), 1) if still_open else {})


async def test_the_hub_signals_as_resolved_only_what_it_signalled_as_found(
    settings: Settings, pool: AsyncEngine
) -> None:
    about = {"tlp": "AMBER", "functions": "electricity"}
    resolved = attributes("bottleneck-resolved", source=source_of("min-ezk"), data=_REFERENCE, **about)
    async with Publisher(settings) as publisher:
        hub = Hub(settings, pool, publisher)
        await hub.go(NOW)
        await hub.feed({**resolved, "id": "te-vroeg"})
        assert await _states(hub) == []
        await hub.feed({**_FOUND, **about}, {**resolved, "id": "op-tijd"})
    assert await _states(hub) == ["found", "resolved"]


async def _states(hub: Hub) -> list[str]:
    return sorted({row.content["data"]["state"] for row in await hub.rows(tables.outbox)})


def _new(content: dict[str, Any], party: str = "gm0935") -> NewEvent:
    return NewEvent(
        event_key(content["source"], content["id"]),
        content["type"],
        content["subject"],
        content["functions"].split(","),
        content["areas"].split(","),
        "GREEN",
        party,
        NOW,
        json.dumps(content),
        1,
    )
