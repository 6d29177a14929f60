"""A name is looked up once, and connected to as it was checked."""

import httpcore
import pytest

from connectors.webhook import connecting
from connectors.webhook.connecting import CheckedBackend, NotAllowed


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
