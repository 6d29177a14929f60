"""Which answers that end soon a bundle asks its operator to renew, in a transaction of the caller, who holds
the operator. What it may have is checked here."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.asked import ToRenew
from hub.register.model import Register
from hub.rules.clearance import ORDER
from hub.rules.exercises import apart_in_mail
from hub.rules.moments import dutch_day
from hub.rules.throttle.answered import to_renew
from hub.store.ledger.records import Entry, record
from hub.store.throttle import library, renewals
from schemas.catalogue import Event, parse


async def answers_to_renew(
    connection: AsyncConnection,
    operator: str,
    bundle_key: UUID,
    public_url: str,
    register: Register,
    now: datetime,
) -> list[ToRenew]:
    """The answers about which this bundle asks: those that somebody received, each in one bundle only."""
    day = dutch_day(now)
    ending = await renewals.ending_answers(connection, operator, bundle_key, day)
    kept = {key: one for key in ending if (one := await library.find_kept(connection, key)) is not None}
    wanted = [key for key in kept if await library.receivers_of(connection, key)]
    chosen = to_renew(kept.values(), wanted, day)
    given = {row.event_key: row for row in await renewals.with_questions(connection, chosen)}
    found = []
    for key in chosen:
        row = given.get(key)
        if row is None or not _may_have(parse(row.content), operator, register):
            continue
        question = parse(row.question) if row.question else None
        link = f"{public_url}/gebeurtenissen/{key}"
        areas = sorted(kept[key].areas)
        found.append(ToRenew(key, parse(row.content), question, areas, kept[key].valid_until, link))
    return found


async def mark_to_renew(
    connection: AsyncConnection, operator: str, bundle_key: UUID, asked: Sequence[ToRenew], now: datetime
) -> None:
    """The mail of this bundle asks about these."""
    keys = [one.key for one in asked]
    await renewals.keep_renewals(connection, bundle_key, keys)
    facts = {"operator": operator, "bundle": str(bundle_key)}
    await record(connection, [Entry("renewal-asked", (key, bundle_key), key, now, facts) for key in keys])


def _may_have(answer: Event, operator: str, register: Register) -> bool:
    """Whether it may still have its own answer in its mailbox."""
    party = register.parties.get(operator)
    if party is None or ORDER.index(party.clearance) < ORDER.index(answer.tlp):
        return False
    return apart_in_mail(answer.source, party) is None
