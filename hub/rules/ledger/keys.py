"""The keys that sign for a ledger: the first introduces itself, each next one is handed over by both."""

import json
from bisect import bisect_left
from typing import NamedTuple

from hub.rules.ledger.notes import NoteWrong, Verifier, opened

KEY_KIND = "ledger-key"
"""The kind of the records that introduce a key."""


class NewKey(NamedTuple):
    """From the record with this text on, `new` signs for the ledger `origin`, after `old`. What the new key
    signs names the old one: else its first introduction could be put behind keys that it never knew."""

    origin: str
    new: Verifier
    old: Verifier | None = None

    def text(self) -> str:
        """As both keys sign it."""
        named = [f"{self.origin}/key", str(self.new), *([str(self.old)] if self.old else [])]
        return "".join(f"{line}\n" for line in named)


def new_key_in(note: str, old: Verifier | None) -> Verifier:
    """The key that a note hands the ledger over to: signed with that key, and with the `old` one where there
    is one. Raises NoteWrong."""
    lines = note.split("\n")
    new = Verifier.read(lines[1] if len(lines) > 1 else "")
    needed = [new] if old is None else [new, old]
    text, by = opened(note, needed)
    if text != NewKey(new.name, new, old).text() or (old is not None and old.name != new.name):
        raise NoteWrong("de overdracht is van een ander grootboek")
    if set(by) != set(needed):
        raise NoteWrong("de overdracht is niet met de oude en de nieuwe sleutel ondertekend")
    return new


def named_key(record: bytes) -> Verifier:
    """The key that a record introduces, whoever signed it. Raises NoteWrong."""
    return Verifier.read("".join(_note(record).split("\n")[1:2]))


class Keyring:
    """The keys of one ledger, in order, with the number of the record that introduced each."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self.keys: list[Verifier] = []

    def add(self, number: int, record: bytes) -> None:
        """Takes the next record that introduces a key. Raises NoteWrong for a false one."""
        self.keys.append(new_key_in(_note(record), self.keys[-1] if self.keys else None))
        self._numbers.append(number)

    def in_force(self, size: int) -> Verifier | None:
        """The key that must sign what comes after `size` records; None in a ledger without keys."""
        place = bisect_left(self._numbers, size)
        return self.keys[max(place - 1, 0)] if self.keys else None

    @property
    def first_number(self) -> int | None:
        """Where the first key stands: what came before need not be signed."""
        return self._numbers[0] if self._numbers else None


def _note(record: bytes) -> str:
    try:
        said = json.loads(record)
    except ValueError:
        said = None
    note = said.get("note") if isinstance(said, dict) else None
    if not isinstance(note, str):
        raise NoteWrong("de regel draagt geen sleutel over")
    return note
