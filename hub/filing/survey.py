"""A sheet of an XLSX file in one pass, before its values are read: where they end, and what Excel hides."""

from typing import IO, NamedTuple
from xml.parsers import expat

from hub.filing.tables import MOST_TOLD, CellProblem, refused

_CHUNK = 64 * 1024
_MOST_ELEMENTS = 1_200_000
"""Rows, cells and values together, a few seconds of work: all rows that Excel has, when they are empty."""
_MOST_DEEP = 50
_MOST_COLUMNS = 16_384
_HIDDEN = "is verborgen: maak zichtbaar wat u wilt publiceren, en haal de rest weg"


class Survey(NamedTuple):
    """The last row and column (from 1) that hold something, and what is wrong with the sheet."""

    last_row: int
    last_column: int
    problems: tuple[CellProblem, ...]


class _Walk:
    """Counts as a reader would: a row or cell without a name of its own follows the one before."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.StartDoctypeDeclHandler = _no_doctype
        self.row = self.column = self.last_row = self.last_column = 0
        self.problems: list[CellProblem] = []
        self._cell = ""
        self._row_hidden = self._has_value = self._has_formula = self._is_text = False
        self._hidden: list[range] = []
        self._elements = self._depth = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition("|")[2]
        self._count()
        if tag == "col" and given.get("hidden") in ("1", "true"):
            self._hidden.append(range(int(given["min"]), int(given["max"]) + 1))
        elif tag == "row":
            self.row = _later(int(given["r"]) if "r" in given else self.row + 1, self.row)
            self.column = 0
            self._row_hidden = given.get("hidden") in ("1", "true")
        elif tag == "c":
            self._cell = given.get("r", "")
            self.column = _later(_column(self._cell) if self._cell else self.column + 1, self.column)
            self._has_value = self._has_formula = False
            self._is_text = given.get("t") == "str"
        elif tag == "v":
            # Of a formula it may be empty: only when its outcome is an empty text, that is an outcome.
            self._has_value = not self._has_formula or self._is_text
            if not self._has_value:
                self._parser.CharacterDataHandler = self._text
        elif tag == "is":
            self._has_value = True
        elif tag == "f":
            self._has_formula = True
        elif tag == "mergeCell":
            self._merged(given.get("ref", ""))

    def _count(self) -> None:
        self._elements += 1
        self._depth += 1
        if self._depth > _MOST_DEEP or self.column > _MOST_COLUMNS:
            raise ValueError("larger than a sheet of Excel")
        if self._elements > _MOST_ELEMENTS:
            place = f"na regel {self.last_row}" if self.last_row else "in dit blad"
            detail = f"{place} staan te veel lege cellen met opmaak: kopieer uw regels naar een leeg sjabloon"
            raise refused("too_large", detail, f"A{self.row}", self.row)

    def _text(self, _: str) -> None:
        self._has_value = True

    def end(self, name: str) -> None:
        self._depth -= 1
        self._parser.CharacterDataHandler = None
        if name.rpartition("|")[2] != "c" or not (self._has_value or self._has_formula):
            return
        if self.row != self.last_row and self._row_hidden:
            self._wrong("", "hidden_row", f"deze regel {_HIDDEN}")
        if any(self.column in columns for columns in self._hidden):
            self._wrong(self._cell, "hidden_column", f"deze kolom {_HIDDEN}")
            self._hidden = [columns for columns in self._hidden if self.column not in columns]
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)
        if self._has_formula and not self._has_value:
            detail = "is een formule zonder uitkomst: open het bestand in Excel, bewaar het, en stuur het dan"
            self._wrong(self._cell, "formula", detail)

    def _merged(self, cells: str) -> None:
        first = cells.partition(":")[0]
        row = int("".join(filter(str.isdecimal, first)) or 0)
        self._wrong(first, "merged", f"{cells} zijn samengevoegde cellen: splits ze, en vul elke cel", row)

    def _wrong(self, cell: str, code: str, detail: str, row: int | None = None) -> None:
        if len(self.problems) < MOST_TOLD:
            self.problems.append(CellProblem(self.row if row is None else row, "", cell, code, detail))


def _later(place: int, before: int) -> int:
    """Rows and cells stand in order: others pass over what does not."""
    if place <= before:
        raise ValueError("out of order")
    return place


def _column(cell: str) -> int:
    index = 0
    for letter in cell.rstrip("0123456789"):
        index = index * 26 + ord(letter) - 64
    return index


def survey(sheet: IO[bytes]) -> Survey:
    """What the XML of a sheet holds; takes no more memory for a larger one. Raises FileRefused."""
    parser = expat.ParserCreate(namespace_separator="|")
    walk = _Walk(parser)
    try:
        while chunk := sheet.read(_CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, OverflowError):
        raise refused("broken", "dit Excel-bestand is niet gaaf; bewaar het opnieuw in Excel") from None
    return Survey(walk.last_row, walk.last_column, tuple(walk.problems))


def _no_doctype(*_: object) -> None:
    raise ValueError("a sheet has no document type")
