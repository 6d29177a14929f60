"""What is wrong with a record, a leaf or a head of the ledger, in Dutch, each by its number."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from hub.rules.ledger.heads import head_in
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.notes import NoteWrong
from hub.rules.ledger.tree import leaf_hash

MOST_FAULTS = 100
_is_kind = re.compile(r"[a-z0-9-]+").fullmatch


class Faults:
    """The faults that were found: the first hundred in words, the others counted."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._more = 0

    def add(self, fault: str) -> None:
        """One fault more."""
        if len(self._words) < MOST_FAULTS:
            self._words.append(fault)
        else:
            self._more += 1

    def told(self) -> list[str]:
        """All of them."""
        return self._words + ([f"en nog {self._more} andere fouten"] if self._more else [])


class Kept(NamedTuple):
    """A record as it is kept, with what is kept beside it."""

    record: bytes
    kind: str
    event_key: UUID | None
    leaf: bytes


def faults_of_record(kept: Kept, computed: bytes) -> Iterator[str]:
    """How a record, with the leaf hash that was computed of it, differs from its columns."""
    if computed != kept.leaf:
        yield "is veranderd"
    if says_plainly(kept.record, kept.kind, kept.event_key):
        return
    said = said_in(kept.record)
    if not said:
        yield "is geen JSON"
    elif (said.get("kind"), said.get("event")) != (
        kept.kind,
        str(kept.event_key) if kept.event_key else None,
    ):
        yield "heeft kolommen die iets anders zeggen"


def says_plainly(record: bytes, kind: str, event_key: UUID | None) -> bool:
    """Whether the record says what its columns say, seen without reading it: each of the two members stands
    in it once, in the form that canonical JSON gives it."""
    event = f'"event":"{event_key}"' if event_key else '"event":null'
    # A kind with a quote in it could stand in the record and yet be another one.
    return (
        _is_kind(kind) is not None
        and record.count(b'"kind":') == 1
        and record.count(b'"event":') == 1
        and f'"kind":"{kind}"'.encode() in record
        and event.encode() in record
        and record[:1] == b"{"
        and record[-1:] == b"}"
    )


def said_in(record: bytes) -> dict[str, Any]:
    """What a record says; nothing when it is no JSON object."""
    try:
        said = json.loads(record)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def judged_leaf(
    number: int, kept: Kept | None, in_batch: bytes, in_tile: bytes | None, faults: Faults
) -> bytes:
    """The leaf hash to go on with at this number, so that one changed place is one fault."""
    if kept is None:
        faults.add(f"record {number} ontbreekt")
        return in_tile or in_batch
    computed = leaf_hash(kept.record)
    wrong = list(faults_of_record(kept, computed))
    if in_tile is not None and in_tile != computed and not wrong and in_batch != computed:
        wrong.append("is veranderd")
    for what in wrong:
        faults.add(f"record {number} {what}")
    if wrong:
        return in_tile or in_batch
    if in_batch != computed:
        faults.add(f"de lijst van nummers noemt bij record {number} een andere hash")
    if in_tile is not None and in_tile != computed:
        faults.add(f"de boom (tegel 0/{number // 256}) zegt iets anders over record {number}")
    return computed


class Head(NamedTuple):
    """A tree head as it is kept; `note`: as it was signed, None when that was before there were keys.
    `made_at`, kept beside it, tells which records an export of a period has."""

    size: int
    root: bytes
    note: str | None
    made_at: datetime


class HeadCheck:
    """Checks the heads of a ledger in order of size."""

    def __init__(self, keys: Keyring, before: int, faults: Faults, unsigned: int = 0):
        """`before`: the size of the head before the first one; `unsigned`: up to which size heads of before
        the first key may be without a signature."""
        self._keys = keys
        self._before = before
        self._faults = faults
        self._unsigned = unsigned
        self.unsigned = 0
        """How many heads are without a signature."""

    def take(self, head: Head, root: bytes) -> None:
        """The next head, beside the root that the records of that size come to."""
        name = f"de boomkop bij {head.size} records"
        if head.root != root:
            self._faults.add(f"{name} klopt niet")
        elif wrong := self._wrong_note(head):
            self._faults.add(f"{name}: {wrong}")
        self._before = head.size

    def _wrong_note(self, head: Head) -> str | None:
        key = self._keys.in_force(self._before)
        if head.note is None:
            self.unsigned += 1
            first = self._keys.first_number
            is_of_before = first is None or head.size <= first
            return None if is_of_before and head.size <= self._unsigned else "niet ondertekend"
        try:
            told, _ = head_in(head.note, [key] if key else [])
        except NoteWrong as error:
            return str(error)
        is_told = (told.size, told.root, told.at) == (head.size, head.root, head.made_at)
        return None if is_told else "er is iets anders ondertekend"
