"""What is packed comes out whole, unless it is a bomb."""

import pytest
from aiokafka import codec
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from consumers import unpacking
from consumers.unpacking import MOST_BYTES, limit_unpacking

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


def test_the_reader_of_records_keeps_to_it() -> None:
    limit_unpacking()
    builder = DefaultRecordBatchBuilder(2, 1, False, -1, -1, 0, 10 * MOST_BYTES)
    builder.append(0, 1, b"k", b"\0" * (MOST_BYTES + 1), [])
    with pytest.raises(CorruptRecordException):
        list(DefaultRecordBatch(bytes(builder.build())))
