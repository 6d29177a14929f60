"""What a sender publishes on a topic stays in order, also after an attempt that was cut off."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from hub.errors import KafkaUnavailable
from hub.intake.keeping import Keeping, Wanted
from hub.kafka.broker import Outgoing
from hub.store.intake.keeping import Done, NewClaim

_NOW = datetime(2027, 6, 1, 6, tzinfo=UTC)


class Kafka:
    """Takes what it gets, but the first not until it is told, and maybe never."""

    def __init__(self, *, takes_first: bool):
        self._takes_first = takes_first
        self._calls = 0
        self.goes_on = asyncio.Event()
        self.taken: list[str] = []

    async def publish(self, events: Sequence[Outgoing]) -> None:
        self._calls += 1
        if self._calls == 1:
            await self.goes_on.wait()
            if not self._takes_first:
                raise KafkaUnavailable("weg")
        self.taken += [event.value.decode() for event in events]


def _event(number: int, topic: str = "gas") -> Wanted:
    return Wanted(UUID(int=number), b"", Outgoing(topic, b"", str(number).encode()))


@pytest.mark.parametrize("takes_first", [True, False])
async def test_what_is_sent_again_is_overtaken_by_nothing_of_its_sender(
    monkeypatch: pytest.MonkeyPatch, takes_first: bool
) -> None:
    kafka = Kafka(takes_first=takes_first)
    keeping = Keeping(cast(Any, None), cast(Any, kafka), cast(Any, None))
    monkeypatch.setattr(keeping, "_note", lambda _: asyncio.sleep(0))
    keeping._publish([[_event(1)]], _NOW)
    await asyncio.sleep(0)
    again = [_event(1), _event(2), _event(3, "water")]
    sent = keeping._publish([[_event(7)], again, [_event(2), _event(4)]], _NOW)
    other = keeping._publish([[_event(9)]], _NOW)
    await asyncio.wait([sent[UUID(int=3)], sent[UUID(int=7)], *other.values()])
    assert sorted(kafka.taken) == ["3", "7", "9"]
    kafka.goes_on.set()
    results = {key.int: await send for key, send in sent.items()}
    if takes_first:
        assert kafka.taken[3:] == ["1", "2", "4"]
        assert not any(results.values())
    else:
        assert kafka.taken[3:] == []
        assert {number for number, error in results.items() if error} == {1, 2, 4}


async def test_a_topic_that_is_away_does_not_keep_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = Kafka(takes_first=True)
    keeping = Keeping(cast(Any, None), cast(Any, kafka), cast(Any, None))
    monkeypatch.setattr(keeping, "_note", lambda _: asyncio.sleep(0))

    async def keep_new(new: Sequence[NewClaim], _: datetime) -> Done:
        return Done({one.event_key for one in new}, set())

    monkeypatch.setattr(keeping, "_keep_new", keep_new)
    away = asyncio.create_task(keeping.keep("gm0935", [_event(1)], _NOW))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        for number in (2, 3):
            kept = await keeping.keep("gm0363", [_event(number, "water")], _NOW)
            assert not kept.doubts
    assert not away.done()
    kafka.goes_on.set()
    assert not (await away).doubts
