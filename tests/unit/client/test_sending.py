"""Batches of events for intake: in order, whole, and never more than intake takes."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.api.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS
from connectors.client.sending import BATCH_BYTES, BATCH_EVENTS, batches
from tests.events import attributes

_sizes = st.lists(st.integers(0, 600_000) | st.integers(0, 50), max_size=60)


def _events(sizes: list[int], letter: str) -> list[dict[str, Any]]:
    return [{"id": str(number), "data": letter * size} for number, size in enumerate(sizes)]


def _weight(batch: list[dict[str, Any]]) -> int:
    return len(json.dumps(batch, ensure_ascii=False).encode())


@given(_sizes, st.sampled_from(["x", "é", '"', "🌊"]))
def test_batches_hold_every_event_once_in_order(sizes: list[int], letter: str) -> None:
    events = _events([size // len(letter.encode()) for size in sizes], letter)
    assert [event for batch in batches(events) for event in batch] == events


@given(_sizes)
def test_no_batch_is_empty_or_too_large_unless_one_event_is(sizes: list[int]) -> None:
    for batch in batches(_events(sizes, "x")):
        assert 1 <= len(batch) <= BATCH_EVENTS
        assert len(batch) == 1 or _weight(batch) <= BATCH_BYTES + len("[]")


@given(st.integers(0, 700))
def test_small_events_go_in_as_few_batches_as_there_can_be(count: int) -> None:
    sizes = [len(batch) for batch in batches([attributes("knowledge-shared")] * count)]
    assert sum(sizes) == count
    assert all(size == BATCH_EVENTS for size in sizes[:-1])


def test_large_events_fill_each_batch_as_far_as_it_goes() -> None:
    large = _events([BATCH_BYTES // 4] * 10, "x")
    assert [len(batch) for batch in batches(large)] == [3, 3, 3, 1]


def test_events_come_as_they_are_asked_for() -> None:
    asked = 0

    def endless() -> Any:
        nonlocal asked
        while True:
            asked += 1
            yield {"id": str(asked)}

    assert len(next(batches(endless()))) == BATCH_EVENTS
    assert asked == BATCH_EVENTS + 1


def test_what_is_sent_is_less_than_what_intake_takes() -> None:
    assert BATCH_BYTES < MAX_BATCH_BYTES
    assert BATCH_EVENTS <= MAX_BATCH_EVENTS
