"""Problems in English, for who asks for that with `Accept-Language`."""

import json

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.api.english import in_english


def add_english(app: FastAPI) -> None:
    """Makes the app answer problems in English to who asks for it."""
    app.add_middleware(_English)


def wants_english(accepted: str) -> bool:
    """Whether English is preferred over Dutch by an `Accept-Language`; equal is Dutch."""
    weights = {"en": 0.0, "nl": 0.0}
    anything = 0.0
    for part in accepted.lower().split(",")[:20]:
        name, _, parameter = part.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
        except ValueError:
            weight = 0.0
        language = name.strip().partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], weight)
        elif language == "*":
            anything = weight
    return weights["en"] > max(weights["nl"], anything)


class _English:
    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope).get("accept-language", "") if scope["type"] == "http" else ""
        if not wants_english(asked):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def translating(message: Message) -> None:
            if message["type"] == "http.response.start" and _tells_problems(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body", False):
                    for each in _translated(held):
                        await send(each)

        await self._app(scope, receive, translating)


def _tells_problems(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return kind.startswith("application/problem+json") or start["status"] == 207


def _translated(held: list[Message]) -> list[Message]:
    start, *parts = held
    told = json.loads(b"".join(part.get("body", b"") for part in parts))
    translated = [in_english(one) for one in told] if isinstance(told, list) else in_english(told)
    body = json.dumps(translated, ensure_ascii=False, separators=(",", ":")).encode()
    headers = MutableHeaders(raw=start["headers"])
    headers["Content-Length"] = str(len(body))
    headers["Content-Language"] = "en"
    headers.add_vary_header("Accept-Language")
    return [start, {"type": "http.response.body", "body": body}]
