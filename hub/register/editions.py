"""Which version of the register were these sheets made from? And what changed in them since?"""

import re
from collections.abc import Collection, Mapping

from hub.register.changes import Change, changes
from hub.register.history import History, Kind
from hub.register.sheets import KIND_OF_SHEET, SHEET_NAMES

FILE_NAME = "versie.csv"
"""Stands in a folder with sheets."""
_HEAD = "blad;versie"


def write_editions(versions: Mapping[Kind, int]) -> bytes:
    """The version that each sheet in a folder was made from, as the folder's own sheet."""
    rows = [_HEAD, *(f"{SHEET_NAMES[kind]};{version}" for kind, version in versions.items())]
    return b"\xef\xbb\xbf" + "".join(f"{row}\r\n" for row in rows).encode()


def read_editions(content: bytes) -> dict[Kind, int]:
    """The version that each sheet was made from. Raises ValueError when these are no longer to be read."""
    head, *rows = content.decode("utf-8-sig").replace(",", ";").split()
    if head != _HEAD:
        raise ValueError(f"no {FILE_NAME}")
    found = [re.fullmatch(r"([a-z]+);([1-9][0-9]{0,8})", row) for row in rows]
    return {KIND_OF_SHEET[row[1]]: int(row[2]) for row in found if row and row[1] in KIND_OF_SHEET}


def changed_kinds(old: History, new: History, kinds: Collection[Kind]) -> list[Kind]:
    """Those of these kinds in which the two differ."""
    return [kind for kind in kinds if old.of_kind(kind) != new.of_kind(kind)]


def changed_since(base: History, newest: History, kind: Kind) -> list[Change]:
    """What changed in a sheet since the version that it was made from."""
    return [change for change in changes(base, newest) if change.entry.kind is kind]
