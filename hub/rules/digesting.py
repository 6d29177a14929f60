"""In which order does a digest tell its events? By function and area, most urgent first."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from operator import itemgetter
from typing import NamedTuple, TypeVar

from schemas.envelope import Envelope
from schemas.situation import SituationOpened

_Told = TypeVar("_Told")


class Urgency(IntEnum):
    """How soon its reader must know; the lowest goes first."""

    URGENT = 0
    SERIOUS = 1
    USUAL = 2


class Place(NamedTuple):
    """What is told of one function in one set of areas."""

    function: str
    areas: tuple[str, ...]


def urgency(event: Envelope) -> Urgency:
    """How urgent an event is: what its sender calls urgent or a crisis, then what it calls grave."""
    said = vars(event.data)  # a model is slow to say that it has no such field
    if isinstance(event, SituationOpened) or said.get("urgent"):
        return Urgency.URGENT
    return Urgency.SERIOUS if said.get("severity") == "high" else Urgency.USUAL


def in_order(
    told: Sequence[_Told], event_of: Callable[[_Told], Envelope], functions: Sequence[str]
) -> dict[Place, list[_Told]]:
    """Each of `told` once, by lead function and areas. A function or place with something more urgent goes
    first; then in the order of `functions` and of what came first. Within a place the most urgent first."""
    places: dict[Place, list[_Told]] = {}
    first: dict[Place, Urgency] = {}
    most: dict[str, Urgency] = {}
    with_urgency = [(urgency(event := event_of(one)), event, one) for one in told]
    for how, event, one in sorted(with_urgency, key=itemgetter(0)):
        place = Place(event.functions[0], tuple(event.areas))
        places.setdefault(place, []).append(one)
        first.setdefault(place, how)
        most.setdefault(place.function, how)
    order = {slug: number for number, slug in enumerate(functions)}
    return dict(
        sorted(
            places.items(),
            key=lambda item: (
                most[item[0].function],
                order.get(item[0].function, len(order)),
                item[0].function,
                first[item[0]],
            ),
        )
    )
