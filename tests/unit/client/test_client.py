"""The client: whatever becomes of the hub, all goes there once, in order."""

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.client import Client, HubUnavailable, OAuth, Receipt, SendingRefused
from connectors.client import client as module
from tests.samples import sample

_TAKEN = Receipt(True, 202, "accepted")
_Answer = Callable[[list[str]], list[Receipt]]


class Hub:
    """Answers each call in turn; afterwards it takes all."""

    def __init__(self, *answers: _Answer | Exception):
        self._answers = list(answers)
        self.taken: list[str] = []

    async def send_batch(self, *called: Any, waits: int) -> list[Receipt]:
        assert waits == 0, "only `within` says how long we wait"
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


@pytest.mark.parametrize("status", [400, 413, 422])
def test_of_a_batch_that_is_refused_as_a_whole_only_what_is_wrong_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    class Picky(Hub):
        async def send_batch(self, *called: Any, waits: int) -> list[Receipt]:
            if any(event["id"] in ("n3", "n150") for event in called[2]):
                raise SendingRefused("klopt niet", status)
            return await super().send_batch(*called, waits=waits)

    hub = Picky()
    with _client(tmp_path, monkeypatch, hub) as client:
        told = client.send()
        assert client.waiting == 0
    assert [one.id for one in told] == _ALL
    assert [(one.id, one.receipt.status) for one in told if not one.receipt.accepted] == [
        ("n3", status),
        ("n150", status),
    ]
    assert hub.taken == [name for name in _ALL if name not in ("n3", "n150")]


def test_too_much_for_now_is_waited_for_within_what_was_given_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    hub = Hub(HubUnavailable("te veel", 60))
    with _client(tmp_path, monkeypatch, hub) as client, pytest.raises(HubUnavailable):
        client.send(within=0)
    assert waits == []


def test_a_program_with_client_credentials_gets_a_token_once_and_anew_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            assert request.headers["authorization"].startswith("Basic ")
            given.append(f"token-{len(given)}")
            return httpx.Response(200, json={"access_token": given[-1], "expires_in": 600})
        if request.headers["authorization"] != "Bearer token-1":
            return httpx.Response(401, json={"detail": "verlopen"})
        return httpx.Response(200, json=[{"status": 202} for _ in json.loads(request.content)])

    made = httpx.AsyncClient
    monkeypatch.setattr(
        module.httpx, "AsyncClient", lambda **more: made(**more, transport=httpx.MockTransport(answer))
    )
    with Client("http://hub.example", OAuth("gm0935-1", "ks_x"), tmp_path / "spool.db") as client:
        for number in range(210):
            client.publish(sample(f"n{number}"))
        assert all(one.receipt.accepted for one in client.send())
    assert given == ["token-0", "token-1"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"error_description": "Wij kennen dit programma niet"}), SendingRefused),
        (httpx.Response(429, json={}, headers={"retry-after": "7"}), HubUnavailable),
        (httpx.Response(502, text="x"), HubUnavailable),
        (httpx.Response(200, json=[]), HubUnavailable),
    ],
)
def test_without_a_token_everything_waits(answer: httpx.Response, error: type[Exception]) -> None:
    async def bearer() -> str:
        async with httpx.AsyncClient(
            base_url="http://hub.example", transport=httpx.MockTransport(lambda _: answer)
        ) as client:
            return await OAuth("x", "y").bearer(client)

    with pytest.raises(error):
        asyncio.run(bearer())


def test_two_programs_that_send_from_one_spool_keep_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    with _client(tmp_path, monkeypatch, hub) as one:

        async def by_another(ids: list[str]) -> None:
            with Client("http://hub.example", "kh_x", tmp_path / "spool.db") as two:
                await two._send(0)

        sent = hub.send_batch
        called: list[str] = []

        async def send_batch(*words: Any, waits: int) -> list[Receipt]:
            ids = [event["id"] for event in words[2]]
            called.extend(ids)
            if len(called) == len(ids):
                await by_another(ids)
            return await sent(*words, waits=waits)

        monkeypatch.setattr(module, "send_batch", send_batch)
        one.send()
        assert one.waiting == 0
    assert list(dict.fromkeys(hub.taken)) == _ALL
