"""What is urgent waits neither for a long queue nor for digests."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.mailbox.sending import MailServer, MailServerUnavailable
from consumers.mail.mailer import Mailer
from hub.settings import Settings


class _Composer:
    """Composes nothing, and tells that it was asked to."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def compose_urgent(self) -> None:
        self.done.append("urgent")

    async def compose_rest(self, _between: Callable[[], Awaitable[None]]) -> None:
        self.done.append("rest")


class _Mailer(Mailer):
    """Has so many mails to send, of three seconds each; stops when there is nothing more to do."""

    def __init__(self, queued: int, *, is_away: bool = False) -> None:
        parts: Any = None
        super().__init__(Settings(), parts, parts, parts, lambda: self._now)
        self._now = datetime(2027, 6, 1, 6, tzinfo=UTC)
        self._queued = queued
        self._is_away = is_away
        self._stop = asyncio.Event()
        composer: Any = _Composer()
        self._composer = composer
        self.done: list[str] = composer.done

    async def mail(self) -> list[str]:
        wake_up: Any = self
        await self.keep_mailing(wake_up, self._stop)
        return self.done

    async def wait(self) -> None:
        """Instead of waking up."""
        self._stop.set()

    async def send_some(self, _server: MailServer) -> bool:
        if self._is_away:
            if "rest" in self.done:
                self._stop.set()
            raise MailServerUnavailable
        if not self._queued:
            return False
        self._queued -= 1
        self._now += timedelta(seconds=3)
        self.done.append("sent")
        return True


async def test_what_is_urgent_is_composed_again_while_a_queue_drains() -> None:
    two = ["sent", "sent"]
    assert await _Mailer(7).mail() == ["urgent", *two, "rest", *two, "urgent", *two, "urgent", "sent"]


async def test_what_is_urgent_is_composed_and_sent_between_many_digests() -> None:
    mailer = _Mailer(2)
    rest = mailer._composer.compose_rest

    async def long_rest(between: Callable[[], Awaitable[None]]) -> None:
        mailer._queued = 1
        for _ in range(3):
            mailer._now += timedelta(seconds=2)
            await between()
            mailer.done.append("digest")
        await rest(between)

    mailer._composer.compose_rest = long_rest
    done = await mailer.mail()
    assert done == ["urgent", "sent", "sent", "digest", "digest", "urgent", "sent", "digest", "rest"]


async def test_digests_are_composed_while_the_mail_server_is_away() -> None:
    assert await _Mailer(1, is_away=True).mail() == ["urgent", "rest"]
