"""Rows in JSON, JSON Lines and GeoJSON: an object for each, with the headings of the template as names."""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.filing.marks import plain
from hub.filing.tables import MOST_COLUMNS, MOST_ROWS, Cell, CellProblem, FileRefused, Row, Table, refused
from hub.filing.words import HEADINGS
from hub.rules.places import place_of
from schemas.problems import Refused
from schemas.strict_json import strict_json

_MARK = b"\xef\xbb\xbf"
_LOCATION = HEADINGS["location"]


def read_json(content: bytes) -> list[tuple[int, Any]]:
    """The objects of a JSON list, or the only one, each with its number. Raises FileRefused."""
    value = _value(content.removeprefix(_MARK), 0)
    if isinstance(value, dict) and value.get("type") in ("FeatureCollection", "Feature"):
        return read_geojson(content)
    return _counted(enumerate(value if isinstance(value, list) else [value], 1))


def read_json_lines(content: bytes) -> list[tuple[int, Any]]:
    """The object on each line. Raises FileRefused with every line that can't be read."""
    lines = content.removeprefix(_MARK).split(b"\n")
    found: list[tuple[int, Any]] = []
    problems: list[CellProblem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append((number, _value(line, number)))
        except FileRefused as wrong:
            problems += wrong.problems
        if len(found) > MOST_ROWS or len(problems) > MOST_ROWS:
            break
    if problems:
        raise FileRefused(problems)
    return _counted(found)


def read_geojson(content: bytes) -> list[tuple[int, Any]]:
    """The properties of each feature (RFC 7946); a point becomes its location. Raises FileRefused."""
    value = _value(content.removeprefix(_MARK), 0)
    features = value.get("features") if isinstance(value, dict) else None
    if isinstance(value, dict) and value.get("type") == "Feature":
        features = [value]
    if not isinstance(features, list):
        raise refused("geojson", "is geen GeoJSON: er moet een FeatureCollection in staan")
    found: list[tuple[int, Any]] = []
    problems: list[CellProblem] = []
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            problems.append(CellProblem(number, "", "properties", "geojson", "mist 'properties'"))
            continue
        try:
            found.append((number, _with_location(properties, feature.get("geometry"))))
        except ValueError as error:
            problems.append(CellProblem(number, "", "geometry", "geometry", str(error)))
    if problems:
        raise FileRefused(problems)
    return _counted(found)


def _with_location(properties: Mapping[str, Any], geometry: Any) -> Mapping[str, Any]:
    if geometry is None:
        return properties
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        raise ValueError("kan alleen een punt zijn, of null. Noem de gebieden in 'Gebieden', met hun code")
    at = geometry.get("coordinates")
    numbers = at[:2] if isinstance(at, list) and len(at) in (2, 3) else []
    if len(numbers) != 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise ValueError("mist de twee getallen van een punt")
    east, north = numbers
    if not (-180 <= east <= 180 and -90 <= north <= 90):
        raise ValueError("moet in graden zijn (lengte, breedte; WGS 84), niet in RD-coördinaten")
    if 50 <= east <= 54 and 3 <= north <= 8:
        raise ValueError(
            "ligt zo in zee bij Somalië: noem eerst de lengte, dan de breedte, zoals [5.7, 50.9]"
        )
    if any(
        plain(str(name)).strip().casefold() == _LOCATION.casefold() and value
        for name, value in properties.items()
    ):
        return properties
    return {**properties, _LOCATION: place_of(east, north)}


def table_of(objects: Iterable[tuple[int, Any]]) -> Table:
    """The objects as a table. Raises FileRefused."""
    headings: dict[str, str] = {}
    folded: dict[str, str] = {}
    rows: list[Row] = []
    problems: list[CellProblem] = []
    for number, one in objects:
        if not isinstance(one, dict):
            problems.append(CellProblem(number, "", "", "object", "moet een JSON-object zijn"))
            continue
        cells: dict[str, Cell] = {}
        for written, value in one.items():
            heading = " ".join(plain(written).split())
            name = folded.setdefault(heading.casefold(), heading[:100])
            if name in cells:
                problems.append(CellProblem(number, name, "", "doubled", "staat er twee keer in"))
            headings.setdefault(name, "")
            if (
                value is not None
                and value != []
                and not (isinstance(value, str) and not plain(value).strip())
            ):
                cells[name] = Cell("", value)
        rows.append(Row(number, cells))
        if len(headings) > MOST_COLUMNS:
            raise refused("too_many_columns", f"hoogstens {MOST_COLUMNS} verschillende namen", row=number)
    if problems:
        raise FileRefused(problems)
    return Table(headings, tuple(rows))


def _counted(objects: Iterable[tuple[int, Any]]) -> list[tuple[int, Any]]:
    found = list(objects)
    if len(found) > MOST_ROWS:
        raise refused("too_many_rows", f"hoogstens {MOST_ROWS} regels in één bestand")
    return found


def _value(content: bytes, row: int) -> Any:
    try:
        return strict_json(content)
    except Refused as wrong:
        raise FileRefused(CellProblem(row, "", "", p.code, p.detail) for p in wrong.problems) from None
