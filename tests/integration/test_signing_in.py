"""A person signs in by a link in the mailbox of its team, at the real web server."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.settings import Settings
from hub.store import tables
from tests.fed import Hub
from tests.filled import csv_of, row
from tests.registers import REGISTER
from tests.served import served
from tests.signed_in import Browser, browsing

MAILBOX = REGISTER.parties["gm0935"].mailbox


@pytest.fixture
async def port(hub: Hub, settings: Settings, pool: AsyncEngine) -> AsyncIterator[int]:
    async with served(settings, pool) as made:
        yield made


async def _records(hub: Hub, kind: str) -> int:
    return len(await hub.rows(tables.ledger, tables.ledger.c.kind == kind))


@pytest.fixture
async def browser(port: int) -> AsyncIterator[Browser]:
    async with browsing(port) as made:
        yield made


async def test_a_person_signs_in_by_a_link_and_sends_a_file_that_it_mended(
    hub: Hub, browser: Browser
) -> None:
    link = await browser.sign_in(hub, MAILBOX)
    assert [await _records(hub, kind) for kind in ("sign-in-asked", "signed-in")] == [1, 1]

    wrong = csv_of(row(), row(kenmerk="K-2", gebieden="GM9999"))
    shown = await browser.upload("lijst.csv", wrong)
    assert (shown.status_code, "<td>E3</td>" in shown.text) == (422, True)
    shown = await browser.upload("lijst.csv", csv_of(row(), row(kenmerk="K-2")))
    assert "Enexis" in shown.text
    assert await hub.rows(tables.claim) == []
    (digest,) = [part.partition('"')[0] for part in shown.text.split('name="digest" value="')[1:]]
    tried = browser.page
    for told in ("<dd>2</dd>", "Was al bekend"):
        browser.page = tried
        shown = await browser.send("/bestanden/versturen", digest=digest)
        assert shown.status_code == 200, shown.text
        assert told in shown.text
    assert len(await hub.rows(tables.claim)) == len(await hub.rows(tables.outbox)) == 2
    assert await _records(hub, "file-received") == 1

    await browser.send("/uitloggen")
    assert not await browser.is_in()
    assert await _records(hub, "signed-out") == 1
    assert await hub.rows(tables.session) == await hub.rows(tables.upload) == []
    assert (await browser.open(link)).status_code == 410
