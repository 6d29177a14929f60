"""The client: whatever becomes of the hub, all goes there once, in order."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connectors.client import Client, HubUnavailable, Receipt, SendingRefused
from connectors.client import client as module
from tests.samples import sample

_TAKEN = Receipt(True, 202, "accepted")
_Answer = Callable[[list[str]], list[Receipt]]


class Hub:
    """Answers each call in turn; afterwards it takes all."""

    def __init__(self, *answers: _Answer | Exception):
        self._answers = list(answers)
        self.taken: list[str] = []

    async def send_batch(self, *called: Any) -> list[Receipt]:
        _client, _token, batch = called
        ids = [event["id"] for event in batch]
        answer = self._answers.pop(0) if self._answers else lambda ids: [_TAKEN] * len(ids)
        if isinstance(answer, Exception):
            raise answer
        receipts = answer(ids)
        self.taken += [name for name, receipt in zip(ids, receipts, strict=True) if receipt.accepted]
        return receipts


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waited


def _client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> Client:
    monkeypatch.setattr(module, "send_batch", hub.send_batch)
    client = Client("http://hub.example", "kh_x", tmp_path / "spool.db")
    for number in range(210):
        client.publish(sample(f"n{number}"))
    return client


_ALL = [f"n{number}" for number in range(210)]


def test_a_hub_that_is_away_for_long_gets_all_in_order_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    hub = Hub(*[HubUnavailable("weg")] * 14, HubUnavailable("weg", 900))
    with _client(tmp_path, monkeypatch, hub) as client:
        answered = client.send(within=1e9)
        assert client.waiting == 0
        assert [one.id for one in client.answered()] == _ALL
    assert hub.taken == [one.id for one in answered] == _ALL
    assert len(waits) == 15
    assert all(0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waits[:8]))
    assert all(later > earlier for earlier, later in pairwise(waits[:8:2]))
    assert all(150 <= wait <= 300 for wait in waits[9:14])
    assert waits[14] == 900


def test_when_the_time_is_up_everything_still_waits_and_another_program_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    hub = Hub(lambda ids: [_TAKEN] * len(ids), HubUnavailable("weg"))
    with _client(tmp_path, monkeypatch, hub) as client, pytest.raises(HubUnavailable):
        client.send()
    assert waits == []
    with Client("http://hub.example", "kh_x", tmp_path / "spool.db") as again:
        assert again.waiting == 10
        again.send()
    assert hub.taken == _ALL


def test_a_refused_event_holds_up_nobody_and_one_in_doubt_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    refused, doubt = Receipt(False, 422, "klopt niet"), Receipt(False, 503, "weg")
    hub = Hub(lambda ids: [refused, doubt, *[_TAKEN] * (len(ids) - 2)])
    with _client(tmp_path, monkeypatch, hub) as client:
        client.send(within=60)
        first = next(client.answered())
    assert (first.id, first.receipt.status) == ("n0", 422)
    assert sorted(hub.taken) == sorted(_ALL[1:])
    assert len(waits) == 1


def test_a_token_that_has_ended_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    hub = Hub(SendingRefused("Wij kennen deze sleutel niet"))
    with _client(tmp_path, monkeypatch, hub) as client:
        with pytest.raises(SendingRefused):
            client.send(within=60)
        assert client.waiting == 210
    assert waits == []
