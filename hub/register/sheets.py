"""The register as sheets that Dutch Excel opens: one per kind of entry, a row per entry.

Written with a byte-order mark, semicolons and CRLF; read with semicolons or commas, with or without the mark.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hub.register import cells
from hub.register.cells import Cell
from hub.register.history import FACTS_OF, Entry, Facts, Kind

MOST_BYTES = 5 * 1024 * 1024
FIRST_LINE = 2
"""The line of the first entry in a sheet that is written here."""
NOT_GIVEN = "niet in deze import, regel van een export van nu"
_SAVE_AS = "Kies in Excel bij Opslaan als: 'CSV UTF-8 (door lijstscheidingsteken gescheiden)'"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class SheetProblem(NamedTuple):
    """What is wrong at a line (the first is 1; 0: nowhere in particular) and column of a sheet; `detail` is
    Dutch. Of a sheet that was not `given`, the line is that of an export of now."""

    sheet: str
    line: int
    column: str
    code: str
    detail: str
    given: bool = True

    def __str__(self) -> str:
        where = [self.sheet if self.given else f"{self.sheet} ({NOT_GIVEN})"]
        where += [f"regel {self.line}"] if self.line else []
        where += [f"kolom '{self.column}'"] if self.column else []
        return f"{', '.join(where)}: {self.detail}"


class SheetRefused(Exception):
    """The sheet can't be taken; `problems` names everything that is wrong with it."""

    def __init__(self, problems: Iterable[SheetProblem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Row(NamedTuple):
    """An entry and the line that it came from."""

    line: int
    entry: Entry


_COLUMNS: Mapping[Kind, Mapping[str, Cell]] = {
    Kind.FUNCTION: {
        "functie": Cell("slug", *cells.FUNCTION),
        "nummer": Cell("number", *cells.NUMBER),
        "naam": Cell("name_nl", *cells.LINE),
        "naam_engels": Cell("name_en", *cells.LINE),
        "kernteam": Cell("core_team", *cells.PARTY),
        "coordinatie": Cell("coordinator_nl", *cells.LINE),
    },
    Kind.AREA: {
        "gebied": Cell("code", *cells.AREA),
        "naam": Cell("name", *cells.LINE),
        "ligt_in": Cell("within", *cells.AREAS),
        "opvolgers": Cell("successors", *cells.AREAS),
    },
    Kind.PARTY: {
        "partij": Cell("slug", *cells.PARTY),
        "naam": Cell("name", *cells.LINE),
        "soort": Cell("kind", *cells.PARTY_KIND),
        "postbus": Cell("mailbox", *cells.ADDRESS),
        "oin": Cell("oin", *cells.OIN),
        "gebieden": Cell("areas", *cells.AREAS),
        "hoogste_label": Cell("clearance", *cells.LABEL),
        "kvk": Cell("kvk", *cells.KVK),
    },
    Kind.ROLE: {
        "partij": Cell("party", *cells.PARTY),
        "functie": Cell("function", *cells.FUNCTION),
        "rol": Cell("kind", *cells.ROLE_KIND),
    },
    Kind.DEPENDENCY: {
        "van": Cell("from_function", *cells.FUNCTION),
        "naar": Cell("to_function", *cells.FUNCTION),
        "sterkte": Cell("strength", *cells.STRENGTH),
        "bron": Cell("origin", *cells.OPTIONAL_LINE),
    },
    Kind.SUBSCRIPTION: {
        "partij": Cell("party", *cells.PARTY),
        "abonnement": Cell("name", *cells.PARTY),
        "wens": Cell("wish", *cells.WISH),
        "functies": Cell("functions", *cells.FUNCTIONS),
        "gebieden": Cell("areas", *cells.AREAS),
        "filters": Cell("filters", *cells.FILTERS),
    },
}
_OPTIONAL = ("kvk",)
"""Columns that a sheet may lack: then the cells are empty."""
_SINCE, _UNTIL = "geldig_van", "geldig_tot"
SHEET_NAMES: Mapping[Kind, str] = {
    Kind.FUNCTION: "functies",
    Kind.AREA: "gebieden",
    Kind.PARTY: "partijen",
    Kind.ROLE: "rollen",
    Kind.DEPENDENCY: "afhankelijkheden",
    Kind.SUBSCRIPTION: "abonnementen",
}
"""How a sheet of each kind is called, as a file and in an address."""
KIND_OF_SHEET: Mapping[str, Kind] = {name: kind for kind, name in SHEET_NAMES.items()}


def column_of(kind: Kind, fact: str) -> str:
    """The column that holds this fact."""
    names = {"since": _SINCE, "until": _UNTIL} | {cell.fact: name for name, cell in _COLUMNS[kind].items()}
    return names.get(fact, next(iter(_COLUMNS[kind])))


def columns(kind: Kind) -> list[str]:
    return [*_COLUMNS[kind], _SINCE, _UNTIL]


def row_of(entry: Entry) -> dict[str, str]:
    """An entry as the texts of its row."""
    row = {name: cell.write(getattr(entry.facts, cell.fact)) for name, cell in _COLUMNS[entry.kind].items()}
    until = entry.until.isoformat() if entry.until else ""
    return {**row, _SINCE: entry.since.isoformat(), _UNTIL: until}


def write_sheet(kind: Kind, entries: Iterable[Entry]) -> bytes:
    """The sheet of these entries, all of that kind."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns(kind))
    for entry in entries:
        writer.writerow([_defused(value) for value in row_of(entry).values()])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def read_sheet(kind: Kind, content: bytes) -> list[Row]:
    """The rows of a sheet. Raises SheetRefused with everything that is wrong; empty lines are skipped."""
    text = _decoded(kind, content)
    lines = _lines(kind, text)
    head_line, head = next(lines, (1, []))
    _check_head(kind, head_line, head)
    problems: list[SheetProblem] = []
    rows: list[Row] = []
    for line, values in lines:
        if not any(value.strip() for value in values):
            continue
        try:
            rows.append(Row(line, _entry(kind, line, head, values)))
        except SheetRefused as refused:
            problems += refused.problems
    if problems:
        raise SheetRefused(problems)
    return rows


def _decoded(kind: Kind, content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise _refused(kind, 1, "too_large", f"het bestand is groter dan {MOST_BYTES // 1024**2} MB")
    if content.startswith(_UTF_16):
        raise _refused(kind, 1, "encoding", f"het bestand is in UTF-16 ('Unicode-tekst'). {_SAVE_AS}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = content[: error.start].decode("utf-8-sig", errors="replace")
        before = text.rpartition("\n")[2][-20:]
        place = f"na '{before}'" if before else "aan het begin van de regel"
        detail = f"het bestand is niet in UTF-8, dat gaat mis {place}. {_SAVE_AS}"
        raise _refused(kind, text.count("\n") + 1, "encoding", detail) from None
    if "\x00" in text:
        raise _refused(kind, 1, "encoding", f"het bestand is geen CSV in UTF-8. {_SAVE_AS}")
    return text


def _refused(kind: Kind, line: int, code: str, detail: str) -> SheetRefused:
    return SheetRefused([SheetProblem(SHEET_NAMES[kind], line, "", code, detail)])


def _lines(kind: Kind, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it begins on."""
    skipped = 0
    if re.match(r"sep=.\r?\n", text):
        skipped, text = 1, text.partition("\n")[2]
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") >= head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for values in reader:
            yield begins + skipped, values
            begins = reader.line_num + 1
    except csv.Error:
        detail = "is geen geldige CSV: een aanhalingsteken sluit niet goed, of een cel is veel te lang"
        raise _refused(kind, begins + skipped, "csv", detail) from None


def _check_head(kind: Kind, line: int, head: Sequence[str]) -> None:
    names = [name.strip().casefold() for name in head]
    wanted = columns(kind)
    problems = [
        SheetProblem(SHEET_NAMES[kind], line, name, "missing_column", "deze kolom ontbreekt")
        for name in wanted
        if name not in names and name not in _OPTIONAL
    ]
    problems += [
        SheetProblem(
            SHEET_NAMES[kind],
            line,
            name[:40],
            "unknown_column",
            f"kennen wij niet. Kolommen: {', '.join(wanted)}",
        )
        for name in dict.fromkeys(names)
        if name not in wanted
    ]
    problems += [
        SheetProblem(SHEET_NAMES[kind], line, name, "doubled_column", "deze kolom staat er twee keer")
        for name in wanted
        if names.count(name) > 1
    ]
    if problems:
        raise SheetRefused(problems)


def _entry(kind: Kind, line: int, head: Sequence[str], values: Sequence[str]) -> Entry:
    if len(values) != len(head):
        detail = f"heeft {len(values)} cellen; dat moeten er {len(head)} zijn"
        raise _refused(kind, line, "cells", detail)
    texts = dict.fromkeys(_OPTIONAL, "")
    texts |= {name.strip().casefold(): _fused(text.strip()) for name, text in zip(head, values, strict=True)}
    problems: list[SheetProblem] = []

    def read(column: str, how: Callable[[str], Any]) -> Any:
        try:
            return how(texts[column])
        except ValueError as error:
            empty = "" if texts[column] else "is leeg; "
            problems.append(SheetProblem(SHEET_NAMES[kind], line, column, "cell", f"{empty}{error}"))
        return None

    facts = {cell.fact: read(name, cell.read) for name, cell in _COLUMNS[kind].items()}
    since = read(_SINCE, cells.read_day)
    until = read(_UNTIL, cells.read_day) if texts[_UNTIL] else None
    if problems:
        raise SheetRefused(problems)
    made: Facts = FACTS_OF[kind](**facts)
    return Entry(made, since, until)


def _defused(text: str) -> str:
    """A text that Excel would take for a formula gets an apostrophe before it."""
    return f"'{text}" if re.match("'*[=+@-]", text) else text


def _fused(text: str) -> str:
    return text[1:] if re.match("'+[=+@-]", text) else text
