"""Files as people fill them in: of bottlenecks, to change one thing of in a test."""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from hub.filing.reading import Format, known_in, read_file
from hub.filing.rows import Draft
from hub.filing.tables import FileRefused
from tests.registers import REGISTER

KNOWN = known_in(REGISTER, "gm0935", b"key")
HEAD = (
    "Soort",
    "Kenmerk",
    "Zaak",
    "Functies",
    "Gebieden",
    "Label (TLP)",
    "Titel",
    "Omschrijving",
    "Dreigingen",
    "Ernst",
    "Gevonden op",
    "Plaats",
)
ROW = (
    "Knelpunt gevonden",
    "K-1",
    "station-1",
    "Elektriciteit",
    "GM0935 Maastricht",
    "GREEN",
    "Station ligt laag",
    "Valt uit bij 60 cm",
    "overstroming; hitte",
    "Hoog",
    "5-6-2027",
    "Borgharen",
)


FILLED = dict(zip(HEAD, ROW, strict=True))


def row(**changes: Any) -> tuple[Any, ...]:
    """The row, with other values by heading; blanks and signs of the heading are left out of the names."""
    names = ["".join(filter(str.isalpha, name)).lower() for name in HEAD]
    assert changes.keys() <= set(names)
    return tuple(changes.get(name, value) for name, value in zip(names, ROW, strict=True))


def csv_of(*rows: Sequence[Any], head: Sequence[str] = HEAD, delimiter: str = ";") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows((head, *rows))
    return text.getvalue().encode()


def xlsx_of(
    *rows: Sequence[Any],
    head: Sequence[str] = HEAD,
    change: Callable[[Worksheet], object] = lambda _: None,
) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Invullen"
    for one in (head, *rows):
        sheet.append(list(one))
    change(sheet)
    return _saved(book)


def template_with(template: bytes, *rows: Mapping[str, Any]) -> bytes:
    """A template for Excel, filled in by heading."""
    book = load_workbook(io.BytesIO(template))
    sheet = book["Invullen"]
    for number, one in enumerate(rows, 2):
        for cell in sheet[1]:
            sheet.cell(number, cell.column, one.get(cell.value))
    return _saved(book)


def _saved(book: Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def with_part(workbook: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An Excel file of which one part has other bytes."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.namelist():
            content = old.read(one)
            new.writestr(one, change(content) if one == name else content)
    return made.getvalue()


def read(content: bytes, kind: Format = Format.CSV) -> list[Draft]:
    return read_file(content, kind, KNOWN)


def wrong(content: bytes, kind: Format = Format.CSV) -> list[tuple[str, str]]:
    """The cell and code of everything that is wrong."""
    with pytest.raises(FileRefused) as refused:
        read(content, kind)
    assert refused.value.problems
    assert all(problem.detail for problem in refused.value.problems)
    return [(problem.cell, problem.code) for problem in refused.value.problems]
