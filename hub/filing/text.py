"""Tables in text files: CSV as Dutch Excel and others write it."""

import csv
import io
import re
from collections.abc import Iterator, Mapping

from hub.filing.encodings import SAVE_AS, decoded
from hub.filing.marks import plain
from hub.filing.tables import MOST_COLUMNS, Cell, Table, column_letters, headed, refused


def read_csv(content: bytes) -> Table:
    """The table of a CSV file: with semicolons, commas or tabs. Raises FileRefused."""
    text = decoded(content).removeprefix("\ufeff")
    head, *rest = re.split(r"\r\n|\r|\n", text, maxsplit=1)
    if head.lower().startswith("sep=") and len(head.strip()) == 5:
        delimiter, skipped, text = head.strip()[4], 1, "".join(rest)
    else:
        delimiter, skipped = max(";\t,", key=head.count), 0
    if delimiter in '"\r':
        raise refused("csv", f"'{delimiter}' kan niet tussen de cellen staan. {SAVE_AS}", "A1", 1)
    return headed(_lines(text, delimiter, skipped))


def _lines(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, Mapping[int, Cell]]]:
    number = skipped
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            number += 1
            cells = {
                index: Cell(f"{column_letters(index)}{number}", value)
                for index, value in enumerate(row)
                if plain(value).strip()
            }
            if cells and max(cells) >= MOST_COLUMNS:
                place = f"{column_letters(max(cells))}{number}"
                raise refused("too_many_columns", f"hoogstens {MOST_COLUMNS} kolommen", place, number)
            if cells or number == skipped + 1:
                yield number, cells
    except csv.Error:
        detail = f"is geen gave CSV: kijk of elk aanhalingsteken een einde heeft. {SAVE_AS}"
        raise refused("csv", detail, row=number + 1) from None
