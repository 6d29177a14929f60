"""Which bottlenecks count as open, for the whole hub and per function."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.rules.identity import event_key
from hub.store.database import transaction
from hub.store.exchanges import NewEvent, keep_events
from hub.store.views.overview import count_open_bottlenecks
from hub.store.views.parties import open_bottlenecks_by_function
from tests.events import attributes, source_of

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
_FOUND = attributes("bottleneck-found", id="knelpunt", functions="electricity,oil")
_REFERENCE = {"bottleneck": {"source": _FOUND["source"], "id": "knelpunt"}}


@pytest.mark.parametrize(("functions", "still_open"), [("drinking-water", 1), ("drinking-water,oil", 0)])
async def test_a_bottleneck_is_closed_only_in_a_function_of_its_own(
    pool: AsyncEngine, functions: str, still_open: int
) -> None:
    resolved = attributes(
        "bottleneck-resolved", source=source_of("wml"), functions=functions, data=_REFERENCE
    )
    async with transaction(pool) as connection:
        await keep_events(connection, [_new(_FOUND), _new(resolved)])
        assert await count_open_bottlenecks(connection) == still_open
        by_function = await open_bottlenecks_by_function(connection)
    assert by_function == (dict.fromkeys(("electricity", "oil"), 1) if still_open else {})


def _new(content: dict[str, Any]) -> NewEvent:
    return NewEvent(
        event_key(content["source"], content["id"]),
        content["type"],
        content["subject"],
        content["functions"].split(","),
        ["GM0935"],
        "GREEN",
        "gm0935",
        NOW,
        json.dumps(content),
        1,
    )
