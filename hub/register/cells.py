"""The cells of the register's sheets: how each kind of fact is written, and read from what people type."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from hub.register.kinds import PartyKind, RoleKind, Strength, Wish
from schemas.terms import AreaCode, FunctionSlug, Line, PartySlug, Tlp

_T = TypeVar("_T")
Write = Callable[[Any], str]
Read = Callable[[str], Any]


class Cell(NamedTuple):
    """The name of its fact, how it is written, and how it is read (ValueError: a Dutch sentence)."""

    fact: str
    write: Write
    read: Read


_DUTCH_KINDS = {
    PartyKind.CORE_TEAM: "kernteam",
    PartyKind.MINISTRY: "ministerie",
    PartyKind.OPERATOR: "beheerder",
    PartyKind.UMBRELLA: "koepelorganisatie",
    PartyKind.SUPERVISOR: "toezichthouder",
    PartyKind.KNOWLEDGE_INSTITUTE: "kennisinstelling",
    PartyKind.MUNICIPALITY: "gemeente",
    PartyKind.PROVINCE: "provincie",
    PartyKind.WATER_BOARD: "waterschap",
    PartyKind.SAFETY_REGION: "veiligheidsregio",
    PartyKind.HUB: "hub",
}
ROLE_WORDS = {
    RoleKind.CORE_TEAM: "kernteam",
    RoleKind.COORDINATOR: "coördinator",
    RoleKind.RESPONSIBLE_MINISTRY: "verantwoordelijk ministerie",
    RoleKind.OPERATOR: "beheerder",
    RoleKind.UMBRELLA: "koepelorganisatie",
    RoleKind.SUPERVISOR: "toezichthouder",
    RoleKind.ADVISER: "adviseur",
}
_DUTCH_STRENGTHS = {Strength.HIGH: "hoog", Strength.MEDIUM: "midden", Strength.LOW: "laag"}
_DUTCH_WISHES = {Wish.IMMEDIATE: "direct", Wish.DIGEST: "overzicht", Wish.NOT: "niet"}


def _checked(adapter: TypeAdapter[_T], refusal: str) -> Callable[[str], _T]:
    def read(text: str) -> _T:
        try:
            return adapter.validate_python(text)
        except ValidationError:
            raise ValueError(refusal) from None

    return read


def words(dutch: Mapping[Any, str]) -> tuple[Write, Read]:
    """One of these words."""
    known = {word.casefold(): value for value, word in dutch.items()}

    def read(text: str) -> Any:
        if text.casefold() not in known:
            raise ValueError(f"'{text[:40]}' kennen wij niet. Kies uit: {', '.join(dutch.values())}")
        return known[text.casefold()]

    return dutch.__getitem__, read


def several(read_one: Read) -> tuple[Write, Read]:
    """Any number of these, with commas between them."""

    def read(text: str) -> tuple[Any, ...]:
        parts = [part.strip() for part in text.split(",")] if text else []
        if len(set(parts)) != len(parts):
            raise ValueError("noemt iets twee keer")
        return tuple(read_one(part) for part in parts)

    return ", ".join, read


def _number(text: str) -> int | None:
    if text and not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError("moet een getal zijn, of leeg")
    return int(text) if text else None


def _oin(text: str) -> str:
    oin = text.removeprefix("urn:nld:oin:")
    if not re.fullmatch(r"[0-9A-Z]{20}", oin):
        hint = " Excel heeft het afgerond: zet de kolom op Tekst." if "E+" in oin.upper() else ""
        raise ValueError(f"moet een OIN van 20 posities zijn, als urn:nld:oin:<OIN>.{hint}")
    return oin


def _kvk(text: str) -> str:
    kvk = text.removeprefix("urn:nld:kvknr:")
    if kvk and not re.fullmatch(r"[0-9]{8}", kvk):
        raise ValueError("moet een KvK-nummer van 8 cijfers zijn, als urn:nld:kvknr:<nummer>, of leeg")
    return kvk


def _filters(text: str) -> tuple[Any, ...]:
    try:
        read = json.loads(text) if text else []
    except (ValueError, RecursionError):
        raise ValueError("is geen JSON: schrijf een lijst van filters") from None
    if not isinstance(read, list):
        raise ValueError("moet een JSON-lijst van filters zijn")
    return tuple(read)


def read_day(text: str) -> date:
    """A day as 2027-01-31, or 31-1-2027 as Dutch Excel writes it."""
    turned = _DUTCH_DAY.sub(lambda m: f"{m[3]}-{int(m[2]):02}-{int(m[1]):02}", text)
    try:
        return date.fromisoformat(turned)
    except ValueError:
        raise ValueError("moet een dag zijn als 2027-01-31 of 31-1-2027") from None


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or len(text) > 254:
        raise ValueError("moet één e-mailadres zijn")
    return text


_DUTCH_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")
_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_read_line = _checked(TypeAdapter(Line), "moet één regel leesbare tekst zijn, hoogstens 200 tekens")
_read_party = _checked(TypeAdapter(PartySlug), "moet een korte naam zijn als gm0935 of enexis")
_read_area = _checked(TypeAdapter(AreaCode), "moet een gebiedscode zijn als GM0935, PV31, VR24, WS0665 of NL")

LINE: tuple[Write, Read] = (str, _read_line)
OPTIONAL_LINE: tuple[Write, Read] = (str, lambda text: _read_line(text) if text else "")
PARTY: tuple[Write, Read] = (str, _read_party)
AREA: tuple[Write, Read] = (str, _read_area)
AREAS = several(_read_area)
FUNCTION = words({slug: slug.value for slug in FunctionSlug})
FUNCTIONS = several(FUNCTION[1])
NUMBER: tuple[Write, Read] = (lambda value: "" if value is None else str(value), _number)
OIN: tuple[Write, Read] = ("urn:nld:oin:{}".format, _oin)
KVK: tuple[Write, Read] = (lambda kvk: f"urn:nld:kvknr:{kvk}" if kvk else "", _kvk)
ADDRESS: tuple[Write, Read] = (str, _address)
FILTERS: tuple[Write, Read] = (lambda value: json.dumps(value) if value else "", _filters)
PARTY_KIND = words(_DUTCH_KINDS)
ROLE_KIND = words(ROLE_WORDS)
STRENGTH = words(_DUTCH_STRENGTHS)
WISH = words(_DUTCH_WISHES)
LABEL = words({tlp: tlp.value for tlp in Tlp})
