"""What Excel does to cells is read as people meant it, or refused with the cell named."""

import io
import re
import tracemalloc
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from hub.filing import survey
from hub.filing.reading import Format
from hub.filing.tables import FileRefused
from tests.filled import HEAD, ROW, csv_of, read, row, with_part, wrong, xlsx_of

_SHEET = "xl/worksheets/sheet1.xml"


def _wrong(content: bytes) -> list[tuple[str, str]]:
    return wrong(content, Format.XLSX)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gevondenop": date(2027, 6, 5)},
        {"gevondenop": datetime.fromisoformat("2027-06-05")},
        {"gevondenop": 46543},
        {"gevondenop": "05-06-2027"},
        {"titel": "Station ligt laag\xa0"},
    ],
)
def test_a_row_in_excel_is_the_same_event_as_in_csv(changes: dict[str, Any]) -> None:
    (draft,) = read(xlsx_of(row(**changes)), Format.XLSX)
    assert draft.attributes == read(csv_of(ROW))[0].attributes


def test_dates_as_numbers_count_from_the_epoch_of_the_workbook() -> None:
    content = with_part(
        xlsx_of(row(gevondenop=46543 - 1462)),
        "xl/workbook.xml",
        lambda old: old.replace(b"<workbookPr ", b'<workbookPr date1904="1" '),
    )
    assert read(content, Format.XLSX)[0].attributes["data"]["found_on"] == "2027-06-05"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kenmerk": 7}, ("B2", "number")),
        ({"gebieden": 363}, ("E2", "number")),
        ({"titel": date(2027, 4, 3)}, ("G2", "date")),
        ({"titel": True}, ("G2", "boolean")),
        ({"titel": time(3, 4)}, ("G2", "date")),
        ({"gevondenop": datetime.fromisoformat("2027-06-05T01:00")}, ("K2", "day")),
        ({"gevondenop": 46543.5}, ("K2", "day")),
        ({"gevondenop": 12}, ("K2", "serial")),
        ({"gevondenop": 10**9}, ("K2", "serial")),
        ({"titel": "=1+1"}, ("G2", "formula")),
        ({"titel": "#N/A"}, ("G2", "doubt")),
    ],
)
def test_a_cell_that_excel_changed_is_named(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert _wrong(xlsx_of(row(**changes))) == [problem]


def test_a_number_in_a_text_is_written_as_the_dutch_do() -> None:
    titles = [
        draft.attributes["data"]["title"]
        for draft in read(xlsx_of(row(titel=2027), row(titel=1.5, kenmerk="K-2")), Format.XLSX)
    ]
    assert titles == ["2027", "1,5"]


def test_a_formula_with_an_outcome_is_that_outcome() -> None:
    content = with_part(
        xlsx_of(row(titel="=A2")),
        _SHEET,
        lambda old: old.replace(
            b'<c r="G2"><f>A2</f><v /></c>', b'<c r="G2" t="str"><f>A2</f><v>Uit</v></c>'
        ),
    )
    assert read(content, Format.XLSX)[0].attributes["data"]["title"] == "Uit"


def _hide_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[2].hidden = True


def _hide_column(sheet: Worksheet) -> None:
    sheet.column_dimensions["G"].hidden = True


def _hide_sheet(sheet: Worksheet) -> None:
    sheet.parent.create_sheet("Uitleg")
    sheet.sheet_state = "hidden"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda sheet: sheet.merge_cells("G2:H2"), ("G2", "merged")),
        (_hide_row, ("", "hidden_row")),
        (_hide_column, ("G1", "hidden_column")),
        (_hide_sheet, ("", "hidden_sheet")),
        (lambda sheet: sheet.parent.create_sheet("Nog een"), ("", "sheets")),
        (lambda sheet: sheet.cell(3, 200, "ver weg"), ("", "too_many_columns")),
        (lambda sheet: sheet.cell(1_048_576, 1, "ver weg"), ("A1048576", "too_many_rows")),
    ],
)
def test_what_excel_hides_is_not_passed_over(change: Any, problem: tuple[str, str]) -> None:
    assert _wrong(xlsx_of(ROW, change=change)) == [problem]


def test_a_million_empty_rows_are_passed_over() -> None:
    rows = b"".join(b'<row r="%d" spans="1:8" s="3"/>' % number for number in range(3, 1_048_577))
    content = with_part(
        xlsx_of(ROW), _SHEET, lambda old: old.replace(b"</sheetData>", rows + b"</sheetData>")
    )
    assert len(read(content, Format.XLSX)) == 1


def test_cells_that_hold_only_a_style_are_passed_over_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d" s="3"/></row>' % (number, number) for number in range(3, 3000))
    content = with_part(
        xlsx_of(ROW), _SHEET, lambda old: old.replace(b"</sheetData>", rows + b"</sheetData>")
    )
    assert len(read(content, Format.XLSX)) == 1

    monkeypatch.setattr(survey, "_MOST_ELEMENTS", 4000)
    with pytest.raises(FileRefused) as refusal:
        read(content, Format.XLSX)
    (problem,) = refusal.value.problems
    assert (problem.code, problem.cell[0], problem.row > 1500) == ("too_large", "A", True)
    assert problem.detail.startswith("na regel 2 staan te veel lege cellen")


def test_a_sheet_without_a_size_or_places_is_read() -> None:
    content = with_part(
        xlsx_of(ROW), _SHEET, lambda old: re.sub(rb'<dimension[^>]*/>| r="[A-Z]*[0-9]+"', b"", old)
    )
    assert read(content, Format.XLSX)[0].attributes == read(csv_of(ROW))[0].attributes


def _bomb(part: str, content: bytes) -> bytes:
    return with_part(xlsx_of(ROW), part, lambda _: content)


@pytest.mark.parametrize(
    "content",
    [
        _bomb(_SHEET, b" " * 70_000_000),
        _bomb("xl/styles.xml", b" " * 2_000_000),
        _bomb("xl/workbook.xml", b" " * 2_000_000),
        _bomb(_SHEET, b"<worksheet><sheetData>" + b"<row/>" * 9_000_000),
        _bomb(_SHEET, b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'),
        _bomb("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'),
        _bomb(_SHEET, b"<a>" * 1_000_000),
    ],
    ids=["sheet", "styles", "workbook", "rows", "entity", "entity-in-book", "deep"],
)
def test_a_bomb_is_refused_in_little_memory(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_MOST_ELEMENTS", 10_000)
    assert len(content) < 1_000_000
    tracemalloc.start()
    try:
        ((_, code),) = _wrong(content)
        assert code in ("too_large", "broken")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def _without(part: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_of(ROW))) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
    return made.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 en dan niets",
        xlsx_of(ROW)[:-40],
        _without("[Content_Types].xml"),
        _without("xl/workbook.xml"),
        _without(_SHEET),
        with_part(xlsx_of(ROW), _SHEET, lambda old: old.replace(b'r="2"', b'r="1"', 1)),
        with_part(xlsx_of(ROW), _SHEET, lambda old: old[:300]),
    ],
)
def test_a_file_that_is_not_sound_is_refused(content: bytes) -> None:
    ((_, code),) = _wrong(content)
    assert code in ("broken", "sheets")


def _types_of_libreoffice(old: bytes) -> bytes:
    """It gives each part a type of its own, also those that are no sheet or text."""
    more = b"".join(
        b'<Override PartName="/%b" ContentType="application/%b"/>' % one
        for one in (
            (b"_rels/.rels", b"vnd.openxmlformats-package.relationships+xml"),
            (b"xl/_rels/workbook.xml.rels", b"vnd.openxmlformats-package.relationships+xml"),
            (b"xl/drawings/vmlDrawing1.vml", b"vnd.openxmlformats-officedocument.vmlDrawing"),
        )
    )
    return old.replace(b"</Types>", more + b"</Types>")


def test_a_file_that_libreoffice_saved_is_read() -> None:
    content = with_part(xlsx_of(ROW), "[Content_Types].xml", _types_of_libreoffice)
    assert read(content, Format.XLSX)[0].attributes == read(csv_of(ROW))[0].attributes
    large = with_part(content, "_rels/.rels", lambda old: old + b" " * 2_000_000)
    assert _wrong(large) == [("", "too_large")]


def test_text_under_another_name_is_no_excel() -> None:
    assert _wrong(csv_of(ROW)) == [("", "format")]
    assert wrong(xlsx_of(ROW), Format.CSV) == [("", "format")]


def test_a_file_of_another_program_with_one_sheet_is_read() -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Blad1"
    for one in (HEAD, ROW):
        sheet.append(list(one))
    made = io.BytesIO()
    book.save(made)
    assert len(read(made.getvalue(), Format.XLSX)) == 1
