"""A party gets what it missed; or a topic gets what a party got, for an exercise or analysis."""

import re
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.cursors import Cursors
from connectors.api.refused import ApiRefused
from consumers.commands.keys import UnknownParty
from consumers.replay.bundles_again import bundles_again
from consumers.replay.catching_up import Replaying, Stretch, alone
from consumers.replay.replays import put_down
from consumers.replay.sinks import MAIL, Replay, Sink, ToMailbox, ToOutlet, ToTopic
from consumers.say import tell, warn
from consumers.ways_out.channels import WAYS_OUT
from hub.errors import HubError
from hub.kafka.broker import Publisher, ensure_topics, replay_topic
from hub.outlets.channel import Target
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.deliveries.outlets import OutletName, list_outlets
from hub.store.deliveries.stream import BEGIN, Place, end, newest_number, number_planned, place_since
from hub.store.register.registers import Registers


class CannotReplay(HubError):
    """It can't go there, or not from there. The message says why."""


class Asked(NamedTuple):
    """What goes once more: from a moment or after a cursor (neither: all), before a moment; `again`: also
    what was received. `why` None: only told, not sent."""

    party: str
    since: datetime | None = None
    cursor: str | None = None
    until: datetime | None = None
    again: bool = False
    why: str | None = None


async def catch_up(settings: Settings, asked: Asked, way: str = MAIL) -> int:
    """Sends a party what it missed: to its mailbox, or to a system of it (`webhook:NAME`, `topic:kafka`).
    Exit code 1 when it stopped halfway. Raises CannotReplay, UnknownParty, Busy or Unavailable."""
    async with opened(settings) as pool:
        stretch = await _stretch(settings, pool, asked)
        if way == MAIL:
            return await _run(settings, pool, asked, way, stretch, ToMailbox(settings, pool))
        async with transaction(pool) as connection:
            rows = await list_outlets(connection, None, asked.party)
        named = {OutletName(row.party, row.channel, row.name): row for row in rows}
        row = named.get(OutletName(asked.party, *(way.split(":", 1) if ":" in way else (way, ""))))
        if row is None or row.state != "active":
            ways = ", ".join([MAIL, *(f"{one.channel}:{one.name}" for one in rows if one.state == "active")])
            raise CannotReplay(f"Naar '{way}' van {asked.party} kan niet. Kies uit: {ways}.")
        # After its own place the worker sends: that is not missed.
        stretch = stretch._replace(end=min(stretch.end, Place(row.number, row.position)))
        out = WAYS_OUT[row.channel].make(settings)
        try:
            sink = ToOutlet(pool, out, Target(row.party, row.name, row.target, row.secrets))
            return await _run(settings, pool, asked, way, stretch, sink)
        finally:
            await out.close()


async def to_topic(settings: Settings, asked: Asked, name: str) -> int:
    """Writes what a party may have to a topic for replays, made where it is missing. Raises CannotReplay,
    UnknownParty, Busy or Unavailable."""
    if not re.fullmatch("[a-z0-9][a-z0-9-]{0,39}", name):
        raise CannotReplay("Een topic heet hier met kleine letters, cijfers en streepjes, hoogstens 40.")
    topic = replay_topic(settings, name)
    async with opened(settings) as pool, Publisher(settings) as publisher:
        stretch = await _stretch(settings, pool, asked)
        if asked.why is not None:
            await ensure_topics(settings, [topic])
        sink = ToTopic(pool, publisher, topic)
        return await _run(settings, pool, asked, f"replay:{name}", stretch, sink, is_exercise=True)


async def _stretch(settings: Settings, pool: AsyncEngine, asked: Asked) -> Stretch:
    if asked.party not in (await Registers(pool, clock_of(settings, pool)).newest()).parties:
        raise UnknownParty(f"'{asked.party}' is geen partij in het register.")
    await number_planned(pool)
    try:
        start = await Cursors(pool).read(asked.cursor)
    except ApiRefused:
        raise CannotReplay("Dit is geen cursor die deze hub gaf.") from None
    async with transaction(pool) as connection:
        if asked.since is not None:
            start = max(start, await place_since(connection, asked.since))
        last = end(await newest_number(connection))
        until = last if asked.until is None else await place_since(connection, asked.until)
    return Stretch(start or BEGIN, min(last, until))


async def _run(
    settings: Settings,
    pool: AsyncEngine,
    asked: Asked,
    way: str,
    stretch: Stretch,
    sink: Sink,
    *,
    is_exercise: bool = False,
) -> int:
    clock = clock_of(settings, pool)
    is_dry = asked.why is None
    facts = {
        "party": asked.party,
        "channel": way,
        "after": "/".join(map(str, stretch.start)),
        "until": "/".join(map(str, stretch.end)),
        "again": asked.again,
        "sent": not is_dry,
    }
    act = "exercise" if is_exercise else "catch-up"
    async with alone(pool, asked.party):
        key = await put_down(pool, act, asked.why, await clock.now(), facts) if not is_dry else uuid4()
        replay = Replay(key, asked.party, way)
        replaying = Replaying(pool, Registers(pool, clock), clock, replay, is_exercise=is_exercise)
        await replaying.run(stretch, None if is_dry else sink, again=asked.again)
        bundles = await bundles_again(pool, replay, await clock.now(), is_dry=is_dry) if way == MAIL else 0
    counts = replaying.counts
    verb = "zouden er gaan" if is_dry else "gingen er"
    tell(
        f"Naar {asked.party} ({way}) {verb}: {counts['went']}. Al ontvangen of onderweg: {counts['got']}; "
        f"mag zij nu niet hebben: {counts['withheld']}."
    )
    if bundles:
        what = "zouden opnieuw gemaakt worden" if is_dry else "worden opnieuw gemaakt, met wat nu mag"
        tell(f"Bundels waarvan de mail niet aankwam, en die {what}: {bundles}.")
    if replaying.stopped:
        warn(f"Gestopt: {replaying.stopped}. Start opnieuw om verder te gaan: niets gaat dubbel.")
        return 1
    if is_dry:
        tell("Er is niets verstuurd. Geef --send en --why om het echt te doen.")
    return 0
