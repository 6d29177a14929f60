"""The envelope: CloudEvents 1.0 in the NL GOV profile, with the hub's own extension attributes.

Sources: CloudEvents core specification 1.0.2; NL GOV profile for CloudEvents 1.1 (Logius, 2026).
"""

import re
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from schemas.quick import plain
from schemas.terms import AREA_CODE, AreaCode, FunctionSlug, Moment, PartySlug, Subject, Tlp, Token

TYPE_PREFIX = "nl.vitale-functies."
SCHEMA_BASE = "https://schemas.kernhub.example/"
EXTENSION_NAME = re.compile(r"[a-z0-9]{1,20}")
SOURCE = re.compile(
    r"urn:nld:(?:oin:(?P<oin>[0-9A-Z]{20})|kvknr:(?P<kvk>[0-9]{8})):systeem:[A-Za-z0-9._-]{1,64}"
)

TEST_PREFIX = "00000099"
"""OINs for tests and exercises begin with this (OIN-stelsel)."""
_EXERCISE = re.compile(rf"urn:nld:oin:{TEST_PREFIX}|.*:systeem:(?i:oefening)(?![A-Za-z0-9])")

MOST_AREAS = 400


@lru_cache(maxsize=256)
def _parts(value: str) -> tuple[str, ...]:
    parts = tuple(value.split(","))
    if len(set(parts)) != len(parts):
        raise PydanticCustomError("doubled", "noemt iets twee keer")
    return parts


_SHORT_LIST = core_schema.chain_schema(
    [
        core_schema.str_schema(strict=True, max_length=1000),
        core_schema.no_info_plain_validator_function(_parts),
    ]
)
"""As most are; a few thousand are said over and over."""


@plain(_SHORT_LIST)
def _split(value: object) -> object:
    """`a,b` on the wire is a tuple of a and b here; an empty or doubled part is refused."""
    if isinstance(value, str):
        return _parts.__wrapped__(value)
    if isinstance(value, tuple):
        return value
    raise PydanticCustomError("comma_list", "moet een tekst zijn met komma's, zonder spaties: 'a,b'")


_SOURCE_WRITTEN = f"^{re.sub('[?]P<[a-z]+>', '', SOURCE.pattern)}$"


@plain(core_schema.str_schema(pattern=_SOURCE_WRITTEN))
def _source(value: str) -> str:
    if not SOURCE.fullmatch(value):
        raise PydanticCustomError(
            "source",
            "moet zijn 'urn:nld:oin:<20 posities>:systeem:<naam>' "
            "of 'urn:nld:kvknr:<8 cijfers>:systeem:<naam>'",
        )
    return value


def is_exercise(source: str) -> bool:
    """Whether a source is for exercises: its OIN is one for tests, or its system is named `oefening`, or
    begins with that and a dash, dot or underscore; in capitals or not."""
    return bool(_EXERCISE.match(source))


def is_in_doubt(source: str) -> bool:
    """Whether the name of its system tells of an exercise, in a way by which the source is none."""
    return "oefening" in source.rpartition(":")[2].lower() and not is_exercise(source)


def _on_the_wire(one: str, most: int) -> WithJsonSchema:
    words = "With commas and without blanks; none of them twice."
    pattern = f"^({one})(,({one})){{0,{most - 1}}}$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": words})


_joined = PlainSerializer(lambda parts: ",".join(parts), return_type=str)

Functions = Annotated[
    tuple[FunctionSlug, ...],
    Field(min_length=1, max_length=14),
    BeforeValidator(_split),
    _joined,
    _on_the_wire("|".join(FunctionSlug), 14),
]
Areas = Annotated[
    tuple[AreaCode, ...],
    Field(min_length=1, max_length=MOST_AREAS),
    BeforeValidator(_split),
    _joined,
    _on_the_wire(AREA_CODE, MOST_AREAS),
]
Source = Annotated[
    str,
    AfterValidator(_source),
    WithJsonSchema({"type": "string", "pattern": _SOURCE_WRITTEN}),
]


class Data(BaseModel):
    """What happened. Unknown fields are refused. `recipients` names who may know, when TLP asks for names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipients: Annotated[tuple[PartySlug, ...], Field(max_length=500)] = ()


class EventRef(BaseModel):
    """Points to an earlier event by its `source` and `id`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source
    id: Token


def _true(value: object) -> object:
    if value is None or value is True or value == "true":
        return None if value is None else "true"
    raise PydanticCustomError("exercise", "moet true zijn; laat het weg bij wat echt is")


_TRUE = WithJsonSchema(
    {"enum": ["true", True, None], "description": "Of an exercise, whose source says so too."}
)


class Envelope(BaseModel):
    """Context attributes of every event. Unknown extension attributes are kept as they came.

    `time` is the moment at which the fact was logged at its source; when it happened in the world stands in
    `data`. `functions[0]` is the lead function: its topic carries the event.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    specversion: Literal["1.0"]
    id: Token
    source: Source
    type: Token
    time: Moment
    subject: Subject
    datacontenttype: Literal["application/json"]
    dataschema: str | None = None
    dataref: Token | None = None
    sequence: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")] | None = None
    sequencetype: Annotated[str | None, Field(validate_default=True)] = None
    functions: Functions
    areas: Areas
    tlp: Tlp
    correlationid: Token | None = None
    causationid: Token | None = None
    expirytime: Moment | None = None
    exercise: Annotated[Literal["true"] | None, BeforeValidator(_true), _TRUE] = None
    data: Data

    @field_validator("sequencetype")
    @classmethod
    def _both_or_neither(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "sequence" in info.data and (value is None) != (info.data["sequence"] is None):
            raise PydanticCustomError("sequence_pair", "hoort bij 'sequence': geef beide of geen van beide")
        if value is not None and value.lower() != "integer":
            raise PydanticCustomError("sequencetype", "moet 'Integer' zijn")
        return value

    @field_validator("dataschema")
    @classmethod
    def _own_schema(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("type")
        if value is not None and kind is not None and value != schema_uri(kind):
            raise PydanticCustomError(
                "dataschema", "hoort bij dit type '{uri}' te zijn", {"uri": schema_uri(kind)}
            )
        return value

    @field_validator("expirytime")
    @classmethod
    def _after_time(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and "time" in info.data and value <= info.data["time"]:
            raise PydanticCustomError("expirytime", "moet na 'time' liggen")
        return value

    @field_validator("exercise")
    @classmethod
    def _as_its_source(cls, value: Any, info: ValidationInfo) -> Any:
        source = info.data.get("source")
        if value is not None and source is not None and not is_exercise(source):
            raise PydanticCustomError(
                "exercise_source",
                "hoort bij een bron voor oefeningen: laat die eindigen op ':systeem:oefening' of "
                "':systeem:oefening-<naam>', zodat niets ervan bij een echte zaak terechtkomt",
            )
        return value

    @property
    def lead_function(self) -> FunctionSlug:
        return self.functions[0]


def schema_uri(event_type: str) -> str:
    """The absolute URI of the JSON Schema of an event type and version."""
    return f"{SCHEMA_BASE}{event_type.removeprefix(TYPE_PREFIX)}.json"
