"""Municipal reorganisation (herindeling): municipalities go into another one on a day, and history stays."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from hub.errors import HubError
from hub.register.history import Entry, Facts, History, Kind
from hub.register.kinds import PartyKind
from hub.register.model import AreaFacts, Party, Register, Role, Subscription


class MergeRefused(HubError):
    """These municipalities can't be merged on this day. The message says why."""


class MovedRole(NamedTuple):
    """A role of a municipality that ends, as its successor gets it; without entries: it has it already."""

    origin: str
    role: Role
    entries: tuple[Entry, ...]


def merged(history: History, gone: Sequence[str], into: str, on: date) -> History:
    """The history in which the municipalities `gone` (area codes) end on `on` and `into` takes their area.

    Their parties and subscriptions end too, their roles go to the party of `into`, and who serves them serves
    `into`. Raises MergeRefused."""
    register = history.on(on)
    moved = moved_roles(history, gone, into, on)
    within = dict.fromkeys(
        (
            *register.areas[into].within,
            *(a for code in gone for a in _water_boards(register.areas[code].within)),
        )
    )
    ended = _ended_parties(register, gone)

    def after(facts: Facts) -> Facts | None:
        match facts:
            case AreaFacts(code=code) if code in gone:
                return None
            case AreaFacts(code=code) if code == into:
                return replace(facts, within=tuple(within))
            case Party(slug=party) | Role(party=party) | Subscription(party=party) if party in ended:
                return None
            case Party() | Subscription():
                return replace(facts, areas=_replaced(facts.areas, gone, into))
        return facts

    entries = [one for entry in history.entries for one in _split(entry, after(entry.facts), on, gone, into)]
    return History.of(history.version, (*entries, *(one for move in moved for one in move.entries)))


def moved_roles(history: History, gone: Sequence[str], into: str, on: date) -> list[MovedRole]:
    """What becomes of each role of the municipalities that end. Raises MergeRefused."""
    _check(history, gone, into, on)
    register = history.on(on)
    ended, heir = _ended_parties(register, gone), _heir(register, into)
    held: dict[Role, list[Entry]] = {}
    for entry in history.of_kind(Kind.ROLE):
        if isinstance(entry.facts, Role) and entry.facts.party == heir:
            held.setdefault(entry.facts, []).append(entry)
    moves = []
    for entry in history.of_kind(Kind.ROLE):
        role = entry.facts
        if isinstance(role, Role) and role.party in ended and (entry.until is None or entry.until > on):
            to_heir = replace(role, party=heir)
            entries = _gaps(replace(entry, facts=to_heir, since=max(entry.since, on)), held.get(to_heir, ()))
            held.setdefault(to_heir, []).extend(entries)
            moves.append(MovedRole(role.party, to_heir, entries))
    return moves


def _check(history: History, gone: Sequence[str], into: str, on: date) -> None:
    register = history.on(on)
    for code in (*gone, into):
        if code not in register.areas or not code.startswith("GM"):
            raise MergeRefused(f"'{code}' is op {on.isoformat()} geen gemeente in het register.")
    if into in gone or len(set(gone)) != len(gone) or not gone:
        raise MergeRefused("Noem elke gemeente één keer, en niet die waar zij in opgaan.")
    for entry in history.of_kind(Kind.AREA):
        if entry.key in gone and entry.holds_on(on) and entry.until is not None:
            detail = f"'{entry.key}' houdt al op per {entry.until.isoformat()}."
            raise MergeRefused(f"{detail} Een gemeente gaat één keer op, in haar geheel in één andere.")


def _ended_parties(register: Register, gone: Sequence[str]) -> set[str]:
    municipalities = (p for p in register.parties.values() if p.kind is PartyKind.MUNICIPALITY)
    return {party.slug for party in municipalities if set(party.areas) <= set(gone)}


def _heir(register: Register, into: str) -> str:
    municipalities = (p for p in register.parties.values() if p.kind is PartyKind.MUNICIPALITY)
    found = [party.slug for party in municipalities if into in party.areas]
    if len(found) != 1:
        which = "geen gemeente" if not found else f"meer dan één gemeente ({', '.join(found)})"
        what = f"Van '{into}' is op die dag {which} partij in het register."
        raise MergeRefused(f"{what} Zorg eerst dat er één is: die neemt de rollen over.")
    return found[0]


def _gaps(wanted: Entry, held: Iterable[Entry]) -> tuple[Entry, ...]:
    """The parts of the wanted entry in which none of these holds."""
    gaps, since = [], wanted.since
    for one in sorted(held, key=lambda one: one.since):
        if wanted.until is not None and one.since >= wanted.until:
            break
        if one.since > since:
            gaps.append(replace(wanted, since=since, until=one.since))
        if one.until is None:
            return tuple(gaps)
        since = max(since, one.until)
    if wanted.until is None or since < wanted.until:
        gaps.append(replace(wanted, since=since))
    return tuple(gaps)


def _split(entry: Entry, after: Facts | None, on: date, gone: Sequence[str], into: str) -> Iterator[Entry]:
    """The entry as it was before the day, and with these facts (None: no more) from the day on."""
    if after == entry.facts or (entry.until is not None and entry.until <= on):
        yield entry
        return
    if entry.since < on:
        before = entry.facts
        if isinstance(before, AreaFacts) and before.code in gone:
            before = replace(before, successors=(into,))
        yield replace(entry, facts=before, until=on)
    if after is not None:
        yield replace(entry, facts=after, since=max(entry.since, on))


def _replaced(areas: Sequence[str], gone: Sequence[str], into: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(into if code in gone else code for code in areas))


def _water_boards(within: Sequence[str]) -> list[str]:
    return [code for code in within if code.startswith("WS")]
