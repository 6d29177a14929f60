"""The events that the rows of a table make, and everything that is wrong with them, by cell."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hub.filing.cells import Known, WrongCell, read_cell
from hub.filing.columns import FILLED_IN, Column, Kind, columns_of
from hub.filing.marks import plain
from hub.filing.tables import MOST_EVENTS, Cell, CellProblem, FileRefused, Row, Table, refused
from hub.filing.words import EXERCISE, KEY, KIND, OWN, YES_OR_NO
from hub.rules.identity import content_hash
from schemas.catalogue import EventType
from schemas.envelope import is_exercise
from schemas.problems import Problem, Refused

_KEY = Column(KEY, ("id",), Kind.CODE, required=False, most=500)
_YES, _NO = "true", "false"
_EXERCISE = Column(
    EXERCISE, ("exercise",), Kind.CHOICE, required=False, choices={_YES: YES_OR_NO[0], _NO: YES_OR_NO[1]}
)
_KINDS = {word.casefold(): row for row in FILLED_IN for word in (row.name_nl, row.short, row.type)}
_JSON = "application/json"


class Place(NamedTuple):
    """Where something stands."""

    row: int
    column: str
    cell: str


@dataclass
class Draft:
    """An event without its time, the rows that it came from, and where each of its fields stands."""

    attributes: dict[str, Any]
    rows: list[int]
    places: dict[str, Place] = field(default_factory=dict)

    def placed(self, problem: Problem) -> CellProblem:
        """What the hub has against the event, by cell."""
        parts = problem.field.split("/")
        for length in range(len(parts), 0, -1):
            if place := self.places.get("/".join(parts[:length])):
                return CellProblem(*place, problem.code, problem.detail)
        name = "" if problem.field in ("", "id", "source", "time") else f"'{problem.field}' "
        return CellProblem(self.rows[0], "", "", problem.code, f"{name}{problem.detail}")


def drafts(table: Table, known: Known) -> list[Draft]:
    """The events of a table, in order. Raises FileRefused with everything that is wrong."""
    if not table.rows:
        raise refused("empty", "er staat geen regel in om te publiceren")
    making = _Making(table, known)
    made = list(making.drafts())
    if making.problems:
        raise FileRefused(sorted(making.problems, key=lambda one: one.row))
    if len(made) > MOST_EVENTS:
        raise refused("too_many", f"maakt {len(made)} gebeurtenissen; hoogstens {MOST_EVENTS} in één bestand")
    return made


class _Making:
    def __init__(self, table: Table, known: Known):
        self._table = table
        self._known = known
        self.problems: list[CellProblem] = []
        self._names = {name.casefold(): name for name in table.headings}
        self._type = self._read_type()
        self._columns = columns_of(self._type)
        self._check_headings()
        self._source = self._read_source()

    def _wrong(self, row: int, heading: str, code: str, detail: str, cell: Cell | None = None) -> None:
        letters = self._table.headings.get(self._names.get(heading.casefold(), heading), "")
        place = cell.place if cell else f"{letters}{row}" if letters else ""
        self.problems.append(CellProblem(row, heading, place, code, detail))

    def _cell(self, row: Row, heading: str) -> Cell | None:
        return row.cells.get(self._names.get(heading.casefold(), ""))

    def _read_type(self) -> EventType:
        if KIND.casefold() not in self._names:
            raise refused("no_kind", f"de kolom '{KIND}' ontbreekt; begin met een sjabloon van de hub")
        first: EventType | None = None
        for row in self._table.rows:
            cell = self._cell(row, KIND)
            if cell is None:
                continue
            found = _KINDS.get(plain(str(cell.value)).strip().casefold())
            first = first or found
            if found is None:
                self._wrong(
                    row.number, KIND, "kind", f"'{str(cell.value)[:60]}' is geen soort gebeurtenis", cell
                )
            elif found is not first:
                detail = f"is een andere soort dan '{first.name_nl}'; zet elke soort in een eigen bestand"  # type: ignore[union-attr]
                self._wrong(row.number, KIND, "other_kind", detail, cell)
        if first is None:
            if not self.problems:
                self._wrong(self._table.rows[0].number, KIND, "missing", "ontbreekt: noem de soort")
            raise FileRefused(self.problems)
        return first

    def _read_source(self) -> str:
        """A file is an exercise or real, as its first row says: a mix is too easily made by mistake."""
        first = _NO
        for row in self._table.rows:
            cell = self._cell(row, EXERCISE)
            said = self._read(_EXERCISE, row, cell) if cell else None
            if row is self._table.rows[0]:
                first = said or _NO
            elif said and said != first:
                detail = "is anders dan op de eerste regel; een bestand is een oefening of echt, niet allebei"
                self._wrong(row.number, EXERCISE, "mixed", detail, cell)
            if said == _NO and is_exercise(self._known.source):
                detail = "kan niet 'nee' zijn: uw OIN is er voor tests, dus alles is een oefening"
                self._wrong(row.number, EXERCISE, "test_oin", detail, cell)
        return self._known.exercise_source if first == _YES else self._known.source

    def _check_headings(self) -> None:
        wanted = {one.casefold(): one for one in (*OWN, *(column.heading for column in self._columns))}
        at = 1 if any(self._table.headings.values()) else 0
        for folded, name in self._names.items():
            if folded not in wanted:
                detail = (
                    f"deze kolom kennen wij niet bij '{self._type.name_nl}'; haal haar weg of herstel de kop"
                )
                self._wrong(at, name, "unknown_column", detail)
        for column in self._columns:
            if at and column.required and column.heading.casefold() not in self._names:
                self._wrong(at, column.heading, "missing_column", "deze kolom ontbreekt")

    def drafts(self) -> Iterator[Draft]:
        of_rows = any(column.each_row for column in self._columns)
        groups: dict[str, list[Row]] = {}
        keys: dict[str, str] = {}
        for row in self._table.rows:
            key = self._key(row)
            name = f"={key}" if key else f"#{row.number}"
            if name in groups and not of_rows:
                detail = (
                    f"staat ook op regel {groups[name][0].number}; elke gebeurtenis heeft een eigen kenmerk"
                )
                self._wrong(row.number, KEY, "doubled", detail)
            groups.setdefault(name, []).append(row)
            keys[name] = key
        seen: dict[str, int] = {}
        for name, rows in groups.items():
            before = len(self.problems)
            draft = self._draft(rows, keys[name])
            if len(self.problems) > before:
                continue
            event_id = draft.attributes["id"]
            if event_id in seen:
                self._wrong(rows[0].number, KEY, "same", f"is precies gelijk aan regel {seen[event_id]}")
            seen[event_id] = rows[0].number
            yield draft

    def _key(self, row: Row) -> str:
        cell = self._cell(row, KEY)
        return str(self._read(_KEY, row, cell) or "") if cell else ""

    def _read(self, column: Column, row: Row, cell: Cell) -> Any:
        try:
            return read_cell(column, cell, self._known)
        except WrongCell as wrong:
            self._wrong(row.number, column.heading, wrong.code, wrong.detail, cell)
            return None

    def _draft(self, rows: Sequence[Row], key: str) -> Draft:
        draft = Draft(
            {"specversion": "1.0", "datacontenttype": _JSON, "type": self._type.type, "data": {}}, []
        )
        for row in rows:
            draft.rows.append(row.number)
            self._add_row(draft, row, rows[0])
        attributes = draft.attributes
        for name in ("functions", "areas"):
            if isinstance(attributes.get(name), list):
                attributes[name] = ",".join(attributes[name])
        attributes["source"] = self._source
        attributes["id"] = key or _derived_id(attributes, self._known.secret)
        draft.places["id"] = Place(
            rows[0].number, KEY, f"{self._table.headings.get(KEY, '')}{rows[0].number}"
        )
        return draft

    def _add_row(self, draft: Draft, row: Row, first: Row) -> None:
        item: dict[str, Any] = {}
        items: tuple[str, ...] = ()
        for column in self._columns:
            cell = self._cell(row, column.heading)
            if cell is None:
                if column.required and row is first:
                    self._wrong(row.number, column.heading, "missing", "ontbreekt")
                continue
            if row is not first and not column.each_row:
                earlier = self._cell(first, column.heading)
                if earlier is None or _as_seen(earlier.value) != _as_seen(cell.value):
                    detail = f"verschilt van regel {first.number}, die hetzelfde kenmerk heeft"
                    self._wrong(row.number, column.heading, "differs", detail, cell)
                continue
            value = self._read(column, row, cell)
            place = Place(row.number, column.heading, cell.place)
            if column.each_row:
                items = column.path[:-1]
                item[column.path[-1]] = value
                number = len(_inside(draft.attributes, items[:-1]).get(items[-1], ()))
                draft.places["/".join((*items, str(number), column.path[-1]))] = place
                draft.places["/".join((*items, str(number)))] = place
            else:
                _inside(draft.attributes, column.path[:-1])[column.path[-1]] = value
                draft.places[column.field] = place
        if item:
            _inside(draft.attributes, items[:-1]).setdefault(items[-1], []).append(item)


def _as_seen(value: Any) -> Any:
    return plain(value).strip() if isinstance(value, str) else value


def _inside(attributes: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    for name in path:
        attributes = attributes.setdefault(name, {})
    return attributes


def _derived_id(attributes: dict[str, Any], secret: bytes) -> str:
    """An id that follows from what the event says: the same row again is the same event. Who has no key of
    the hub can't try out on an id what an event that was removed said."""
    try:
        return f"rij-{hmac.digest(secret, content_hash(attributes), hashlib.sha256).hex()[:32]}"
    except (Refused, ValueError):
        return "rij-onleesbaar"
