"""A template has what its schema asks, and its example is the event that it shows."""

import csv
import io

import pytest
from openpyxl import load_workbook

from hub.filing.columns import FILLED_IN
from hub.filing.templates import csv_template, xlsx_template
from schemas.catalogue import EventType
from schemas.published import example
from tests.filled import csv_of, read
from tests.registers import REGISTER


@pytest.mark.parametrize("kind", FILLED_IN, ids=lambda kind: kind.short)
def test_the_example_of_a_template_is_read_back_as_the_event(kind: EventType) -> None:
    head, _, *rows = csv.reader(io.StringIO(csv_template(kind).decode("utf-8-sig")), delimiter=";")
    (draft,) = read(csv_of(*([cells[0].removeprefix("# "), *cells[1:]] for cells in rows), head=head))
    event = example(kind)
    assert draft.attributes["data"] == event["data"]
    for name in ("id", "type", "subject", "functions", "areas", "tlp"):
        assert draft.attributes[name] == event[name]


def test_a_template_for_excel_offers_what_there_is_to_choose() -> None:
    kind = next(row for row in FILLED_IN if row.short == "bottleneck-found")
    book = load_workbook(io.BytesIO(xlsx_template(kind, REGISTER)))
    assert book.sheetnames == ["Invullen", "Uitleg", "Keuzes"]
    choices = {column[0].value: [cell.value for cell in column[1:]] for column in book["Keuzes"].columns}
    assert choices["Ernst"][:3] == ["laag", "midden", "hoog"]
    assert "GM0935 Maastricht" in choices["Gebieden"]
    strict = {
        str(one.sqref)[0]: one.showErrorMessage for one in book["Invullen"].data_validations.dataValidation
    }
    heads = {cell.value: cell.column_letter for cell in book["Invullen"][1]}
    assert strict[heads["Ernst"]]
    assert not strict[heads["Gebieden"]]
    assert all(row[1].value for row in book["Uitleg"].iter_rows(min_row=2, max_row=len(heads) + 1))
