"""What came of a scenario: a summary for a manager, and whether anything was lost."""

import email.parser
import email.policy
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox.sending import message_id
from hub.register.model import Register
from hub.settings import Settings
from hub.store.exchanges import kept_keys
from hub.store.ledger.checks import Check, check_ledger
from hub.store.ledger.records import count_records
from hub.store.views.mails import mail_states
from hub.store.views.overview import deliveries_by_kind, get_numbers


class Outcome(NamedTuple):
    """What a hub holds after a scenario. `numbers` as on the overview page; `mails`: message id -> state."""

    numbers: Any
    by_kind: Mapping[str, int]
    events: Set[UUID]
    routed: int
    ledger: Check
    mails: Mapping[str, str]


async def get_outcome(connection: AsyncConnection, settings: Settings, register: Register) -> Outcome:
    """Reads it from the tables, the whole ledger included."""
    states = await mail_states(connection)
    return Outcome(
        numbers=await get_numbers(connection),
        by_kind=await deliveries_by_kind(connection, register),
        events=await kept_keys(connection),
        routed=await count_records(connection, "event-routed"),
        ledger=await check_ledger(connection),
        mails={message_id(key, settings.mail_from): state for key, state in states.items()},
    )


def received_mails(maildir: Path) -> Counter[str]:
    """How often each message id stands in a Maildir."""
    parser = email.parser.BytesHeaderParser(policy=email.policy.compat32)
    found: Counter[str] = Counter()
    for part in ("new", "cur"):
        for path in (maildir / part).iterdir():
            with path.open("rb") as mail:
                found[str(parser.parse(mail).get("Message-ID", "")).strip()] += 1
    return found


def losses(
    expected: Iterable[UUID], refused: Sequence[str], outcome: Outcome, received: Counter[str] | None
) -> list[str]:
    """Everything that is not as it should be after a scenario; none: nothing was lost and nothing doubled.

    `received` is None when the mails went to a mail server that can't be read."""
    numbers = outcome.numbers
    missing = set(expected) - outcome.events
    sent = {mail for mail, state in outcome.mails.items() if state == "sent"}
    found = [
        (len(refused), "gebeurtenissen zijn geweigerd: " + " | ".join(refused)),
        (len(missing), "gebeurtenissen ontbreken"),
        (numbers.dead_letters, "gebeurtenissen zijn onbestelbaar"),
        (abs(len(outcome.events) - outcome.routed), "gebeurtenissen verschillen met het grootboek"),
        (len(outcome.ledger.faults), "fouten in het grootboek: " + "; ".join(outcome.ledger.faults)),
        (numbers.deliveries_waiting, "bezorgingen zijn nog niet verstuurd"),
        (numbers.mails_queued, "berichten staan nog in de wacht"),
        (numbers.mails_failed, "berichten zijn mislukt"),
    ]
    if received is not None:
        ours = {mail: count for mail, count in received.items() if mail in outcome.mails}
        found += [
            (len(sent - set(ours)), "verstuurde berichten staan niet in de postbus"),
            (len(set(ours) - sent), "berichten in de postbus zijn niet als verstuurd geboekt"),
            (sum(count > 1 for count in ours.values()), "berichten staan dubbel in de postbus"),
        ]
    return [f"{count} {what}" for count, what in found if count]
