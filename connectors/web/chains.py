"""The chain effects of a bottleneck: as a picture, and in words."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from connectors.web.visit import PageNotFound, Visit
from hub.register.model import Register
from hub.rules.at_risk import AtRisk, at_risk
from hub.store.views import events as store
from hub.words import wording
from schemas.bottleneck import BottleneckFound, BottleneckUpdated
from schemas.catalogue import parse
from schemas.envelope import is_exercise
from schemas.terms import FunctionSlug

_WIDTH, _HEIGHT, _RIGHT, _DOWN = 210, 48, 330, 66
_MARGIN = 6
_LETTERS = 26


class Box(NamedTuple):
    """A function in the picture: its place and size in units of the drawing, and its name in full and cut."""

    x: int
    y: int
    name: str
    short: str
    kind: str


class Arrow(NamedTuple):
    """From the right of one box to the left of another."""

    x1: int
    y1: int
    x2: int
    y2: int
    strength: str


class Picture(NamedTuple):
    """All that is drawn."""

    width: int
    height: int
    box_width: int
    box_height: int
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]


async def show_chain(visit: Visit) -> str:
    """The functions, areas and parties at risk when a bottleneck makes its function fail."""
    row = await store.find_event(visit.connection, visit.key("event_key"))
    if row is None:
        raise PageNotFound
    event = parse(row.content)
    if not isinstance(event, BottleneckFound | BottleneckUpdated):
        raise PageNotFound
    visit.look(event.tlp, row.event_key)
    found = at_risk(event, visit.register)
    return visit.render(
        "chain.html",
        event=event,
        row=row,
        title=wording.title(event),
        is_exercise=is_exercise(event.source),
        found=found,
        picture=picture(event.functions, found, visit.register),
    )


def picture(causes: Sequence[FunctionSlug], found: Iterable[AtRisk], register: Register) -> Picture:
    """A column for the causes, and one for each step further."""
    paths = {cause: (cause,) for cause in causes} | {one.harm.function: one.harm.path for one in found}
    strengths = {one.harm.function: str(one.harm.strength) for one in found}
    columns: dict[int, list[FunctionSlug]] = {}
    for function, path in paths.items():
        columns.setdefault(len(path) - 1, []).append(function)
    places = {
        function: (_MARGIN + column * _RIGHT, _MARGIN + place * _DOWN)
        for column, functions in columns.items()
        for place, function in enumerate(functions)
    }
    boxes = []
    for function, (x, y) in places.items():
        name = wording.function_name(function, register)
        short = wording.shortened(name, _LETTERS)
        boxes.append(Box(x, y, name, short, strengths.get(function, "cause")))
    arrows = []
    for function, path in paths.items():
        if len(path) > 1:
            (x1, y1), (x2, y2) = places[path[-2]], places[function]
            middle = _HEIGHT // 2
            arrows.append(Arrow(x1 + _WIDTH, y1 + middle, x2, y2 + middle, strengths[function]))
    width = _WIDTH + 2 * _MARGIN + _RIGHT * max(columns)
    height = _HEIGHT + 2 * _MARGIN + _DOWN * (max(map(len, columns.values())) - 1)
    return Picture(width, height, _WIDTH, _HEIGHT, boxes, arrows)
