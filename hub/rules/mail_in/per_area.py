"""Does an answer by mail say something of each area apart?"""

from collections.abc import Collection, Mapping
from typing import NamedTuple


class AreaSaid(NamedTuple):
    """What holds in one area."""

    area: str
    text: str


def rows_of(text: str, names: Mapping[str, Collection[str]]) -> list[AreaSaid]:
    """The answer as a row per area, when every line of it is 'name: what holds there', of one of the areas
    that were asked about (`names` of each, by code) and each at most once. Anything else is no row: the
    text says it."""
    codes: dict[str, str] = {}
    for code, own in names.items():
        for called in {one.casefold() for one in (code, *own)}:
            codes[called] = code if called not in codes else ""
    rows: list[AreaSaid] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, said = line.partition(":")
        area = codes.get(name.strip().casefold())
        if not area or not said.strip() or any(area == row.area for row in rows):
            return []
        rows.append(AreaSaid(area, said.strip()))
    return rows
