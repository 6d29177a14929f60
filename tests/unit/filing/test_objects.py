"""Rows in JSON, JSON Lines and GeoJSON are the same events as those in a sheet."""

import json
from typing import Any

import pytest

from hub.filing.reading import Format
from tests.filled import FILLED, ROW, csv_of, read, wrong


def _as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _feature(properties: Any, geometry: Any = None) -> bytes:
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return _as_json({"type": "FeatureCollection", "features": [feature]})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (_as_json([FILLED]), Format.JSON),
        (_as_json(FILLED), Format.JSON),
        (_as_json({**FILLED, "Dreigingen": ["overstroming", "hitte"]}), Format.JSON),
        (b"\xef\xbb\xbf" + _as_json(FILLED) + b"\r\n\r\n", Format.JSON_LINES),
        (_feature(FILLED), Format.GEOJSON),
        (_feature(FILLED), Format.JSON),
        (_feature(FILLED, {"type": "Point", "coordinates": [5.7, 50.9]}), Format.GEOJSON),
    ],
)
def test_an_object_is_the_same_event_as_a_row(content: bytes, kind: Format) -> None:
    (draft,) = read(content, kind)
    assert draft.attributes == read(csv_of(ROW))[0].attributes


def test_a_point_becomes_the_place() -> None:
    geometry = {"type": "Point", "coordinates": [5.7, 50.9]}
    (draft,) = read(_feature({**FILLED, "Plaats": None}, geometry), Format.GEOJSON)
    assert draft.attributes["data"]["location"] == "50.90000, 5.70000 (breedte, lengte)"


def test_whole_events_go_in_as_they_are() -> None:
    event = {"specversion": "1.0", "id": "x"}
    assert [draft.attributes for draft in read(_as_json([event]), Format.JSON)] == [event]
    assert wrong(_as_json([event, FILLED]), Format.JSON) == [("", "mixed")]


@pytest.mark.parametrize(
    ("content", "kind", "codes"),
    [
        (b"[]", Format.JSON, ["empty"]),
        (b"[1]", Format.JSON, ["object"]),
        (b"[" * 100_000, Format.JSON, ["too_deep"]),
        (b'{"a": NaN}\n{"a": 1, "a": 2}', Format.JSON_LINES, ["json", "json"]),
        (_as_json({**FILLED, "Titel": {"a": 1}}), Format.JSON, ["nested"]),
        (_as_json({**FILLED, "Kenmerk": 7}), Format.JSON, ["number"]),
        (_feature(None), Format.GEOJSON, ["geojson"]),
        (_feature(FILLED, {"type": "Polygon", "coordinates": []}), Format.GEOJSON, ["geometry"]),
        (_feature(FILLED, {"type": "Point", "coordinates": [176000, 318000]}), Format.GEOJSON, ["geometry"]),
        (_feature(FILLED, {"type": "Point", "coordinates": [50.9, 5.7]}), Format.GEOJSON, ["geometry"]),
    ],
)
def test_what_is_no_row_is_refused(content: bytes, kind: Format, codes: list[str]) -> None:
    assert [code for _, code in wrong(content, kind)] == codes
