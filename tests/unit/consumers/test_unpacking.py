"""What is packed comes out whole, unless it is a bomb."""

from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition, codec
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from consumers.kafka import unpacking
from consumers.kafka.unpacking import MOST_BYTES, TooManyHeaders, UnreadableBatch, limit_unpacking

_CODECS = ("gzip", "snappy", "lz4", "zstd")


@pytest.mark.parametrize("name", _CODECS)
@pytest.mark.parametrize("size", [1, 100_000, MOST_BYTES])
def test_what_is_packed_comes_out_whole_up_to_the_limit(name: str, size: int) -> None:
    content = (b"abc" * (size // 3 + 1))[:size]
    packed = getattr(codec, f"{name}_encode")(content)
    assert getattr(unpacking, f"{name}_decode")(memoryview(packed)) == content


@pytest.mark.parametrize("name", _CODECS)
def test_a_bomb_is_not_unpacked(name: str) -> None:
    packed = getattr(codec, f"{name}_encode")(b"\0" * (MOST_BYTES + 1))
    with pytest.raises(CorruptRecordException):
        getattr(unpacking, f"{name}_decode")(packed)
    with pytest.raises(Exception):  # noqa: B017, PT011 - of whatever kind: the record is buried
        getattr(unpacking, f"{name}_decode")(packed[:-20])


def test_snappy_without_frames_is_limited_too() -> None:
    packed = codec.snappy_encode(b"\0" * (MOST_BYTES + 1), xerial_compatible=False)
    with pytest.raises(CorruptRecordException):
        unpacking.snappy_decode(packed)


def test_a_batch_that_is_too_large_is_named_as_a_whole_after_those_before_it() -> None:
    limit_unpacking()
    content = MemoryRecords(
        _batch(0, b"good") + _batch(1, b"\0" * (MOST_BYTES // 2 + 1), b"\0" * (MOST_BYTES // 2))
    )
    records = fetcher.PartitionRecords(TopicPartition("t", 0), content, [], 0, None, None, True, 0)
    assert next(records).value == b"good"
    with pytest.raises(UnreadableBatch) as unreadable:
        next(records)
    assert (unreadable.value.first, unreadable.value.following) == (1, 3)


def test_many_large_batches_are_in_hand_some_at_a_time_and_none_is_passed_over() -> None:
    limit_unpacking()
    half = b"\0" * (MOST_BYTES // 2)
    batches = [_batch(2 * number, half, b"") for number in range(5)]
    came = []
    for begin in (0, 4, 8):
        left = MemoryRecords(b"".join(batches[begin // 2 :]))
        records = fetcher.PartitionRecords(TopicPartition("t", 0), left, [], begin, None, None, True, 0)
        came.append([one.offset for one in records])
        assert records.next_fetch_offset == came[-1][-1] + 1  # from where the rest is fetched
    assert came == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_record_with_a_great_many_headers_is_not_gone_through() -> None:
    limit_unpacking()
    for many in (1000, 1001):
        content = MemoryRecords(_batch(0, b"good") + _batch(1, b"", headers=[("", None)] * many))
        records = fetcher.PartitionRecords(TopicPartition("t", 0), content, [], 0, None, None, True, 0)
        assert next(records).value == b"good"
        if many == 1000:
            assert len(next(records).headers) == many
        else:
            with pytest.raises(TooManyHeaders):
                next(records)


def _batch(base: int, *values: bytes, headers: Sequence[tuple[str, bytes | None]] = ()) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 1, False, -1, -1, 0, 10 * MOST_BYTES)
    for number, value in enumerate(values):
        builder.append(number, 1, b"k", value, list(headers))
    batch = bytearray(builder.build())
    batch[:8] = base.to_bytes(8)  # as the broker does
    return bytes(batch)
