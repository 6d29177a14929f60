"""The sheets of the register in one zip, out and in. Nothing of it is written to disk."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import NamedTuple

from connectors.api.body import BodyRefused
from hub.register.editions import FILE_NAME, read_editions, write_editions
from hub.register.history import History, Kind
from hub.register.sheets import KIND_OF_SHEET, SHEET_NAMES, SheetProblem, SheetRefused, write_sheet

MOST_PACKED = 2 * 1024 * 1024
MOST_UNPACKED = 20 * 1024 * 1024
_MOST_TOLD = 50
_KIND_OF_FILE = {f"{name}.csv": kind for name, kind in KIND_OF_SHEET.items()}
_FILES = ", ".join([*_KIND_OF_FILE, FILE_NAME])
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""What `zipfile` raises on a zip that is not sound."""


class Sheets(NamedTuple):
    """The sheets of a zip, and the version that each was made from; None: nobody knows."""

    contents: Mapping[Kind, bytes]
    editions: Mapping[Kind, int | None]


def packed(history: History) -> bytes:
    """Every sheet of this history, and its version: what an export in a folder has."""
    files = {f"{name}.csv": write_sheet(kind, history.of_kind(kind)) for kind, name in SHEET_NAMES.items()}
    files[FILE_NAME] = write_editions(dict.fromkeys(Kind, history.version))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unpacked(content: bytes) -> Sheets:
    """The sheets in a zip. Raises SheetRefused, or BodyRefused when they are over MOST_UNPACKED bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if problems := list(_problems(archive.infolist())):
                raise SheetRefused(problems[:_MOST_TOLD])
            files = _read(archive)
    except _BROKEN:
        raise SheetRefused([SheetProblem("", 0, "", "zip", "de inhoud is geen gave zip")]) from None
    try:
        known = read_editions(files.pop(FILE_NAME, b""))
    except ValueError:
        known = {}
    contents = {_KIND_OF_FILE[name]: content for name, content in files.items()}
    if not contents:
        raise SheetRefused([SheetProblem("", 0, "", "no_sheets", f"er staat geen blad in de zip: {_FILES}")])
    return Sheets(contents, {kind: known.get(kind) for kind in contents})


def _problems(members: Iterable[zipfile.ZipInfo]) -> Iterator[SheetProblem]:
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if name not in _KIND_OF_FILE and name != FILE_NAME:
            detail = f"is geen blad van het register; zonder map, en wel: {_FILES}"
            yield SheetProblem(name[:40], 0, "", "unknown_sheet", detail)
        elif name in seen:
            yield SheetProblem(name, 0, "", "doubled_sheet", "staat er twee keer in")
        elif member.flag_bits & 1:
            yield SheetProblem(name, 0, "", "encrypted", "is met een wachtwoord gesloten")
        elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield SheetProblem(name, 0, "", "compression", "is niet gewoon ingepakt; gebruik 'deflate'")
        seen.add(name)


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Every file, never more together than MOST_UNPACKED bytes, whatever the zip says of their sizes."""
    found: dict[str, bytes] = {}
    left = MOST_UNPACKED
    for member in archive.infolist():
        with archive.open(member) as file:
            found[member.filename] = file.read(left + 1)
        left -= len(found[member.filename])
        if left < 0:
            detail = f"Uitgepakt is dit meer dan {MOST_UNPACKED} bytes: zo groot is geen register."
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)
    return found
