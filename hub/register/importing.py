"""Sheets into the register: each replaces all entries of its kind, and all go in together or not at all."""

from collections.abc import Mapping

from hub.register.faults import Fault, faults
from hub.register.history import Entry, History, Kind
from hub.register.sheets import SHEET_NAMES, SheetProblem, SheetRefused, column_of, read_sheet


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
        problems = [_problem(fault, lines.get(id(fault.entry), 0)) for fault in faults(new)]
    if problems:
        raise SheetRefused(problems)
    return new


def _problem(fault: Fault, line: int) -> SheetProblem:
    entry: Entry = fault.entry
    if not fault.field:
        return SheetProblem(SHEET_NAMES[entry.kind], 0, "", fault.code, fault.detail)
    column = column_of(entry.kind, fault.field)
    detail = fault.detail if line else f"'{entry.key}' {fault.detail}"
    return SheetProblem(SHEET_NAMES[entry.kind], line, column, fault.code, detail)
