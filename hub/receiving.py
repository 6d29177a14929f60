"""Take in what comes in parts, never more than is allowed, nor for longer."""

import asyncio
from collections.abc import AsyncIterable


class TooMuch(Exception):
    """More came than is allowed."""


async def received(parts: AsyncIterable[bytes], most_bytes: int, seconds: float) -> bytes:
    """All parts in one. Raises TooMuch as soon as there are more than `most_bytes`, TimeoutError after
    `seconds`, and what `parts` raises."""
    whole = bytearray()
    async with asyncio.timeout(seconds):
        async for part in parts:
            whole += part
            if len(whole) > most_bytes:
                raise TooMuch
    return bytes(whole)
