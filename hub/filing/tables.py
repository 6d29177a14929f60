"""A table as it stands in a file, whatever the kind of file, and what is wrong with it, by cell."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.filing.marks import plain

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 5000
MOST_COLUMNS = 100
MOST_EVENTS = 1000
MOST_TOLD = 200
"""Of all that is wrong, so much is told: who mends it sees the rest."""


class Cell(NamedTuple):
    """Where a value stands (`C7`, or in JSON the name), the value, and why it can't be trusted, in Dutch.
    `epoch_days` is the day 0 of dates that are numbers, as an ordinal; None where numbers are no dates."""

    place: str
    value: Any
    doubt: str | None = None
    epoch_days: int | None = None


class Row(NamedTuple):
    """The cells of a row that hold something, by their heading. `number` is that of Excel: the first is 1."""

    number: int
    cells: Mapping[str, Cell]


class Table(NamedTuple):
    """The headings in order, each with the letters of its column (in JSON: none), and the rows that hold
    something."""

    headings: Mapping[str, str]
    rows: tuple[Row, ...]


class CellProblem(NamedTuple):
    """What is wrong at a row (0: nowhere in particular), under a heading, in a cell; `detail` is Dutch."""

    row: int
    column: str
    cell: str
    code: str
    detail: str

    def __str__(self) -> str:
        where = [f"regel {self.row}"] if self.row else []
        where += [f"kolom '{self.column}'"] if self.column else []
        where += [f"cel {self.cell}"] if self.cell else []
        return f"{', '.join(where)}: {self.detail}" if where else self.detail


class FileRefused(Exception):
    """Nothing of the file is taken in; `problems` names what is wrong with it, in the order of the file."""

    def __init__(self, problems: Iterable[CellProblem]):
        self.problems = tuple(problems)[:MOST_TOLD]
        super().__init__("\n".join(map(str, self.problems)))


def refused(code: str, detail: str, cell: str = "", row: int = 0) -> FileRefused:
    """The refusal of a file for one thing."""
    return FileRefused([CellProblem(row, "", cell, code, detail)])


def column_letters(index: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def headed(lines: Iterable[tuple[int, Mapping[int, Cell]]]) -> Table:
    """The table of numbered lines of cells by column: the first is the heading. What starts with '#' is a
    remark. Raises FileRefused."""
    given = iter(lines)
    at, head = next(given, (1, {}))
    headings, problems = _headings(at, head)
    rows = []
    for number, cells in given:
        if _is_remark(cells.get(min(headings))):
            continue
        problems += [
            CellProblem(number, "", cell.place, "no_heading", "boven deze cel staat geen kop")
            for index, cell in cells.items()
            if index not in headings
        ]
        rows.append(Row(number, {headings[i]: cell for i, cell in sorted(cells.items()) if i in headings}))
        if len(rows) > MOST_ROWS:
            raise refused(
                "too_many_rows", f"hoogstens {MOST_ROWS} regels in één bestand", f"A{number}", number
            )
    if problems:
        raise FileRefused(problems)
    return Table({name: column_letters(index) for index, name in headings.items()}, tuple(rows))


def _headings(at: int, head: Mapping[int, Cell]) -> tuple[dict[int, str], list[CellProblem]]:
    if not head:
        raise refused("no_heading", "de eerste regel moet de koppen van de kolommen hebben", f"A{at}", at)
    headings: dict[int, str] = {}
    seen: set[str] = set()
    problems: list[CellProblem] = []
    for index, cell in head.items():
        name = " ".join(plain(cell.value).split()) if isinstance(cell.value, str) else ""
        if cell.doubt or not name:
            detail = cell.doubt or "de kop van een kolom moet tekst zijn"
            problems.append(CellProblem(at, "", cell.place, "heading", detail))
        elif name.casefold() in seen:
            problems.append(CellProblem(at, name, cell.place, "doubled", "deze kolom staat er twee keer"))
        seen.add(name.casefold())
        headings[index] = name
    return headings, problems


def _is_remark(cell: Cell | None) -> bool:
    return cell is not None and isinstance(cell.value, str) and plain(cell.value).lstrip().startswith("#")
