"""Read a request's body, never more than is allowed."""

from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect


class BodyRefused(Exception):
    """The body can't be taken; `status` and `detail` say why."""

    def __init__(self, status: HTTPStatus, slug: str, detail: str):
        self.status = status
        self.slug = slug
        self.detail = detail
        super().__init__(detail)


_ELSEWHERE = "Zet grote inhoud ergens anders en verwijs met 'dataref'."


async def limited_body(request: Request, most: int, instead: str = _ELSEWHERE) -> bytes:
    """The whole body. Raises BodyRefused as soon as it is known to be larger than `most` bytes."""
    too_large = BodyRefused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"De inhoud is groter dan {most} bytes. {instead}",
    )
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise too_large
    except ClientDisconnect:
        raise BodyRefused(
            HTTPStatus.BAD_REQUEST, "cut-off", "De verbinding brak af voor alles binnen was."
        ) from None
    return bytes(body)
