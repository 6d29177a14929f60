"""A turn of a room on a slow server ends before the worker's hold on it does."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from connectors.matrix import sending
from hub.outlets.channel import Target
from hub.outlets.handing import Handed
from hub.outside.asking import Reply
from hub.rules.outlets import Outcome
from hub.settings import Settings
from hub.store.deliveries.stream import Place
from tests.samples import sample

NOW = datetime(2027, 6, 1, 6, tzinfo=UTC)
ROOM = {"url": "https://matrix.example", "room": "!kamer:matrix.example", "most": "GREEN"}


@pytest.mark.parametrize(("seconds", "written"), [(20.0, 3), (0.0, 1)])
async def test_no_new_message_is_begun_in_a_turn_that_took_long(
    monkeypatch: pytest.MonkeyPatch, seconds: float, written: int
) -> None:
    monkeypatch.setattr(sending, "_TURN_SECONDS", seconds)
    rooms = sending.Rooms(Settings())
    puts: list[str] = []

    async def ask(_: object, method: str, url: str, *__: object) -> Reply:
        if method == "PUT":
            puts.append(url)
        return Reply(200, {}, b"{}")

    monkeypatch.setattr(rooms._outside, "ask", ask)
    handed = [
        Handed(uuid4(), uuid4(), "mail", Place(1, i), NOW, "gm0935", sample(f"k{i}", tlp="CLEAR"))
        for i in range(3)
    ]
    sent = await rooms.send(Target("enexis", "team", ROOM, [{"secret": "geheim-geheim"}]), handed)
    assert [one.outcome for one in sent] == [Outcome.TAKEN] * written
    assert len(puts) == written
    await rooms.close()
