"""Mails of what was too much to come one by one."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import flood
from connectors.mailbox.calendar import with_file
from connectors.mailbox.texts import MailText, Part, Told
from consumers.mail.invited import calendar_of_events
from consumers.mail.made import keep_made, made_mail, or_broken, unless_broken
from consumers.mail.many_events import Share, may_go, settled
from consumers.mail.one_round import Round
from hub.rules.digesting import Urgency, urgency
from hub.rules.flooding import GATHERING, TOGETHER, may_be_due, together_due
from hub.rules.identity import derived_key
from hub.rules.policy import Mode
from hub.store.database import transaction
from hub.store.mail import digests, mails

_MOST_TOGETHER = 1000
"""Of a flood each message is a line or two."""
_NEVER = datetime.min.replace(tzinfo=UTC)


async def compose_together(pool: AsyncEngine, this: Round, is_late: Callable[[], bool]) -> bool:
    """The mails of what was too much to come one by one; some of them, when it gets late. Whether these were
    all."""
    gathered = this.now - GATHERING
    async with transaction(pool) as connection:
        waiting = await digests.digests_to_compose(connection, this.now, mode=TOGETHER, first_until=gathered)
        last = await mails.last_made(connection, waiting, TOGETHER)
    # Who had such a mail longest ago goes first, and who has none to get now takes no turn of another.
    left = deque(sorted(waiting, key=lambda party: last.get(party, _NEVER)))
    while left:
        party = left.popleft()
        if not may_be_due(last.get(party), this.now):
            continue
        compose = partial(_compose_flood, party=party, event_keys=waiting[party], this=this)
        made = await unless_broken(pool, compose)
        if made is None:
            made = await unless_broken(pool, partial(compose, careful=True))
        if made and is_late():
            break
    if waiting:
        async with transaction(pool) as connection:
            await digests.close_digests(connection, this.now, TOGETHER)
    return not left


async def _compose_flood(
    connection: AsyncConnection,
    party: str,
    event_keys: Sequence[UUID],
    this: Round,
    *,
    careful: bool = False,
) -> int:
    """What came together for this party; how many mails. `careful`: each event is tried by itself, and
    nothing else is in them."""
    await digests.lock_digests(connection, party)
    last = (await mails.last_made(connection, [party], TOGETHER)).get(party)
    if not may_be_due(last, this.now):
        return 0
    due = await digests.digest_deliveries(connection, {party: event_keys}, this.contents, TOGETHER)
    if not due[party]:
        return 0
    since = min(row.planned_at for row in due[party])
    most_urgent = min(_urgency_of(row, this) for row in due[party])
    if not together_due(since, most_urgent, last, this.now):
        return 0

    def alone(party: str, told: Told) -> MailText:
        return flood.text(Part(party), [told], since, this.register)

    told = (await may_go(connection, due, Mode.IMMEDIATE, this, alone if careful else None))[party]
    told.sort(key=lambda one: urgency(one[1].event))
    cut = [told[i : i + _MOST_TOGETHER] for i in range(0, len(told), _MOST_TOGETHER)]
    shares = [
        Share(
            derived_key(TOGETHER, party, this.now.isoformat(), number), Part(party, number, len(cut)), entries
        )
        for number, entries in enumerate(cut, start=1)
    ]
    made = []
    for share, fresh in await settled(connection, shares):
        calendar = None if careful else await calendar_of_events(connection, share.entries, party, this)
        with this.speaking_to(party):
            text = with_file(flood.text(share.part, fresh, since, this.register), calendar)
        mail = partial(made_mail, share.mail_key, party, TOGETHER, text, this.register, this.now)
        made.append(mail(urgent=bool(flood.urgent_in(fresh)), calendar=calendar))
    await keep_made(connection, made, this.now)
    return len(made)


def _urgency_of(row: digests.Due, this: Round) -> Urgency:
    found = or_broken(lambda: urgency(this.parsed.event(row)))
    return Urgency.USUAL if isinstance(found, str) else found
