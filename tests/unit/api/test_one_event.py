"""The short way for one event: what it leaves alone."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import Message, Receive, Scope, Send

from connectors.api import one_event
from hub.identity.programs import Presumed
from hub.rules.scopes import Scope as Right
from schemas.formats import MAX_EVENT_BYTES, STRUCTURED


async def _post(length: bytes, receive: Receive, usual: Any) -> None:
    """By a program whose key was known a moment ago; what the short way leaves goes to `usual`. There is no
    intake, so that taking in what it does not leave fails."""
    presumed = Presumed("gm0935", frozenset(Right), b"")
    visit = SimpleNamespace(presumed=lambda _: presumed, come=lambda _: None)
    headers = [(b"content-type", STRUCTURED.encode()), (b"content-length", length)]
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "query_string": b"", "headers": headers}
    way = one_event.with_short_way(usual, cast(Any, None))
    await way({**scope, "state": {"visit": visit}}, receive, cast(Any, None))


@pytest.mark.parametrize("length", [b"%d" % (MAX_EVENT_BYTES + 1), b"3000000000", b"-1", b""])
async def test_of_a_body_that_is_too_large_nothing_is_asked_for(length: bytes) -> None:
    """Who sends `Expect: 100-continue` is told to go on as soon as the body is asked for."""
    asked: list[str] = []

    async def receive() -> Message:
        asked.append("body")
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def usual(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append("usual way")

    await _post(length, receive, usual)
    assert asked == ["usual way"]


async def test_a_body_that_comes_late_is_waited_for_in_a_turn_of_its_party(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(one_event, "_SOON_SECONDS", 0.01)
    comes = asyncio.Event()
    got: list[Message] = []

    async def receive() -> Message:
        await comes.wait()
        return {"type": "http.request", "body": b"{}"}

    async def usual(scope: Scope, receive: Receive, send: Send) -> None:
        comes.set()
        got.append(await receive())

    await _post(b"2", receive, usual)
    assert got == [{"type": "http.request", "body": b"{}"}]


async def test_what_goes_wrong_on_the_short_way_is_left_to_the_usual_way() -> None:
    got: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}"}

    async def usual(scope: Scope, receive: Receive, send: Send) -> None:
        got.append(await receive())

    await _post(b"2", receive, usual)
    assert got == [{"type": "http.request", "body": b"{}"}]
