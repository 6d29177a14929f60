"""Replies to a mail of a hub on this machine, as a mail program does, for who tries it out."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

import aiosmtplib

from consumers.commands.mail_in import CannotDecide
from consumers.say import tell
from hub.errors import why
from hub.settings import Settings
from hub.store.clock import SystemClock


async def reply(settings: Settings, path: Path, text: str) -> int:
    """Sends the reply to the hub. Raises CannotDecide."""
    mail = _read(path)
    to = mail["Reply-To"]
    if to is None:
        raise CannotDecide(f"{path} kan niet beantwoord worden: kies een bundel of herinnering.")
    sender = mail["To"].addresses[0].addr_spec
    made = EmailMessage(policy=policy.SMTP)
    made["From"], made["To"] = sender, str(to)
    made["Subject"] = f"Re: {mail['Subject']}"
    made["Message-ID"], made["In-Reply-To"] = make_msgid(domain="kernhub.localhost"), mail["Message-ID"]
    made["Date"] = format_datetime(await SystemClock().now())
    body = mail.get_body(("plain",))
    quoted = [f"> {line}" for line in (body.get_content() if body else "").splitlines()]
    made.set_content("\n".join([text, "", *quoted]))
    host, port = settings.inbound_host, settings.inbound_port
    try:
        async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as client:
            await client.sendmail(sender, [to.addresses[0].addr_spec], made.as_bytes())
    except (aiosmtplib.SMTPException, OSError) as error:
        raise CannotDecide(f"De hub op {host}:{port} nam dit niet aan: {error}") from error
    tell("De hub heeft uw antwoord. De bevestiging komt in dezelfde map.")
    return 0


def _read(path: Path) -> EmailMessage:
    try:
        return message_from_bytes(path.read_bytes(), policy=policy.default)
    except OSError as error:
        raise CannotDecide(f"{path} is niet te lezen: {why(error)}.") from error
