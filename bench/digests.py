"""How long it takes to compose digests, beside the rendering of their templates alone.

    python -m bench.digests [--mailboxes 1000] [--items 200]

Real PostgreSQL. The templates are rendered once, inside the composing: what that took is taken with the same
clock, so that other work on the machine weighs on both. Every figure is of one machine on one day; the ratio
is what counts.
"""

import argparse
import asyncio
import json
import shutil
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.national import DAY, events, national_history
from bench.routing import resident_mb, say
from connectors.mailbox import texts
from connectors.mailbox.rendering import Rendered, render
from consumers.collecting import collect_rarely
from consumers.local.processes import Processes
from consumers.local.services import local_services
from consumers.mail.composing import Composer
from consumers.workers import prepare_store
from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.policy import Mode
from hub.rules.relations import Reason, Relation
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened, transaction
from hub.store.exchanges import NewDeliveries, NewEvent, keep_events, plan_deliveries
from schemas.terms import Tlp

_VAR = Path("var/bench-digests")
_NOW = datetime(2027, 6, 7, 6, 30, tzinfo=UTC)
_INVITING = ("planned", "concluded")
"""Types that are mailed at once to who takes part."""


class _Fixed:
    """A register and a clock that stand still."""

    def __init__(self, register: Register):
        self._register = register

    async def newest(self) -> Register:
        return self._register

    async def now(self) -> datetime:
        return _NOW


class _Watch:
    """Renders, and adds up how long that takes; notes what the process has in memory along the way."""

    def __init__(self, mailboxes: int):
        self.seconds = 0.0
        self.memory: dict[str, int] = {}
        self._rendered = 0
        self._marks = {mailboxes // 4: "a quarter", mailboxes // 2: "half", mailboxes: "the end"}

    def __call__(self, name: str, **values: Any) -> Rendered:
        began = time.perf_counter()
        try:
            return render(name, **values)
        finally:
            self.seconds += time.perf_counter() - began
            self._rendered += 1
            if mark := self._marks.get(self._rendered):
                self.memory[mark] = resident_mb()


def _new(content: dict[str, Any], register: Register) -> NewEvent:
    by_oin = {party.oin: party.slug for party in register.parties.values()}
    key, at = event_key(content["source"], content["id"]), _NOW - timedelta(days=2)
    where = ([content["functions"]], [content["areas"]], content["tlp"])
    publisher = by_oin[content["source"].split(":")[3]]
    return NewEvent(
        key, content["type"], content["subject"], *where, publisher, at, json.dumps(content), register.version
    )


async def _plan(pool: AsyncEngine, register: Register, parties: Iterable[str], items: int) -> None:
    usable = (one for one in events(items * 3, register) if one["type"].split(".")[-2] not in _INVITING)
    made = [_new(one, register) for one in islice(usable, items)]
    tied = Tied(tuple(parties), Tlp.RED, (Reason(Relation.NAMED),))
    planned = [
        NewDeliveries(one.event_key, tied, Mode.DIGEST, register.version, _NOW - timedelta(days=1))
        for one in made
    ]
    async with transaction(pool) as connection:
        await keep_events(connection, made)
        await plan_deliveries(connection, planned)


async def _measure(settings: Settings, mailboxes: int, items: int) -> None:
    await prepare_store(settings)
    collect_rarely()
    register = national_history(1000).on(DAY)
    fixed, watch = _Fixed(register), _Watch(mailboxes)
    async with opened(settings) as pool:
        await _plan(pool, register, sorted(register.parties)[-mailboxes:], items)
        composer = Composer(settings, pool, fixed, fixed)  # type: ignore[arg-type]
        began = time.perf_counter()
        with patch.object(texts, "render", watch):
            await composer.compose()
        took = time.perf_counter() - began
        async with transaction(pool) as connection:
            kinds = select(tables.mail.c.kind, func.count()).group_by(tables.mail.c.kind)
            made = dict(map(tuple, await connection.execute(kinds)))
            outcomes = await connection.scalar(select(func.count()).select_from(tables.outcome))
    memory = ", ".join(f"{mb} MB at {mark}" for mark, mb in watch.memory.items())
    say(f"{made}, {outcomes} items: {took:.1f} s, of which rendering {watch.seconds:.1f} s")
    say(f"{mailboxes / took:.1f} digests a second, ratio {watch.seconds / took:.2f}, memory {memory}")


async def _run(mailboxes: int, items: int) -> None:
    shutil.rmtree(_VAR, ignore_errors=True)
    # Nothing here needs Kafka or a mail server: they are not started.
    known = Settings(var=_VAR, kafka_servers="127.0.0.1:9", smtp_host="127.0.0.1")
    async with local_services(known, Processes(), lambda _: None) as settings:
        await _measure(settings, mailboxes, items)


def main() -> None:
    """Measures and tells."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mailboxes", type=int, default=1000)
    parser.add_argument("--items", type=int, default=200)
    asked = parser.parse_args()
    asyncio.run(_run(asked.mailboxes, asked.items))


if __name__ == "__main__":
    main()
