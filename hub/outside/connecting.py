"""Connections to addresses that were checked: the name is looked up once, and that answer is connected to.

So a name that means another address a moment later (DNS rebinding) reaches nothing else."""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import httpcore

from hub.outside.joining import JoiningBackend
from hub.rules.reaching import may_reach

_LOOKUPS = 32
_SLOW_LOOKUPS = 8
"""Names that are looked up at the same time; those whose answer took long the last time, by themselves."""
_SLOW_SECONDS = 2.0
_MOST_SLOW = 10_000


class NotAllowed(httpcore.ConnectError):
    """The name stands for an address that the hub does not send to."""


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only; `local`: to this machine too."""

    def __init__(self, *, local: bool):
        self._local = local
        self._plain = JoiningBackend()
        self._lookups = _Lookups()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the form that httpcore asks
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of the name that answers. Raises NotAllowed or ConnectError."""
        try:
            addresses = await self._lookups.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(host) from error
        if not all(may_reach(address, local=self._local) for address in addresses):
            raise NotAllowed(host)
        failed: Exception = httpcore.ConnectError(host)
        for address in addresses:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Ends the lookups."""
        self._lookups.close()


class _Lookups:
    """Looks up names in threads. A name that gets no answer holds one thread, however many wait for it, and
    from then on none of those that other names have."""

    def __init__(self) -> None:
        self._quick = ThreadPoolExecutor(_LOOKUPS, "lookup")
        self._slow = ThreadPoolExecutor(_SLOW_LOOKUPS, "slow-lookup")
        self._under_way: dict[tuple[str, int], asyncio.Future[list[str]]] = {}
        self._were_slow: dict[str, None] = {}

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a name, each once. Raises OSError or UnicodeError."""
        name = (host, port)
        if (found := self._under_way.get(name)) is None:
            pool = self._slow if host in self._were_slow else self._quick
            found = asyncio.get_running_loop().run_in_executor(pool, self._look_up, host, port)
            self._under_way[name] = found
            found.add_done_callback(lambda done: self._ended(name, done))
        return list(dict.fromkeys(await asyncio.shield(found)))

    def _ended(self, name: tuple[str, int], done: asyncio.Future[list[str]]) -> None:
        del self._under_way[name]
        if not done.cancelled():
            done.exception()  # who asked may wait no longer

    def _look_up(self, host: str, port: int) -> list[str]:
        begin = monotonic()
        try:
            return resolve(host, port)
        finally:
            self._were_slow.pop(host, None)
            if monotonic() - begin > _SLOW_SECONDS:
                self._were_slow[host] = None
                while len(self._were_slow) > _MOST_SLOW:
                    self._were_slow.pop(next(iter(self._were_slow)), None)

    def close(self) -> None:
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system tells them. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
