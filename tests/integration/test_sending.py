"""To a real mail server that refuses, hangs up, or is asked for what a mail can't carry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from connectors.mailbox.sending import MailRefused, MailServer, MailServerUnavailable, message
from hub.settings import Settings

NOW = datetime(2027, 6, 7, 6, tzinfo=UTC)


class _Handler:
    """Takes what is sane; hangs up on poison."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.taken_for: list[str] = []

    async def handle_MAIL(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("vreemd"):
            return "550 wie bent u"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("weg"):
            return "550 onbekend"
        if address.startswith("later"):
            return "451 4.3.0 later"
        if address.startswith("vreemd"):
            return "550 onbekend: \xe9\0"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        if b"GIFTIG" in content:
            assert server.transport is not None
            server.transport.abort()
        else:
            self.taken.append(content)
            self.taken_for += envelope.rcpt_tos
        return "250 OK"


class _Server(SMTP):
    """Answers in an encoding of long ago."""

    async def push(self, status: Any) -> None:
        await super().push(status.encode("latin-1") if isinstance(status, str) else status)


@asynccontextmanager
async def _server(**options: Any) -> AsyncIterator[tuple[_Handler, Settings]]:
    handler = _Handler()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Server(handler, **options), "127.0.0.1", 0
    )
    async with server:
        yield handler, Settings(smtp_host="127.0.0.1", smtp_port=server.sockets[0].getsockname()[1])


def _mail(
    subject: str = "Onderwerp",
    to: str = "a@postbus.example",
    sender: str = "hub@hub.example",
    copy_to: str | None = None,
) -> Any:
    return message(uuid4(), sender, to, subject, "Tekst.", "GREEN", NOW, copy_to=copy_to)


@pytest.mark.parametrize(
    "title",
    [
        "=?utf-8?q?=0D=0AContent-Type:_text/html=0D=0A=0D=0A<h1>Klik?=",
        "=?unicode_escape?q?=5Cud800?=",
        "=?utf-8?b?DQpCY2M6IGFAYi5jDQo=?=",
        "gewoon =?x?= Élise – ½ 漢字 " * 6,
    ],
)
async def test_a_subject_never_becomes_a_header_or_a_body(title: str) -> None:
    plain = _mail().as_bytes()
    raw = _mail(title).as_bytes()
    head, _, body = raw.partition(b"\r\n\r\n")
    assert body == plain.partition(b"\r\n\r\n")[2]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [
        line.split(b":")[0]
        for line in plain.partition(b"\r\n\r\n")[0].split(b"\r\n")
        if not line.startswith(b" ")
    ]


async def test_a_mail_that_makes_the_server_hang_up_stops_no_other() -> None:
    async with _server() as (handler, settings):
        async with MailServer(settings) as server:
            await server.send(_mail())
            with pytest.raises(MailRefused) as refused:
                await server.send(_mail("GIFTIG"))
            assert not refused.value.permanent
            await server.send(_mail())
        assert len(handler.taken) == 2


async def test_an_unknown_mailbox_is_the_fault_of_this_mail() -> None:
    async with _server() as (handler, settings):
        async with MailServer(settings) as server:
            with pytest.raises(MailRefused) as refused:
                await server.send(_mail(to="weg@postbus.example"))
            assert refused.value.permanent
            await server.send(_mail())
        assert len(handler.taken) == 1


@pytest.mark.parametrize(("to", "permanent"), [("later", False), ("weg", True)])
async def test_a_copy_goes_out_once_the_mailbox_has_the_mail(to: str, permanent: bool) -> None:
    async with _server() as (handler, settings), MailServer(settings) as server:
        for _ in range(2):
            with pytest.raises(MailRefused) as refused:
                await server.send(_mail(to=f"{to}@postbus.example", copy_to="b@postbus.example"))
            assert refused.value.permanent == permanent
        assert handler.taken_for == []
        await server.send(_mail(copy_to="b@postbus.example"))
        assert handler.taken_for == ["a@postbus.example", "b@postbus.example"]


@pytest.mark.parametrize("copy_to", ["later@postbus.example", "weg@postbus.example", "é@postbus.example"])
async def test_a_copy_that_is_refused_does_not_have_the_mail_sent_again(copy_to: str) -> None:
    async with _server() as (handler, settings), MailServer(settings) as server:
        await server.send(_mail(copy_to=copy_to))
        await server.send(_mail())
        assert handler.taken_for == ["a@postbus.example"] * 2


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_password_that_is_refused_is_not_the_fault_of_a_mail() -> None:
    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    async with _server(auth_required=True, auth_require_tls=False, authenticator=refuse) as (_, settings):
        known = {"smtp_user": "hub", "smtp_password": SecretStr("verlopen")}
        for chosen in (settings, settings.model_copy(update=known)):
            async with MailServer(chosen) as server:
                with pytest.raises(MailServerUnavailable):
                    await server.send(_mail())


async def test_a_sender_that_is_refused_is_not_the_fault_of_a_mail() -> None:
    async with _server() as (_, settings), MailServer(settings) as server:
        with pytest.raises(MailServerUnavailable):
            await server.send(_mail(sender="vreemd@hub.example"))


async def test_an_answer_in_another_encoding_is_text_that_can_be_kept() -> None:
    async with _server() as (handler, settings), MailServer(settings) as server:
        with pytest.raises(MailRefused) as refused:
            await server.send(_mail(to="vreemd@postbus.example"))
        assert refused.value.permanent
        assert str(refused.value) == "550 onbekend: ??"
        await server.send(_mail())
        assert len(handler.taken) == 1


async def test_a_mail_that_is_too_large_is_the_fault_of_this_mail() -> None:
    async with _server(data_size_limit=1000) as (handler, settings), MailServer(settings) as server:
        with pytest.raises(MailRefused) as refused:
            await server.send(_mail("Lang " * 200))
        assert refused.value.permanent
        await server.send(_mail())
        assert len(handler.taken) == 1


def test_a_mail_in_two_forms_is_the_same_bytes_however_often_it_is_made() -> None:
    key, earlier, case = uuid4(), uuid4(), uuid4()
    one, other = (
        message(
            key, "hub@hub.example", "a@b.example", "Élise", "Tekst", "RED", NOW, "<p>½</p>", [case, earlier]
        )
        for _ in range(2)
    )
    assert one.as_bytes() == other.as_bytes()
    assert one.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in one.iter_parts()] == ["text/plain", "text/html"]
    assert one["In-Reply-To"] == f"<{earlier}@hub.example>"
    assert one["References"] == f"<{case}@hub.example> <{earlier}@hub.example>"
