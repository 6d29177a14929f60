"""The throttle done again from its ledger alone, by someone who has nothing else."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from hub.rules.throttle.forecast import after
from hub.rules.throttle.head import head_of
from hub.rules.throttle.keeping import release_hash
from hub.rules.throttle.line import Asking, Item, Line
from hub.rules.throttle.policy import DEFAULT, LONGEST_WINDOW

_STEERED = ("item-declined", "item-referred", "item-postponed", "items-regrouped")
_PLACED = ("request-placed", "request-asked-again")
_ORDER = (
    *_PLACED,
    "request-served",
    "request-expired",
    "request-withdrawn",
    "item-answered",
    "urgent-released",
    "request-on-sheet",
    "request-off-sheet",
    *_STEERED,
    "bundle-released",
)


class Again(NamedTuple):
    """What the ledger says of a bundle, and what comes of doing it again."""

    said: tuple[str, tuple[str, ...]]
    computed: tuple[str, tuple[str, ...]]


def replayed(ledger: Iterable[bytes]) -> list[Again]:
    """Each release in the ledger beside the same release computed from what the ledger says before it. For
    operators that keep to the default policy."""
    records = [json.loads(record) for record in ledger]
    records = [record for record in records if record["kind"] in _ORDER]
    records.sort(key=_when)
    replay = _Replay()
    return [again for record in records if (again := replay.take(record)) is not None]


def _when(record: dict[str, Any]) -> tuple[str, int, int]:
    """Steps that steer items are done in the order of their numbers."""
    kind = "items-regrouped" if record["kind"] in _STEERED else record["kind"]
    return record["at"], _ORDER.index(kind), record.get("step", 0)


class _Replay:
    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._with_operator: dict[tuple[str, str], tuple[UUID, bool, Asking]] = {}
        self._not_before: dict[UUID, int | None] = {}
        self._waiting: dict[tuple[str, str], tuple[UUID, bool, Asking]] = {}
        self._on_sheet: dict[tuple[str, str], tuple[UUID, bool, Asking]] = {}

    def take(self, record: dict[str, Any]) -> Again | None:
        if record["kind"] == "bundle-released":
            return self._release(record)
        if record["kind"] in _STEERED:
            self._steer(record)
        if record["kind"] in _PLACED and record["state"] in ("waiting", "joined-sent"):
            needed_by = record["needed_by"] and date.fromisoformat(record["needed_by"])
            accepted, expires = (datetime.fromisoformat(record[name]) for name in ("accepted", "expires"))
            asking = Asking(record["asker"], accepted, needed_by, expires)
            key = record["operator"], record["event"]
            here = self._waiting if record["state"] == "waiting" else self._with_operator
            here[key] = UUID(record["item"]), record["classified"], asking
        if record["kind"] == "urgent-released":
            self._leave(record["operator"], {UUID(record["item"])})
        if record["kind"] == "request-on-sheet":
            key = record["operator"], record["event"]
            self._on_sheet[key] = self._waiting.pop(key)
        if record["kind"] == "request-off-sheet" and record["state"] == "waiting":
            key = record["operator"], record["event"]
            _, classified, asking = self._on_sheet.pop(key)
            self._waiting[key] = UUID(record["item"]), classified, asking
        is_served = record["kind"] == "request-served" and not record["gap"]
        if is_served or record["kind"] in ("request-expired", "request-withdrawn"):
            self._waiting.pop((record["operator"], record["event"]), None)
        if is_served or record["kind"] == "request-withdrawn":
            self._with_operator.pop((record["operator"], record["event"]), None)
        if record["kind"] == "request-withdrawn":
            self._not_before[UUID(record["item"])] = record["not_before"]
        return None

    def _steer(self, record: dict[str, Any]) -> None:
        operator = record["operator"]
        for event in record.get("ended", ()):
            self._waiting.pop((operator, event), None)
            self._with_operator.pop((operator, event), None)
        for event in record.get("waiting", ()):
            self._put((operator, event), UUID(record["item"]), is_waiting=True)
        if record["kind"] == "item-postponed":
            self._not_before[UUID(record["item"])] = record["not_before"]
        for move in record.get("moves", ()):
            for event in move["events"]:
                self._put((operator, event), UUID(move["item"]), is_waiting=move["state"] == "waiting")
        if record["kind"] == "items-regrouped":
            self._not_before |= {UUID(item): slot for item, slot in record["not_before"].items()}

    def _put(self, key: tuple[str, str], item: UUID, *, is_waiting: bool) -> None:
        found = self._waiting.pop(key, None) or self._with_operator.pop(key)
        (self._waiting if is_waiting else self._with_operator)[key] = (item, *found[1:])

    def _release(self, record: dict[str, Any]) -> Again:
        operator, slot = record["operator"], record["slot"]
        line = self._lines.get(operator, Line(operator, ()))
        items: dict[UUID, Item] = {}
        for (asked, _), (key, classified, asking) in self._waiting.items():
            if asked == operator:
                item = items.get(key, Item(key, (), classified, self._not_before.get(key)))
                items[key] = item._replace(askings=(*item.askings, asking))
        sent = tuple(one for one in line.sent if one > slot - LONGEST_WINDOW)
        line = line._replace(waiting=tuple(items.values()), sent=sent)
        head, done = head_of(line, slot, DEFAULT)
        self._lines[operator] = after(line, slot, done)
        self._leave(operator, set(done.items))
        computed = release_hash(head, slot, DEFAULT).hex(), tuple(str(item) for item in done.items)
        return Again((record["input"], tuple(record["items"])), computed)

    def _leave(self, operator: str, gone: set[UUID]) -> None:
        left = {key: one for key, one in self._waiting.items() if key[0] == operator and one[0] in gone}
        self._with_operator |= left
        self._not_before |= dict.fromkeys(gone)
        self._waiting = {
            key: one for key, one in self._waiting.items() if key[0] != operator or one[0] not in gone
        }
