"""Starting something on free ports, and waiting until it really answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from consumers.local import ports
from consumers.local.errors import ExitedEarly, LocalServiceError
from consumers.local.processes import Child, Processes

_TRIES = 3


async def until_ready(
    what: str, child: Child, answers: Callable[[], Awaitable[bool]], seconds: float
) -> None:
    """Ask `answers` until it says yes. Raises ExitedEarly if the child ends, LocalServiceError after
    `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        ready = await answers()
        if child.code is not None:
            raise ExitedEarly(what, child.code, child.log, child.last_lines())
        if ready:
            return
        if time.monotonic() > deadline:
            raise LocalServiceError(
                f"{what} is na {seconds:.0f} seconden nog niet klaar. Kijk in {child.log} waarom."
            )
        await asyncio.sleep(0.05)


async def start_on_free_ports(
    what: str,
    preferred: Sequence[int],
    launch: Callable[[tuple[int, ...]], Awaitable[tuple[Child, Callable[[], Awaitable[bool]]]]],
    processes: Processes,
    seconds: float,
) -> tuple[int, ...]:
    """Launch a child on free ports, the preferred ones first; again on other ports if someone else took one
    just before. Returns the ports. `launch` starts the child on trial and returns it with its question."""
    for last in (*[False] * (_TRIES - 1), True):
        chosen = ports.pick(preferred)
        child, answers = await launch(chosen)
        try:
            await until_ready(what, child, answers, seconds)
        except ExitedEarly:
            await processes.stop(child.name)
            if last or not any(ports.is_taken(port) for port in chosen):
                raise
            preferred = [0] * len(chosen)
        else:
            processes.settle(child.name)
            return chosen
    raise AssertionError("the last try returns or raises")


async def listens(port: int) -> bool:
    """Whether a connection to this port of 127.0.0.1 is taken."""
    try:
        _, writer = await asyncio.open_connection(ports.HOST, port)
    except OSError:
        return False
    writer.close()
    return True
