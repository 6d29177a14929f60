"""Words that every event uses: functions, area codes, TLP labels, party slugs, moments and texts."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

from schemas.quick import plain


class FunctionSlug(StrEnum):
    """The thirteen national vital and vulnerable functions, and provincial roads, which travel along."""

    __hash__ = str.__hash__  # as fast as text

    ELECTRICITY = "electricity"
    NATURAL_GAS = "natural-gas"
    OIL = "oil"
    TELECOM_BASIC = "telecom-basic"
    TELECOM_PUBLIC = "telecom-public"
    WASTE_WATER = "waste-water"
    DRINKING_WATER = "drinking-water"
    HEALTH = "health"
    PUMPING_STATIONS = "pumping-stations"
    TRANSPORT_MAIN = "transport-main"
    CHEMISTRY = "chemistry"
    NUCLEAR = "nuclear"
    INFECTIOUS_GMO = "infectious-gmo"
    PROVINCIAL_ROADS = "provincial-roads"


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST), from open to closed."""

    __hash__ = str.__hash__  # as fast as text

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


class Hazard(StrEnum):
    """The four themes of the national approach (Delta Programme Spatial Adaptation)."""

    FLOOD = "flood"
    EXCESS_WATER = "excess-water"
    DROUGHT = "drought"
    HEAT = "heat"


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NINE_DIGITS = re.compile(r"\d{9,}")
"""Or more, which hold no number of nine."""
_NO_TEXT = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_PLAIN_TEXT = core_schema.str_schema(pattern=f"^[!-~][^{_NO_TEXT}]*$")
_PLAIN_LINE = core_schema.str_schema(pattern=rf"^[!-~][^\t\n{_NO_TEXT}]*$")
_NO_NINE_DIGITS = core_schema.str_schema(
    pattern="^([0-9]{0,8}|[0-9]{10,})([ -/:-~]([0-9]{0,8}|[0-9]{10,}))*$"
)


def is_readable(value: str) -> bool:
    """Whether text has no control characters and nothing that turns its direction; new lines may."""
    if value.isascii() and value.isprintable():
        return True
    return not (_CONTROL.search(value) or _BIDI.search(value))


@plain(_PLAIN_TEXT)
def _no_control(value: str) -> str:
    if value.isascii() and value.isprintable() and not value.isspace():
        return value  # as most are
    if not is_readable(value):
        raise PydanticCustomError("control_character", "bevat een stuurteken; alleen leesbare tekst mag")
    if not value.strip():
        raise PydanticCustomError("blank", "is leeg")
    return value


@plain(_PLAIN_LINE)
def _one_line(value: str) -> str:
    if value.isascii() and value.isprintable() and not value.isspace():
        return value
    if "\n" in value or "\t" in value:
        raise PydanticCustomError("one_line", "moet op één regel staan")
    return _no_control(value)


@plain(
    core_schema.str_schema(
        strict=True,
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    )
)
def _rfc3339(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise PydanticCustomError(
            "rfc3339", "moet een moment zijn als 2026-11-23T10:00:00+01:00 (RFC 3339 met tijdzone)"
        )
    return value


@plain(
    core_schema.datetime_schema(ge=datetime(1900, 1, 2, tzinfo=UTC), lt=datetime(2199, 12, 31, tzinfo=UTC))
)
def of_our_time(value: datetime) -> datetime:
    """Raises ValueError when no calendar of ours has this moment: not every clock can tell it."""
    if not 1900 <= value.year < 2200:
        raise PydanticCustomError(
            "moment_range", "is te lang geleden of te ver weg: het jaar is 1900 tot 2199"
        )
    return value


@plain(core_schema.str_schema(strict=True, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
def _day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("day", "moet een datum zijn als 2026-11-23")


def holds_bsn(value: str) -> bool:
    """Whether some nine digits pass the check of a citizen service number (BSN)."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return any(
        sum(w * int(d) for w, d in zip(weights, number, strict=True)) % 11 == 0
        for number in _NINE_DIGITS.findall(value)
        if len(number) == len(weights)
    )


@plain(_NO_NINE_DIGITS)
def _no_bsn(value: str) -> str:
    if holds_bsn(value):
        raise PydanticCustomError(
            "personal_data", "lijkt een burgerservicenummer (BSN) te bevatten; gebruik een zaaknummer"
        )
    return value


_BLANK = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNREADABLE = "\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"


def _readable_text(most: int, *, more_lines: bool = False) -> WithJsonSchema:
    """What the checks of a text say, as far as a pattern that all readers of JSON Schema know can say it."""
    no_blank, others = (_UNREADABLE, "\n\t") if more_lines else (f"{_UNREADABLE}\n\t", "")
    pattern = f"^[{_BLANK}{others}]*[^{_BLANK}\n\t{_UNREADABLE}][^{no_blank}]*$"
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": most, "pattern": pattern})


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line), _readable_text(200)]
"""One line of readable text: a title, a name."""

Text = Annotated[
    str,
    Field(min_length=1, max_length=20_000),
    AfterValidator(_no_control),
    _readable_text(20_000, more_lines=True),
]
"""Readable text of one or more lines."""

Token = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line), _readable_text(500)]
"""An identifier: one line, at most 500 characters."""

Subject = Annotated[
    str,
    Field(min_length=1, max_length=200),
    AfterValidator(_one_line),
    AfterValidator(_no_bsn),
    _readable_text(200),
]
"""The case an event belongs to; never personal data."""

_MONTH_AND_DAY = "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^[0-9]{{4}}-{_MONTH_AND_DAY}$"}),
]
"""A calendar day as YYYY-MM-DD."""

Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_rfc3339),
    AfterValidator(of_our_time),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": f"^(19|20|21)[0-9]{{2}}-{_MONTH_AND_DAY}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
            r"(\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
        }
    ),
]
"""RFC 3339 with an offset, from 1900 up to 2200."""

AnyMoment = Annotated[AwareDatetime, AfterValidator(of_our_time)]
"""A moment as it stands in a question, from 1900 up to 2200: a clock anywhere can tell it."""

PARTY_SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
PartySlug = Annotated[str, Field(pattern=f"^{PARTY_SLUG}$", max_length=80)]
"""A party of the register, for example `gm0935` or `enexis`."""

AREA_CODE = "NL|(PV|VR)[0-9]{2}|(WS|GM)[0-9]{4}"
AreaCode = Annotated[str, Field(pattern=f"^({AREA_CODE})$")]
"""An official area code: country, province, safety region, water board or municipality."""

URL = r"^https?://[^\s<>\"]+$"
Url = Annotated[str, Field(pattern=URL, max_length=2000), AfterValidator(_one_line)]
"""An http(s) address."""

PlanState = Literal["planned", "cancelled"]
"""Whether what was planned takes place."""
