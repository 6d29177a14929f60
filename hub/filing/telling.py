"""What is wrong with a file, as a sheet for Dutch Excel."""

import csv
import io
import re
from collections.abc import Iterable

from hub.filing.tables import CellProblem

_COLUMNS = ("Regel", "Kolom", "Cel", "Wat er mis is")


def defused(text: str) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{text}" if re.match(r"[\s']*[=+@\-]", text) else text


def written_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows of cells as Dutch Excel opens them: with semicolons and a byte-order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([defused(str(cell)) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def error_list(problems: Iterable[CellProblem]) -> bytes:
    """A line for each thing that is wrong, by row and column."""
    return written_csv([_COLUMNS, *((one.row or "", one.column, one.cell, one.detail) for one in problems)])
