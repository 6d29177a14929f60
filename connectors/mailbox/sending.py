"""To the mail server: one message, with a Message-ID that the same mail always has."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import aiosmtplib

from connectors.mailbox.rendering import language_of
from hub import logs
from hub.errors import Unavailable
from hub.settings import Settings
from hub.words.language import said, speaking

_SECONDS = 30
_LIKE_BEFORE = 2000
"""Headers of other mails that are kept."""
_log = logging.getLogger(__name__)


class _Policy(EmailPolicy):
    """Headers that mails share are read and written once: else that takes most of the time of a mail."""

    def header_max_count(self, name: str) -> int | None:
        return _most(name)

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, value) if hasattr(value, "name") else _read(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return _written(name, value)


_STRICT = SMTP.clone(max_line_length=998)
"""Headers may be as long as the standard lets them be: an address that is folded is an address no more."""
_POLICY = _Policy(max_line_length=998, linesep=SMTP.linesep)


@lru_cache(_LIKE_BEFORE)
def _most(name: str) -> int | None:
    return _STRICT.header_max_count(name)


@lru_cache(_LIKE_BEFORE)
def _read(name: str, value: str) -> tuple[str, Any]:
    return _STRICT.header_store_parse(name, value)


@lru_cache(_LIKE_BEFORE)
def _written(name: str, value: Any) -> bytes:
    return _STRICT.fold_binary(name, value)


class MailServerUnavailable(Unavailable):
    """The mail server does not answer; the mail stays queued."""


class MailRefused(Exception):
    """The mail server refuses this mail: `permanent` when trying again can't help, `broken_off` when it hung
    up instead of answering, `is_wait` when it may want less of us for now: it does
    not say that it is for this mailbox."""

    def __init__(self, why: str, *, permanent: bool, broken_off: bool = False, is_wait: bool = False):
        self.permanent = permanent
        self.is_wait = is_wait
        self.broken_off = broken_off
        # A server may answer in any encoding; this is kept as text.
        super().__init__(why.encode("utf-8", "replace").decode().replace("\0", "?"))


def message_id(mail_key: UUID, sender: str) -> str:
    """The name that a mail always has, however often it is sent."""
    return f"<{mail_key}@{sender.partition('@')[2]}>"


def message(
    mail_key: UUID,
    sender: str,
    to: str,
    subject: str,
    body: str,
    tlp: str,
    made_at: datetime,
    html: str | None = None,
    thread: Sequence[UUID] = (),
    stop_url: str | None = None,
    copy_to: str | None = None,
    calendar: str | None = None,
    reply_to: str | None = None,
) -> EmailMessage:
    """The message as it goes out. Mailbox servers that suppress duplicates know it by its Message-ID; readers
    show it with what has the same `thread`, and a button to stop it when there is a `stop_url` (RFC 8058).

    Raises ValueError for text that no mail can carry."""
    mail = EmailMessage(policy=_POLICY)
    mail["Message-ID"] = message_id(mail_key, sender)
    mail["Date"] = format_datetime(made_at)
    mail["From"] = f"Kernhub <{sender}>"
    if reply_to is not None:
        mail["Reply-To"] = reply_to
    mail["To"] = to
    if copy_to is not None:
        mail["Cc"] = copy_to
    # A subject that looks encoded (RFC 2047) would be decoded here and by readers, line ends and all.
    mail["Subject"] = subject.replace("=?", "= ?")
    if thread:
        mail["In-Reply-To"] = message_id(thread[-1], sender)
        mail["References"] = " ".join(message_id(key, sender) for key in thread)
    if stop_url is not None:
        mail["List-Unsubscribe"] = f"<{stop_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["X-TLP"] = f"TLP:{tlp}"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body, charset="utf-8", cte="quoted-printable")
    if html is not None:
        # Base64: quoted-printable of Python takes longer than composing the mail did.
        mail.add_alternative(html, subtype="html", charset="utf-8", cte="base64")
        if calendar is not None:
            # What is before the meeting is of the hub; in a meeting anyone may have written these words.
            head = calendar.partition("BEGIN:VEVENT")[0].splitlines()
            method = next(one for one in ("REQUEST", "CANCEL", "PUBLISH") if f"METHOD:{one}" in head)
            to_file: dict[str, Any] = {}
            add = mail.add_alternative
            if method == "PUBLISH":
                mail.set_boundary(f"=_{mail_key}-text")
                with speaking(language_of(html)):
                    add, to_file = mail.add_attachment, {"filename": said("afspraken.ics")}
            add(
                calendar,
                subtype="calendar",
                charset="utf-8",
                cte="base64",
                params={"method": method},
                **to_file,
            )
        mail.set_boundary(f"=_{mail_key}")  # the same mail is the same bytes, however often it is sent
    mail["Content-Language"] = language_of(html)  # before there are parts, it would be of the first one
    return mail


class MailServer:
    """Connections to the mail server: as many as mails are sent at once, each opened when it is missed and
    again after a fault."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, mail: EmailMessage, bounces_to: str | None = None) -> None:
        """Returns when the server has taken it over; `bounces_to`: where the mail goes back to when it can't
        be delivered, if not to its sender. Raises MailRefused, for this mail only, or
        MailServerUnavailable, when no mail would get through."""
        idle = self._find_idle()
        try:
            await self._send(idle or await self._connected(), mail, bounces_to)
        except MailRefused as refused:
            # A server may close a connection that was idle; that says nothing about this mail.
            if not (idle and refused.broken_off):
                raise
            await self._send(await self._connected(), mail, bounces_to)

    async def _send(self, client: aiosmtplib.SMTP, mail: EmailMessage, bounces_to: str | None) -> None:
        try:
            # Not by send_message, which folds headers as it likes.
            sender, to = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
            content = mail.as_bytes()
            await client.sendmail(bounces_to or sender, [to], content)
            if mail["Cc"]:
                await self._send_copies(client, mail, content, bounces_to or sender)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from error
        except aiosmtplib.SMTPSenderRefused as error:
            client.close()
            if error.code == _TOO_LARGE:
                raise _refused(error) from error
            raise MailServerUnavailable(f"De mailserver wil niets van ons: {error}") from error
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise _refused(error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            client.close()
            raise MailRefused(f"De mailserver brak af: {error}", permanent=False, broken_off=True) from error
        except asyncio.CancelledError:
            client.close()
            raise
        finally:
            if client.is_connected:
                self._idle.append(client)

    async def _send_copies(
        self, client: aiosmtplib.SMTP, mail: EmailMessage, content: bytes, sender: str
    ) -> None:
        """Once the mailbox has the mail, so that no copy goes again with each attempt. A copy that does not
        get through is lost; the mailbox itself has it."""
        try:
            copies = [one.addr_spec for one in mail["Cc"].addresses]
            await client.sendmail(sender, copies, content)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            _log.warning(logs.line("a copy of a mail was not sent", error=type(error).__name__))
            client.close()

    async def close(self) -> None:
        """Ends the connections that are open."""
        while self._idle:
            self._idle.pop().close()

    def _find_idle(self) -> aiosmtplib.SMTP | None:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                return client
            client.close()
        return None

    async def _connected(self) -> aiosmtplib.SMTP:
        settings = self._settings
        if settings.smtp_host is None:
            raise MailServerUnavailable("Geen mailserver ingesteld: zet KERNHUB_SMTP_HOST.")
        client = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            timeout=_SECONDS,
            start_tls=settings.smtp_starttls,
            username=settings.smtp_user,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            client.close()
            raise MailServerUnavailable(f"De mailserver laat ons niet binnen: {error}") from error
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


_OF_MAILBOX = ("4.1.", "4.2.")
"""Answers about this mailbox alone (RFC 3463)."""
_TOO_LARGE = 552
"""The answer to a sender that says how large this mail is (RFC 1870)."""
_OF_US = (530, 534, 535, 538)
"""Answers about our rights on this server (RFC 4954), not about the mail."""


def _refused(error: aiosmtplib.SMTPResponseException) -> MailRefused | MailServerUnavailable:
    if error.code in _OF_US:
        return MailServerUnavailable(f"De mailserver laat ons niet binnen: {error}")
    permanent = 500 <= error.code < 600
    of_mailbox = error.code == 452 or error.message.startswith(_OF_MAILBOX)
    return MailRefused(
        f"{error.code} {error.message}", permanent=permanent, is_wait=not permanent and not of_mailbox
    )
