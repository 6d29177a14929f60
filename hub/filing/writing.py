"""How the fields of an event stand in the cells of a template, and what its columns are for, in Dutch."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hub.filing.columns import Column, Kind, columns_of
from hub.filing.words import KEY, OWN
from hub.rules.moments import AMSTERDAM
from schemas.catalogue import EventType

_SEVERAL = " Meer dan één? Zet er ';' tussen."
_OF_KIND: Mapping[Kind, str] = {
    Kind.TEXT: "Tekst",
    Kind.CODE: "Een kenmerk: tekst op één regel",
    Kind.FUNCTION: "Een functie, zoals op het blad Keuzes",
    Kind.AREA: "Code van een gebied, zoals GM0935 of PV31",
    Kind.PARTY: "Een partij uit het register, zoals gm0935 of enexis",
    Kind.DAY: "Een datum, zoals 23-11-2026",
    Kind.MOMENT: "Een datum met een tijd, zoals 23-11-2026 14:30",
    Kind.NUMBER: "Een geheel getal",
    Kind.CHOICE: "Kies",
    Kind.REFERENCE: "Het kenmerk van iets dat u eerder met een bestand meldde; van een ander: 'source id', "
    "zoals in het bericht dat u kreeg",
    Kind.PAIRS: "'naam=waarde', met ';' ertussen",
}
_OWN: Mapping[tuple[str, ...], str] = {
    (
        "subject",
    ): "Waar het over gaat, zoals de naam van een station of zaak. Houd dit gelijk in alles wat erbij "
    "hoort. Geen persoonsgegevens.",
    (
        "tlp",
    ): "Wie dit mag weten: CLEAR iedereen, GREEN wie meedoet, AMBER en AMBER+STRICT wie het nodig heeft, "
    "RED alleen wie u noemt",
}
OF_KIND = "De soort gebeurtenis. Leeg: dezelfde als de eerste regel."
OF_KEY = (
    "Uw eigen kenmerk van deze regel, elk één keer. Daarmee verwijst u er later naar. Leeg: de hub maakt er "
    "een."
)
OF_EXERCISE = (
    "Mag leeg. Is dit een oefening? Zet dan 'ja' op de eerste regel: dat geldt voor het hele bestand. Het "
    "komt dan alleen bij wie er voor oefeningen is."
)
OF_OWN = (OF_KIND, OF_KEY, OF_EXERCISE)
"""What the columns of every template are for, in their order."""


def explanation(column: Column) -> str:
    """What a column is for, in Dutch."""
    text = _OWN.get(column.path, _OF_KIND[column.kind])
    if column.kind is Kind.CHOICE and column.path not in _OWN:
        text += f": {', '.join(column.choices.values())}"
    if column.most and column.kind is Kind.TEXT and not column.many:
        text += f", hoogstens {column.most} tekens"
    text = text if text.endswith(".") else f"{text}."
    if column.many:
        text += _SEVERAL
    if column.each_row:
        text += f" Meer dan één? Gebruik meer regels, met hetzelfde '{KEY}'."
    return f"{'Verplicht' if column.required else 'Mag leeg'}. {text}"


def headings(kind: EventType) -> list[str]:
    """The headings of a template, in order."""
    return [*OWN, *(column.heading for column in columns_of(kind))]


def example_rows(kind: EventType, event: Mapping[str, Any]) -> list[list[Any]]:
    """An event as the rows of its template: texts, whole numbers, days and moments; None where nothing is."""
    columns = columns_of(kind)
    count = max([1, *(len(_items(column, event)) for column in columns if column.each_row)])
    rows = []
    for number in range(count):
        cells = [
            _shown(column, _at_row(column, event, number))
            if column.each_row
            else _shown(column, _found(event, column.path) if number == 0 else None)
            for column in columns
        ]
        rows.append([kind.name_nl if number == 0 else None, event["id"], None, *cells])
    return rows


def _items(column: Column, event: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return _found(event, column.path[:-1]) or ()


def _at_row(column: Column, event: Mapping[str, Any], number: int) -> Any:
    items = _items(column, event)
    return items[number].get(column.path[-1]) if number < len(items) else None


def _found(event: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = event
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _shown(column: Column, value: Any) -> Any:
    if value is None or value == [] or value == {}:
        return None
    if column.path in (("functions",), ("areas",)):
        value = value.split(",")
    if column.many:
        return "; ".join(str(_shown(column._replace(many=False, path=()), one)) for one in value)
    if column.kind is Kind.CHOICE:
        return column.choices[value]
    if column.kind is Kind.DAY:
        return date.fromisoformat(value)
    if column.kind is Kind.MOMENT:
        return datetime.fromisoformat(value).astimezone(AMSTERDAM).replace(tzinfo=None)
    if column.kind is Kind.REFERENCE:
        return f"{value['source']} {value['id']}"
    if column.kind is Kind.PAIRS:
        return "; ".join(f"{name}={one}" for name, one in value.items())
    return value
