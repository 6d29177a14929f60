"""Does an event pass a filter? CloudEvents Subscriptions dialects: exact, prefix, suffix, all, any, not.

Read strictly: an attribute that the event lacks makes an expression unknown, also under `not`, and what is
unknown does not match.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from schemas.envelope import EXTENSION_NAME
from schemas.problems import Problem
from schemas.terms import is_readable

_MOST_DEPTH = 8
_MOST_PARTS = 100
_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
}
_DIALECTS = (*_COMPARE, "all", "any", "not")


def passes(attributes: Mapping[str, Any], filters: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the event with these context attributes passes every filter. The filters must be sound."""
    return _all(_value(attributes, one) for one in filters) is True


def filter_problems(filters: Any, field: str = "filters") -> list[Problem]:
    """Every reason why these are no filters; none: they are sound."""
    if not isinstance(filters, list | tuple):
        return [Problem(field, "list", "moet een lijst zijn")]
    problems = list(_problems_of_list(filters, field, 1))
    if not problems and sum(map(_parts, filters)) > _MOST_PARTS:
        problems.append(Problem(field, "too_long", f"heeft meer dan {_MOST_PARTS} onderdelen"))
    return problems


def _value(attributes: Mapping[str, Any], expression: Mapping[str, Any]) -> bool | None:
    ((dialect, operand),) = expression.items()
    if dialect == "all":
        return _all(_value(attributes, one) for one in operand)
    if dialect == "any":
        return _not(_all(_not(_value(attributes, one)) for one in operand))
    if dialect == "not":
        return _not(_value(attributes, operand))
    return _all(_compared(attributes.get(name), dialect, wanted) for name, wanted in operand.items())


def _compared(value: Any, dialect: str, wanted: str) -> bool | None:
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _COMPARE[dialect](text, wanted)


def _all(values: Iterator[bool | None]) -> bool | None:
    """False when any is false, else unknown when any is unknown."""
    seen = set(values)
    return False if False in seen else None if None in seen else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _problems_of_list(filters: Sequence[Any], field: str, depth: int) -> Iterator[Problem]:
    for position, one in enumerate(filters):
        yield from _problems(one, f"{field}/{position}", depth)


def _problems(expression: Any, field: str, depth: int) -> Iterator[Problem]:
    if depth > _MOST_DEPTH:
        yield Problem(field, "too_deep", f"is dieper dan {_MOST_DEPTH} lagen")
    elif not isinstance(expression, Mapping) or len(expression) != 1:
        yield Problem(field, "one_dialect", "moet een object zijn met precies één dialect")
    else:
        ((dialect, operand),) = expression.items()
        here = f"{field}/{dialect}"
        if dialect in _COMPARE:
            yield from _problems_of_attributes(operand, here)
        elif dialect in ("all", "any"):
            if not isinstance(operand, list | tuple) or not operand:
                yield Problem(here, "list", "moet een lijst zijn met minstens één filter")
            else:
                yield from _problems_of_list(operand, here, depth + 1)
        elif dialect == "not":
            yield from _problems(operand, here, depth + 1)
        else:
            known = ", ".join(_DIALECTS)
            yield Problem(
                field, "unknown_dialect", f"'{ascii(dialect)[1:-1][:40]}' kennen wij niet. Wel: {known}"
            )


def _problems_of_attributes(operand: Any, field: str) -> Iterator[Problem]:
    if not isinstance(operand, Mapping) or not operand:
        yield Problem(field, "attributes", "moet een object zijn met minstens één attribuut")
        return
    for name, wanted in operand.items():
        if name == "data":
            yield Problem(f"{field}/data", "no_attribute", "is geen attribuut: filters zien de inhoud niet")
        elif not isinstance(name, str) or not EXTENSION_NAME.fullmatch(name):
            yield Problem(field, "no_attribute", f"zo heet geen attribuut: {ascii(name)[:40]}")
        elif not isinstance(wanted, str) or not wanted:
            yield Problem(f"{field}/{name}", "text", "moet tekst zijn, niet leeg")
        elif not is_readable(wanted) or not {"\n", "\t"}.isdisjoint(wanted):
            yield Problem(f"{field}/{name}", "text", "moet leesbare tekst op één regel zijn")


def _parts(expression: Mapping[str, Any]) -> int:
    ((dialect, operand),) = expression.items()
    if dialect in ("all", "any"):
        return 1 + sum(map(_parts, operand))
    return 1 + (_parts(operand) if dialect == "not" else len(operand))
