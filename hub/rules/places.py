"""A place as a text, and back: what a map gave stands on a map again."""

import re

_PLACE = re.compile(r"(-?[0-9]{1,2}\.[0-9]{5}), (-?[0-9]{1,3}\.[0-9]{5}) \(breedte, lengte\)")


def place_of(east: float, north: float) -> str:
    """A point in degrees (WGS 84), to a metre, as people read it."""
    return f"{north:.5f}, {east:.5f} (breedte, lengte)"


def point_of(place: str) -> tuple[float, float] | None:
    """The point, east and north in degrees (WGS 84), of what `place_of` wrote; None: it is in words."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return None
    north, east = map(float, found.groups())
    return (east, north) if -180 <= east <= 180 and -90 <= north <= 90 else None
