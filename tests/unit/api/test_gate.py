"""The turn of a call."""

import asyncio
from typing import Any, cast

import pytest

from connectors.api import limits
from connectors.api.gate import Visit
from connectors.api.limits import AT_ONCE, WAITING, Limits
from connectors.api.refused import ApiRefused
from hub.settings import Settings


async def test_who_waited_in_vain_does_not_wait_twice_and_takes_no_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "WAIT_SECONDS", 0.01)
    counted = Limits(Settings())
    visits = [Visit(cast(Any, None), counted) for _ in range(AT_ONCE)]
    for visit in visits:
        await visit.of("gm0935")
    late = Visit(cast(Any, None), counted)
    with pytest.raises(ApiRefused):
        await late.of("gm0935")
    # As long as there is room now, so that a second wait would end well.
    visits[0].end()
    with pytest.raises(ApiRefused):
        await late.of("gm0935")
    late.end()
    await late.of("gm0363")
    async with asyncio.timeout(1):
        await Visit(cast(Any, None), counted).of("gm0935")


async def test_what_needs_no_turn_is_here_beside_who_have_one_until_there_are_too_many() -> None:
    counted = Limits(Settings(limit_events=1000))
    visits = [Visit(cast(Any, None), counted) for _ in range(AT_ONCE + WAITING)]
    for visit in visits[:AT_ONCE]:
        await visit.of("gm0935")
    for visit in visits[AT_ONCE:]:
        visit.come("gm0935")
    late = Visit(cast(Any, None), counted)
    with pytest.raises(ApiRefused):
        late.come("gm0935")
    visits[-1].end()
    late.come("gm0935")
    visits[0].end()
    async with asyncio.timeout(1):
        await late.of("gm0935")
    assert b'"events";r=976;' in dict(late.headers())[b"ratelimit"]
