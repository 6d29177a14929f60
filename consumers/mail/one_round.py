"""One round of composing: what holds for every mail that is made in it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.texts import Told, Worded
from hub.parsed import Parsed
from hub.register.model import Register
from hub.rules.handing import LAPSE
from hub.rules.policy import Mode
from hub.rules.preferences import USUAL, Preferences
from hub.rules.relations import reasons_of
from hub.rules.seeing import marking_of, refusal_at_sending, refusal_since, still_holding
from hub.rules.wanting import Mailing, mailing
from hub.store.contents import Contents
from hub.store.deliveries import audiences
from hub.store.ledger.records import Entry, record
from hub.words.language import speaking


class Round(NamedTuple):
    """The register, what each party wants that ever chose, the moment, and how many mails of its own an
    event may be one of."""

    public_url: str
    sender: str
    register: Register
    wanted: Mapping[str, Preferences]
    now: datetime
    most: int
    parsed: Parsed
    contents: Contents
    worded: Worded

    def wanted_by(self, party: str) -> Preferences:
        return self.wanted.get(party, USUAL)

    def speaking_to(self, party: str) -> AbstractContextManager[None]:
        """What is said within is said in the language that the party chose."""
        return speaking(self.wanted_by(party).language)

    def told(self, row: Any, party: str) -> Told | str:
        """What a delivery tells, or why it may not go out."""
        event = self.parsed.event(row)
        earlier = reasons_of(row.reasons)
        reasons = still_holding(earlier, party, event, self.register)
        refusal = refusal_at_sending(event, party, reasons, self.register)
        if refusal is None and row.channel != LAPSE:
            refusal = refusal_since(marking_of(row.marking), party, reasons, self.register)
        link = f"{self.public_url}/gebeurtenissen/{row.event_key}"
        return refusal or Told(event, row.publisher, reasons, link)

    def how(self, party: str, planned: Mode, told: Told) -> Mailing:
        """How the party gets what was planned for it in this way."""
        ties = {reason.relation for reason in told.reasons}
        return mailing(self.wanted_by(party), planned, told.event, ties, self.register)


async def withhold(connection: AsyncConnection, row: Any, party: str, why: str, now: datetime) -> None:
    """Keeps a delivery back, with its record."""
    await withhold_all(connection, [audiences.Settling(row, party, withheld=why)], now)


async def withhold_all(
    connection: AsyncConnection, kept_back: Sequence[audiences.Settling], now: datetime
) -> None:
    """Keeps deliveries back, each for its own reason, with their records. What had an outcome keeps it."""
    if not kept_back:
        return
    settled = await audiences.settle_all(connection, kept_back)
    await record(connection, [_withheld(one, now) for one in settled])


def _withheld(one: audiences.Settling, now: datetime) -> Entry:
    row, party = one.row, one.party
    facts = {"party": party, "channel": row.channel, "why": one.withheld}
    unique = (row.event_key, party) if row.channel == "mail" else (row.event_key, party, row.channel)
    return Entry("delivery-withheld", unique, row.event_key, now, facts)
