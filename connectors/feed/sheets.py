"""Rows as a sheet for Dutch Excel, and as GeoJSON (RFC 7946) for maps."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.rules.places import point_of

Row = Mapping[str, Any]
"""What is told of one thing by column; `kenmerk` is its key."""


def as_csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Semicolons and a byte order mark, as Excel expects them in the Netherlands."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_defused(_cell(row[name])) for name in columns])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_geojson(rows: Iterable[Row]) -> bytes:
    """A feature for each, at the point that its place tells. The register knows areas by code and has no
    shapes: of what has no point `geometry` is null, which RFC 7946 calls unlocated, and `gebieden` joins with
    the official area maps."""
    features = [
        {"type": "Feature", "id": row["kenmerk"], "geometry": _geometry(row), "properties": dict(row)}
        for row in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _geometry(row: Row) -> dict[str, Any] | None:
    point = point_of(row.get("plaats", ""))
    return {"type": "Point", "coordinates": point} if point else None


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _defused(text: str) -> str:
    """A text that Excel would take for a formula gets an apostrophe before it."""
    return f"'{text}" if re.match("[\\s']*[=+@-]", text) else text
