"""The columns of a template: each field of a type's schema that a person fills in."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from hub.filing.words import CHOICES, HEADINGS
from schemas.catalogue import CATALOGUE, EventType
from schemas.envelope import MOST_AREAS
from schemas.terms import AREA_CODE, PARTY_SLUG, FunctionSlug, Tlp

FILLED_IN = tuple(row for row in CATALOGUE if not row.by_hub)
"""The types that have a template: what only the hub says has none."""


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    CODE = "code"
    FUNCTION = "function"
    AREA = "area"
    PARTY = "party"
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"
    CHOICE = "choice"
    REFERENCE = "reference"
    PAIRS = "pairs"


class Column(NamedTuple):
    """A column: `path` is that of its field in the event. Of `many` a cell holds several; of `each_row`
    every row of one event adds one. `choices` are Dutch words by value; `most` is of characters or values."""

    heading: str
    path: tuple[str, ...]
    kind: Kind
    required: bool
    many: bool = False
    each_row: bool = False
    choices: Mapping[str, str] = {}
    most: int | None = None

    @property
    def field(self) -> str:
        return "/".join(self.path)


_ENVELOPE = (
    Column(HEADINGS["subject"], ("subject",), Kind.CODE, required=True, most=200),
    Column(
        HEADINGS["functions"], ("functions",), Kind.FUNCTION, required=True, many=True, most=len(FunctionSlug)
    ),
    Column(HEADINGS["areas"], ("areas",), Kind.AREA, required=True, many=True, most=MOST_AREAS),
    Column(
        HEADINGS["tlp"],
        ("tlp",),
        Kind.CHOICE,
        required=True,
        choices={str(label): str(label) for label in Tlp},
    ),
)


@cache
def columns_of(row: EventType) -> tuple[Column, ...]:
    """The columns for a type, besides its kind and key: those that must be filled in stand first."""
    data = row.model.model_fields["data"].annotation
    schema = data.model_json_schema()  # type: ignore[union-attr]
    found = list(_of_object(schema, schema.get("$defs", {}), ()))
    ordered = sorted(found, key=lambda column: (column.each_row, not column.required))
    return (*_ENVELOPE, *ordered)


def _of_object(
    schema: Mapping[str, Any], defs: Mapping[str, Any], path: tuple[str, ...], *, must: bool = True
) -> Iterator[Column]:
    for name, part in schema["properties"].items():
        here = (*path, name)
        required = must and name in schema.get("required", ())
        inner = _resolved(part, defs)
        item = _resolved(inner.get("items", {}), defs)
        many = inner.get("type") == "array"
        if many and "properties" in item and not _is_reference(item):
            for column in _of_object(item, defs, here, must=False):
                yield column._replace(each_row=True)
        elif "properties" in inner and not _is_reference(inner):
            yield from _of_object(inner, defs, here, must=required)
        else:
            yield _column(here, item if many else inner, required=required, many=many, whole=inner)


def _column(
    path: tuple[str, ...], part: Mapping[str, Any], *, required: bool, many: bool, whole: Mapping[str, Any]
) -> Column:
    name = "/".join(path)
    words = CHOICES.get(name, {})
    values = {value: words[value] for value in part.get("enum", ())}
    return Column(
        HEADINGS[name],
        ("data", *path),
        _kind(part),
        required,
        many=many,
        choices=values,
        most=whole.get("maxItems") if many else part.get("maxLength"),
    )


def _kind(part: Mapping[str, Any]) -> Kind:
    if _is_reference(part):
        return Kind.REFERENCE
    if "enum" in part:
        return Kind.CHOICE
    if part["type"] == "object":
        return Kind.PAIRS
    if part["type"] == "integer":
        return Kind.NUMBER
    if part.get("format") in ("date", "date-time"):
        return Kind.DAY if part["format"] == "date" else Kind.MOMENT
    of_pattern = {f"^({AREA_CODE})$": Kind.AREA, f"^{PARTY_SLUG}$": Kind.PARTY}
    pattern = part.get("pattern", "")
    if pattern == f"^{PARTY_SLUG}$" and part.get("title") == "Standard Question":
        return Kind.CODE
    return of_pattern.get(pattern, Kind.TEXT)


def _is_reference(part: Mapping[str, Any]) -> bool:
    return part.get("title") == "EventRef"


def _resolved(part: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part that a reference points to, or of an optional part the part itself."""
    if "anyOf" in part:
        (some,) = (one for one in part["anyOf"] if one.get("type") != "null")
        return _resolved({**some, "title": some.get("title", part.get("title"))}, defs)
    if "$ref" in part:
        return _resolved(defs[part["$ref"].rpartition("/")[2]], defs)
    return part
