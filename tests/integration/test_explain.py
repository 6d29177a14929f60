"""What the administrator hears of an event that went out, however it is called and whoever received it."""

from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands.explain import explain
from hub.kafka.broker import Publisher
from hub.rules.recipients import recipients
from hub.settings import Settings
from schemas.catalogue import parse
from schemas.terms import FunctionSlug
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.registers import REGISTER

EVERYWHERE = attributes("bottleneck-found", id=str(uuid4()), functions=",".join(FunctionSlug), areas="NL")


async def test_an_event_called_by_a_uuid_is_found_and_every_receiver_is_told(
    settings: Settings, pool: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = recipients(parse(EVERYWHERE), REGISTER)
    assert len(expected) > 500
    async with Publisher(settings) as publisher:
        hub = Hub(settings, pool, publisher)
        await hub.go(NOW)
        await hub.feed(EVERYWHERE)
    assert await explain(settings, EVERYWHERE["id"], None) == 0
    told = capsys.readouterr().out
    assert all(f"  {one.party} (mail, " in told for one in expected)


async def test_one_party_is_told_what_it_really_received(
    settings: Settings, pool: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    question = attributes("question-raised", id=str(uuid4()))
    async with Publisher(settings) as publisher:
        hub = Hub(settings, pool, publisher)
        await hub.go(NOW)
        await hub.feed(question)
    assert await explain(settings, question["id"], "enexis") == 0
    assert "enexis (via de bundel): wacht op de volgende bundel" in capsys.readouterr().out
    assert await explain(settings, question["id"], "gm0363") == 0
    assert "gm0363 niet: " in capsys.readouterr().out
