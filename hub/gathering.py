"""Do together what is asked at about the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

_Asked = TypeVar("_Asked")
_Got = TypeVar("_Got")


class Gathering(Generic[_Asked, _Got]):
    """What is asked while a round of work runs goes together in the next round. Nobody waits for others to
    come; the busier it is, the less each costs."""

    def __init__(self, work: Callable[[Sequence[_Asked]], Awaitable[Sequence[_Got]]], most: int = 200):
        """`work` gives for each thing that is asked, in order, what came of it; at most `most` go together.
        What it raises, all of that round get."""
        self._work = work
        self._most = most
        self._waiting: list[tuple[_Asked, asyncio.Future[_Got]]] = []
        self._rounds: asyncio.Task[None] | None = None

    async def do(self, one: _Asked) -> _Got:
        """What came of this one."""
        future: asyncio.Future[_Got] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._go_round())
        return await future

    async def _go_round(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._one_round(taken)
        finally:
            self._rounds = None

    async def _one_round(self, taken: Sequence[tuple[_Asked, "asyncio.Future[_Got]"]]) -> None:
        try:
            found = await self._work([one for one, _ in taken])
        except Exception as error:
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
            return
        except BaseException:
            for _, future in taken:
                future.cancel()
            raise
        for (_, future), got in zip(taken, found, strict=True):
            if not future.done():
                future.set_result(got)
