"""What the ledger tells of mails: what each says, and that one was taken back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.ledger.checking import said_in
from hub.rules.ledger.contents import MailSays, committed_mail
from hub.rules.redacting import REMOVED
from hub.store import tables
from hub.store.database import keys_of
from hub.store.ledger.records import Entry, record
from hub.store.mail import mails
from hub.store.tables.ledger import BACK_ABOUT, COUNTS, OF_MAIL_BACK
from hub.store.times import Unique, times_of

COMPOSED = "mail-composed"
_TAKEN_BACK = "mail-taken-back"
_mail = tables.mail.c
_AT_ONCE = 500
_MAIL_OF = "substring(encode(record, 'escape'), '\"mail\":\"([0-9a-f-]{36})\"')"
_BACK = text(
    f"""
    SELECT record_key, record FROM ledger
    WHERE {OF_MAIL_BACK} AND {BACK_ABOUT} && CAST(:about AS text[]) AND {COUNTS}
    """  # noqa: S608 - of constants
)
_GONE = text(
    f"""
    SELECT DISTINCT composed.mail FROM (
        SELECT {_MAIL_OF} AS mail FROM ledger
        WHERE kind = '{COMPOSED}' AND {COUNTS}
          AND position('"content":' IN encode(record, 'escape')) > 0) AS composed
    WHERE NOT EXISTS (SELECT FROM mail WHERE mail.mail_key = CAST(composed.mail AS uuid))
      AND NOT EXISTS (SELECT FROM ledger WHERE {OF_MAIL_BACK} AND {_MAIL_OF} = composed.mail AND {COUNTS})
    LIMIT 100
    """  # noqa: S608 - of constants
)


class Taken(NamedTuple):
    """A mail to take back. `again` makes its record unique, beside its key; `facts`: what that says more."""

    mail_key: UUID
    again: object
    facts: Mapping[str, Any]


def said_by(mail: Any, salt: bytes) -> bytes:
    """The hash that the ledger has of what a mail (a new one, or a row) says."""
    return committed_mail(salt, _says(mail))


def _says(mail: Any) -> MailSays:
    return MailSays(mail.address, mail.subject, mail.body, mail.html, mail.calendar)


async def take_back(connection: AsyncConnection, taken: Sequence[Taken], now: datetime) -> None:
    """Takes mails back that were never sent, each with a record of what it would have told, and from which
    version of the register it was made (`composed`)."""
    keys = [one.mail_key for one in taken]
    query = select(_mail.mail_key, _mail.party, _mail.register_version).where(
        _mail.mail_key == any_(keys_of(keys))
    )
    rows = {row.mail_key: row for row in await connection.execute(query)}
    made = await composed(connection, {key: row.register_version for key, row in rows.items()})
    await mails.take_back(connection, *keys)
    entries = []
    for key, again, more in taken:
        row, said = rows[key], made.get(key, {})
        facts = {"mail": str(key), "party": row.party, "events": said.get("events", []), **more}
        facts["composed"] = row.register_version
        entries.append(Entry(_TAKEN_BACK, (key, again), None, now, facts))
    await record(connection, entries)


async def taken_back(
    connection: AsyncConnection, event_key: UUID, mail_keys: Sequence[UUID]
) -> Sequence[tuple[UUID, Mapping[str, Any]]]:
    """The records of mails that were taken back, by key, with what they say: those that told of this event,
    and those of these mails."""
    about = [f'"{key}"' for key in (event_key, *mail_keys)]
    rows = await connection.execute(_BACK, {"about": about})
    return [(row.record_key, said_in(bytes(row.record))) for row in rows]


async def faults_of_mails(connection: AsyncConnection) -> AsyncIterator[str]:
    """What is wrong with mails: they say something else than when they were made, or are not there. Mails of
    before the ledger told what they say are passed over, as those whose content was removed since."""
    columns = (
        _mail.mail_key,
        _mail.register_version,
        _mail.party,
        _mail.kind,
        _mail.salt,
        *(_mail[name] for name in MailSays._fields),
    )
    was_removed = await connection.scalar(select(func.count()).select_from(tables.removal)) or 0
    after: UUID | None = None
    while True:
        query = select(*columns).order_by(_mail.mail_key).limit(_AT_ONCE)
        rows = (await connection.execute(query.where(_mail.mail_key > after) if after else query)).all()
        made = await composed(connection, {row.mail_key: row.register_version for row in rows})
        for row in rows:
            said = made.get(row.mail_key)
            if said is None:
                if row.salt is not None:
                    yield f"bericht {row.mail_key} is ingevoegd: geen record vertelt ervan"
            elif "content" in said and not _is_said(row, said, was_removed=bool(was_removed)):
                yield f"bericht {row.mail_key} is veranderd"
            elif (said.get("party"), said.get("mail_kind")) != (row.party, row.kind):
                yield f"bericht {row.mail_key} is van een andere partij of soort dan toen het werd gemaakt"
        if len(rows) < _AT_ONCE:
            break
        after = rows[-1].mail_key
    for key in (await connection.execute(_GONE)).scalars():
        yield f"bericht {key} ontbreekt: het is gemaakt, en niet teruggehaald"


def _is_said(row: Any, said: Mapping[str, Any], *, was_removed: bool) -> bool:
    if row.salt is not None:
        return bool(said_by(row, bytes(row.salt)).hex() == said["content"])
    return was_removed and _says(row) == MailSays("", REMOVED, REMOVED, None, None)


async def composed(connection: AsyncConnection, versions: Mapping[UUID, int]) -> dict[UUID, dict[str, Any]]:
    """By mail: what the ledger says of how it was made last. `versions`: that of the register by mail."""
    firsts: dict[Unique, UUID] = {one: one[0] for one in versions.items()}
    times = await times_of(connection, COMPOSED, list(firsts))
    return {firsts[first]: said_in(told[-1][1]) for first, told in times.items() if told}
