"""A mail server that was down for a day and then takes ten mails a minute: nothing is lost or given up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.mailbox.sending import MailServer, MailServerUnavailable
from connectors.mailbox.texts import MailText
from consumers.mail.made import keep_made, made_mail
from consumers.mail.mailer import Mailer
from hub.register.history import Kind
from hub.rules.identity import derived_key
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.register.registers import Registers
from schemas.terms import Tlp
from tests.fed import NOW, Hub
from tests.registers import HISTORY, save, with_facts

_A_MINUTE = 10
_MANY, _FEW, _URGENT = 40, 3, 4
_OTHERS = ("gm0935", "pv31", "vr24")
_CONNECTIONS = 4


class _Wall:
    """The time on the wall of this test."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.now


class _Slow:
    """Takes ten mails in each minute on the wall, and turns down the rest for now."""

    def __init__(self, wall: _Wall) -> None:
        self._wall = wall
        self.taken: list[tuple[datetime, str]] = []

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if sum(at > self._wall.now - timedelta(minutes=1) for at, _ in self.taken) >= _A_MINUTE:
            return "450 4.7.1 te veel, probeer het later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append((self._wall.now, _subject(envelope.content)))
        return "250 OK"


def _subject(content: bytes) -> str:
    return str(message_from_bytes(content)["Subject"]).removeprefix("[OEFENING] ")


@asynccontextmanager
async def _slow_server(handler: _Slow) -> AsyncIterator[tuple[_Slow, Settings]]:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", 0)
    async with server:
        yield handler, Settings(smtp_host="127.0.0.1", smtp_port=server.sockets[0].getsockname()[1])


async def _queue(hub: Hub, registers: Registers) -> list[str]:
    """Many mails for one mailbox, then few for each of others, then some that are urgent; each mailbox has a
    domain of its own."""
    changed = HISTORY
    for party in ("min-ezk", *_OTHERS):
        changed = with_facts(changed, Kind.PARTY, party, mailbox=f"post@{party}.example")
    await save(hub.pool, changed, NOW)
    register = await registers.newest()
    wanted = [("min-ezk", f"veel {i}") for i in range(_MANY)]
    wanted += [(party, f"{party} {i}") for i in range(_FEW) for party in _OTHERS]
    wanted += [("min-ezk", f"haast {i}") for i in range(_URGENT)]
    made = [
        made_mail(
            derived_key("proef", subject),
            party,
            "immediate",
            MailText(subject, "Tekst.", Tlp.GREEN, "<p>Tekst.</p>"),
            register,
            NOW,
            urgent=subject.startswith("haast"),
        )
        for party, subject in wanted
    ]
    async with transaction(hub.pool) as connection:
        await keep_made(connection, made, NOW)
    return [subject for _, subject in wanted]


async def _tried(mailer: Mailer, server: MailServer, wall: _Wall) -> bool:
    """One attempt; time passes when there is nothing to do. Whether something was."""
    try:
        if await mailer.send_some(server):
            return True
    except MailServerUnavailable:
        wall.now += timedelta(seconds=2)
        return True
    wall.now += timedelta(seconds=2)
    return False


async def test_each_mail_arrives_once_urgent_first_and_each_mailbox_in_turn(hub: Hub) -> None:
    wall, clock = _Wall(), clock_of(hub.settings, hub.pool)
    registers = Registers(hub.pool, clock)
    subjects = await _queue(hub, registers)
    mailer = Mailer(hub.settings, hub.pool, registers, clock, wall)
    down = Settings(smtp_host="127.0.0.1", smtp_port=1)
    async with MailServer(down) as server:
        for _ in range(24):
            assert await _tried(mailer, server, wall)
            wall.now += timedelta(hours=1)
    rows = await hub.rows(tables.mail)
    assert {(row.state, row.attempts) for row in rows} == {("queued", 0)}
    began = wall.now
    async with _slow_server(_Slow(wall)) as (handler, settings), MailServer(settings) as server:
        for _ in range(5000):
            await _tried(mailer, server, wall)
            if len(handler.taken) == len(subjects):
                break
        assert not await _tried(mailer, server, wall)
    order = [subject for _, subject in handler.taken]
    assert sorted(order) == sorted(subjects)
    rows = await hub.rows(tables.mail)
    assert {row.state for row in rows} == {"sent"}
    assert set(order[:_URGENT]) == {f"haast {i}" for i in range(_URGENT)}
    few = [place for place, subject in enumerate(order) if subject.split()[0] in _OTHERS]
    assert max(few) < _URGENT + (_FEW + 1) * (len(_OTHERS) + 1)
    # It takes no longer than the server lets it.
    assert wall.now - began < timedelta(minutes=len(subjects) / _A_MINUTE + 2)
    assert max(row.attempts for row in rows) < 5


class _Deferring(_Slow):
    """Takes nothing for some mailboxes, and does not say that it is for them."""

    def __init__(self, wall: _Wall, deferred: Sequence[str], answer: str) -> None:
        super().__init__(wall)
        self._deferred, self._answer = deferred, answer

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self._deferred:
            return self._answer
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.mark.parametrize(
    "answer",
    ["452 4.2.2 vol", "451 4.7.1 greylisted"],
)
async def test_a_mailbox_that_takes_nothing_now_holds_up_no_other(hub: Hub, answer: str) -> None:
    taken = await _taken_while_deferred(hub, ["min-ezk"], answer)
    assert len(taken) == _FEW * len(_OTHERS)


async def test_a_mail_that_lets_others_go_first_has_had_an_attempt(hub: Hub) -> None:
    assert not await _taken_while_deferred(hub, ["min-ezk", *_OTHERS], "451 4.3.0 later")
    had = [row.attempts for row in await hub.rows(tables.mail) if row.last_error]
    assert len(had) > 3
    assert all(had)


async def _taken_while_deferred(hub: Hub, deferred: Sequence[str], answer: str) -> list[str]:
    clock: Any = clock_of(hub.settings, hub.pool)
    registers, wall = Registers(hub.pool, clock), _Wall()
    await _queue(hub, registers)
    mailer = Mailer(hub.settings, hub.pool, registers, clock, wall)
    handler = _Deferring(wall, [f"post@{party}.example" for party in deferred], answer)
    async with _slow_server(handler) as (_, settings), MailServer(settings) as server:
        for _ in range(200):
            await _tried(mailer, server, wall)
    return [subject for _, subject in handler.taken]


class _Leaving(MailServer):
    """Takes so many mails, then leaves who sends without an answer; or says that it is away."""

    def __init__(self, settings: Settings, after: int, *, is_away: bool = False) -> None:
        super().__init__(settings)
        self._left, self._is_away = after, is_away
        self.is_silent = asyncio.Event()

    async def send(self, mail: EmailMessage, bounces_to: str | None = None) -> None:
        self._left -= 1
        if self._left < 0 and self._is_away:
            raise MailServerUnavailable
        await super().send(mail, bounces_to)
        if self._left < 0:
            self.is_silent.set()
            await asyncio.Event().wait()


async def test_who_dies_between_an_answer_and_its_note_doubts_one_mail_of_each_connection(hub: Hub) -> None:
    clock = clock_of(hub.settings, hub.pool)
    registers, wall = Registers(hub.pool, clock), _Wall()
    subjects = await _queue(hub, registers)
    mailer = Mailer(hub.settings, hub.pool, registers, clock, wall)
    async with _slow_server(_Deferring(wall, [], "")) as (handler, settings):
        async with _Leaving(settings, after=20) as server:
            dying = asyncio.create_task(_sent(mailer, server))
            await server.is_silent.wait()
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
        assert len(await hub.rows(tables.mail, tables.mail.c.state == "sent")) == _URGENT
        next_one = Mailer(hub.settings, hub.pool, registers, clock, wall)
        async with _Leaving(settings, after=10, is_away=True) as server:
            with pytest.raises(MailServerUnavailable):
                await _sent(next_one, server)
        async with MailServer(settings) as server:
            await _sent(next_one, server)
    came = [subject for _, subject in handler.taken]
    assert set(came) == set(subjects)
    assert len(came) - len(subjects) <= _CONNECTIONS
    rows = await hub.rows(tables.mail)
    assert {(row.state, row.attempts) for row in rows} == {("sent", 1)}
    assert len(await hub.rows(tables.ledger, tables.ledger.c.kind == "mail-sent")) == len(subjects)
    assert not await hub.rows(tables.mail_taken)


async def _sent(mailer: Mailer, server: MailServer) -> None:
    while await mailer.send_some(server):
        pass
