"""A place as a text, and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feed.sheets import as_geojson
from hub.rules.places import place_of, point_of


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_point_of_a_map_is_read_back_to_a_metre(east: float, north: float) -> None:
    assert point_of(place_of(east, north)) == pytest.approx((east, north), abs=0.00001)


@given(st.text())
def test_words_are_no_point(words: str) -> None:
    assert point_of(words) is None


@pytest.mark.parametrize("place", ["99.00000, 5.00000 (breedte, lengte)", "50.85000, 5.69000", "Borgharen"])
def test_what_is_no_point_on_earth_is_none(place: str) -> None:
    assert point_of(place) is None


def test_a_bottleneck_stands_on_the_map_where_its_file_put_it() -> None:
    rows = [
        {"kenmerk": "een", "plaats": place_of(5.69, 50.85)},
        {"kenmerk": "twee", "plaats": "Borgharen"},
        {"kenmerk": "drie"},
    ]
    features = json.loads(as_geojson(rows))["features"]
    assert [feature["geometry"] for feature in features] == [
        {"type": "Point", "coordinates": [5.69, 50.85]},
        None,
        None,
    ]
