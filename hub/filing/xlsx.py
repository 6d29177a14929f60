"""Tables in Excel files (XLSX): read cell by cell, never more than fits, and nothing that Excel hides."""

import contextlib
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from openpyxl import load_workbook
from openpyxl.workbook.workbook import Workbook

from hub.filing.marks import plain
from hub.filing.survey import Survey, survey
from hub.filing.tables import (
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    FileRefused,
    Table,
    column_letters,
    headed,
    refused,
)

SHEET, EXPLANATION, CHOICES = "Invullen", "Uitleg", "Keuzes"
MOST_UNPACKED = 64 * 1024 * 1024
_MOST_OF_TYPE = {"worksheet+xml": MOST_UNPACKED, "sharedStrings+xml": 16 * 1024 * 1024}
_MOST_OTHER = 1024 * 1024
"""Of a part that is read whole: every one but sheets and texts."""
_MOST_FILES = 200
_LAST_ROW = MOST_ROWS * 2
"""Rows in between may be empty."""
_TYPES = "[Content_Types].xml"
_IS_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ParseError,
    DefusedXmlException,
    EOFError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
    AssertionError,
)
"""What the library raises on a file that is not sound."""


def read_xlsx(content: bytes) -> Table:
    """The table on the sheet to fill in, or on the only one. Raises FileRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            surveys = {}
            for name in _sheets(archive):
                with archive.open(name) as sheet:
                    surveys[name] = survey(sheet)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        with contextlib.closing(book):
            return _table(book, surveys)
    except FileRefused:
        raise
    except _BROKEN:
        raise refused(
            "broken", "dit is geen gaaf Excel-bestand (.xlsx); bewaar het opnieuw in Excel"
        ) from None


def _sheets(archive: zipfile.ZipFile) -> list[str]:
    """The names of the sheets of a file of which no part is larger than we can hold. A part never unpacks to
    more than the zip says of it, so what the zip says is enough to know. Raises FileRefused."""
    members = archive.infolist()
    sizes = {member.filename: member.file_size for member in members}
    too_large = refused(
        "too_large",
        f"is uitgepakt groter dan {MOST_UNPACKED // 1024 // 1024} MB; zet de regels in een leeg sjabloon",
    )
    if len(members) > _MOST_FILES or sum(sizes.values()) > MOST_UNPACKED or sizes[_TYPES] > _MOST_OTHER:
        raise too_large
    if len(sizes) < len(members):
        raise ValueError("a part is there twice")
    if any(member.flag_bits & 1 for member in members):
        raise refused("encrypted", "is met een wachtwoord gesloten")
    types = _types(archive.read(_TYPES))
    for name, size in sizes.items():
        kind = types.get(name, "")
        most = _MOST_OF_TYPE.get(kind, _MOST_OTHER)
        if kind == "worksheet+xml" and not _IS_SHEET.fullmatch(name):
            most = _MOST_OTHER
        if (name in types or name.endswith((".xml", ".rels"))) and size > most:
            raise too_large
        if name.endswith(".rels") and b"chartsheet" in archive.read(name):
            raise refused("sheets", "haal bladen met alleen een grafiek weg")
    return [name for name, kind in types.items() if kind == "worksheet+xml" and name in sizes]


def _types(content: bytes) -> dict[str, str]:
    """The last part of the content type of each part that has one of its own."""
    found: dict[str, str] = {}
    for part in fromstring(content).iterfind("{*}Override"):
        name = part.attrib["PartName"].lstrip("/")
        if name in found:
            raise ValueError("a part has two types")
        found[name] = part.attrib["ContentType"].rpartition(".")[2]
    return found


def _table(book: Workbook, surveys: Mapping[str, Survey]) -> Table:
    sheet = _sheet(book)
    found = surveys[sheet._worksheet_path]
    if found.last_row > _LAST_ROW:
        place = f"A{found.last_row}"
        raise refused("too_many_rows", f"hoogstens {MOST_ROWS} regels in één bestand", place, found.last_row)
    if found.last_column > MOST_COLUMNS:
        place = column_letters(found.last_column - 1)
        raise refused("too_many_columns", f"kolom {place} is te ver: hoogstens {MOST_COLUMNS} kolommen")
    if found.problems:
        raise FileRefused(found.problems)
    return headed(_lines(sheet, found.last_row, found.last_column, book.epoch))


def _sheet(book: Workbook) -> Any:
    """The sheet to read, read-only. What stands on another is not passed over in silence."""
    others = [one for one in book.worksheets if one.title not in (SHEET, EXPLANATION, CHOICES)]
    own = [one for one in book.worksheets if one.title == SHEET]
    found = own or others
    if len(found) != 1 or (own and others):
        names = ", ".join(f"'{one.title[:40]}'" for one in others)
        detail = (
            f"zet alles in één blad dat '{SHEET}' heet, en haal de andere weg: {names or 'er is geen blad'}"
        )
        raise refused("sheets", detail)
    (sheet,) = found
    if sheet.sheet_state != "visible":
        raise refused(
            "hidden_sheet", f"het blad '{sheet.title[:40]}' is verborgen; maak het zichtbaar en kijk het na"
        )
    return sheet


def _lines(sheet: Any, rows: int, columns: int, epoch: datetime) -> Iterator[tuple[int, Mapping[int, Cell]]]:
    if not rows:
        return
    day_zero = epoch.toordinal()
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_row=rows, max_col=columns), 1):
        cells: dict[int, Cell] = {}
        for index, one in enumerate(row):
            value = one.value
            if value is None or (isinstance(value, str) and not plain(value).strip()):
                continue
            place = f"{column_letters(index)}{number}"
            cells[index] = Cell(place, *_checked(value, one.data_type), day_zero)
        if cells or number == 1:
            yield number, cells


def _checked(value: Any, data_type: str) -> tuple[Any, str | None]:
    if data_type == "e":
        return value, f"is een fout van Excel ({str(value)[:20]}); herstel de formule"
    if isinstance(value, float) and not math.isfinite(value):
        return None, "is geen getal"
    if not isinstance(value, str | int | float | bool | datetime | date | time | timedelta):
        return None, "is niet te lezen; maak de cel op als Tekst en typ het opnieuw"
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value, None


def unpacked_size(content: bytes) -> int:
    """How many bytes an Excel file says that it unpacks to; of what is none: its own size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except _BROKEN:
        return len(content)


def is_zip(content: bytes) -> bool:
    """Whether this may be an Excel file."""
    return content.startswith(b"PK\x03\x04")
