"""The template of an event type, to fill in: for Excel, with lists to choose from, or as CSV."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from hub.filing.columns import Column, Kind, columns_of
from hub.filing.tables import MOST_ROWS, column_letters
from hub.filing.telling import defused, written_csv
from hub.filing.words import EXERCISE, KIND, OWN, YES_OR_NO
from hub.filing.writing import OF_OWN, example_rows, explanation, headings
from hub.filing.xlsx import CHOICES, EXPLANATION, SHEET
from hub.register.model import Register
from schemas.catalogue import EventType
from schemas.published import example

_HEAD = PatternFill("solid", fgColor="FFD9E8F2")
_FORMATS = {Kind.DAY: "d-m-yyyy", Kind.MOMENT: "d-m-yyyy hh:mm", Kind.NUMBER: "0"}
_STEPS = (
    f"Vul het blad '{SHEET}' in: één regel voor elke gebeurtenis. Wat u niet nodig hebt, blijft leeg.",
    "Plak als waarden, zonder formules en zonder samengevoegde cellen.",
    "Een regel die begint met # telt niet mee.",
    "Stuur het bestand eerst als proef: u ziet dan per cel wat er mis is, en wat er zou gebeuren.",
    "Alles gaat in één keer naar binnen, of niets. Hetzelfde bestand nog eens sturen heeft geen gevolg.",
)


def xlsx_template(kind: EventType, register: Register) -> bytes:
    """The workbook: a sheet to fill in, an explanation with an example, and what there is to choose."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - a new workbook has one
    sheet.title = SHEET
    columns = columns_of(kind)
    lists = _lists(kind, columns, register)
    _fill(sheet, [headings(kind), [kind.name_nl]])
    choices = book.create_sheet(CHOICES)
    _explain(book.create_sheet(EXPLANATION, 1), kind, columns)
    for index, name in enumerate(headings(kind)):
        letters = column_letters(index)
        column = columns[index - len(OWN)] if index >= len(OWN) else None
        sheet.column_dimensions[letters].width = max(14, len(name) + 2)
        sheet.column_dimensions[letters].number_format = _FORMATS.get(column.kind, "@") if column else "@"
        sheet[f"{letters}1"].number_format = "@"
        if name in lists:
            place = list(lists).index(name)
            _write_list(choices, place, name, lists[name])
            _offer(sheet, letters, place, len(lists[name]), must=not (column and column.many))
    sheet["A2"].number_format = "@"
    sheet.freeze_panes = "A2"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def csv_template(kind: EventType) -> bytes:
    """The headings, and as remarks what each column is for and an example."""
    rows = [[_as_text(cell) for cell in row] for row in example_rows(kind, example(kind))]
    told = [*OF_OWN, *map(explanation, columns_of(kind))]
    remarks = [["# " + str(cells[0]), *cells[1:]] for cells in (told, *rows)]
    return written_csv([headings(kind), *remarks])


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.day}-{value.month}-{value.year} {value:%H:%M}"
    if isinstance(value, date):
        return f"{value.day}-{value.month}-{value.year}"
    return "" if value is None else str(value)


def _lists(kind: EventType, columns: Iterable[Column], register: Register) -> dict[str, list[str]]:
    """What there is to choose, by heading."""
    of_kind = {
        Kind.FUNCTION: [one.name_nl for one in register.functions.values()],
        Kind.AREA: [f"{one.code} {one.name}" for one in register.areas.values()],
        Kind.PARTY: sorted(register.parties),
    }
    found = {KIND: [kind.name_nl], EXERCISE: list(YES_OR_NO)}
    for column in columns:
        if words := list(column.choices.values()) or of_kind.get(column.kind, []):
            found[column.heading] = words
    return found


def _fill(sheet: Worksheet, rows: Sequence[Sequence[Any]]) -> None:
    for row in rows:
        sheet.append([defused(cell) if isinstance(cell, str) else cell for cell in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _explain(sheet: Worksheet, kind: EventType, columns: Sequence[Column]) -> None:
    given = example_rows(kind, example(kind))[0]
    told = [*OF_OWN, *map(explanation, columns)]
    rows: list[list[Any]] = [["Kolom", "Wat u invult", "Voorbeeld"]]
    rows += [[*pair, _as_text(cell)] for *pair, cell in zip(headings(kind), told, given, strict=True)]
    _fill(sheet, [*rows, [], ["Zo werkt het"], *([step] for step in _STEPS)])
    for letters, width in (("A", 30), ("B", 90), ("C", 60)):
        sheet.column_dimensions[letters].width = width


def _write_list(sheet: Worksheet, place: int, name: str, words: Sequence[str]) -> None:
    for row, text in enumerate((name, *words), 1):
        sheet.cell(row, place + 1, defused(text)).font = Font(bold=row == 1)


def _offer(sheet: Worksheet, letters: str, place: int, count: int, *, must: bool) -> None:
    """A list to choose from; where several may be, something else may be typed too."""
    source = column_letters(place)
    validation = DataValidation(
        type="list",
        formula1=f"{CHOICES}!${source}$2:${source}${count + 1}",
        allow_blank=True,
        showErrorMessage=must,
        errorTitle="Kies uit de lijst",
        error=f"Dit kan hier niet. Het blad {CHOICES} noemt wat er kan.",
    )
    validation.add(f"{letters}2:{letters}{MOST_ROWS + 1}")
    sheet.add_data_validation(validation)
