"""Batches of records are unpacked within a limit, each and together: some kilobytes may stand for gigabytes,
and the library that reads them has no limit of its own."""

import gzip
import io
import zlib
from importlib import import_module
from types import ModuleType
from typing import Any

import cramjam
from aiokafka import codec
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException

MOST_BYTES = 8 * 1024 * 1024
"""Of a batch, unpacked, and of the batches of one partition that are read at once, but for the last;
producers fill one with at most a megabyte."""
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER, _LENGTH = 16, 4
_MOST_HEADERS = 1000


class UnreadableBatch(CorruptRecordException):  # type: ignore[misc]
    """None of the records of a batch can be read: those from offset `first` up to `following`."""

    def __init__(self, first: int, following: int):
        super().__init__(f"offsets {first} to {following - 1}")
        self.first = first
        self.following = following


class TooManyHeaders(CorruptRecordException):  # type: ignore[misc]
    """A record has so many headers that going through them would hold up others: some hundred bytes may stand
    for millions."""


class _Batches:
    """Batches, of which the last that was asked for is remembered. They end when enough of them is in hand:
    those that follow are fetched again, from where these end."""

    def __init__(self, batches: Any):
        self._has_next = batches.has_next
        self._next = batches.next_batch
        self.last: Any = None
        self.in_hand = 0

    def has_next(self) -> bool:
        return self.in_hand < MOST_BYTES and self._has_next()

    def next_batch(self) -> Any:
        self.last = self._next()
        return self.last


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]
    """As its base, but says which batch can't be unpacked, and never has many large ones in hand at once."""

    def __init__(self, partition: Any, batches: Any, *others: Any):
        self._batches = _Batches(batches)
        super().__init__(partition, self._batches, *others)

    def __next__(self) -> Any:
        try:
            record = super().__next__()
        except _NotUnpacked:
            batch = self._batches.last
            raise UnreadableBatch(batch.base_offset, batch.next_offset) from None
        if len(record.headers) > _MOST_HEADERS:
            raise TooManyHeaders(f"more than {_MOST_HEADERS}")
        self._batches.in_hand += _room_of(record)
        return record


class _NotUnpacked(CorruptRecordException):  # type: ignore[misc]
    pass


def _room_of(record: Any) -> int:
    """About how many bytes of memory a record takes: its few headers are counted by what they say."""
    size: int = len(record.key or b"") + len(record.value or b"")
    return size + sum(len(name) + len(value or b"") for name, value in record.headers)


_room: bytearray | None = None


def limit_unpacking() -> None:
    """From now on a batch that can't be unpacked, or is larger than MOST_BYTES then, raises UnreadableBatch.
    Safe to call again."""
    fetcher.PartitionRecords = _Records
    for name in ("aiokafka.record.default_records", "aiokafka.record._crecords.default_records"):
        try:
            module: Any = import_module(name)
        except ImportError:  # this machine has no compiled part
            continue
        module.gzip_decode = gzip_decode
        module.snappy_decode = snappy_decode
        module.lz4_decode = lz4_decode
        module.zstd_decode = zstd_decode


def gzip_decode(payload: Any) -> bytes:
    try:
        unpacked = gzip.GzipFile(fileobj=io.BytesIO(payload)).read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _NotUnpacked(str(error)) from None
    return _within_limit(unpacked, len(unpacked))


def snappy_decode(payload: Any) -> bytes:
    data = bytes(payload)
    try:
        _within_limit(data, sum(map(cramjam.snappy.decompress_raw_len, _snappy_blocks(data))))
        unpacked: bytes = codec.snappy_decode(data)
    except cramjam.DecompressionError as error:
        raise _NotUnpacked(str(error)) from None
    return unpacked


def lz4_decode(payload: Any) -> bytes:
    return _into_room(cramjam.lz4, payload)


def zstd_decode(payload: Any) -> bytes:
    return _into_room(cramjam.zstd, payload)


def _snappy_blocks(data: bytes) -> list[bytes]:
    if not data.startswith(_XERIAL):
        return [data]
    blocks, at = [], _XERIAL_HEADER
    while at < len(data):
        begin = at + _LENGTH
        at = begin + int.from_bytes(data[at:begin])
        blocks.append(data[begin:at])
    return blocks


def _into_room(kind: ModuleType, payload: Any) -> bytes:
    global _room
    _room = _room or bytearray(MOST_BYTES)
    try:
        length: int = kind.decompress_into(payload, _room)
    except cramjam.DecompressionError as error:
        raise _NotUnpacked(str(error)) from None
    return bytes(memoryview(_room)[:length])


def _within_limit(data: bytes, length: int) -> bytes:
    if length > MOST_BYTES:
        raise _NotUnpacked("unpacked it is too large")
    return data
