"""What a cell says, as the value of a field: Dutch dates, numbers and words, and what Excel makes of them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from hub.filing.columns import Column, Kind
from hub.filing.marks import plain
from hub.filing.tables import Cell
from hub.rules.moments import AMSTERDAM

_DUTCH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DUTCH_MOMENT = re.compile(r"(\S+?),?\s+(?:om\s+)?(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\s*uur)?")
_WHOLE = re.compile(r"([+-]?)(\d+|\d{1,3}(?:\.\d{3})+)(?:,0*)?", re.ASCII)
_AREA = re.compile(r"(NL|(?:PV|VR|WS|GM)\d+)(?:[\s(,:-].*)?", re.IGNORECASE | re.ASCII | re.DOTALL)
_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE | re.ASCII)
_CODES = (Kind.CODE, Kind.FUNCTION, Kind.AREA, Kind.PARTY, Kind.REFERENCE)
_MOST_SERIAL = 109_939
"""The last day that the schema knows, as a number of Excel."""
_AS_TEXT = "Maak de cel op als Tekst en typ het opnieuw."


class Known(NamedTuple):
    """What people may write instead of a code, folded; the source of what a party's files say, and that in
    an exercise; and the key of the hub that ids are made with."""

    functions: Mapping[str, str]
    parties: Mapping[str, str]
    source: str
    exercise_source: str
    secret: bytes


class WrongCell(Exception):
    """The cell can't be read; `code` is stable, `detail` is Dutch."""

    def __init__(self, code: str, detail: str):
        self.code = code
        self.detail = detail
        super().__init__(detail)


def read_cell(column: Column, cell: Cell, known: Known) -> Any:
    """The value of a field as JSON. Raises WrongCell."""
    if cell.doubt:
        raise WrongCell("doubt", cell.doubt)
    cell = cell._replace(value=_plain(column.kind, cell.value))
    if not column.many:
        return _read_one(column, cell, known)
    parts = cell.value if isinstance(cell.value, list) else _parts(column, cell, known)
    return [_read_one(column, cell._replace(value=part), known) for part in parts]


def _plain(kind: Kind, value: Any) -> Any:
    """The value without what nobody sees in it; but what a person tells stays as it is."""
    if kind is Kind.TEXT:
        return value
    if isinstance(value, list):
        return [plain(part) if isinstance(part, str) else part for part in value]
    return plain(value) if isinstance(value, str) else value


def _parts(column: Column, cell: Cell, known: Known) -> list[Any]:
    """Several values in one cell: with ';' or new lines between them; codes with commas too."""
    if not isinstance(cell.value, str):
        return [cell.value]
    names = known.functions.keys() | known.parties.keys()
    found: list[str] = []
    for part in filter(None, map(str.strip, re.split(r"[;\n]", cell.value))):
        of_codes = column.kind in (*_CODES, Kind.CHOICE) and part.casefold() not in names
        found += filter(None, map(str.strip, part.split(","))) if of_codes else [part]
    return found


def _read_one(column: Column, cell: Cell, known: Known) -> Any:
    value = cell.value
    if isinstance(value, bool):
        raise WrongCell("boolean", f"is waar of onwaar; dat past hier niet. {_AS_TEXT}")
    if isinstance(value, dict | list) and not (
        isinstance(value, dict) and column.kind in (Kind.REFERENCE, Kind.PAIRS)
    ):
        raise WrongCell("nested", "moet één waarde zijn, geen lijst of object")
    if isinstance(value, dict):
        return value
    if column.kind is Kind.DAY:
        return _day(cell).isoformat()
    if column.kind is Kind.MOMENT:
        return _moment(cell)
    if column.kind is Kind.NUMBER:
        return _number(value)
    text = _text(column.kind, value)
    if column.kind is Kind.CHOICE:
        return _choice(text, column.choices)
    how = _OF_TEXT.get(column.kind)
    return how(text, known) if how else text


def _text(kind: Kind, value: Any) -> str:
    if isinstance(value, date | time | timedelta):
        raise WrongCell("date", f"is een datum of tijd geworden, en hier hoort tekst. {_AS_TEXT}")
    if isinstance(value, int | float):
        if kind in _CODES:
            detail = f"is een getal: nullen vooraan kunnen verdwenen zijn. {_AS_TEXT}"
            raise WrongCell("number", f"{detail}{_area_hint(str(value)) if kind is Kind.AREA else ''}")
        return str(int(value)) if value == int(value) else str(value).replace(".", ",")
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if kind in _CODES and _SCIENTIFIC.fullmatch(text):
        raise WrongCell("scientific", f"is een afgerond getal van Excel, geen code. {_AS_TEXT}")
    return text


def _day(cell: Cell) -> date:
    value = cell.value
    if isinstance(value, datetime):
        if value.time() != time():
            raise WrongCell("day", "heeft een tijd erbij; hier hoort alleen een datum, zoals 23-11-2026")
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_serial(cell).date() if value == int(value) else _no_day()
    text = value.strip() if isinstance(value, str) else ""
    if text.isdecimal():
        raise WrongCell("serial", "is een getal; maak er een datum van, zoals 23-11-2026")
    return _day_of(text) or _no_day()


def _no_day() -> date:
    raise WrongCell("day", "is geen bestaande datum; schrijf dag-maand-jaar, zoals 23-11-2026")


def _day_of(text: str) -> date | None:
    try:
        if dutch := _DUTCH_DAY.fullmatch(text):
            return date(int(dutch[3]), int(dutch[2]), int(dutch[1]))
        if iso := _ISO_DAY.fullmatch(text):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
    except ValueError:
        pass
    return None


def _of_serial(cell: Cell) -> datetime:
    """A date that Excel shows as a number: days since the epoch of its workbook."""
    if cell.epoch_days is None or not 61 <= cell.value < _MOST_SERIAL:
        raise WrongCell("serial", "is een getal; maak er een datum van, zoals 23-11-2026")
    whole = datetime.combine(date.fromordinal(cell.epoch_days), time())
    return whole + timedelta(seconds=round(cell.value * 86_400))


def _moment(cell: Cell) -> str:
    value = cell.value
    if isinstance(value, int | float):
        value = _of_serial(cell)
    if isinstance(value, datetime):
        return _in_amsterdam(value)
    text = value.strip() if isinstance(value, str) else ""
    if re.match(r"\d{4}-\d\d-\d\d[Tt]", text):
        return text
    found = _DUTCH_MOMENT.fullmatch(text)
    day = _day_of(found[1]) if found else None
    if found and day:
        try:
            at = time(int(found[2]), int(found[3]), int(found[4] or 0))
        except ValueError:
            at = None
        if at is not None:
            return _in_amsterdam(datetime.combine(day, at))
    raise WrongCell("moment", "moet een datum met een tijd zijn, zoals 23-11-2026 14:30")


def _in_amsterdam(value: datetime) -> str:
    local = value.replace(tzinfo=AMSTERDAM, microsecond=0)
    if not 1900 <= value.year < 2200 or local.astimezone(UTC).astimezone(AMSTERDAM).time() != local.time():
        raise WrongCell("moment", "bestaat niet in Nederland: de klok springt dan een uur vooruit")
    return local.isoformat()


def _number(value: Any) -> int:
    if isinstance(value, int | float) and value == int(value):
        return int(value)
    found = _WHOLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or len(found[2]) > 15:
        raise WrongCell("number", "moet een geheel getal zijn, zonder cijfers na de komma")
    return int(found[1] + found[2].replace(".", ""))


def _choice(text: str, choices: Mapping[str, str]) -> str:
    for value, word in choices.items():
        if text.casefold() in (word.casefold(), value.casefold()):
            return value
    raise WrongCell("choice", f"'{text[:40]}' kan hier niet. Kies uit: {', '.join(choices.values())}")


def _area(text: str, _: Known) -> str:
    found = _AREA.fullmatch(text)
    if found is None:
        detail = f"'{text[:40]}' is geen code van een gebied, zoals GM0935 of PV31"
        raise WrongCell("area", f"{detail}.{_area_hint(text)}")
    return found[1].upper()


def _area_hint(text: str) -> str:
    return f" Bedoelt u GM{text.zfill(4)}?" if text.isdecimal() and len(text) <= 4 else ""


def _function(text: str, known: Known) -> str:
    found = known.functions.get(text.casefold())
    if found is None:
        raise WrongCell("function", f"'{text[:40]}' is geen functie; het blad Keuzes noemt ze alle")
    return found


def _party(text: str, known: Known) -> str:
    return known.parties.get(text.casefold(), text.lower())


def _reference(text: str, known: Known) -> dict[str, str]:
    """`key`, of an event in the party's own files, or `source key`."""
    source, _, key = text.partition(" ")
    if text.startswith("urn:") and key.strip():
        return {"source": source, "id": key.strip()}
    return {"source": known.source, "id": text}


def _pairs(text: str, _: Known) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, re.split(r"[;\n]", text))):
        name, equals, value = part.partition("=")
        if not equals or name.strip() in found:
            raise WrongCell("pairs", "moet zijn 'naam=waarde', met ';' ertussen, en elke naam één keer")
        found[name.strip()] = value.strip()
    return found


_OF_TEXT: Mapping[Kind, Callable[[str, Known], Any]] = {
    Kind.AREA: _area,
    Kind.FUNCTION: _function,
    Kind.PARTY: _party,
    Kind.REFERENCE: _reference,
    Kind.PAIRS: _pairs,
}
