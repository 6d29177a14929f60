"""Read a request's body, never more than is allowed, nor for longer; packed or not."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect

from connectors.api.gate import visit_of


class BodyRefused(Exception):
    """The body can't be taken; `status` and `detail` say why."""

    def __init__(self, status: HTTPStatus, slug: str, detail: str, headers: dict[str, str] | None = None):
        self.status = status
        self.slug = slug
        self.detail = detail
        self.headers = headers
        super().__init__(detail)


SECONDS = 30.0
"""How long a body may take to come in."""
_ELSEWHERE = "Zet grote inhoud ergens anders en verwijs met 'dataref'."
_GZIP = 31  # of zlib: with the header and the check of gzip


async def limited_body(request: Request, most: int, instead: str = _ELSEWHERE) -> bytes:
    """The whole body, unpacked, of who may still send it. Raises BodyRefused as soon as it is known to be
    larger than `most` bytes, or when it does not come; ApiRefused when a key was revoked meanwhile."""
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
        async with asyncio.timeout(SECONDS):
            async for chunk in _unpacked(request, most):
                body += chunk
                if len(body) > most:
                    raise too_large
    except ClientDisconnect:
        raise BodyRefused(
            HTTPStatus.BAD_REQUEST, "cut-off", "De verbinding brak af voor alles binnen was."
        ) from None
    except TimeoutError:
        detail = f"Er is niets aangenomen: na {SECONDS:.0f} seconden was nog niet alles binnen."
        raise BodyRefused(HTTPStatus.REQUEST_TIMEOUT, "too-slow", detail, {"Connection": "close"}) from None
    finally:
        visit_of(request).read(len(body))
    await visit_of(request).confirmed()
    return bytes(body)


async def _unpacked(request: Request, most: int) -> AsyncIterator[bytes]:
    """The parts of the body; of what is packed no more than a byte over `most` is ever unpacked."""
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip"):
        raise BodyRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "packing",
            "Deze manier van inpakken kennen wij niet: gebruik 'gzip', of pak niets in.",
            {"Accept-Encoding": "gzip"},
        )
    if packing == "identity":
        async for chunk in request.stream():
            yield chunk
        return
    unpacking = zlib.decompressobj(_GZIP)
    read = 0
    try:
        async for chunk in request.stream():
            if chunk:
                if unpacking.eof:
                    raise _broken()
                read += len(part := unpacking.decompress(chunk, most + 1 - read))
                yield part
    except zlib.error:
        raise _broken() from None
    if not unpacking.eof or unpacking.unused_data:
        raise _broken()


def _broken() -> BodyRefused:
    return BodyRefused(HTTPStatus.BAD_REQUEST, "packing", "De inhoud is geen gave gzip.")
