"""A person without a system signs in, mends a sheet and sends it, in a real browser."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.settings import Settings
from hub.store import tables
from tests.fed import Hub
from tests.filled import csv_of, row
from tests.registers import REGISTER
from tests.served import served
from tests.signed_in import link_for

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=60_000)


@pytest.fixture
async def page(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Page]:
    """A page on a phone, at a hub."""
    async with async_playwright() as playwright, served(settings, pool) as port:
        if _CHROMIUM is None:
            pytest.skip("no Chromium on this machine")
        browser = await playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox"], timeout=120_000
        )
        url = f"http://127.0.0.1:{port}"
        yield await browser.new_page(viewport={"width": 360, "height": 800}, base_url=url)
        await browser.close()


async def _try(page: Page, content: bytes) -> None:
    await page.get_by_label("Uw bestand").set_input_files(
        {"name": "<b>knelpunten.csv", "mimeType": "text/csv", "buffer": content}
    )
    await page.get_by_role("button", name="Probeer het bestand").click()


async def _shows(page: Page, heading: str) -> None:
    """The page has this heading, and is no wider than its window."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


async def test_a_policy_officer_signs_in_mends_a_sheet_and_sends_it(hub: Hub, page: Page) -> None:
    faults: list[str] = []
    # The browser notes a refusal, which the page tells; nothing else may be amiss.
    page.on("console", lambda told: "422" in told.text or faults.append(told.text))
    mailbox = REGISTER.parties["gm0935"].mailbox
    await page.goto("/inloggen")
    await _shows(page, "Inloggen")
    await page.get_by_label("E-mailadres").fill(mailbox)
    await page.get_by_role("button", name="Stuur mij een link").click()
    await _shows(page, "Kijk in de postbus")
    await page.goto(await link_for(hub, mailbox))
    await _shows(page, "Inloggen")
    await page.get_by_role("button", name="Log in").click()
    await _shows(page, "Bestanden")

    async with page.expect_download() as started:
        await page.get_by_role("link", name="Excel van Knelpunt gevonden").click()
    assert (await started.value).suggested_filename == "bottleneck-found.xlsx"

    await _try(page, csv_of(row(), row(kenmerk="K-2", gebieden="GM9999")))
    await _shows(page, "Er klopt iets niet in <b>knelpunten.csv")
    await expect(page.get_by_role("cell", name="Regel 3, cel E3")).to_be_visible()
    await _try(page, csv_of(row(), row(kenmerk="K-2")))
    await _shows(page, "Zo zou het gaan met <b>knelpunten.csv")
    await page.get_by_role("button", name="Verstuur").click()
    await _shows(page, "<b>knelpunten.csv is verstuurd")
    await page.get_by_role("button", name="Uitloggen").click()
    await _shows(page, "Inloggen")
    assert sorted(one.content["id"] for one in await hub.rows(tables.outbox)) == ["K-1", "K-2"]
    assert faults == []
