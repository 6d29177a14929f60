"""Which earlier events does an event point to, and do they belong to its world?"""

import types
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from schemas.envelope import Envelope, EventRef, is_exercise
from schemas.problems import Problem

_PLAIN = (str, int, float, date, Enum, type(None))
"""Values of these point to nothing."""
_HOLDERS = (Union, types.UnionType, tuple, list, set, frozenset, dict)


def pointed_at(event: Envelope) -> Iterator[tuple[str, EventRef]]:
    """Every event that the data points to, each with the field in which it stands."""
    return _in_model("data", event.data)


def other_world(event: Envelope) -> list[Problem]:
    """Where an exercise points to what is real, or what is real to an exercise."""
    exercise = is_exercise(event.source)
    detail = _TO_REAL if exercise else _TO_EXERCISE
    return [
        Problem(f"{field}/source", "other_world", detail)
        for field, reference in pointed_at(event)
        if is_exercise(reference.source) is not exercise
    ]


_TO_REAL = (
    "wijst naar iets echts, en dit is een oefening: verwijs naar iets van de oefening, of stuur dit "
    "vanuit uw echte systeem"
)
_TO_EXERCISE = (
    "wijst naar iets van een oefening, en dit is echt: verwijs naar iets echts, of stuur dit vanuit uw "
    "systeem voor oefeningen"
)


def _in_model(field: str, model: BaseModel) -> Iterator[tuple[str, EventRef]]:
    for name in _pointing_fields(type(model)):
        yield from _in_value(f"{field}/{name}", getattr(model, name))


def _in_value(field: str, value: object) -> Iterator[tuple[str, EventRef]]:
    if isinstance(value, EventRef):
        yield field, value
    elif isinstance(value, BaseModel):
        yield from _in_model(field, value)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _in_value(f"{field}/{name}", one)
    elif isinstance(value, list | tuple | set | frozenset):
        for index, one in enumerate(value):
            yield from _in_value(f"{field}/{index}", one)


def may_point(data: type[BaseModel]) -> bool:
    """Whether data of this kind may point to an event."""
    return bool(_pointing_fields(data))


@cache
def _pointing_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields that may lead to an event: all of which it is not certain that they don't."""
    return tuple(name for name, field in model.model_fields.items() if _may_point(field.annotation))


def _may_point(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Literal or annotation is Ellipsis:
        return False
    if origin is Annotated:
        return _may_point(get_args(annotation)[0])
    if origin in _HOLDERS:
        return any(map(_may_point, get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, EventRef):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(_pointing_fields(annotation))
    return not (isinstance(annotation, type) and issubclass(annotation, _PLAIN))
