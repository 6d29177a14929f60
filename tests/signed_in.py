"""A browser of a person, without the window: it keeps cookies, and sends the forms that it was shown."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from typing import Any, cast

import httpx

from connectors.mailbox.sending import message_id
from hub.store import tables
from tests.fed import Hub

_MARK = re.compile(r'name="mark" value="([^"]*)"')
_LINK = re.compile(r"http\S+(/inloggen/\S+)")


@asynccontextmanager
async def browsing(port: int) -> AsyncIterator["Browser"]:
    """A new browser at the hub on this port."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield Browser(client)


class Browser:
    """One browser at one hub."""

    def __init__(self, client: httpx.AsyncClient):
        self.client = client
        self.page = httpx.Response(200)

    async def open(self, path: str) -> httpx.Response:
        self.page = await self.client.get(path, follow_redirects=True)
        return self.page

    async def send(self, path: str, files: Any = None, **fields: str) -> httpx.Response:
        """Sends the form that is shown."""
        fields = {"mark": mark_in(self.page), **fields}
        self.page = await self.client.post(path, data=fields, files=files, follow_redirects=True)
        return self.page

    async def upload(self, name: str, content: bytes) -> httpx.Response:
        return await self.send("/bestanden/proef", files={"file": (name, content)})

    async def ask(self, mailbox: str) -> httpx.Response:
        await self.open("/inloggen")
        return await self.send("/inloggen", mailbox=mailbox)

    async def sign_in(self, hub: Hub, mailbox: str) -> str:
        """Asks a link, follows it, and says which it was."""
        assert (await self.ask(mailbox)).status_code == 200
        link = await link_for(hub, mailbox)
        assert "Log in" in (await self.open(link)).text
        assert "Uitloggen" in (await self.send(link)).text
        return link

    async def is_in(self) -> bool:
        return "Uitloggen" in (await self.open("/bestanden")).text


def mark_in(page: httpx.Response) -> str:
    """The mark of the last form on a page."""
    found = _MARK.findall(page.text)
    return unescape(found[-1]) if found else ""


async def link_for(hub: Hub, mailbox: str) -> str:
    """The path of the newest link that was mailed to this mailbox."""
    await hub.mailer.compose()
    await hub.send()
    mail = (await sign_in_mails(hub, mailbox))[-1]
    body = mail.get_body(("plain",))
    assert body is not None
    return str(_LINK.findall(body.get_content())[0])


async def sign_in_mails(hub: Hub, mailbox: str) -> list[EmailMessage]:
    """The mails with a link that arrived, oldest first."""
    assert hub.settings.maildir is not None
    kind = tables.mail.c.kind == "sign-in"
    keys = {message_id(row.mail_key, hub.settings.mail_from) for row in await hub.rows(tables.mail, kind)}
    paths = sorted((hub.settings.maildir / "new").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
    mine = [one for one in mails if str(one["Message-ID"]).strip() in keys and str(one["To"]) == mailbox]
    return [cast(EmailMessage, one) for one in mine]
