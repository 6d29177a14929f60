"""The past routed with other rules or another register: who would have got what?"""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.api.archive import unpacked
from connectors.api.body import BodyRefused
from connectors.web.words import MODES
from consumers.replay.replays import Routed, as_told, put_down, routed_events
from consumers.say import tell, warn
from hub import errors
from hub.errors import HubError
from hub.register.editions import FILE_NAME
from hub.register.history import History, Kind
from hub.register.importing import imported
from hub.register.model import Register
from hub.register.sheets import KIND_OF_SHEET, SheetRefused
from hub.rules.ledger.selecting import Selection
from hub.rules.policy import OF_NOW, Policy
from hub.rules.policy_sheet import policy_in
from hub.rules.replaying import Outcome, routed_otherwise
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, snapshot
from hub.store.register.registers import Registers, day_of
from schemas.problems import Refused

_MOST_DAYS = 4


class CannotSuppose(HubError):
    """The other register or rules can't be taken. The message says what is wrong with them."""


class Supposed(NamedTuple):
    """What is supposed: sheets of the register (a folder or zip; what is not in it stays as it is now), and a
    sheet of rules. None: those of then."""

    register: Path | None = None
    rules: Path | None = None


async def what_if(
    settings: Settings, selection: Selection, supposed: Supposed, why: str | None, *, as_json: bool
) -> int:
    """Routes the events of a period in another way, on paper, and tells the difference as a table, or as JSON
    Lines. Raises CannotSuppose or Unavailable."""
    policy = _policy(supposed.rules) if supposed.rules else OF_NOW
    sheets = _sheets(supposed.register) if supposed.register else None
    table = _Table(as_json=as_json)
    async with opened(settings, command_seconds=3600) as pool:
        clock = clock_of(settings, pool)
        registers = Registers(pool, clock)
        history = _history(await registers.history(), sheets) if sheets is not None else None
        about = {"register": supposed.register is not None, "rules": supposed.rules is not None}
        await put_down(pool, "what-if", why, await clock.now(), as_told(selection) | about)
        async with snapshot(pool) as connection:
            of = _Others(history, registers)
            async for some in routed_events(connection, selection):
                for one in some:
                    register = await of.version(connection, one.said["register"])
                    replayed = routed_otherwise(one.said, one.content, one.salt, register, policy)
                    table.take(one, replayed.outcome)
                    for party in replayed.different:
                        table.add(one, party, replayed.then.get(party), replayed.again.get(party))
    table.end()
    return 0


_NO_CONTENT = (Outcome.NO_CONTENT, Outcome.REMOVED)


class _Others:
    """Another register as it would have held on the day of each version; without one: those of then."""

    def __init__(self, history: History | None, registers: Registers):
        self._history = history
        self._registers = registers
        self._days: dict[int, date] = {}
        self._known: dict[date, Register] = {}

    async def version(self, connection: AsyncConnection, version: int) -> Register:
        if self._history is None:
            return await self._registers.of_version(connection, version)
        if version not in self._days:
            self._days[version] = await day_of(connection, version)
        day = self._days[version]
        if day not in self._known:
            while len(self._known) >= _MOST_DAYS:
                del self._known[next(iter(self._known))]
            self._known[day] = self._history.on(day)
        return self._known[day]


class _Table:
    """The differences, told as they are found, and how many there were of each kind."""

    def __init__(self, *, as_json: bool):
        self._as_json = as_json
        self._events: Counter[Outcome] = Counter()
        self._changes: Counter[str] = Counter()

    def take(self, one: Routed, outcome: Outcome) -> None:
        self._events[outcome] += 1
        if outcome in _NO_CONTENT:
            warn(
                f"record {one.record.number}, gebeurtenis {one.record.event_key}: de inhoud is er niet meer, "
                "of is veranderd."
            )

    def add(self, one: Routed, party: str, then: Any, again: Any) -> None:
        change = "erbij" if then is None else "vervalt" if again is None else "anders"
        if not self._as_json:
            if not self._changes:
                tell(_row("record", "gebeurtenis", "partij", "toen", "dan"))
            tell(_row(str(one.record.number), str(one.record.event_key), party, _way(then), _way(again)))
        else:
            row = {
                "record": one.record.number,
                "event": str(one.record.event_key),
                "party": party,
                "then": then and then[1],
                "supposed": again and again[1],
            }
            tell(json.dumps(row))
        self._changes[change] += 1

    def end(self) -> None:
        counts = {word: self._changes[word] for word in ("erbij", "vervalt", "anders")}
        total, different = self._events.total(), self._events[Outcome.DIFFERENT]
        if self._as_json:
            tell(
                json.dumps(
                    {
                        "events": total,
                        "different": different,
                        "withoutContent": sum(self._events[one] for one in _NO_CONTENT),
                        "more": counts["erbij"],
                        "fewer": counts["vervalt"],
                        "otherwise": counts["anders"],
                    }
                )
            )
            return
        how = ", ".join(f"{count} {word}" for word, count in counts.items())
        tell(f"Van {total} gebeurtenissen zouden er {different} anders gaan; bezorgingen: {how}.")


def _row(*cells: str) -> str:
    widths = (9, 36, 22, 16, 0)
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _way(way: Any) -> str:
    return "niet" if way is None else MODES[way[1]]


def _policy(path: Path) -> Policy:
    try:
        return policy_in(path.read_bytes())
    except OSError as error:
        raise CannotSuppose(f"{path} is niet te lezen: {errors.why(error)}.") from error
    except Refused as refused:
        lines = [f"  {problem.field}: {problem.detail}" for problem in refused.problems]
        raise CannotSuppose("\n".join([f"Deze regels kloppen niet ({path}):", *lines])) from None


def _sheets(path: Path) -> dict[Kind, bytes]:
    try:
        if path.is_dir():
            found = {KIND_OF_SHEET[one.stem]: one.read_bytes() for one in _sheets_in(path)}
        else:
            found = dict(unpacked(path.read_bytes()).contents)
    except OSError as error:
        raise CannotSuppose(f"{path} is niet te lezen: {errors.why(error)}.") from error
    except (SheetRefused, BodyRefused) as refused:
        raise CannotSuppose(f"{path} kan niet: {refused}") from None
    if not found:
        names = ", ".join(f"{name}.csv" for name in KIND_OF_SHEET)
        raise CannotSuppose(f"In {path} staat geen blad van het register. De bladen heten: {names}.")
    return found


def _sheets_in(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.csv"))
    if strange := [one.name for one in files if one.stem not in KIND_OF_SHEET and one.name != FILE_NAME]:
        raise CannotSuppose(f"In {folder} staat wat geen blad van het register is: {', '.join(strange)}.")
    return [one for one in files if one.stem in KIND_OF_SHEET]


def _history(now: History, sheets: dict[Kind, bytes]) -> History:
    try:
        return imported(now, sheets)
    except SheetRefused as refused:
        lines = [f"  {problem}" for problem in refused.problems[:20]]
        raise CannotSuppose("\n".join(["Dit register kan niet:", *lines])) from None
