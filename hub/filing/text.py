"""Tables in text files: CSV as Dutch Excel and others write it."""

import csv
import io
from collections.abc import Iterator, Mapping

from hub.filing.tables import MOST_COLUMNS, Cell, Table, column_letters, headed, refused

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SAVE_AS = "Kies in Excel bij Opslaan als: 'CSV UTF-8 (door lijstscheidingsteken gescheiden)'"


def read_csv(content: bytes) -> Table:
    """The table of a CSV file: with semicolons, commas or tabs, in UTF-8, UTF-16 with its mark, or
    Windows-1252. Raises FileRefused."""
    text = decoded(content)
    head, _, rest = text.partition("\n")
    if head.lower().startswith("sep=") and len(head.strip()) == 5:
        delimiter, skipped, text = head.strip()[4], 1, rest
    else:
        delimiter, skipped = max(";\t,", key=head.count), 0
    if delimiter in '"\r':
        raise refused("csv", f"'{delimiter}' kan niet tussen de cellen staan. {_SAVE_AS}", "A1", 1)
    return headed(_lines(text, delimiter, skipped))


def decoded(content: bytes) -> str:
    """The text of a file. Raises FileRefused."""
    of_mark = [encoding for mark, encoding in _MARKS.items() if content.startswith(mark)]
    for encoding in of_mark or ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            row = content.count(b"\n", 0, error.start) + 1
    raise refused("encoding", f"heeft tekens die niet te lezen zijn. {_SAVE_AS}", row=row)


def _lines(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, Mapping[int, Cell]]]:
    number = skipped
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            number += 1
            cells = {
                index: Cell(f"{column_letters(index)}{number}", value)
                for index, value in enumerate(row)
                if value.strip()
            }
            if cells and max(cells) >= MOST_COLUMNS:
                place = f"{column_letters(max(cells))}{number}"
                raise refused("too_many_columns", f"hoogstens {MOST_COLUMNS} kolommen", place, number)
            if cells or number == skipped + 1:
                yield number, cells
    except csv.Error:
        detail = f"is geen gave CSV: kijk of elk aanhalingsteken een einde heeft. {_SAVE_AS}"
        raise refused("csv", detail, row=number + 1) from None
