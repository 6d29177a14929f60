"""The client: publish, and forget whether the hub is there."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from connectors.client.oauth import OAuth
from connectors.client.sending import HubUnavailable, Receipt, SendingRefused, send_batch
from connectors.client.spool import Answered, Spool

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0
_OF_WHAT_WAS_SENT = (
    httpx.codes.BAD_REQUEST,
    httpx.codes.REQUEST_ENTITY_TOO_LARGE,
    httpx.codes.UNPROCESSABLE_ENTITY,
)
"""Refusals that are about the events, not about who sends them."""


class Client:
    """Publishes events as the party that `token` belongs to: a key, or `OAuth`. `spool` is the file in
    which they wait; two programs that send from it at once send some twice, which the hub knows."""

    def __init__(self, url: str, token: str | OAuth, spool: str | PathLike[str]):
        self._url = url
        self._token = token
        self._spool = Spool(Path(spool))

    def publish(self, event: dict[str, Any]) -> None:
        """Keeps an event (its CloudEvents attributes) on disk, to be sent in its turn. Raises NotSpooled or
        SpoolFull."""
        self._spool.put(event)

    def send(self, within: float = 0.0) -> list[Answered]:
        """Sends all that waits, in order; what the hub said of each. While the hub is away, tries again for
        so many seconds, ever less often.

        Raises HubUnavailable when the time is up: what was not sent still waits. Raises SendingRefused when
        the hub refuses whatever we send, such as for a token that has ended: that waits too."""
        return asyncio.run(self._send(time.monotonic() + within))

    async def _send(self, end: float) -> list[Answered]:
        answered: list[Answered] = []
        failures = 0
        async with httpx.AsyncClient(base_url=self._url, timeout=60) as client:
            while first := self._spool.first():
                try:
                    receipts = await self._receipts(client, [one.event for one in first])
                    final = [
                        (one, receipt)
                        for one, receipt in zip(first, receipts, strict=True)
                        if receipt.status != httpx.codes.SERVICE_UNAVAILABLE
                    ]
                    # Of one topic the hub keeps all of a batch or none, so what it kept after one that it
                    # could not keep is of another topic: between topics there is no order to hold.
                    self._spool.note([(one.number, receipt) for one, receipt in final])
                    answered += [_answered(one.event, receipt) for one, receipt in final]
                    if len(final) < len(first):
                        raise HubUnavailable("De hub kon niet alles bewaren.")
                    failures = 0
                except HubUnavailable as away:
                    wait = max(_wait(failures), away.after)
                    if time.monotonic() + wait > end:
                        raise
                    failures += 1
                    await asyncio.sleep(wait)
        return answered

    async def _receipts(
        self, client: httpx.AsyncClient, events: Sequence[dict[str, Any]]
    ) -> Sequence[Receipt]:
        """What the hub says of each. A batch that it refuses as a whole goes in halves: so what is wrong
        with one event holds up no other."""
        try:
            return await self._sent(client, events)
        except SendingRefused as refused:
            if refused.status not in _OF_WHAT_WAS_SENT:
                raise
            if len(events) == 1:
                return [Receipt(False, refused.status, str(refused))]
        half = len(events) // 2
        return [*await self._receipts(client, events[:half]), *await self._receipts(client, events[half:])]

    async def _sent(self, client: httpx.AsyncClient, events: Sequence[dict[str, Any]]) -> Sequence[Receipt]:
        # Without waits: how long we may wait is for `within` to say.
        if isinstance(self._token, str):
            return await send_batch(client, self._token, events, waits=0)
        try:
            return await send_batch(client, await self._token.bearer(client), events, waits=0)
        except SendingRefused as refused:
            if refused.status != httpx.codes.UNAUTHORIZED:
                raise
        self._token.forget()
        return await send_batch(client, await self._token.bearer(client), events, waits=0)

    @property
    def waiting(self) -> int:
        """How many events the hub has not answered for."""
        return self._spool.count_waiting()

    def answered(self) -> Iterator[Answered]:
        """All that the hub ever answered for, with its receipts, in the order of publishing."""
        return self._spool.answered()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()


def _answered(event: dict[str, Any], receipt: Receipt) -> Answered:
    return Answered(event["source"], event["id"], receipt)


def _wait(failures: int) -> float:
    """Seconds: twice as long each time, and for each client a bit different, so that not all come at once."""
    return float(min(_FIRST_WAIT * 2 ** min(failures, 20), _LONGEST_WAIT) * random.uniform(0.5, 1.0))  # noqa: S311
