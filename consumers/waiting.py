"""Waiting that ends when the worker is told to stop."""

import asyncio


async def wait_or_stop(stop: asyncio.Event, seconds: float) -> None:
    """Waits, but not longer than the worker runs."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
