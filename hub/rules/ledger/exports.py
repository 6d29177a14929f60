"""An export of the ledger: JSON Lines with a proof for each record, sealed with a signature.

The page docs/explanation/ledger-format.md says what stands in it, and what its checker must do."""

import hashlib
import json
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any, Self

from hub.rules.ledger.checking import MOST_FAULTS, Faults
from hub.rules.ledger.heads import TreeHead, head_in, written
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.notes import NoteWrong, Signer, opened, signed
from hub.rules.ledger.paths import proves_inclusion
from hub.rules.ledger.selecting import Selection
from hub.rules.ledger.tree import leaf_hash

FORMAT = "kernhub-ledger/1"


def line(said: Mapping[str, Any]) -> bytes:
    """A line of an export."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def record_line(number: int, record: bytes, proof: Sequence[bytes]) -> dict[str, Any]:
    """A record with its number and the proof that it has that number."""
    return {
        "number": number,
        "record": record.decode(),
        "proof": [b64encode(node).decode() for node in proof],
    }


class Sealing:
    """Keeps what is written, for the seal at the end."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.ranges = Ranges()

    def written(self, content: bytes) -> bytes:
        """Takes a line as it goes out."""
        self._digest.update(content)
        return content

    def text(self, origin: str, at: str) -> str:
        """What the seal signs."""
        digest = b64encode(self._digest.digest()).decode()
        return f"{origin}/export\n{self.ranges.count}\n{digest}\n{self.ranges}\nat {at}\n"

    def seal(self, signer: Signer, at: datetime) -> bytes:
        """The last line."""
        return line({"seal": signed(self.text(signer.name, written(at)), signer)})


class Ranges:
    """Numbers in rising order, written as `0-5,7`; none: `-`."""

    def __init__(self) -> None:
        self._ranges: list[list[int]] = []
        self.count = 0

    def add(self, number: int) -> None:
        """The next number."""
        self.count += 1
        if self._ranges and self._ranges[-1][1] == number - 1:
            self._ranges[-1][1] = number
        else:
            self._ranges.append([number, number])

    @property
    def last(self) -> int:
        """The highest number; -1 when there is none."""
        return self._ranges[-1][1] if self._ranges else -1

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._ranges, number, key=itemgetter(0)) - 1
        return place >= 0 and number <= self._ranges[place][1]

    def __iter__(self) -> Iterator[int]:
        return (number for first, last in self._ranges for number in range(first, last + 1))

    @classmethod
    def read(cls, written: str) -> Self:
        """Numbers as `str` writes them. Raises ValueError."""
        made = cls()
        for one in written.split(",") if written != "-" else ():
            first, _, last = one.partition("-")
            made._ranges.append([int(first), int(last or first)])
        return made

    def __str__(self) -> str:
        return ",".join(f"{a}-{b}" if a < b else f"{a}" for a, b in self._ranges) or "-"


class ExportCheck:
    """Checks an export line by line; `faults` names all that is wrong with it."""

    def __init__(self, known_key: str | None = None):
        """`known_key`: the key that this ledger began with, from elsewhere."""
        self.faults = Faults()
        self.head: TreeHead | None = None
        self.keys = Keyring()
        self._known_key = known_key
        self._selection: object = None
        self._sealing = Sealing()
        self._line = 0
        self._sealed: str | None = None

    @property
    def count(self) -> int:
        """How many records it has had."""
        return self._sealing.ranges.count

    def take(self, content: bytes) -> None:
        """The next line, its line end included."""
        self._line += 1
        try:
            said = json.loads(content)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            self.faults.add(f"regel {self._line} is geen JSON")
        elif self._sealed is not None:
            self.faults.add(f"regel {self._line} staat na het zegel")
        elif self._line == 1:
            self._begin(said)
        elif isinstance(said.get("seal"), str):
            self._sealed = said["seal"]
            return
        else:
            self._record(said)
        self._sealing.written(content)

    def end(self) -> None:
        """All lines were read."""
        if self._sealed is None:
            self.faults.add("het zegel aan het eind ontbreekt: dit uittreksel is afgebroken of ingekort")
            return
        try:
            text, _ = opened(self._sealed, self.keys.keys)
            origin, count, digest, ranges, at = text.removesuffix("\n").split("\n")
        except (NoteWrong, ValueError) as error:
            self.faults.add(f"het zegel klopt niet: {error}")
            return
        self._compare_numbers(ranges)
        name = self.keys.keys[0].name
        if text != self._sealing.text(name, at.removeprefix("at ")):
            what = "van een ander grootboek" if origin != f"{name}/export" else "van een andere inhoud"
            self.faults.add(f"het zegel is {what}: er is iets veranderd na het maken ({count}, {digest[:8]})")

    def is_of(self, selection: Selection, size: int) -> bool:
        """Whether this selection was asked for, when the ledger had at least so many records."""
        return self._selection == selection.told() and self.head is not None and self.head.size >= size

    def _begin(self, said: dict[str, Any]) -> None:
        self._selection = said.get("selection")
        if said.get("format") != FORMAT:
            self.faults.add(f"regel 1: dit is geen uittreksel van de vorm {FORMAT}")
        for one in _dicts(said.get("keys")):
            try:
                self.keys.add(_number(one), _record(one))
            except (NoteWrong, ValueError) as error:
                self.faults.add(f"regel 1: de sleutel van record {one.get('number')} klopt niet: {error}")
        if self._known_key is not None and [str(key) for key in self.keys.keys[:1]] != [self._known_key]:
            self.faults.add("regel 1: dit grootboek begint met een andere sleutel dan die u kent")
        try:
            told, _ = head_in(str(said.get("head")), self.keys.keys)
            key = self.keys.in_force(told.size)
            self.head, _ = head_in(str(said.get("head")), [key] if key else [])
        except NoteWrong as error:
            self.faults.add(f"regel 1: de boomkop klopt niet: {error}")
        for one in _dicts(said.get("keys")):
            self._prove(one, f"de sleutel van record {one.get('number')}")

    def _record(self, said: dict[str, Any]) -> None:
        try:
            number = _number(said)
        except ValueError:
            self.faults.add(f"regel {self._line} is geen record")
            return
        if number <= self._sealing.ranges.last:
            self.faults.add(f"record {number} staat niet op zijn plaats (regel {self._line})")
        else:
            self._sealing.ranges.add(number)
        self._prove(said, f"record {number}")

    def _prove(self, said: dict[str, Any], name: str) -> None:
        try:
            number, leaf, proof = _number(said), leaf_hash(_record(said)), _proof(said)
        except ValueError:
            self.faults.add(f"{name} is geschonden (regel {self._line})")
            return
        if self.head and not proves_inclusion(leaf, number, self.head.size, proof, self.head.root):
            self.faults.add(f"{name} is veranderd: het staat zo niet in het grootboek (regel {self._line})")

    def _compare_numbers(self, ranges: str) -> None:
        had = self._sealing.ranges
        try:
            sealed = Ranges.read(ranges)
        except ValueError:
            return
        if str(sealed) == str(had):
            return
        for number in islice((one for one in sealed if one not in had), MOST_FAULTS):
            self.faults.add(f"record {number} ontbreekt")
        for number in islice((one for one in had if one not in sealed), MOST_FAULTS):
            self.faults.add(f"record {number} is ingevoegd")


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _number(said: Mapping[str, Any]) -> int:
    number = said.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError("er staat geen nummer")
    return number


def _record(said: Mapping[str, Any]) -> bytes:
    record = said.get("record")
    if not isinstance(record, str):
        raise ValueError("er staat geen record")
    return record.encode()


def _proof(said: Mapping[str, Any]) -> list[bytes]:
    proof = said.get("proof")
    if not isinstance(proof, list):
        raise ValueError("er staat geen bewijs")
    return [b64decode(node, validate=True) for node in proof if isinstance(node, str)]
