"""Mails of many events: the digests whose moment has come, and what comes together in a flood."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import flood, texts
from connectors.mailbox.calendar import with_file
from consumers.invited import calendar_of_events
from consumers.made_mails import keep_made, made_mail, or_broken
from consumers.mail_round import STOPPED, Round, withhold_all
from consumers.standings import Standings
from hub.rules.digesting import urgency
from hub.rules.exercises import apart_in_mail
from hub.rules.flooding import TOGETHER, together_due
from hub.rules.identity import derived_key
from hub.rules.policy import Mode
from hub.rules.preferences import DIGEST, USUAL, latest_digest
from hub.rules.wanting import Mailing
from hub.store import audiences, library, mails
from hub.store.database import transaction
from schemas.catalogue import parse

_LANES = 3
"""Digests at once: while one waits for PostgreSQL, another is written."""
_MOST = 200
"""Messages in one digest; mail servers refuse what is too large."""
_MOST_TOGETHER = 1000
"""Of a flood each message is a line or two."""


async def compose_digests(pool: AsyncEngine, this: Round) -> None:
    """The digests whose moment has come. Most have the usual moment: one query is for all."""
    own: dict[datetime, list[str]] = {}
    for party, wanted in this.wanted.items():
        if until := latest_digest(wanted, this.now):
            own.setdefault(until, []).append(party)
    seen = Standings(this.now)
    if usual := latest_digest(USUAL, this.now):
        await _compose_due(pool, usual, list(this.wanted), this, seen, others=True)
    for until, parties in own.items():
        await _compose_due(pool, until, parties, this, seen, others=False)


async def _compose_due(
    pool: AsyncEngine, until: datetime, parties: Sequence[str], this: Round, seen: Standings, *, others: bool
) -> None:
    async with transaction(pool) as connection:
        waiting = await audiences.digests_to_compose(connection, until, parties, others=others)
    left = iter(waiting.items())

    async def lane() -> None:
        for party, event_keys in left:
            async with transaction(pool) as connection:
                await _compose_digest(connection, party, event_keys, until, this, seen)

    for error in await asyncio.gather(*(lane() for _ in range(_LANES)), return_exceptions=True):
        if error is not None:
            raise error
    if waiting:
        async with transaction(pool) as connection:
            await audiences.close_digests(connection, until)


async def _compose_digest(
    connection: AsyncConnection,
    party: str,
    event_keys: Sequence[UUID],
    until: datetime,
    this: Round,
    seen: Standings,
) -> None:
    await audiences.lock_digest(connection, party)
    rows = await audiences.digest_deliveries(connection, party, event_keys, this.contents)
    if await mails.mail_exists(connection, _digest_key(party, until)):
        # It went without what committed late or was taken back since: that comes in a further part.
        rows = [row for row in rows if row.planned_at < until]
    told = await _told(connection, rows, party, Mode.DIGEST, this)
    parts = [told[i : i + _MOST] for i in range(0, len(told), _MOST)]
    numbers = await _free_numbers(connection, party, until, len(parts))
    for number, part in zip(numbers, parts, strict=True):
        key = _digest_key(party, until, number)
        fresh = await _fresh(connection, part, party, key)
        if not fresh:
            continue
        asked = await _still_asked(connection, party, until, this, seen) if number == 1 else []
        which = texts.Part(party, number, numbers[-1])
        calendar = await calendar_of_events(connection, part, party, this)
        with this.speaking_to(party):
            text = texts.digest(which, fresh, asked, until, this.register, this.worded)
            text = with_file(text, calendar)
        mail = made_mail(key, party, "digest", text, this.register, this.now, stops=DIGEST, calendar=calendar)
        await keep_made(connection, [mail], this.now)


async def _free_numbers(connection: AsyncConnection, party: str, until: datetime, many: int) -> list[int]:
    """Of so many parts: what is told under the key of a mail that is there already would never go."""
    free: list[int] = []
    number = 0
    while len(free) < many:
        number += 1
        if not await mails.mail_exists(connection, _digest_key(party, until, number)):
            free.append(number)
    return free


async def _fresh(
    connection: AsyncConnection, part: Sequence[tuple[Any, texts.Told]], party: str, mail_key: UUID
) -> list[texts.Told]:
    """What this mail tells: an event once, however often it was planned."""
    fresh = await audiences.settle_in_mail(connection, [row for row, _ in part], party, mail_key)
    told: list[texts.Told] = []
    for row, one in part:
        if (row.event_key, row.channel) in fresh:
            fresh.remove((row.event_key, row.channel))
            told.append(one)
    return told


async def _told(
    connection: AsyncConnection, rows: Sequence[Any], party: str, planned: Mode, this: Round
) -> list[tuple[Any, texts.Told]]:
    """What may go out and is wanted; the rest is withheld."""
    told: list[tuple[Any, texts.Told]] = []
    kept_back: list[tuple[Any, str]] = []
    lapsed = await library.lapsed_among(connection, [row.event_key for row in rows])
    for row in rows:
        entry = or_broken(partial(this.told, row, party))
        if row.event_key in lapsed:
            entry = "lapsed"
        elif not isinstance(entry, str) and this.how(party, planned, entry) is Mailing.NOT:
            entry = STOPPED
        if isinstance(entry, str):
            kept_back.append((row, entry))
        else:
            told.append((row, entry))
    await withhold_all(connection, kept_back, party, this.now)
    return told


async def _still_asked(
    connection: AsyncConnection, party: str, until: datetime, this: Round, seen: Standings
) -> list[texts.OpenRequest]:
    before = latest_digest(this.wanted_by(party), until - timedelta(seconds=1)) or until
    return [
        await seen.open_request(connection, row, party)
        for row in await mails.open_requests_of(connection, party, before)
        if apart_in_mail(row.content["source"], this.register.parties[party]) is None
    ]


async def compose_together(pool: AsyncEngine, this: Round) -> None:
    """The mails of what was too much to come one by one."""
    async with transaction(pool) as connection:
        waiting = await audiences.digests_to_compose(connection, this.now, mode=TOGETHER)
    for party, event_keys in waiting.items():
        async with transaction(pool) as connection:
            await _compose_flood(connection, party, event_keys, this)
    if waiting:
        async with transaction(pool) as connection:
            await audiences.close_digests(connection, this.now, TOGETHER)


async def _compose_flood(
    connection: AsyncConnection, party: str, event_keys: Sequence[UUID], this: Round
) -> None:
    await audiences.lock_digest(connection, party)
    rows = await audiences.digest_deliveries(connection, party, event_keys, this.contents, TOGETHER)
    if not rows:
        return
    since = min(row.planned_at for row in rows)
    last = await mails.last_made(connection, party, TOGETHER)
    most_urgent = min(urgency(parse(row.content)) for row in rows)
    if not together_due(since, most_urgent, last, this.now):
        return
    told = await _told(connection, rows, party, Mode.IMMEDIATE, this)
    told.sort(key=lambda one: urgency(one[1].event))
    parts = [told[i : i + _MOST_TOGETHER] for i in range(0, len(told), _MOST_TOGETHER)]
    for number, part in enumerate(parts, start=1):
        key = derived_key(TOGETHER, party, this.now.isoformat(), number)
        fresh = await _fresh(connection, part, party, key)
        if fresh:
            calendar = await calendar_of_events(connection, part, party, this)
            with this.speaking_to(party):
                text = flood.text(texts.Part(party, number, len(parts)), fresh, since, this.register)
                text = with_file(text, calendar)
            urgent = bool(flood.urgent_in(fresh))
            mail = made_mail(
                key, party, TOGETHER, text, this.register, this.now, urgent=urgent, calendar=calendar
            )
            await keep_made(connection, [mail], this.now)


def _digest_key(party: str, until: datetime, number: int = 1) -> UUID:
    return derived_key("digest", party, until.isoformat(), number)
