"""The past routed again comes to what was delivered, whatever the register says now."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands.replay import replay
from hub.rules import replaying
from hub.store.database import transaction
from schemas.terms import Tlp
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.ledgers import number_all


@pytest.fixture
async def story(hub: Hub) -> Hub:
    """Some events, a change of the register between them that matters."""
    await hub.feed(attributes("bottleneck-found", data={"severity": "high"}), attributes("question-raised"))
    await hub.change("pv31", clearance=Tlp.CLEAR)
    await hub.feed(attributes("bottleneck-found", id="later"), attributes("knowledge-shared"))
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)
    return hub


async def test_there_is_no_difference(story: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await replay(story.settings, None, None) == 0
    assert "Geen verschil: 4 gebeurtenissen" in capsys.readouterr().out


async def test_a_decision_that_was_not_by_the_rules_is_told(
    story: Hub, owner_pool: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    async with transaction(owner_pool) as connection:
        await connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        query = "SELECT record_key, record FROM ledger WHERE kind = 'event-routed' AND record LIKE '%pv31%'"
        row = (await connection.execute(text(query))).first()
        assert row is not None
        changed = bytes(row.record).replace(b'"pv31"', b'"pv22"')
        statement = text("UPDATE ledger SET record = :record WHERE record_key = :key")
        await connection.execute(statement, {"record": changed, "key": row.record_key})
    assert await replay(story.settings, None, None) == 1
    told = capsys.readouterr().err
    assert f"gebeurtenis {json.loads(changed)['event']} gaat nu anders:" in told
    assert "  pv31: toen niets, nu " in told
    assert "1 anders" in told


async def test_rules_and_contents_that_are_not_here_are_told_and_not_guessed(
    story: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with transaction(story.pool) as connection:
        await connection.execute(text("DELETE FROM event WHERE content->>'id' = 'later'"))
    monkeypatch.setattr(replaying, "POLICY_VERSION", replaying.POLICY_VERSION + 1)
    assert await replay(story.settings, None, None) == 1
    assert "0 anders, 3 met regels van een andere versie, 1 zonder inhoud" in capsys.readouterr().err


async def test_a_period_is_replayed_alone(story: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await replay(story.settings, None, NOW.replace(year=2020)) == 0
    assert "Geen verschil: 0 gebeurtenissen" in capsys.readouterr().out
