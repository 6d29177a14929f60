"""The digests whose moment has come, those of some parties in one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import texts
from connectors.mailbox.calendar import with_file
from consumers.mail.invited import calendar_of_events
from consumers.mail.made import keep_made, made_mail, unless_broken
from consumers.mail.many_events import Share, may_go, settled
from consumers.mail.one_round import Round
from consumers.mail.standings import Standings
from hub.rules.exercises import apart_in_mail
from hub.rules.identity import derived_key
from hub.rules.policy import Mode
from hub.rules.preferences import DIGEST, USUAL, latest_digest
from hub.store.database import transaction
from hub.store.mail import digests, mails

_LANES = 3
"""Transactions at once: while one waits for PostgreSQL, mails of another are written."""
_MOST_AT_ONCE = 2000
"""Messages in the digests that share a transaction, but at least one digest."""
_MOST = 200
"""Messages in one digest; mail servers refuse what is too large."""


class _Moment(NamedTuple):
    """The digests up to a moment, and where requests stand that they tell of. `writing`: who holds it writes
    mails, while the others have PostgreSQL at work."""

    until: datetime
    this: Round
    seen: Standings
    writing: asyncio.Lock
    between: Callable[[], Awaitable[None]]


async def compose_digests(pool: AsyncEngine, this: Round, between: Callable[[], Awaitable[None]]) -> None:
    """The digests whose moment has come; those of many take long: `between` some and the next something else
    may go first. Most have the usual moment: one query is for all."""
    own: dict[datetime, list[str]] = {}
    for party, wanted in this.wanted.items():
        if until := latest_digest(wanted, this.now):
            own.setdefault(until, []).append(party)
    seen = Standings(this.now)
    due = [(until, parties, False) for until, parties in own.items()]
    if usual := latest_digest(USUAL, this.now):
        due.insert(0, (usual, list(this.wanted), True))
    for until, parties, others in due:
        moment = _Moment(until, this, seen, asyncio.Lock(), between)
        await _compose_due(pool, moment, parties, others=others)


async def _compose_due(pool: AsyncEngine, moment: _Moment, parties: Sequence[str], *, others: bool) -> None:
    async with transaction(pool) as connection:
        waiting = await digests.digests_to_compose(connection, moment.until, parties, others=others)
    left = deque(_at_once(waiting))

    async def lane() -> None:
        while left:
            some = left.popleft()
            compose = partial(_compose, waiting=some, moment=moment)
            if await unless_broken(pool, compose) is None:  # one that can't be made keeps up none but itself
                if len(some) > 1:
                    left.extend({party: keys} for party, keys in some.items())
                else:
                    await unless_broken(pool, partial(compose, careful=True))
            await moment.between()

    for error in await asyncio.gather(*(lane() for _ in range(_LANES)), return_exceptions=True):
        if error is not None:
            raise error
    if waiting:
        async with transaction(pool) as connection:
            await digests.close_digests(connection, moment.until)


def _at_once(waiting: Mapping[str, Sequence[UUID]]) -> Iterator[dict[str, Sequence[UUID]]]:
    """What waits, cut into what shares a transaction."""
    some: dict[str, Sequence[UUID]] = {}
    for party, event_keys in waiting.items():
        if some and sum(map(len, some.values())) + len(event_keys) > _MOST_AT_ONCE:
            yield some
            some = {}
        some[party] = event_keys
    if some:
        yield some


async def _compose(
    connection: AsyncConnection,
    waiting: Mapping[str, Sequence[UUID]],
    moment: _Moment,
    *,
    careful: bool = False,
) -> int:
    """The digests of these parties; how many mails. `careful`: each event is tried by itself, and nothing
    else is in them."""
    until, this = moment.until, moment.this

    def alone(party: str, told: texts.Told) -> texts.MailText:
        return texts.digest(texts.Part(party), [told], [], until, this.register)

    await digests.lock_digests(connection, *waiting)
    due = await digests.digest_deliveries(connection, waiting, this.contents)
    begun = await mails.composed_among(connection, [_digest_key(party, until) for party in waiting])
    for party, rows in due.items():
        if _digest_key(party, until) in begun:
            # It went without what committed late or was taken back since: that comes in a further part.
            due[party] = [row for row in rows if row.planned_at < until]
    shares: list[Share] = []
    going = await may_go(connection, due, Mode.DIGEST, this, alone if careful else None)
    for party, found in going.items():
        parts = [found[i : i + _MOST] for i in range(0, len(found), _MOST)]
        numbers = await _free_numbers(connection, party, until, len(parts), begun)
        for number, entries in zip(numbers, parts, strict=True):
            part = texts.Part(party, number, numbers[-1])
            shares.append(Share(_digest_key(party, until, number), part, entries))
    fresh = await settled(connection, shares)
    firsts = [share.part.party for share, _ in fresh if share.part.number == 1]
    asked = {} if careful else await _still_asked(connection, firsts, moment)
    calendars = [
        None if careful else await calendar_of_events(connection, share.entries, share.part.party, this)
        for share, _ in fresh
    ]
    made = []
    async with moment.writing:
        for (share, told), calendar in zip(fresh, calendars, strict=True):
            party = share.part.party
            still = asked.get(party, []) if share.part.number == 1 else []
            with this.speaking_to(party):
                text = texts.digest(share.part, told, still, until, this.register, this.worded)
                text = with_file(text, calendar)
            mail = partial(made_mail, share.mail_key, party, "digest", text, this.register, this.now)
            made.append(mail(stops=DIGEST, calendar=calendar))
            await asyncio.sleep(0)  # other lanes get their answers meanwhile
    await keep_made(connection, made, this.now)
    return len(made)


async def _free_numbers(
    connection: AsyncConnection, party: str, until: datetime, many: int, begun: Collection[UUID]
) -> list[int]:
    """Of so many parts: what is told under the key of a mail that is there already would never go. `begun`:
    the first parts that are there."""
    free: list[int] = []
    number = 0
    while len(free) < many:
        number += 1
        key = _digest_key(party, until, number)
        if key not in (begun if number == 1 else await mails.composed_among(connection, [key])):
            free.append(number)
    return free


async def _still_asked(
    connection: AsyncConnection, parties: Sequence[str], moment: _Moment
) -> dict[str, list[texts.OpenRequest]]:
    until, this, seen = moment.until, moment.this, moment.seen
    before = {
        party: latest_digest(this.wanted_by(party), until - timedelta(seconds=1)) or until
        for party in parties
    }
    return {
        party: [
            await seen.open_request(connection, row, party)
            for row in rows
            if apart_in_mail(row.content["source"], this.register.parties[party]) is None
        ]
        for party, rows in (await mails.open_requests_of(connection, before)).items()
    }


def _digest_key(party: str, until: datetime, number: int = 1) -> UUID:
    return derived_key("digest", party, until.isoformat(), number)
