"""A reply by mail becomes answers: by SMTP to the hub, through the same door as all else, and its party hears
what was taken."""

import asyncio
import imaplib
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode
from uuid import UUID, uuid4

import aiosmtplib
import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import update

from connectors.mail_in.fetching import MailboxUnavailable, fetch_new
from connectors.mail_in.listening import listening
from connectors.mailbox.sending import message_id
from consumers.commands.mail_in import CannotDecide, decide, list_mails, show
from consumers.commands.mail_reply import reply
from consumers.ways_in.inbound import Inbound
from hub.errors import DatabaseUnavailable, KafkaUnavailable
from hub.intake.accepting import Intake
from hub.kafka.broker import Publisher
from hub.rules.mail_in.judging import Why
from hub.rules.moments import AMSTERDAM
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.mail.mail_in import hold_untold, untold
from hub.store.mail.mails import queue_failed
from hub.store.register.registers import Registers
from hub.store.views.knowing import knew_of
from hub.store.work import work_left
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.integration.test_reminders import SLOT
from tests.ports import free_port
from tests.registers import REGISTER

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

    async def arrived(self, kind: str, party: str = "enexis") -> EmailMessage:
        """The mail of this kind that arrived last at the mailbox of this party."""
        await self.hub.mailer.compose()
        await self.hub.send()
        mail = tables.mail.c
        rows = await self.hub.rows(tables.mail, mail.kind == kind, mail.party == party, mail.state == "sent")
        ids = {message_id(row.mail_key, self.hub.settings.mail_from) for row in rows}
        assert self.hub.settings.maildir
        paths = (self.hub.settings.maildir / "new").iterdir()
        for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True):
            mail = cast(EmailMessage, message_from_bytes(path.read_bytes(), policy=default))
            if str(mail["Message-ID"]).strip() in ids:
                return mail
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
    reply = _reply(bundle, "Beste,\n\n1-1: Acht uur.\nBijna negen.\n1-2: Maastricht: een meter.\n\n-- \nJan")
    for _ in range(2):
        await post.send(reply, str(bundle["Reply-To"]))
    await post.inbound.read_all()
    await post.inbound.read_all()
    assert await post.states() == [("answered", None)]
    answers = await post.answers()
    texts = {one["data"]["text"]: one["data"].get("per_area") for one in answers}
    rows = [{"area": "GM0935", "text": "een meter."}]
    assert texts == {"Acht uur.\nBijna negen.": None, "Maastricht: een meter.": rows}
    await hub.feed(*answers)
    assert await hub.states() == {"gm0935": "answered", "gm0994": "answered"}
    told = await post.arrived("confirmation")
    text = told.get_body(("plain",)).get_content()
    assert "Deze antwoorden zijn aangenomen" in text
    assert "1-2: Maastricht: een meter." in text
    assert (told["Reply-To"], told["Auto-Submitted"]) == (None, "auto-generated")
    assert told["In-Reply-To"] == bundle["Message-ID"]
    kinds = [row.kind for row in await hub.rows(tables.ledger) if row.kind.startswith("mail-in")]
    assert sorted(kinds) == ["mail-in-answered", "mail-in-kept", "mail-in-read"]


async def test_who_replies_to_what_was_answered_hears_when_and_how_to_correct_it(post: Post) -> None:
    bundle = await _asked(post)
    to = str(bundle["Reply-To"])

    async def reply(text: str, message_id: str) -> tuple[str, str | None]:
        await post.send(_reply(bundle, text, Message_ID=message_id), to)
        await post.inbound.read_all()
        await post.inbound.read_all()
        return (await post.states())[-1]

    assert await reply("Acht uur.", "<een@enexis.example>") == ("answered", None)
    await post.arrived("confirmation")
    (answer,) = await post.answers()
    await post.hub.feed(answer)
    state, reason = await reply("Negen uur.", "<twee@enexis.example>")
    assert (state, reason and reason.startswith(Why.ANSWERED)) == ("doubt", True)
    assert reason
    assert reason.endswith(f"1-1 ({SLOT.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}, mail, {answer['id']})")
    told = (await post.arrived("confirmation")).get_body(("plain",))
    assert told is not None
    assert "supersedes" in told.get_content()
    assert await reply("Acht uur.", "<drie@enexis.example>") == ("answered", None)


async def _asked(post: Post) -> EmailMessage:
    """The bundle with one question, as it arrived."""
    await post.hub.feed(_question("v1"))
    await post.hub.go(SLOT)
    return await post.arrived("bundle")


async def test_one_question_needs_no_number_and_what_waits_when_kafka_is_away_is_taken_later(
    post: Post, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    saved = tmp_path / "bundel.eml"
    saved.write_bytes((await _asked(post)).as_bytes())
    await reply(post.hub.settings.model_copy(update={"inbound_port": post.port}), saved, "Acht uur.")

    async def away(*_: Any) -> None:
        raise KafkaUnavailable("Kafka bevestigt niet.")

    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "publish", away)
        with pytest.raises(KafkaUnavailable):
            await post.inbound.read_all()
    assert await post.states() == [("read", None)]
    await post.inbound.read_all()
    (answer,) = await post.answers()
    assert (answer["data"]["text"], answer["tlp"]) == ("Acht uur.", "GREEN")
    assert await post.states() == [("answered", None)]


async def test_of_all_kinds_of_party_nobody_answers_by_mail_for_another(post: Post) -> None:
    operators = ("enexis", "tennet")
    senders = {*operators, *{party.kind: slug for slug, party in REGISTER.parties.items()}.values()}
    await post.hub.feed(*(_question(f"aan {one}", data={"asked": [one]}) for one in operators))
    for week in range(2):
        await post.hub.go(SLOT + timedelta(weeks=week))
    bundles = {one: await post.arrived("bundle", one) for one in operators}
    for sender, (named, bundle) in product(sorted(senders), bundles.items()):
        mailbox = REGISTER.parties[sender].mailbox
        mail = _reply(bundle, f"1-1: {sender}", From=mailbox, Message_ID=f"<{sender}.{named}@x.example>")
        await post.send(mail, str(bundle["Reply-To"]), sender=mailbox)
    await post.inbound.read_all()
    assert {(one["source"], one["data"]["text"]) for one in await post.answers()} == {
        (f"urn:nld:oin:{REGISTER.parties[one].oin}:systeem:mail", one) for one in operators
    }
    refused = ("doubt", str(Why.FOREIGN_SENDER))
    assert Counter(await post.states()) == {("answered", None): 2, refused: 2 * len(senders) - 2}


async def test_only_addresses_that_the_hub_gave_out_take_mail(post: Post) -> None:
    bundle = await _asked(post)
    good = str(bundle["Reply-To"])
    local, _, domain = good.partition("@")
    for wrong in (
        _BASE,
        f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",
        f"{local}@ander.example",
    ):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await post.send(_reply(bundle, "Ja."), wrong)
    assert await post.states() == []


async def test_in_doubt_its_team_decides_on_a_page_and_nothing_is_lost(
    post: Post, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = await _asked(post)
    doubtful = {
        Why.FOREIGN_SENDER: _reply(bundle, "Acht uur.", From="iemand@elders.example"),
        Why.UNKNOWN_NUMBER: _reply(bundle, "7-1: Ja."),
        Why.EMPTY: _reply(bundle, ""),
    }
    for mail in doubtful.values():
        await post.send(mail, str(bundle["Reply-To"]))
    await post.inbound.read_all()
    states = await post.states()
    assert [state for state, _ in states] == ["doubt"] * 3
    assert sorted(str(reason).partition(":")[0] for _, reason in states) == sorted(doubtful)
    told = (await post.arrived("confirmation")).get_body(("plain",))
    assert told is not None
    (link,) = re.findall(r"http\S+/mail-in/\S+", told.get_content())
    shown = await client.get(link)
    assert 'name="vraag-1-1"' in shown.text
    form = {"content-type": "application/x-www-form-urlencoded"}
    wrong = await client.post(link, content=urlencode({"vraag-9-1": "Ja", "take": "ja"}), headers=form)
    assert wrong.status_code == 422
    assert (await client.post(link, content="take=ja", headers=form)).status_code == 422
    assert (await client.get(f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}")).status_code == 404
    body = urlencode({"vraag-1-1": "Negen uur.\r\nZo is het.", "take": "ja"})
    assert (await client.post(link, content=body, headers=form)).status_code == 200
    assert (await client.post(link, content=body, headers=form)).status_code == 410
    await post.inbound.read_all()
    (answer,) = await post.answers()
    assert answer["data"]["text"] == "Negen uur.\nZo is het."
    again = (await post.arrived("confirmation")).get_body(("plain",))
    assert again is not None
    assert "Negen uur." in again.get_content()
    await list_mails(post.hub.settings, everything=False)
    listed = capsys.readouterr().out
    keys = [UUID(found) for found in re.findall(r"^(\S{36})  ", listed, re.M)]
    assert len(keys) == 2
    with pytest.raises(CannotDecide, match="geen vraag aan deze partij"):
        await decide(post.hub.settings, keys[0], ["9-1=Ja"], None)
    for key in keys:
        await show(post.hub.settings, key)
        await decide(post.hub.settings, key, [], None)
    assert sorted(state for state, _ in await post.states()) == ["answered", "refused", "refused"]
    kinds = Counter(row.kind for row in await post.hub.rows(tables.ledger))
    assert (kinds["mail-in-decided"], kinds["mail-in-shown"]) == (3, 2)


async def test_what_is_quoted_without_marks_is_known_and_what_is_written_in_it_is_in_doubt(
    post: Post,
) -> None:
    bundle = await _asked(post)
    to = str(bundle["Reply-To"])
    plain, html = (bundle.get_body((kind,)).get_content() for kind in ("plain", "html"))
    above = "Zie hieronder, in rood.\n\nVan: Kernhub\nVerzonden: nu\nAan: u\n\n"
    shown = f"<p>{above.replace(chr(10), '<br>')}</p>"
    inside = html.replace("</li>", "<p>Laat.</p></li>", 1)
    assert inside != html
    forms = [(f"{shown}{inside}", "html"), (f"{shown}{html}", "html"), (f"{above}{plain}", "plain")]
    for number, (said, kind) in enumerate(forms):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = str(bundle["To"]), to, f"<{number}@x.example>"
        mail.set_content(said, subtype=kind)
        await post.send(mail, to)
        await post.inbound.read_all()
    reasons = [reason for _, reason in await post.states()]
    assert reasons[0] == Why.BELOW
    assert Why.BELOW not in reasons[1:]
    assert (await post.states())[1] == ("answered", None)


async def _left(post: Post) -> tuple[int, int]:
    """How many mails wait to be read, and of how many a party is to be told."""
    async with transaction(post.hub.pool) as connection:
        work = await work_left(connection, NOW)
    queued = await post.hub.rows(tables.mail, tables.mail.c.state == "queued")
    return work.inbound, work.mailer - len(queued)


async def test_who_floods_an_address_fills_no_mailbox_and_no_memory(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.mail.mail_in.MOST_TOLD_A_DAY", 2)
    monkeypatch.setattr("consumers.ways_in.inbound._MOST_AN_HOUR", 3)
    bundle = await _asked(post)
    to = str(bundle["Reply-To"])
    for number in range(3):
        await post.send(_reply(bundle, "Ja.", From="x@elders.example", Message_ID=f"<{number}@x>"), to)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await post.send(_reply(bundle, "Ja.", Message_ID="<4@x>"), to.upper())
    assert refused.value.recipients[0].code == 452
    assert await _left(post) == (3, 0)
    await post.inbound.read_all()
    assert await _left(post) == (0, 2)
    async with transaction(post.hub.pool) as connection:
        await connection.execute(update(tables.mail_in).values(received_at=NOW - timedelta(days=2)))
        (first, *_) = waiting = await untold(connection)
        held = await hold_untold(connection, first.mail_in_key)
    assert (len(waiting), held is None or "raw" in held._fields) == (3, False)
    for _ in range(3):
        await post.hub.mailer.compose()
    assert await _left(post) == (0, 0)
    assert len(await post.hub.rows(tables.mail, tables.mail.c.kind == "confirmation")) == 2


def _report(status: str, to: str) -> bytes:
    """A mail server says that a mail could not be delivered."""
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nMessage-ID: <{uuid4()}@mx.example>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n--a\r\n\r\n"
        "Helaas.\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n--a--\r\n"
    ).encode()


async def test_machines_get_no_answer_and_a_bounce_is_told_once_a_day(post: Post) -> None:
    hub = post.hub
    bundle = await _asked(post)
    to, back = str(bundle["Reply-To"]), str(bundle["Return-Path"]).strip("<> ")
    away = _reply(bundle, "Ik ben er niet.", Auto_Submitted="auto-replied")
    await post.send(away, to)
    await post.send(_reply(bundle, "Ik ben er niet.", Message_ID="<twee@x.example>"), to, sender="")
    await post.send(_report("5.1.1", to), to, sender="")
    await post.inbound.read_all()
    assert await post.states() == [("left", None)] * 3
    mails = await hub.rows(tables.mail)
    assert {row.state for row in mails} == {"sent"}, "only the address for bounces says so"
    for _ in range(2):
        await post.send(_report("5.1.1", back), back, sender="")
    await post.inbound.read_all()
    (failed,) = await hub.rows(tables.mail, tables.mail.c.state == "failed")
    assert failed.kind == "bundle"
    notice = await post.arrived("notice")
    text = notice.get_body(("plain",))
    assert text is not None
    assert "5.1.1 smtp; 550 no such user" in text.get_content()
    told = {row.party for row in await hub.rows(tables.mail, tables.mail.c.kind == "notice")}
    assert told == {"enexis", "min-ezk"}
    own = str(notice["Return-Path"]).strip("<> ")
    await post.send(_report("5.1.1", own), own, sender="")
    await post.inbound.read_all()
    await hub.mailer.compose()
    assert len(await hub.rows(tables.mail, tables.mail.c.kind == "notice")) == len(told)
    kinds = Counter(row.kind for row in await hub.rows(tables.ledger))
    assert (kinds["mail-bounced"], kinds["mail-in-left"]) == (2, 6)
    knew = [await _has_the_bundle(hub)]
    for answer in (None, _report("5.1.1", back), None):
        if answer is None:
            async with transaction(hub.pool) as connection:
                await queue_failed(connection, "enexis", datetime.now(UTC), "administrator", NOW)
            await hub.send()
        else:
            await post.send(answer, back, sender="")
            await post.inbound.read_all()
        knew.append(await _has_the_bundle(hub))
    assert knew == [False, True, False, True]
    again = Counter((row.kind, json.loads(row.record).get("mail")) for row in await hub.rows(tables.ledger))
    times = again["mail-sent", str(failed.mail_key)], again["mail-bounced", str(failed.mail_key)]
    assert times == (3, 2), "each sending and each bounce has a record of its own"


async def _has_the_bundle(hub: Hub) -> bool:
    (request,) = await hub.rows(tables.request)
    async with transaction(hub.pool) as connection:
        knew = await knew_of(connection, request.event_key, datetime.now(UTC) + timedelta(days=9999))
    return "enexis" in {one.party for one in knew}


@pytest.fixture
async def mailbox(post: Post) -> AsyncIterator[Settings]:
    """A real IMAP server with an empty mailbox, and the settings of a hub that reads it."""
    port = free_port()
    argv = [
        str(Path(sys.executable).with_name("pymap")),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-tls",
    ]
    quiet = asyncio.subprocess.DEVNULL
    server = await asyncio.create_subprocess_exec(
        *argv, "--no-service", "admin", "dict", "--demo-data", stdout=quiet, stderr=quiet
    )
    chosen = {
        "imap_host": "127.0.0.1",
        "imap_port": port,
        "imap_user": "demouser",
        "imap_password": SecretStr("demopass"),
        "imap_tls": False,
    }
    known = post.hub.settings.model_copy(update=chosen)
    try:
        while True:
            try:
                await fetch_new(known, _nothing)
                break
            except MailboxUnavailable:
                assert server.returncode is None
        yield known
    finally:
        server.terminate()
        await server.wait()


async def _nothing(_: bytes) -> None:
    pass


def _put(settings: Settings, *mails: bytes) -> None:
    client = imaplib.IMAP4(settings.imap_host or "", settings.imap_port)
    client.login("demouser", "demopass")
    for mail in mails:
        assert client.append("INBOX", "", "", mail)[0] == "OK"
    client.logout()


async def test_mail_in_a_mailbox_is_kept_before_it_is_seen_and_none_is_lost(
    post: Post, mailbox: Settings
) -> None:
    bundle = await _asked(post)
    to = str(bundle["Reply-To"])
    reply = _reply(bundle, "Acht uur.").as_bytes()
    away = b"Return-Path: <>\r\nDelivered-To: %s\r\nMessage-ID: <w@x>\r\n\r\nWeg." % to.encode()
    stray = b"From: iemand@elders.example\r\nTo: antwoord@hub.example\r\nMessage-ID: <z@x>\r\n\r\nHallo?"
    await asyncio.to_thread(_put, mailbox, reply, away, stray)
    taken = 0

    async def breaks_off(raw: bytes) -> None:
        nonlocal taken
        taken += 1
        if taken == 2:
            raise DatabaseUnavailable("PostgreSQL geeft geen antwoord.")
        await post.inbound.keep_fetched(raw)

    with pytest.raises(DatabaseUnavailable):
        await fetch_new(mailbox, breaks_off)
    assert await fetch_new(mailbox, post.inbound.keep_fetched) == 2
    assert await fetch_new(mailbox, post.inbound.keep_fetched) == 0
    await asyncio.to_thread(_put, mailbox, reply)
    assert await fetch_new(mailbox, post.inbound.keep_fetched) == 1
    await post.inbound.read_all()
    assert sorted(await post.states(), key=str) == [
        ("answered", None),
        ("doubt", str(Why.NO_REPLY)),
        ("left", None),
    ]
    await post.hub.mailer.compose()
    told = await post.hub.rows(tables.mail, tables.mail.c.kind == "confirmation")
    assert len(told) == 1, "of a mail that no party can be shown to have sent, nobody is told"
