"""Inbound: keeps the mail that comes in, reads what it says, and takes the answers in by the same checks as
at the front door. In doubt a person decides; what no person wrote answers nothing."""

import asyncio
import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mail_in.fetching import fetch_new
from connectors.mail_in.listening import TooMuchMail, listening
from connectors.mailbox.links import with_how_to_reply, with_links
from consumers.waiting import wait_or_stop
from hub import logs
from hub.errors import KafkaUnavailable, NotConfigured, Unavailable
from hub.intake.accepting import Intake
from hub.intake.mail_reading import ReadMail, Sort, delivered, message_id_of, read_mail, text_of_html
from hub.intake.mailed_answers import Writer, answers_of
from hub.intake.outcome import Outcome
from hub.register.model import Register
from hub.rules.mail_in.answering import Answered
from hub.rules.mail_in.judging import Doubt, Why, is_sender_of, said_in_reply
from hub.rules.mail_in.tokens import SECRET, Purpose, Token, is_signed, read_address
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store.access.secrets import own_secret
from hub.store.clock import Clock
from hub.store.database import is_gone, transaction
from hub.store.ledger.records import Entry, record
from hub.store.mail import mail_in, mails
from hub.store.mail.mail_in import Came, Step
from hub.store.register.registers import Registers
from hub.store.times import next_times
from hub.store.wake import WakeUp

_UNKEEPABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_MOST_ADDRESS = 320
_MOST_RECIPIENTS = 20
_FETCH_SECONDS = 20.0
_HOUR = timedelta(hours=1)
_MOST_AN_HOUR = 30
"""Mails to one address: who has it can't fill the hub. Its mail server tries again."""
_log = logging.getLogger(__name__)


class Inbound:
    """Keeps, reads and takes in."""

    def __init__(
        self, settings: Settings, pool: AsyncEngine, registers: Registers, intake: Intake, clock: Clock
    ):
        if settings.reply_address is None:
            raise NotConfigured("Niet ingesteld waar antwoorden per mail komen: zet KERNHUB_REPLY_ADDRESS.")
        self._base = settings.reply_address
        self._pool = pool
        self._registers = registers
        self._intake = intake
        self._clock = clock

    async def knows(self, address: str) -> bool:
        """Whether the hub gave out this address. Raises TooMuchMail and DatabaseUnavailable."""
        since = await self._clock.now() - _HOUR
        async with transaction(self._pool) as connection:
            if await self._signed(connection, address) is None:
                return False
            if await mail_in.count_since(connection, _plain(address), since) >= _MOST_AN_HOUR:
                raise TooMuchMail
            return True

    async def keep(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        """Keeps a mail for each of the hub's addresses that it came to. Raises DatabaseUnavailable."""
        now = await self._clock.now()
        message_id = _plain(message_id_of(raw))
        async with transaction(self._pool) as connection:
            for recipient in recipients:
                came = Came(_plain(sender), _plain(recipient), raw)
                await mail_in.keep_mail(connection, came, message_id, now)

    async def keep_fetched(self, raw: bytes) -> None:
        """Keeps a mail from a mailbox: its headers tell to which of the hub's addresses it came. Raises
        DatabaseUnavailable."""
        addresses, sender = delivered(raw)
        ours = [one for one in addresses if read_address(one, self._base) is not None]
        if sender is None:
            sender = read_mail(raw, None).sender or "?"
        await self.keep(sender, ours[:_MOST_RECIPIENTS] or [""], raw)

    async def keep_reading(self, wake_up: WakeUp, stop: asyncio.Event) -> None:
        """Reads as mail comes, until `stop`."""
        while not stop.is_set():
            try:
                await self.read_all()
            except Unavailable as error:
                _log.warning(logs.line("a part is away, waiting", error=type(error).__name__))
                await wait_or_stop(stop, 2.0)
            await wake_up.wait()

    async def read_all(self) -> None:
        """Reads all that was kept, and takes in what was read. Raises Unavailable."""
        while await self._read_next():
            pass
        while await self._take_next():
            pass

    async def _read_next(self) -> bool:
        register, now = await self._registers.newest(), await self._clock.now()
        async with transaction(self._pool) as connection:
            row = await mail_in.claim_next(connection, "kept")
            if row is None:
                return False
            # What breaks the reading undoes that alone, and a person looks at this mail.
            try:
                async with connection.begin_nested():
                    step = await self._judged(connection, row, register)
            except Exception as error:
                if is_gone(error):
                    raise
                _log.exception(logs.line("a mail could not be read", mail_in=row.mail_in_key))
                step = _doubted(Doubt(Why.UNREADABLE, type(error).__name__))
            await mail_in.take_step(connection, row, step, now)
        _log.info(logs.line("read a mail", mail_in=row.mail_in_key, state=step.state))
        return True

    async def _judged(self, connection: AsyncConnection, row: Any, register: Register) -> Step:
        mail = read_mail(bytes(row.raw), row.sender)
        found = await self._signed(connection, row.recipient)
        is_final = any(bounce.is_final for bounce in mail.bounces)
        if is_final and found and found[0].purpose is Purpose.BOUNCE:
            return await self._bounced(connection, *found, mail)
        if mail.sort in (Sort.AUTOMATIC, Sort.BOUNCE):
            return Step("left", "mail-in-left", {"why": str(mail.sort)}, party=found and found[1])
        if found is None or found[0].purpose is not Purpose.REPLY:
            return _doubted(Doubt(Why.NO_REPLY))
        token, party = found
        of_hub = await mails.find_mail(connection, token.mail_key)
        doubt = _doubt_of(mail, party, of_hub.copy_to if of_hub else None, register)
        bundle, numbers = await mail_in.number_of_mail(connection, token.mail_key)
        said = doubt or said_in_reply(mail.text, bundle, numbers, _as_sent(of_hub) if of_hub else ())
        answers: list[Answered] | Doubt
        if isinstance(said, Doubt):
            answers = said
        else:
            writer = Writer(row.mail_in_key, party, row.received_at)
            answers = await answers_of(connection, writer, said, register)
        if isinstance(answers, Doubt):
            return _doubted(answers)._replace(party=party, replied_to=token.mail_key)
        return Step("read", "mail-in-read", {}, party, token.mail_key, answers=answers)

    async def _bounced(self, connection: AsyncConnection, token: Token, party: str, read: ReadMail) -> Step:
        """A mail of the hub came back; of a copy, the mailbox itself has it. A bounce of a mail that says so
        is told to nobody: it would go on."""
        mail = await mails.find_mail(connection, token.mail_key)
        bounce = read.final_bounce(mail.copy_to if mail else None)
        said = (f"{bounce.status} {bounce.said}".strip() if bounce else "") or "zonder reden"
        is_new = bounce is not None and await mails.mark_bounced(connection, token.mail_key, said)
        if is_new:
            facts = {"mail": str(token.mail_key), "party": party}
            now, first = await self._clock.now(), (token.mail_key,)
            unique = (await next_times(connection, "mail-bounced", [first]))[first]
            await record(connection, [Entry("mail-bounced", unique, None, now, facts)])
        is_told = is_new and mail is not None and mail.kind != "notice"
        reason = said if is_told else None
        return Step("left", "mail-in-left", {"why": "bounce"}, party, token.mail_key, reason)

    async def _signed(self, connection: AsyncConnection, address: str) -> tuple[Token, str] | None:
        """What an address of the hub says, and the party of that mail; None: the hub did not make it."""
        token = read_address(address, self._base)
        party = token and await mail_in.party_of_mail(connection, token.mail_key)
        if token is None or party is None:
            return None
        key = await own_secret(connection, SECRET)
        return (token, party) if is_signed(token, party, [key]) else None

    async def _take_next(self) -> bool:
        async with transaction(self._pool) as connection:
            row = await mail_in.claim_next(connection, "read")
            if row is None:
                return False
            answers = [Answered(**one) for one in row.answers]
            try:
                step = await self._taken(row.party, answers)
            except Unavailable:
                raise
            except Exception as error:
                # One mail stops no other: a person looks at it.
                _log.exception(logs.line("a mail could not be taken in", mail_in=row.mail_in_key))
                step = _doubted(Doubt(Why.REFUSED, type(error).__name__))
            await mail_in.take_step(connection, row, step, await self._clock.now())
        _log.info(logs.line("took in a mail", mail_in=row.mail_in_key, state=step.state))
        return True

    async def _taken(self, party: str, answers: Sequence[Answered]) -> Step:
        """Takes the answers in; what was taken before is the same again. Raises Unavailable."""
        offered = [one for one in answers if one.refused is None]
        outcomes = await self._intake.accept(party, [one.event for one in offered], [Scope.ANSWER])
        if any(one.outcome is Outcome.UNAVAILABLE for one in outcomes):
            raise KafkaUnavailable("Kafka bevestigt niet.")
        why = {
            answer.reference: "; ".join(f"{one.field} {one.detail}" for one in outcome.problems)
            for answer, outcome in zip(offered, outcomes, strict=True)
            if not outcome.accepted
        }
        taken = [
            one if one.refused is not None else one._replace(refused=why.get(one.reference))
            for one in answers
        ]
        refused = [f"{reference} ({problem})" for reference, problem in why.items()]
        if not refused:
            return Step("answered", "mail-in-answered", answers=taken)
        return _doubted(Doubt(Why.REFUSED, ", ".join(refused)))._replace(answers=taken)


def _doubt_of(mail: ReadMail, party: str, deputy: str | None, register: Register) -> Doubt | None:
    if mail.sort is Sort.UNREADABLE:
        return Doubt(Why.UNREADABLE)
    is_deputy = deputy is not None and mail.sender == deputy.lower()
    if not is_deputy and not is_sender_of(mail.sender, party, register):
        return Doubt(Why.FOREIGN_SENDER)
    if mail.attachments:
        return Doubt(Why.ATTACHMENTS)
    return None


def _as_sent(mail: Any) -> tuple[str, str]:
    """Both forms of a mail that may be replied to, as their reader sees them; without links."""
    body, html = with_links(mail.body, mail.html, "", mail.stops, "")
    body, html = with_how_to_reply(body, html)
    return body, text_of_html(html or "")


def _doubted(doubt: Doubt) -> Step:
    return Step("doubt", "mail-in-doubted", {"why": doubt.why.name.lower()}, reason=doubt.reason)


def _plain(written: str) -> str:
    """What a mail server or program wrote, as a text that can be kept."""
    return _UNKEEPABLE.sub("", written)[:_MOST_ADDRESS]


async def listen(inbound: Inbound, settings: Settings, stop: asyncio.Event) -> None:
    """Takes mail by SMTP until `stop`. Raises OSError when the port is taken."""
    name = (settings.reply_address or "").partition("@")[2]
    host, port = settings.inbound_host, settings.inbound_port
    async with listening(host, port, name, inbound.keep, inbound.knows) as port:
        _log.info(logs.line("takes mail", port=port))
        await stop.wait()


async def keep_fetching(inbound: Inbound, settings: Settings, stop: asyncio.Event) -> None:
    """Takes mail from a mailbox, if there is one, until `stop`."""
    while settings.imap_host is not None and not stop.is_set():
        try:
            await fetch_new(settings, inbound.keep_fetched)
        except Unavailable as error:
            _log.warning(logs.line("mail could not be fetched, waiting", error=str(error)))
        await wait_or_stop(stop, _FETCH_SECONDS)
