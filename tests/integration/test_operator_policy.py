"""What operators set: kept with a record of each change, and obeyed by the workers."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands.operator import PolicyRefused, set_policy, show_policy
from hub.kafka.broker import Publisher
from hub.settings import Settings
from hub.store import tables
from tests.throttled import FIRST, SLOTS, Week, Workers, question


@pytest.fixture
async def workers(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Workers]:
    async with Publisher(settings) as publisher:
        made = Workers(settings, [pool], publisher)
        await made.move(SLOTS.moment(FIRST) - timedelta(days=3))
        yield made


async def _told(workers: Workers) -> list[dict[str, object]]:
    rows = await workers.rows(tables.ledger, tables.ledger.c.kind == "policy-set")
    return sorted((json.loads(row.record) for row in rows), key=lambda record: str(record["at"]))


async def test_each_change_is_kept_and_is_a_record_of_its_own(
    workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = workers.settings
    await set_policy(settings, "enexis", ["bundles=1"], dry_run=False)
    await set_policy(settings, "enexis", ["hour=14"], dry_run=False)
    await set_policy(settings, "enexis", ["hour=14"], dry_run=False)
    (row,) = await workers.rows(tables.operator_policy)
    assert (row.operator, row.since, row.policy["bundles"], row.policy["hour"]) == ("enexis", FIRST, 1, 14)
    assert len(await _told(workers)) == 2
    assert "~ bundles: 2 wordt 1" in capsys.readouterr().out
    await show_policy(settings, "enexis")
    shown = capsys.readouterr().out
    assert "dinsdag 1 juni 2027, 14:00 uur" in shown
    assert "bundles           1" in shown


async def test_a_trial_changes_nothing(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    await set_policy(workers.settings, "enexis", ["bundles=0"], dry_run=True)
    assert await workers.rows(tables.operator_policy) == await _told(workers) == []
    assert "Dit was een proef" in capsys.readouterr().out


async def test_only_an_operator_has_a_pace(workers: Workers) -> None:
    with pytest.raises(PolicyRefused, match="is geen beheerder"):
        await set_policy(workers.settings, "netbeheer-nederland", ["bundles=1"], dry_run=False)
    with pytest.raises(PolicyRefused, match="is geen beheerder"):
        await show_policy(workers.settings, "onbekend")


async def test_p18_a_looser_budget_still_obeys_the_stricter_one_that_its_window_spans(
    workers: Workers,
) -> None:
    for week in range(7):
        slot = FIRST + week
        if week == 0:
            await set_policy(workers.settings, "enexis", ["bundles=1"], dry_run=False)
        if week == 1:
            await set_policy(workers.settings, "enexis", ["bundles=4"], dry_run=False)
        soon = str(SLOTS.day(slot) + timedelta(days=5))
        asked = question(week, SLOTS.moment(slot) - timedelta(days=1), data={"needed_by": soon})
        await workers.run(Week(slot, (asked,)))
    assert [bundle.slot - FIRST for bundle in await workers.left()] == [0, 4, 5, 6]
