"""A composed mail, kept once with its record."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import texts
from connectors.mailbox.evidence import head_line
from connectors.mailbox.rendering import language_of, with_line, with_mark
from hub import logs
from hub.errors import Unavailable
from hub.register.model import Register
from hub.rules.exercises import is_real_party
from hub.rules.flooding import HOUR
from hub.rules.ledger.records import SALT_BYTES
from hub.rules.moments import dutch_day
from hub.rules.preferences import USUAL
from hub.rules.queueing import place_in_queue
from hub.store.database import transaction
from hub.store.ledger.records import Entry, record
from hub.store.ledger.trees import find_signed_head
from hub.store.mail import mails, told
from hub.store.mail.preferences import preferences_among
from hub.store.times import next_times
from hub.store.wake import Channel, wake
from hub.words.language import said, speaking

_log = logging.getLogger(__name__)
_Composed = TypeVar("_Composed")


def made_mail(
    key: UUID,
    party: str,
    kind: str,
    text: texts.MailText,
    register: Register,
    now: datetime,
    thread: Sequence[UUID] = (),
    stops: str | None = None,
    *,
    urgent: bool = False,
    calendar: str | None = None,
) -> mails.NewMail:
    """A mail to the mailbox that a party has now. `thread`: what it belongs with, oldest first; `stops`: the
    kind of mail that its reader may stop with it; `urgent`: it goes before what is not; `calendar`: an
    invitation. A party that is there for exercises gets nothing else, and every mail says so."""
    if not is_real_party(register.parties[party]):
        text = _as_exercise(text)
    return mails.NewMail(
        key,
        party,
        kind,
        register.parties[party].mailbox,
        str(text.tlp),
        text.subject,
        text.body,
        now,
        register.version,
        html=text.html,
        thread=tuple(dict.fromkeys(thread)),
        stops=stops,
        urgent=urgent,
        calendar=calendar,
    )


def _as_exercise(text: texts.MailText) -> texts.MailText:
    with speaking(language_of(text.html)):
        body, html = with_mark(text.body, text.html, said("OEFENING: dit is niet echt."))
        subject = f"[{said('OEFENING')}] {text.subject}"
    return text._replace(subject=subject, body=body, html=html or text.html)


async def keep_made(
    connection: AsyncConnection,
    composed: Sequence[mails.NewMail],
    now: datetime,
    asked: Sequence[UUID] = (),
) -> None:
    """Keeps the mails that are new, each with the ledger's tree head of now, its place in the queue, and who
    reads along. `asked`: the events in the mail of a bundle or reminder; those of other mails follow from
    the outcomes of their deliveries."""
    if not composed:
        return
    wall = datetime.now(UTC)
    composed = await _placed(connection, composed, now, wall)
    if head := await find_signed_head(connection):
        composed = [_with_head(mail, head.size, bytes(head.root)) for mail in composed]
    composed = [mail._replace(salt=secrets.token_bytes(SALT_BYTES)) for mail in composed]
    new = await mails.keep_mails(connection, composed, wall)
    events = await mails.events_in(connection, list(new))
    kept = [mail for mail in composed if mail.mail_key in new]
    unique = await next_times(
        connection, told.COMPOSED, [(mail.mail_key, mail.register_version) for mail in kept]
    )
    await record(
        connection,
        [
            Entry(
                told.COMPOSED,
                unique[mail.mail_key, mail.register_version],
                None,
                now,
                {
                    "mail": str(mail.mail_key),
                    "party": mail.party,
                    "mail_kind": mail.kind,
                    "events": [str(key) for key in events.get(mail.mail_key, asked)],
                    "register": mail.register_version,
                    "content": told.said_by(mail, mail.salt or b"").hex(),
                },
            )
            for mail in kept
        ],
    )
    if new:
        await wake(connection, Channel.MAIL)


async def _placed(
    connection: AsyncConnection, composed: Sequence[mails.NewMail], now: datetime, wall: datetime
) -> list[mails.NewMail]:
    parties = {mail.party for mail in composed}
    wanted = await preferences_among(connection, parties)
    earlier = await mails.mailed_since(connection, parties, now - HOUR)
    placed = []
    for mail in composed:
        reads_along = wanted.get(mail.party, USUAL).named_on(dutch_day(now))
        copy_to = None if mail.kind == "sign-in" else reads_along
        place = place_in_queue(mail.urgent, earlier[mail.party], wall)
        placed.append(mail._replace(copy_to=copy_to, place=place))
        earlier[mail.party] += 1
    return placed


def _with_head(mail: mails.NewMail, size: int, root: bytes) -> mails.NewMail:
    with speaking(language_of(mail.html)):
        body, html = with_line(mail.body, mail.html, head_line(size, root))
    return mail._replace(body=body, html=html, ledger_size=size)


async def composed_events(connection: AsyncConnection, versions: Mapping[UUID, int]) -> dict[UUID, list[str]]:
    """The keys of the events in each mail: of its deliveries, or as the ledger has them since it was made.
    `versions`: that of the register by mail."""
    events = await mails.events_in(connection, list(versions))
    others = {mail_key: version for mail_key, version in versions.items() if mail_key not in events}
    made = await told.composed(connection, others)
    recorded = {mail_key: list(made.get(mail_key, {}).get("events", [])) for mail_key in others}
    return recorded | {mail_key: list(map(str, keys)) for mail_key, keys in events.items()}


def or_broken(compose: Callable[[], _Composed]) -> _Composed | str:
    """What `compose` gives; what can't be composed stops nobody else, and is withheld for that reason."""
    try:
        return compose()
    except Exception as error:
        _log.exception(logs.line("a mail could not be composed", error=type(error).__name__))
        return "could-not-compose"


async def unless_broken(
    pool: AsyncEngine, compose: Callable[[AsyncConnection], Awaitable[_Composed]]
) -> _Composed | None:
    """What `compose` gives, in a transaction of its own; None when that breaks: then nothing of it is kept,
    and it stops nobody else. Raises Unavailable."""
    try:
        async with transaction(pool) as connection:
            return await compose(connection)
    except Unavailable:
        raise
    except Exception as error:
        _log.exception(logs.line("mails could not be composed", error=type(error).__name__))
        return None
