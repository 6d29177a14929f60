"""A name is looked up once, and connected to as it was checked."""

import asyncio
import threading

import httpcore
import pytest

from hub.outside import connecting
from hub.outside.connecting import CheckedBackend, NotAllowed


class _Connects:
    """Remembers to which addresses it was asked to connect."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, *_: object) -> str:
        self.asked.append(host)
        if host == "8.8.8.8":
            raise httpcore.ConnectError(host)
        return f"connected to {host}"


def _backend(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> tuple[CheckedBackend, _Connects]:
    backend, plain = CheckedBackend(local=False), _Connects()
    told = iter(answers)
    monkeypatch.setattr(backend, "_plain", plain)
    monkeypatch.setattr(connecting, "resolve", lambda *_: next(told))
    return backend, plain


async def test_a_name_that_is_another_address_a_moment_later_reaches_what_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend, plain = _backend(monkeypatch, ["9.9.9.9"], ["127.0.0.1"])
    assert str(await backend.connect_tcp("haken.example", 443)) == "connected to 9.9.9.9"
    with pytest.raises(NotAllowed):
        await backend.connect_tcp("haken.example", 443)
    assert plain.asked == ["9.9.9.9"]


async def test_a_name_of_which_any_address_is_private_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    backend, plain = _backend(monkeypatch, ["9.9.9.9", "169.254.169.254"])
    with pytest.raises(NotAllowed):
        await backend.connect_tcp("haken.example", 443)
    assert plain.asked == []


async def test_after_an_address_that_does_not_answer_comes_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend, plain = _backend(monkeypatch, ["8.8.8.8", "9.9.9.9"])
    assert str(await backend.connect_tcp("haken.example", 443)) == "connected to 9.9.9.9"
    assert plain.asked == ["8.8.8.8", "9.9.9.9"]


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost"])
async def test_this_machine_is_not_reached_however_it_is_written(host: str) -> None:
    backend = CheckedBackend(local=False)
    with pytest.raises(httpcore.ConnectError):
        await backend.connect_tcp(host, 443)
    backend.close()


async def test_a_name_that_gets_no_answer_holds_one_thread_and_later_none_of_those_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    now = [0.0]
    threads: list[tuple[str, str]] = []

    def resolve(host: str, port: int) -> list[str]:
        threads.append((host, threading.current_thread().name.partition("_")[0]))
        if host == "traag.example":
            ended.wait(60)
            now[0] += 10 if len(threads) == 2 else 0
        return ["9.9.9.9"]

    monkeypatch.setattr(connecting, "resolve", resolve)
    monkeypatch.setattr(connecting, "_LOOKUPS", 2)
    monkeypatch.setattr(connecting, "monotonic", lambda: now[0])
    backend = CheckedBackend(local=False)
    monkeypatch.setattr(backend, "_plain", _Connects())
    waiting = [asyncio.create_task(backend.connect_tcp("traag.example", 443)) for _ in range(8)]
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        assert str(await backend.connect_tcp("vlot.example", 443)) == "connected to 9.9.9.9"
        waiting.pop().cancel()
        await asyncio.sleep(0.1)
        ended.set()
        await asyncio.gather(*waiting)
        await backend.connect_tcp("traag.example", 443)
        await backend.connect_tcp("traag.example", 443)
    assert threads == [
        ("traag.example", "lookup"),
        ("vlot.example", "lookup"),
        ("traag.example", "slow-lookup"),
        ("traag.example", "lookup"),
    ]
    backend.close()
