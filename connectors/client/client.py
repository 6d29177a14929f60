"""The client: publish, and forget whether the hub is there."""

import asyncio
import random
import time
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from connectors.client.sending import HubUnavailable, Receipt, send_batch
from connectors.client.spool import Answered, Spool

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0


class Client:
    """Publishes events as the party that `token` belongs to. `spool` is the file in which they wait; one
    program at a time sends from it."""

    def __init__(self, url: str, token: str, spool: str | PathLike[str]):
        self._url = url
        self._token = token
        self._spool = Spool(Path(spool))

    def publish(self, event: dict[str, Any]) -> None:
        """Keeps an event (its CloudEvents attributes) on disk, to be sent in its turn. Raises NotSpooled."""
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
                    receipts = await send_batch(client, self._token, [one.event for one in first])
                    final = [
                        (one, receipt)
                        for one, receipt in zip(first, receipts, strict=True)
                        if receipt.status != httpx.codes.SERVICE_UNAVAILABLE
                    ]
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
