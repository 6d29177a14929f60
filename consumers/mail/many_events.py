"""Mails of many events: what may go in them, and what each of them is the one to tell."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.texts import MailText, Part, Told
from consumers.mail.made import or_broken
from consumers.mail.one_round import Round, withhold_all
from hub.rules.policy import Mode
from hub.rules.wanting import Mailing
from hub.store.deliveries.audiences import STOPPED, Settling, settle_all
from hub.store.mail.digests import Due
from hub.store.throttle import library


class Share(NamedTuple):
    """What one mail is to tell."""

    mail_key: UUID
    part: Part
    entries: Sequence[tuple[Due, Told]]


async def may_go(
    connection: AsyncConnection,
    due: Mapping[str, Sequence[Due]],
    planned: Mode,
    this: Round,
    alone: Callable[[str, Told], MailText] | None = None,
) -> dict[str, list[tuple[Due, Told]]]:
    """Of what was planned in this way for each party, what may go out and is wanted; the rest is withheld.
    What may go for one of its reasons is not withheld for another. `alone`: makes a mail for a party of one
    event, when all together could not be made: what can't be made by itself is withheld too."""
    told: dict[str, list[tuple[Due, Told]]] = {}
    kept_back: list[Settling] = []
    lapsed = await library.lapsed_among(connection, {row.event_key for rows in due.values() for row in rows})
    for party, rows in due.items():
        told[party] = []
        for row in rows:
            entry = or_broken(partial(this.told, row, party))
            if row.event_key in lapsed:
                entry = "lapsed"
            elif not isinstance(entry, str) and this.how(party, planned, entry) is Mailing.NOT:
                entry = STOPPED
            elif not isinstance(entry, str) and alone is not None:
                made = or_broken(partial(_alone, alone, party, entry, this))
                entry = made if isinstance(made, str) else entry
            if isinstance(entry, str):
                kept_back.append(Settling(row, party, withheld=entry))
            else:
                told[party].append((row, entry))
    going = {(party, row.event_key, row.channel) for party, some in told.items() for row, _ in some}
    kept_back = [one for one in kept_back if (one.party, one.row.event_key, one.row.channel) not in going]
    await withhold_all(connection, kept_back, this.now)
    return told


def _alone(write: Callable[[str, Told], MailText], party: str, told: Told, this: Round) -> MailText:
    with this.speaking_to(party):
        return write(party, told)


async def settled(connection: AsyncConnection, shares: Sequence[Share]) -> list[tuple[Share, list[Told]]]:
    """What each mail tells: an event once, however often it was planned. No mail of nothing."""
    told = {}
    given = []
    for share in shares:
        for row, entry in share.entries:
            given.append(Settling(row, share.part.party, share.mail_key))
            told[id(given[-1])] = share.mail_key, entry
    fresh: dict[UUID, list[Told]] = {}
    for one in await settle_all(connection, given) if given else []:
        mail_key, entry = told[id(one)]
        fresh.setdefault(mail_key, []).append(entry)
    return [(share, fresh[share.mail_key]) for share in shares if share.mail_key in fresh]
