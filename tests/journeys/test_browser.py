"""The pages in a real browser, on a desk and on a phone."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.journeys.running import RunningHub
from tests.samples import sample

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=60_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        if _CHROMIUM is None:
            pytest.skip("no Chromium on this machine")
        args = ["--no-sandbox"]
        made = await playwright.chromium.launch(executable_path=_CHROMIUM, args=args, timeout=120_000)
        yield made
        await made.close()


async def _overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width


async def test_a_policy_officer_follows_an_event_from_overview_to_mail(
    hub: RunningHub, browser: Browser
) -> None:
    await hub.publish("gm0935", sample("in-de-browser", data={"title": "Pas op <b>dit</b> & dat"}))
    await hub.until_quiet()
    for width in (1200, 360):
        page = await browser.new_page(viewport={"width": width, "height": 900})
        faults: list[str] = []
        page.on("console", lambda message, faults=faults: faults.append(message.text))
        page.on("pageerror", lambda error, faults=faults: faults.append(str(error)))
        await page.goto(hub.settings.public_url)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Overzicht")
        await page.get_by_role("link", name="Pas op <b>dit</b> & dat").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Pas op <b>dit</b> & dat")
        await expect(page.get_by_text("Het gaat over uw veiligheidsregio (Maastricht).")).to_be_visible()
        assert await _overflow(page) <= 0
        await page.goto(f"{hub.settings.public_url}/berichten")
        await page.get_by_role("link", name="Knelpunt gevonden: Pas op").first.click()
        await expect(page.get_by_text("Waarom krijgt u dit?")).to_be_visible()
        assert await _overflow(page) <= 0
        assert faults == []
        await page.close()


async def test_everything_can_be_reached_with_the_keyboard(hub: RunningHub, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{hub.settings.public_url}/partijen")
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_attribute("href", "#inhoud")
    await page.keyboard.press("Enter")
    seen = set()
    for _ in range(40):
        await page.keyboard.press("Tab")
        seen.add(await page.evaluate("document.activeElement.tagName"))
    assert {"A", "INPUT", "SELECT", "BUTTON"} <= seen
