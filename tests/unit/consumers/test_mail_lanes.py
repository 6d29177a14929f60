"""Mails beside one another, of which the hold may be lost while they are sent."""

from types import SimpleNamespace
from typing import Any

import pytest

from consumers.mail import lanes
from consumers.mail.lanes import Lanes


class _Sent:
    """Takes every mail, which is what it says."""

    def __init__(self) -> None:
        self.mails: list[str] = []

    async def send(self, mail: str, _: str) -> None:
        self.mails.append(mail)

    def mail(self, row: Any) -> str:
        return str(row.subject)

    def bounces_to(self, _: Any) -> str:
        return ""


@pytest.mark.parametrize(("held_for", "many"), [(0, 0), (5, 5), (99, 20)])
async def test_nothing_is_begun_once_another_may_hold_the_mails(
    monkeypatch: pytest.MonkeyPatch, held_for: int, many: int
) -> None:
    async def note(*_: object) -> None:
        pass

    monkeypatch.setattr(lanes, "note_taken", note)
    any_sent: Any = _Sent()
    rows = [SimpleNamespace(mail_key=i, subject=f"{i}", address=f"{i}@a.example") for i in range(20)]
    pool: Any = None
    beside = Lanes(pool, any_sent, any_sent, lambda: len(any_sent.mails) < held_for)
    tried, away = await beside.send(rows)
    assert (len(any_sent.mails), len(tried), away) == (many, many, None)
