"""Why did a party receive an event, or why not? And which events reached nobody?"""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.files.reading import read_events
from consumers.commands.check import problems_of, show
from consumers.say import tell
from hub.asking.asker_wording import foreseen_text
from hub.asking.foreseeing import Foresight
from hub.errors import HubError
from hub.register.model import Register
from hub.rules.explaining import Explained, explained_for, explanation
from hub.rules.relations import Reason
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers, load_register
from hub.store.views import events as store
from hub.words import wording
from schemas.catalogue import Request, parse

_MOST_UNHEARD = 500
_MODES = {"immediate": "direct", "digest": "in het overzicht", "together": "direct, in één mail met andere"}


class EventUnknown(HubError):
    """No event has this key or id. The key stands in the address of its page."""


async def explain(settings: Settings, event: str, party: str | None) -> int:
    """Tells who did receive an event of the hub, or would receive the events in a file, and why; with a
    party, that of this party only. Raises EventUnknown, FileUnreadable or Unavailable."""
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        register = await Registers(pool, clock).newest()
        if _is_file(event):
            async with transaction(pool) as connection:
                foresight = Foresight(register, await clock.now())
                return await _preview(connection, Path(event), party, register, foresight)
        async with transaction(pool) as connection:
            row = await found_event(connection, event)
            then = await load_register(connection, row.register_version)
            deliveries = await store.deliveries_of_event(connection, row.event_key)
            requests = await store.requests_of_event(connection, row.event_key)
    told = parse(row.content)
    tell(f"{wording.type_name(told)}: {wording.title(told)} (TLP:{told.tlp})")
    tell(f"Bezorgd volgens het register, versie {then.version}:")
    if party is not None:
        deliveries = [one for one in deliveries if one.party == party]
        requests = [one for one in requests if one.operator == party]
    for delivery in deliveries:
        reasons = tuple(Reason(*reason) for reason in delivery.reasons)
        tell(f"  {delivery.party} (mail, {_state(delivery)}): {wording.why(reasons, then)}")
    for request in requests:
        tell(f"  {request.operator} (via de bundel): {wording.REQUEST_STATES[request.state]}")
    if not deliveries and not requests:
        if party is None:
            tell("  niemand")
        else:
            _tell_explained(explained_for(party, told, then), then)
    return 0


async def tell_unheard(settings: Settings) -> int:
    """Lists the events that reached nobody, newest first."""
    wanted = store.EventFilter(unheard=True)
    async with opened(settings) as pool, transaction(pool) as connection:
        count = await store.count_events(connection, wanted)
        rows = await store.list_events(connection, wanted, _MOST_UNHEARD)
    for row in rows:
        told = parse(row.content)
        tell(f"{row.event_key}  {row.publisher}  {wording.type_name(told)}: {wording.title(told)}")
    shown = f" Dit zijn de nieuwste {_MOST_UNHEARD}." if count > len(rows) else ""
    subject = "1 gebeurtenis heeft" if count == 1 else f"{count} gebeurtenissen hebben"
    tell(f"{subject} niemand bereikt.{shown}")
    return 0


def _is_file(event: str) -> bool:
    return Path(event).exists()


async def found_event(connection: AsyncConnection, event: str) -> Any:
    rows = await store.events_called(connection, _key(event), event)
    if not rows:
        raise EventUnknown(f"Geen gebeurtenis heeft het kenmerk '{event}', en geen bestand heet zo.")
    if len(rows) > 1:
        keys = "\n".join(f"  {row.event_key}  van {row.publisher}" for row in rows)
        raise EventUnknown(f"Meer gebeurtenissen heten '{event}'. Kies er een:\n{keys}")
    return rows[0]


def _key(event: str) -> UUID | None:
    try:
        return UUID(event)
    except ValueError:
        return None


async def _preview(
    connection: AsyncConnection, path: Path, party: str | None, register: Register, foresight: Foresight
) -> int:
    wrong = 0
    for found in read_events(path):
        if found.attributes is None or problems_of(found, register):
            wrong += 1
            show(found, "klopt niet", problems_of(found, register))
            continue
        event = parse(found.attributes)
        tell(f"{found.place}: {wording.type_name(event)}: {wording.title(event)} (TLP:{event.tlp})")
        tell(f"Zou worden bezorgd volgens het register, versie {register.version}:")
        if party is not None:
            _tell_explained(explained_for(party, event, register), register)
            continue
        expected = explanation(event, register)
        for one in expected.related:
            if one.mode is not None:
                _tell_explained(one, register)
        foreseen = await foresight.of(connection, event) if isinstance(event, Request) else ()
        for asked, ahead in zip(sorted(expected.asked), foreseen, strict=True):
            tell(f"  {asked.operator} (via de bundel): {wording.areas(asked.areas, register)}")
            tell(f"    {foreseen_text(ahead)}")
        if not expected.asked and all(one.mode is None for one in expected.related):
            tell("  niemand")
    return 1 if wrong else 0


def _state(delivery: Any) -> str:
    return f"tegengehouden: {delivery.withheld}" if delivery.withheld else _MODES[delivery.mode]


def _tell_explained(one: Explained, register: Register) -> None:
    why = wording.why(one.reasons, register)
    if one.mode is not None:
        tell(f"  {one.party} (mail, {_MODES[one.mode]}): {why}")
    elif one.why_not is not None:
        related = f" ({why})" if why else ""
        tell(f"  {one.party} niet: {wording.WHY_NOT[one.why_not]}{related}")
