"""Ctrl-C and SIGTERM: the work is cancelled once, so that it can end in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_interrupted(work: Coroutine[Any, Any, int]) -> int | None:
    """The exit code of `work`; None when a signal broke it off. A second signal doesn't disturb its end."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    interrupted = False

    def on_signal() -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        return await task
    except asyncio.CancelledError:
        if not interrupted:
            raise
        return None
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def set_on_signal(stop: asyncio.Event) -> None:
    """From now on the first signal sets `stop`."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
