"""A reply by mail becomes answers: by SMTP to the hub, through the same door as all else, and its party hears
what was taken."""

from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, NamedTuple, cast

import aiosmtplib
import pytest

from connectors.mail_in.listening import listening
from consumers.inbound import Inbound
from hub.broker import Publisher
from hub.intake import Intake
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of
from hub.store.registers import Registers
from tests.events import attributes, source_of
from tests.fed import Hub
from tests.integration.test_reminders import SLOT

_SENDER = "kernhub@enexis.example"
_BASE = "antwoord@hub.example"


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """A hub that takes mail."""
    return settings.model_copy(update={"reply_address": _BASE})


class Post(NamedTuple):
    """A hub with its way in for mail."""

    hub: Hub
    inbound: Inbound
    port: int

    async def send(self, mail: EmailMessage | bytes, to: str, sender: str = "x@enexis.example") -> None:
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False) as client:
            await client.sendmail(sender, [to], raw)

    async def states(self) -> list[tuple[str, str | None]]:
        rows = await self.hub.rows(tables.mail_in)
        return [(row.state, row.reason) for row in sorted(rows, key=lambda row: row.received_at)]

    async def answers(self) -> list[dict[str, Any]]:
        rows = await self.hub.rows(tables.mail_in)
        return [one["event"] for row in rows for one in row.answers]

    async def arrived(self, kind: str) -> EmailMessage:
        """The last mail of this kind as it arrived at its mailbox."""
        await self.hub.mailer.compose()
        await self.hub.send()
        mail = tables.mail.c
        rows = await self.hub.rows(tables.mail, mail.kind == kind, mail.state == "sent")
        key = max(rows, key=lambda row: row.made_at).mail_key
        assert self.hub.settings.maildir
        for path in (self.hub.settings.maildir / "new").iterdir():
            raw = path.read_bytes()
            if str(key).encode() in raw:
                return cast(EmailMessage, message_from_bytes(raw, policy=default))
        raise AssertionError(f"no {kind} arrived")


@pytest.fixture
async def post(hub: Hub) -> AsyncIterator[Post]:
    clock = clock_of(hub.settings, hub.pool)
    registers = Registers(hub.pool, clock)
    async with Publisher(hub.settings) as publisher:
        intake = Intake(hub.settings, hub.pool, registers, publisher, clock)
        inbound = Inbound(hub.settings, hub.pool, registers, intake, clock)
        async with listening("127.0.0.1", 0, "hub.example", inbound.keep, inbound.knows) as port:
            yield Post(hub, inbound, port)


def _question(event_id: str, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    data = {"asked": ["enexis"], "needed_by": None, **changes.pop("data", {})}
    return attributes("question-raised", id=event_id, source=source_of(asker), data=data, **changes)


def _reply(to: EmailMessage, text: str, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = headers.pop("From", str(to["To"]))
    mail["To"] = to["Reply-To"]
    mail["Message-ID"] = headers.pop("Message_ID", "<een@enexis.example>")
    mail["In-Reply-To"] = to["Message-ID"]
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    body = to.get_body(("plain",))
    assert body is not None
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    mail.set_content(f"{text}\n\nOp 1 juni 2027 schreef Kernhub <{to['From']}>:\n{quoted}\n")
    return mail


async def test_a_reply_by_mail_answers_each_question_once_and_its_party_hears_so(post: Post) -> None:
    hub = post.hub
    await hub.feed(_question("v1"), _question("v2", "gm0994", data={"text": "Hoe diep?"}))
    await hub.go(SLOT)
    bundle = await post.arrived("bundle")
    reply = _reply(bundle, "Beste,\n\n1-1: Acht uur.\nBijna negen.\n1-2: Een meter.\n\n-- \nJan")
    for _ in range(2):
        await post.send(reply, str(bundle["Reply-To"]))
    await post.inbound.read_all()
    await post.inbound.read_all()
    assert await post.states() == [("answered", None)]
    answers = await post.answers()
    assert sorted(one["data"]["text"] for one in answers) == ["Acht uur.\nBijna negen.", "Een meter."]
    await hub.feed(*answers)
    assert await hub.states() == {"gm0935": "answered", "gm0994": "answered"}
    told = await post.arrived("confirmation")
    text = told.get_body(("plain",)).get_content()
    assert "Deze antwoorden zijn aangenomen" in text
    assert "1-2: Een meter." in text
    assert (told["Reply-To"], told["Auto-Submitted"]) == (None, "auto-generated")
    assert told["In-Reply-To"] == bundle["Message-ID"]
    kinds = [row.kind for row in await hub.rows(tables.ledger) if row.kind.startswith("mail-in")]
    assert sorted(kinds) == ["mail-in-answered", "mail-in-kept", "mail-in-read"]
