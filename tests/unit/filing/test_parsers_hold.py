"""Whatever stands in a file, it becomes events or a refusal in Dutch that says where: never a crash."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.filing.reading import Format, read_file
from hub.filing.tables import FileRefused
from hub.filing.telling import error_list
from tests.filled import HEAD, KNOWN, ROW, csv_of, xlsx_of

_letters = st.characters(exclude_categories=("Cs", "Cc"))
_texts = st.text(_letters, max_size=12)
_written = st.one_of(
    _texts,
    st.sampled_from(
        ["5-6-2027", "31-2-2027", "1e999", "=1+1", "-1", "1.000,5", "GM0935", "urn: x", "a=b;a=c"]
    ),
    st.integers(-(10**12), 10**12).map(str),
)
_rows = st.lists(st.tuples(*(st.one_of(st.just(value), _written) for value in ROW)), min_size=1, max_size=4)
_numbers = st.one_of(st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False))
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2),
    max_leaves=4,
)
_names = st.one_of(st.sampled_from(HEAD), _texts, st.just("specversion"))
_objects = st.dictionaries(_names, _values, max_size=8).map(
    lambda found: {**dict(zip(HEAD, ROW, strict=True)), **found}
)


def _holds(content: bytes, kind: Format, *, cells: bool = False) -> None:
    try:
        drafts = read_file(content, kind, KNOWN)
    except FileRefused as refused:
        told = [(one.detail, one.row, one.cell) for one in refused.problems]
        if not (told and all(detail and (cell or not cells or not row) for detail, row, cell in told)):
            raise AssertionError(told) from refused
        for line in error_list(refused.problems).decode("utf-8-sig").split("\r\n"):
            if line.startswith(("=", "+", "-", "@")):
                raise AssertionError(line) from refused
    else:
        assert drafts
        json.dumps([draft.attributes for draft in drafts])


@given(st.binary(max_size=300), st.sampled_from(list(Format)))
def test_any_bytes(content: bytes, kind: Format) -> None:
    _holds(content, kind)
    _holds(csv_of(ROW) + b"\r\n" + content, Format.CSV)


@given(_rows)
def test_any_row_of_csv_names_its_cell(rows: list[tuple[str, ...]]) -> None:
    _holds(csv_of(*rows), Format.CSV, cells=True)


@given(st.lists(_objects, min_size=1, max_size=3))
def test_any_objects(objects: list[dict[str, Any]]) -> None:
    _holds(json.dumps(objects).encode(), Format.JSON)
    _holds("\n".join(map(json.dumps, objects)).encode(), Format.JSON_LINES)
    features = [{"type": "Feature", "properties": one, "geometry": one.get("Titel")} for one in objects]
    _holds(json.dumps({"type": "FeatureCollection", "features": features}).encode(), Format.GEOJSON)


@given(st.lists(st.tuples(st.integers(0, 11), st.one_of(_numbers, st.booleans(), _written)), max_size=4))
def test_any_cell_of_excel_names_its_cell(changes: list[tuple[int, Any]]) -> None:
    row: list[Any] = list(ROW)
    for index, value in changes:
        row[index] = value
    _holds(xlsx_of(row), Format.XLSX, cells=True)


_BOOK = xlsx_of(ROW)


@given(st.lists(st.tuples(st.integers(0, len(_BOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_workbook(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(_BOOK)
    for at, value in changes:
        damaged[at] = value
    _holds(bytes(damaged), Format.XLSX)
