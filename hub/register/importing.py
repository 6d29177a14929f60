"""Sheets into the register: each replaces all entries of its kind, and all go in together or not at all."""

from collections.abc import Container, Iterable, Mapping

from hub.register.faults import Fault, faults
from hub.register.history import History, Kind
from hub.register.sheets import FIRST_LINE, SHEET_NAMES, SheetProblem, SheetRefused, column_of, read_sheet


def imported(history: History, sheets: Mapping[Kind, bytes]) -> History:
    """This history with the sheets in it. Raises SheetRefused with everything that is wrong, by line."""
    lines: dict[int, int] = {}
    problems: list[SheetProblem] = []
    new = history
    for kind, content in sheets.items():
        try:
            rows = read_sheet(kind, content)
        except SheetRefused as refused:
            problems += refused.problems
            continue
        lines |= {id(row.entry): row.line for row in rows}
        new = new.replaced(kind, (row.entry for row in rows))
    if not problems:
        lines |= _lines_of_export(new, (kind for kind in Kind if kind not in sheets))
        problems = [_problem(fault, lines.get(id(fault.entry), 0), sheets) for fault in faults(new)]
    if problems:
        raise SheetRefused(problems)
    return new


def _lines_of_export(history: History, kinds: Iterable[Kind]) -> dict[int, int]:
    """The line that each entry of these kinds has in an export."""
    return {id(entry): line for kind in kinds for line, entry in enumerate(history.of_kind(kind), FIRST_LINE)}


def _problem(fault: Fault, line: int, given: Container[Kind]) -> SheetProblem:
    entry, detail = fault.entry, fault.detail
    sheet = SHEET_NAMES[entry.kind]
    if not fault.field:
        return SheetProblem(sheet, 0, "", fault.code, detail)
    is_given = entry.kind in given
    detail = detail if is_given else f"'{entry.key}': {detail}"
    column = column_of(entry.kind, fault.field)
    return SheetProblem(sheet, line, column, fault.code, detail, is_given)
