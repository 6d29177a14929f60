"""A file of any kind that we know, as the events that it holds."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from hub.filing.cells import Known
from hub.filing.objects import read_geojson, read_json, read_json_lines, table_of
from hub.filing.rows import Draft, drafts
from hub.filing.tables import MOST_EVENTS, refused
from hub.filing.text import read_csv
from hub.filing.xlsx import is_zip, read_xlsx
from hub.register.model import Party, Register
from schemas.envelope import is_exercise

_SYSTEM = "bestanden"


class Format(StrEnum):
    """The kinds of files, by how their names end."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSON_LINES = "jsonl"
    GEOJSON = "geojson"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.JSON_LINES: "application/jsonl",
    Format.GEOJSON: "application/geo+json",
}
_OBJECTS: Mapping[Format, Callable[[bytes], list[tuple[int, Any]]]] = {
    Format.JSON: read_json,
    Format.JSON_LINES: read_json_lines,
    Format.GEOJSON: read_geojson,
}


def format_of(name: str) -> Format | None:
    """The kind of a file by its name; None: not one of ours."""
    ending = name.rpartition(".")[2].lower()
    return Format.JSON_LINES if ending == "ndjson" else next((one for one in Format if one == ending), None)


def known_in(register: Register, party: str, secret: bytes) -> Known:
    """What a party may write instead of a code, its source, and the key of the hub that ids are made with.
    Raises FileRefused for who takes no part any more."""
    if party not in register.parties:
        raise refused("party_ended", "uw partij doet niet meer mee; vraag het de beheerder van de hub")
    functions = {facts.name_nl.casefold(): str(slug) for slug, facts in register.functions.items()}
    functions |= {str(slug): str(slug) for slug in register.functions}
    names = [one.name.casefold() for one in register.parties.values()]
    parties = {
        one.name.casefold(): one.slug
        for one in register.parties.values()
        if names.count(one.name.casefold()) == 1
    }
    source, exercise_source = _sources(register.parties[party])
    return Known(functions, parties, source, exercise_source, secret)


def _sources(party: Party) -> tuple[str, str]:
    """From where its files come, and from where in an exercise; the same when it has a number for tests
    alone."""
    numbers = [f"oin:{party.oin}"] if party.oin else []
    numbers += [f"kvknr:{party.kvk}"] if party.kvk else []
    plain = [f"urn:nld:{number}:systeem:{_SYSTEM}" for number in numbers]
    marked = [f"urn:nld:{number}:systeem:oefening-{_SYSTEM}" for number in numbers]
    real = next((one for one in plain if not is_exercise(one)), plain[0])
    return real, next(one for one in (*plain, *marked) if is_exercise(one))


def read_file(content: bytes, kind: Format, known: Known) -> list[Draft]:
    """The events of a file, in order. Raises FileRefused with everything that is wrong in it."""
    if not content.strip():
        raise refused("empty", "het bestand is leeg")
    if is_zip(content) is not (kind is Format.XLSX):
        raise refused("format", f"de inhoud is geen {kind.upper()}; bewaar het bestand als {kind.upper()}")
    if kind is Format.XLSX:
        return drafts(read_xlsx(content), known)
    if kind is Format.CSV:
        return drafts(read_csv(content), known)
    objects = _OBJECTS[kind](content)
    whole = [isinstance(one, dict) and "specversion" in one for _, one in objects]
    if not any(whole):
        return drafts(table_of(objects), known)
    if not all(whole):
        detail = "is geen CloudEvent en andere regels wel; zet die in een eigen bestand"
        raise refused("mixed", detail, row=objects[whole.index(False)][0])
    if len(objects) > MOST_EVENTS:
        raise refused("too_many", f"hoogstens {MOST_EVENTS} gebeurtenissen in één bestand")
    return [Draft(one, [number]) for number, one in objects]
