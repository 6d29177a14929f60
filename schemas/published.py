"""What is published of the contract: the JSON Schema of each type, the standard questions, and which changes
to them would break."""

from collections.abc import Iterator, Mapping
from importlib import resources
from json import loads
from typing import Any

from schemas.catalogue import EventType
from schemas.envelope import EXTENSION_NAME, schema_uri
from schemas.standard_question import StandardQuestion, function_words, own_questions, shared_questions
from schemas.terms import FunctionSlug

_WORDS = ("title", "description", "examples", "$comment")
"""What a schema says to people only."""
_FOR_READERS = (
    "For who reads events: a version may get new optional fields, so bear fields that you do not know. The "
    "hub is stricter when you publish: it refuses unknown fields in `data`, state classifications and what "
    "looks like a personal number, and it checks parties and areas against its register."
)


def json_schema(row: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a type and version, of an event in structured mode, for its readers."""
    schema = _opened(row.model.model_json_schema())
    schema["properties"]["dataschema"] = {"enum": [schema_uri(row.type), None], "default": None}
    schema["properties"]["sequencetype"]["anyOf"][0]["pattern"] = "^[Ii][Nn][Tt][Ee][Gg][Ee][Rr]$"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_uri(row.type),
        **schema,
        "title": row.name_nl,
        "description": _FOR_READERS,
        "propertyNames": {"pattern": f"^{EXTENSION_NAME.pattern}$"},
        "additionalProperties": {"type": ["string", "integer", "boolean", "null"]},
    }


def _opened(part: Any) -> Any:
    """A schema that bears fields which it does not know."""
    if isinstance(part, list):
        return [_opened(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _opened(one)
        for name, one in part.items()
        if not (name == "additionalProperties" and one is False)
    }


def example(row: EventType) -> dict[str, Any]:
    """A whole event of this type, of parties in the seeded register."""
    text = (resources.files("schemas") / "examples" / f"{row.short}.json").read_text("utf-8")
    attributes: dict[str, Any] = loads(text)
    return attributes


def questions() -> dict[str, Any]:
    """Every standard question once: those for every function, with `{objects}` open, and those of each."""
    return {
        "everyFunction": [shown_question(one) for one in shared_questions()],
        "functions": {
            function.value: {
                **function_words(function).model_dump(),
                "standardQuestions": [shown_question(one) for one in own_questions(function)],
            }
            for function in FunctionSlug
        },
    }


def shown_question(question: StandardQuestion) -> dict[str, Any]:
    """A standard question as JSON."""
    return question.model_dump(mode="json", by_alias=True, exclude_none=True)


def changed_meanings(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The codes in both whose parameters became others: then stored events would ask something else, or equal
    questions would no longer meet. Words, columns and allowed values may change; a code may go."""
    before, after = _parameters(old), _parameters(new)
    return [
        f"{code}: {before[code]} became {after[code]}"
        for code in before.keys() & after.keys()
        if before[code] != after[code]
    ]


def _parameters(catalogue: Mapping[str, Any]) -> dict[str, list[tuple[str, str, str | None]]]:
    lists = [catalogue["everyFunction"], *(f["standardQuestions"] for f in catalogue["functions"].values())]
    return {
        question["code"]: sorted(
            (one["name"], one["kind"], one.get("default")) for one in question["parameters"]
        )
        for listed in lists
        for question in listed
    }


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Every change from `old` to `new` that needs a new version, as a path and what happened.

    Adding an optional property is the only change that stored events and readers of a version both bear: its
    schema bears unknown fields. Words for people may change freely."""
    return list(_changes(old, new, ""))


def _changes(old: Any, new: Any, path: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _in_members(old, new, path)
    elif old != new:
        yield f"{path}: {old!r} became {new!r}"


def _in_members(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[str]:
    # Under these two, names are those of the contract, and words such as 'title' may be among them.
    of_names = path.rpartition("/")[2] in ("properties", "$defs")
    for name in old.keys() | new.keys():
        here = f"{path}/{name}"
        if not of_names and name in _WORDS:
            continue
        if name not in old:
            if not of_names:
                yield f"{here}: was added"
        elif name not in new:
            yield f"{here}: was removed"
        elif not of_names and name == "required":
            if set(old[name]) != set(new[name]):
                yield f"{here}: {sorted(old[name])} became {sorted(new[name])}"
        else:
            yield from _changes(old[name], new[name], here)
