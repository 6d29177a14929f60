"""Takes mail from a mailbox (IMAP): what is unseen there, kept before it is marked as seen.

The library of Python, in a thread: the mailbox is looked into now and then, so nothing has to wait in it."""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Awaitable, Callable

from connectors.mail_in.listening import SIZE_LIMIT
from hub.errors import Unavailable
from hub.settings import Settings

_SECONDS = 30
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
Keep = Callable[[bytes], Awaitable[None]]
"""Keeps a mail. Raises Unavailable when it can't now."""


class MailboxUnavailable(Unavailable):
    """The mail server does not let the hub into its mailbox. It is tried again."""


async def fetch_new(settings: Settings, keep: Keep) -> int:
    """Keeps every unseen mail, oldest first; how many there were. Of what is larger than the hub takes, the
    headers are kept. Raises Unavailable: what was not marked comes again."""
    try:
        client = await asyncio.to_thread(_entered, settings)
        try:
            uids = await asyncio.to_thread(_unseen, client)
            for uid in uids:
                raw = await asyncio.to_thread(_content, client, uid)
                if raw is not None:
                    await keep(raw)
                    await asyncio.to_thread(client.uid, "STORE", uid, "+FLAGS.SILENT", "(\\Seen)")
            return len(uids)
        finally:
            await asyncio.to_thread(_leave, client)
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxUnavailable(f"De postbus voor antwoorden is niet te lezen: {error}") from error


def _entered(settings: Settings) -> imaplib.IMAP4:
    host, port = settings.imap_host or "", settings.imap_port
    client: imaplib.IMAP4
    if settings.imap_tls:
        client = imaplib.IMAP4_SSL(host, port, ssl_context=ssl.create_default_context(), timeout=_SECONDS)
    else:
        client = imaplib.IMAP4(host, port, timeout=_SECONDS)
    try:
        password = settings.imap_password.get_secret_value() if settings.imap_password else ""
        client.login(settings.imap_user or "", password)
        status, said = client.select(_quoted(settings.imap_folder))
        if status != "OK":
            raise imaplib.IMAP4.error(f"{settings.imap_folder}: {said!r}")
    except BaseException:
        _leave(client)
        raise
    return client


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unseen(client: imaplib.IMAP4) -> list[str]:
    _, found = client.uid("SEARCH", "UNSEEN")
    return [uid.decode() for line in found if line for uid in line.split()]


def _content(client: imaplib.IMAP4, uid: str) -> bytes | None:
    """The mail, or None when another took it away meanwhile."""
    _, sizes = client.uid("FETCH", uid, "(RFC822.SIZE)")
    found = _SIZE.search(b" ".join(one for one in sizes if isinstance(one, bytes)))
    is_small = found is not None and int(found[1]) <= SIZE_LIMIT
    _, parts = client.uid("FETCH", uid, "(BODY.PEEK[])" if is_small else "(BODY.PEEK[HEADER])")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)


def _leave(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        client.shutdown()
