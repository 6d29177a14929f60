"""Municipal reorganisation (herindeling): municipalities go into another one on a day, and history stays."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from hub.errors import HubError
from hub.register.history import Entry, Facts, History
from hub.register.model import AreaFacts, Party, PartyKind, Role, Subscription


class MergeRefused(HubError):
    """These municipalities can't be merged on this day. The message says why."""


def merged(history: History, gone: Sequence[str], into: str, on: date) -> History:
    """The history in which the municipalities `gone` (area codes) end on `on` and `into` takes their area.

    Their parties, roles and subscriptions end too; who serves them serves `into`. Raises MergeRefused."""
    register = history.on(on)
    for code in (*gone, into):
        if code not in register.areas or not code.startswith("GM"):
            raise MergeRefused(f"'{code}' is op {on.isoformat()} geen gemeente in het register.")
    if into in gone or len(set(gone)) != len(gone) or not gone:
        raise MergeRefused("Noem elke gemeente één keer, en niet die waar zij in opgaan.")
    within = dict.fromkeys(
        (
            *register.areas[into].within,
            *(a for code in gone for a in _water_boards(register.areas[code].within)),
        )
    )
    ended = {
        party.slug
        for party in register.parties.values()
        if party.kind is PartyKind.MUNICIPALITY and set(party.areas) <= set(gone)
    }

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

    return History.of(
        history.version,
        (one for entry in history.entries for one in _split(entry, after(entry.facts), on, gone, into)),
    )


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
