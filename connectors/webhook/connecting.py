"""Connections to addresses that were checked: the name is looked up once, and that answer is connected to.

So a name that means another address a moment later (DNS rebinding) reaches nothing else."""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import httpcore

from hub.rules.reaching import may_reach

_LOOKUPS = 32
"""Names that are looked up at the same time: one that gets no answer holds up few others."""


class NotAllowed(httpcore.ConnectError):
    """The name stands for an address that the hub does not send to."""


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only; `local`: to this machine too."""

    def __init__(self, *, local: bool):
        self._local = local
        self._plain = httpcore.AnyIOBackend()
        self._lookups = ThreadPoolExecutor(_LOOKUPS, "lookup")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the form that httpcore asks
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of the name that answers. Raises NotAllowed or ConnectError."""
        addresses = await self._look_up(host, port)
        if not all(may_reach(address, local=self._local) for address in addresses):
            raise NotAllowed(host)
        failed: Exception = httpcore.ConnectError(host)
        for address in addresses:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _look_up(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._lookups, resolve, host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(host) from error
        return list(dict.fromkeys(found))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Ends the lookups."""
        self._lookups.shutdown(wait=False, cancel_futures=True)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system tells them. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
