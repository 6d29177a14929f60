"""What is asked at about the same time is done together, and each gets what is its own."""

import asyncio
from collections.abc import Sequence

import pytest

from hub.gathering import Gathering


class _Work:
    """Doubles numbers, one round at a time, when it may."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.may_go = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.rounds.append(list(numbers))
        await self.may_go.wait()
        if 13 in numbers:
            raise ValueError(numbers)
        return [2 * number for number in numbers]


async def _asked(gathering: Gathering[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(gathering.do(number)) for number in numbers]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_what_comes_during_a_round_goes_in_the_next_in_order_and_no_more_than_fit() -> None:
    work = _Work()
    gathering = Gathering(work, most=3)
    tasks = await _asked(gathering, 1)
    tasks += await _asked(gathering, 2, 3, 4, 5)
    assert work.rounds == [[1]]
    work.may_go.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert work.rounds == [[1], [2, 3, 4], [5]]
    assert await gathering.do(6) == 12


async def test_a_round_that_breaks_is_told_to_all_of_it_and_the_next_goes_on() -> None:
    work = _Work()
    gathering = Gathering(work)
    tasks = await _asked(gathering, 1)
    tasks += await _asked(gathering, 13, 2)
    work.may_go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[0] == 2
    assert [type(one) for one in results[1:]] == [ValueError, ValueError]
    assert await gathering.do(3) == 6


async def test_who_leaves_early_takes_nobody_along() -> None:
    work = _Work()
    gathering = Gathering(work)
    leaving, staying = await _asked(gathering, 1, 2)
    leaving.cancel()
    work.may_go.set()
    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await leaving
