"""Events that the hub accepts though few would write them: they guard what a JSON Schema can't say."""

from collections.abc import Mapping
from typing import Any

from schemas.catalogue import EventType
from schemas.envelope import schema_uri
from schemas.published import example, json_schema
from schemas.terms import FunctionSlug

_LINE = (
    "  Één regel: «déjà vu» – '=1+1' \u05e9\u05dc\u05d5\u05dd 漢字 🌊 e\u0301, geen staatsgeheim, "
    "111222334 <b>&amp;"
)
_TEXT = f"\n\t{_LINE}\n\nWij houden dit geheim; het departement is zeer vertrouwd. \u200d\ufeff"
_SYSTEM = "A.z_9-" * 10 + "0..."
_MOMENT = "2024-02-29t23:59:59.123456789-12:00"
_BY_PATTERN = {
    "urn:nld": None,
    "http": "http://[2001:db8::1]:8080/%7E?q=é&%00#🌊",
    "(WS|GM)": "WS0665",
    "^[a-z0-9]+(-": "0-1-abc",
    "^[0-9]{8}$": "00000000",
}
"""What is odd of each form, by a part of its pattern; None: the source of the event."""
_BY_FORM = {"date": "2024-02-29", "date-time": _MOMENT}


def accepted_events(row: EventType) -> list[dict[str, Any]]:
    """The published example, one with only what it must have, and one with everything."""
    schema = json_schema(row)
    data = schema["$defs"][schema["properties"]["data"]["$ref"].rpartition("/")[2]]
    plain = example(row)
    source = plain["source"].rpartition(":")[0] + f":{_SYSTEM}"
    full = {name: _odd(part, schema["$defs"], source) for name, part in data["properties"].items()}
    required = {name: full[name] for name in data["required"]}
    envelope = {name: plain[name] for name in schema["required"]}
    return [
        plain,
        {
            **envelope,
            "id": "0",
            "source": "urn:nld:kvknr:00000000:systeem:-",
            "time": "1900-01-01T00:00:00Z",
            "subject": "0",
            "data": required,
        },
        {
            **envelope,
            "id": _LINE.ljust(500, "x"),
            "source": source,
            "time": _MOMENT,
            "subject": _LINE.ljust(200, "x"),
            "functions": ",".join(FunctionSlug),
            "areas": "GM0935,WS0665,VR24,PV31,NL",
            "tlp": "RED",
            "dataschema": schema_uri(row.type),
            "dataref": _LINE,
            "sequence": "9999999999",
            "sequencetype": "INTEGER",
            "correlationid": _LINE,
            "causationid": None,
            "expirytime": "2199-12-31T23:59:59+14:00",
            "traceparent": "",
            "x" * 20: 9007199254740991,
            "0": True,
            "data": full,
        },
    ]


def _odd(part: Mapping[str, Any], parts: Mapping[str, Any], source: str) -> Any:
    """A value that this part of a schema lets in."""
    if "$ref" in part:
        return _odd(parts[part["$ref"].rpartition("/")[2]], parts, source)
    if "anyOf" in part:
        return _odd(part["anyOf"][0], parts, source)
    if "enum" in part or "const" in part:
        return part.get("const") or part["enum"][-1]
    match part["type"]:
        case "object" if "properties" in part:
            return {name: _odd(one, parts, source) for name, one in part["properties"].items()}
        case "object":
            return {_LINE: _LINE}
        case "array":
            return [_odd(part["items"], parts, source)] * max(1, part.get("minItems", 1))
        case "integer":
            return part.get("maximum", 2**31)
    return _text(part, source)


def _text(part: Mapping[str, Any], source: str) -> str:
    if "format" in part:
        return _BY_FORM[part["format"]]
    pattern = part["pattern"]
    for form, value in _BY_PATTERN.items():
        if form in pattern:
            return value or source
    return _TEXT if part["maxLength"] > 1000 else _LINE
