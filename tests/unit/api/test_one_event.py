"""The short way for one event: what it leaves alone."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from connectors.api.one_event import add_short_way
from hub.identity import Presumed
from hub.rules.scopes import Scope as Right
from schemas.formats import MAX_EVENT_BYTES, STRUCTURED

_HEADERS = {b"content-type": STRUCTURED.encode(), b"authorization": b"Bearer kh_x"}


@pytest.mark.parametrize("length", [b"%d" % (MAX_EVENT_BYTES + 1), b"3000000000", b"-1", b""])
async def test_of_a_body_that_is_too_large_nothing_is_asked_for(length: bytes) -> None:
    """Who sends `Expect: 100-continue` is told to go on as soon as the body is asked for."""
    asked: list[str] = []

    async def receive() -> Message:
        asked.append("body")
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def usual(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append("usual way")

    visit = SimpleNamespace(presumed=lambda _: Presumed("gm0935", frozenset(Right), b""))
    headers = list({**_HEADERS, b"content-length": length}.items())
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "query_string": b"", "headers": headers}
    app = FastAPI()
    add_short_way(app, cast(Any, None))
    (short,) = app.user_middleware
    await short.cls(cast(Any, usual), **short.kwargs)(
        {**scope, "state": {"visit": visit}}, receive, cast(Any, None)
    )
    assert asked == ["usual way"]
