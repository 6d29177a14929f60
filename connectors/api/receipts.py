"""What is answered about one event, or one of a batch."""

from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Response
from fastapi.responses import JSONResponse
from starlette.types import Message

from connectors.api.problems import refusal, status_of
from connectors.api.standing import link_to
from hub.intake.judging import Answer


def response(answer: Answer) -> Response:
    """For who sent one event."""
    status = status_of(answer)
    if answer.accepted:
        told = receipt(answer)
        return JSONResponse(told, status, {"Location": told["link"]})
    headers = {"Retry-After": "30"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(refusal(answer), status, headers, "application/problem+json")


def kept_messages(answer: Answer, *headers: tuple[bytes, bytes]) -> tuple[Message, Message]:
    """The same for an event that is kept, as ASGI messages with these headers: it is what comes most."""
    told = receipt(answer)
    content = orjson.dumps(told)
    own = (
        (b"location", told["link"].encode()),
        (b"content-length", b"%d" % len(content)),
        (b"content-type", b"application/json"),
    )
    start = {"type": "http.response.start", "status": HTTPStatus.ACCEPTED.value, "headers": [*own, *headers]}
    return start, {"type": "http.response.body", "body": content}


def receipt(answer: Answer) -> dict[str, Any]:
    """What is told of an event that is kept."""
    assert answer.key is not None  # noqa: S101 - it was taken in
    return {
        **names(answer),
        "outcome": answer.outcome,
        "link": link_to(answer.key),
        "receipt": answer.receipt,
        "salt": answer.salt,
    }


def names(answer: Answer) -> dict[str, Any]:
    """Which event it is about, as far as that could be read."""
    return {"source": answer.source, "id": answer.id}
