"""Validators that take what most events say without calling Python. What they refuse may be right all the
same: the models' own say so, or what is wrong."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import CoreSchema, SchemaValidator

_Check = TypeVar("_Check", bound=Callable[..., Any])
_plain: dict[Any, CoreSchema] = {}

_HOLDING = {
    "model": ("schema",),
    "model-field": ("schema",),
    "nullable": ("schema",),
    "function-before": ("schema",),
    "function-after": ("schema",),
    "list": ("items_schema",),
    "default": ("schema",),
}
"""Where the schemas stand in those of a kind that take less when these take less. In a union, another member
would take what one leaves."""


def plain(schema: CoreSchema) -> Callable[[_Check], _Check]:
    """Marks a check: it has nothing against what this schema takes, and makes of it the same."""

    def marked(check: _Check) -> _Check:
        _plain[check] = schema
        return check

    return marked


def quick_validator(model: type[BaseModel]) -> SchemaValidator:
    """What it takes, the model's own takes, and makes the same of it."""
    return SchemaValidator(_quick(model.__pydantic_core_schema__), _use_prebuilt=False)


def _quick(schema: Any) -> Any:
    kind = schema["type"]
    if kind in ("function-before", "function-after"):
        mark = _plain.get(schema["function"]["function"])
        if mark is not None:
            inner = _quick(schema["schema"])
            return _both(mark, inner) if kind == "function-before" else _both(inner, mark)
    if kind == "default" and schema.get("on_error", "raise") != "raise":
        return schema
    if kind == "model-fields":
        return {**schema, "fields": {name: _quick(one) for name, one in schema["fields"].items()}}
    if kind == "tuple":
        return {**schema, "items_schema": [_quick(one) for one in schema["items_schema"]]}
    return {**schema, **{name: _quick(schema[name]) for name in _HOLDING.get(kind, ()) if name in schema}}


def _both(first: Any, then: Any) -> Any:
    """What passes one after the other; two of one kind that ask something else are one."""
    *before, last = first["steps"] if first["type"] == "chain" else [first]
    start, *after = then["steps"] if then["type"] == "chain" else [then]
    asked = [one.keys() - {"type", "metadata"} for one in (last, start)]
    if last["type"] == start["type"] != "function-plain" and asked[0].isdisjoint(asked[1]):
        steps = [*before, last | start, *after]
    else:
        steps = [*before, last, start, *after]
    return steps[0] if len(steps) == 1 else {"type": "chain", "steps": steps}
