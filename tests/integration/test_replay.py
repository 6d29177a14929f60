"""The past routed again comes to what was delivered, whatever the register says now."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands import sheets
from consumers.commands.replay_check import check
from consumers.commands.what_if import CannotSuppose, Supposed, what_if
from hub.rules import replaying
from hub.rules.ledger.selecting import Selection
from hub.store import tables
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
    assert await check(story.settings, Selection()) == 0
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
    assert await check(story.settings, Selection()) == 1
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
    assert await check(story.settings, Selection()) == 1
    assert "0 anders, 3 met regels van een andere versie, 1 zonder inhoud" in capsys.readouterr().err


async def test_a_period_is_replayed_alone(story: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await check(story.settings, Selection(until=NOW.replace(year=2020))) == 0
    assert "Geen verschil: 0 gebeurtenissen" in capsys.readouterr().out


async def test_other_rules_and_another_register_show_who_would_have_got_what(
    story: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "regels.csv"
    rules.write_text(
        "soort;relatie;hoe\nknowledge-shared;core-team;direct\nbottleneck-found;water-board;niet\n"
    )
    assert await what_if(story.settings, Selection(), Supposed(rules=rules), "proef", as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["record", "gebeurtenis", "partij", "toen", "dan"]
    rows = [line.split(maxsplit=3)[2:] for line in lines[1:-1]]
    assert ["kernteam-electricity", "in het overzicht  direct"] in rows
    assert [way.split() for party, way in rows if party.startswith("ws")] == [["direct", "niet"]] * 2
    assert lines[-1] == (
        "Van 4 gebeurtenissen zouden er 3 anders gaan; bezorgingen: 0 erbij, 2 vervalt, 1 anders."
    )
    await sheets.export(story.settings, tmp_path / "register")
    parties = tmp_path / "register" / "partijen.csv"
    now = parties.read_text()
    (line,) = [one for one in now.splitlines() if one.startswith("pv31;")]
    parties.write_text(now.replace(line, line.replace("provincie;", "XX;")))
    with pytest.raises(CannotSuppose, match="kolom 'soort'"):
        await what_if(story.settings, Selection(), Supposed(tmp_path / "register"), None, as_json=True)
    parties.write_text(now.replace(line, line.replace("CLEAR", "AMBER")))
    capsys.readouterr()
    await what_if(story.settings, Selection(), Supposed(tmp_path / "register"), None, as_json=True)
    *rows, total = map(json.loads, capsys.readouterr().out.splitlines())
    assert rows
    assert {(row["party"], row["then"]) for row in rows} == {("pv31", None)}
    assert (total["events"], total["more"], total["fewer"]) == (4, len(rows), 0)
    asked = [json.loads(row.record) for row in await story.rows(tables.ledger) if row.kind == "replay-begun"]
    assert sorted((one["act"], one["by"], one["why"]) for one in asked if one["rules"]) == [
        ("what-if", "administrator", "proef")
    ]
