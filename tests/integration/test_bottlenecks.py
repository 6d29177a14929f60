"""Which bottlenecks count as open, and what the hub signals of them, in whichever order events arrive."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.store import tables
from hub.store.database import transaction
from hub.store.views.overview import count_open_bottlenecks
from hub.store.views.parties import open_bottlenecks_by_function
from tests.events import attributes, source_of
from tests.fed import Hub

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
_FOUND = attributes(
    "bottleneck-found",
    id="knelpunt",
    functions="electricity,waste-water",
    source=source_of("enexis"),
    tlp="AMBER",
)
_REFERENCE = {"bottleneck": {"source": _FOUND["source"], "id": "knelpunt"}}


def _resolved(party: str, functions: str, areas: str = "GM0935", number: int = 1) -> dict[str, Any]:
    return attributes(
        "bottleneck-resolved",
        id=f"opgelost-{number}",
        source=source_of(party),
        functions=functions,
        areas=areas,
        tlp="AMBER",
        data=_REFERENCE,
    )


_BOTH = "electricity,waste-water"


@pytest.mark.parametrize(
    ("end", "is_open"),
    [
        (_resolved("enexis", "electricity"), False),
        (_resolved("enexis", "electricity", "GM0917"), False),
        (_resolved("gm0935", "waste-water"), True),
        (_resolved("kernteam-electricity", "electricity"), True),
        (_resolved("gm0935", _BOTH), True),
    ],
)
@pytest.mark.parametrize("is_first", [False, True])
async def test_a_bottleneck_is_closed_by_its_finder_or_by_who_leads_all_its_functions(
    hub: Hub, end: dict[str, Any], is_open: bool, is_first: bool
) -> None:
    for event in (end, _FOUND) if is_first else (_FOUND, end):
        await hub.feed(event)
    async with transaction(hub.pool) as connection:
        assert await count_open_bottlenecks(connection) == int(is_open)
        by_function = await open_bottlenecks_by_function(connection)
    assert by_function == (dict.fromkeys(("electricity", "waste-water"), 1) if is_open else {})
    states = await _states(hub)
    if is_first and not is_open:
        assert states == []
    else:
        assert set(states) == ({"found"} if is_open else {"found", "resolved"})


@pytest.mark.parametrize(
    ("areas", "is_open"), [("GM0935", False), ("PV31", False), ("NL", False), ("GM0917", True)]
)
async def test_another_closes_a_bottleneck_only_in_areas_in_which_it_lies(
    hub: Hub, areas: str, is_open: bool
) -> None:
    found = {**_FOUND, "functions": "electricity"}
    await hub.feed(found, _resolved("min-ezk", "electricity", areas))
    async with transaction(hub.pool) as connection:
        assert await count_open_bottlenecks(connection) == int(is_open)


async def test_an_end_is_signalled_once_however_often_it_is_told(hub: Hub) -> None:
    ends = [_resolved("enexis", "electricity", number=number) for number in range(3)]
    await hub.feed(_FOUND, ends[0])
    once = await _states(hub)
    await hub.feed(*ends)
    assert await _states(hub) == once
    assert once.count("resolved") == once.count("found") > 0


async def _states(hub: Hub) -> list[str]:
    return sorted(row.content["data"]["state"] for row in await hub.rows(tables.outbox))
