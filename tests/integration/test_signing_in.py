"""A person signs in by a link in the mailbox of its team, at the real web server."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import ECKey
from pydantic import SecretStr
from sqlalchemy import delete, text, update

from consumers.ways_in.http import application
from hub.errors import DatabaseUnavailable, NotConfigured
from hub.filing.rows import Draft
from hub.filing.taking import Filing
from hub.identity.oidc_sign_in import oidc_of
from hub.identity.signing_in import SigningIn
from hub.kafka.broker import Publisher
from hub.rules.signing_in import (
    IDLE,
    LINK_LASTS,
    MOST_BETWEEN,
    MOST_FROM_ADDRESS,
    MOST_TO_MAILBOX,
    SENT_TWICE,
)
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import SystemClock
from hub.store.database import _CONNECTIONS, as_owner, opened, transaction
from hub.store.register.registers import Registers
from tests.elsewhere import CLIENT, SECRET, running_issuer
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.filled import csv_of, row
from tests.registers import HISTORY, REGISTER, save
from tests.served import served
from tests.signed_in import Browser, browsing, link_for, mark_in, sign_in_mails

_LEFT = "sign_in, session, mail, claim, outbox, event, audience, outcome"
"""The tables in which a test leaves something."""
MAILBOX = REGISTER.parties["gm0935"].mailbox


@pytest.fixture(scope="module")
async def shared(module_settings: Settings) -> AsyncIterator[tuple[Hub, int]]:
    """A hub, and the port of its web server."""
    chosen = module_settings.model_copy(update={"proxies": "127.0.0.1"})
    async with opened(chosen) as pool, Publisher(chosen) as publisher, served(chosen, pool) as port:
        made = Hub(chosen, pool, publisher)
        await made.go(NOW)
        yield made, port


@pytest.fixture
async def hub(shared: tuple[Hub, int]) -> Hub:
    """That hub, as if nobody signed in yet."""
    made, _ = shared
    async with opened(as_owner(made.settings)) as owner, transaction(owner) as connection:
        await connection.execute(text(f"TRUNCATE {_LEFT} CASCADE"))
    await save(made.pool, HISTORY, NOW)
    return made


@pytest.fixture
def port(shared: tuple[Hub, int]) -> int:
    return shared[1]


async def _records(hub: Hub) -> Counter[str]:
    """How many records of each kind there are."""
    return Counter(row.kind for row in await hub.rows(tables.ledger))


@pytest.fixture
async def browser(port: int) -> AsyncIterator[Browser]:
    async with browsing(port) as made:
        yield made


async def test_a_person_signs_in_by_a_link_and_sends_a_file_that_it_mended(
    hub: Hub, browser: Browser, port: int
) -> None:
    before = await _records(hub)
    link = await browser.sign_in(hub, MAILBOX)
    wrong = csv_of(row(), row(kenmerk="K-2", gebieden="GM9999"))
    shown = await browser.upload("lijst.csv", wrong)
    assert (shown.status_code, "cel E3<" in shown.text) == (422, True)
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
    claims = await hub.rows(tables.claim)
    assert len(claims) == len(await hub.rows(tables.outbox)) == 2
    page = f"/bestanden/gebeurtenissen/{claims[0].event_key}"
    assert f'href="{page}"' in shown.text
    assert "zoekt nog uit" in (await browser.open(page)).text
    await hub.feed(*(one.content for one in await hub.rows(tables.outbox)))
    assert "Enexis" in (await browser.open(page)).text
    async with browsing(port) as other:
        await other.sign_in(hub, REGISTER.parties["pv31"].mailbox)
        for path in (page, f"{page}x", f"/bestanden/gebeurtenissen/{uuid4()}", "/bestanden/sjablonen/x.csv"):
            refused = await other.open(path)
            assert (refused.status_code, "niet voor uw partij" in refused.text) == (404, True)
        assert await other.is_in()
        await other.send("/uitloggen")
    await browser.open("/bestanden")

    await browser.send("/uitloggen")
    assert not await browser.is_in()
    told = await _records(hub) - before
    assert [told[kind] for kind in ("sign-in-asked", "signed-in", "signed-out")] == [2, 2, 2]
    assert told["file-received"] == 1
    assert await hub.rows(tables.session) == await hub.rows(tables.upload) == []
    assert (await browser.open(link)).status_code == 410


_LINE = re.compile(r'href="/ontvangen/([^"]+)">([^<]+)</a>')
_OLDER = re.compile(r'href="(/ontvangen\?voor=[^"]+)" rel="next"')


async def test_a_person_sees_what_its_own_party_received_page_by_page_and_each_look_is_recorded(
    hub: Hub, browser: Browser, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.web.received._MOST", 2)
    named = {"title": "Nummer 2", "recipients": ["enexis"]}
    await hub.feed(
        *(attributes("bottleneck-found", id=f"k{n}", data={"title": f"Nummer {n}"}) for n in range(2)),
        attributes("bottleneck-found", id="k2", tlp="AMBER+STRICT", data=named),
    )
    before = await _records(hub)
    await browser.sign_in(hub, REGISTER.parties["enexis"].mailbox)
    newest = await browser.open("/ontvangen")
    lines = _LINE.findall(newest.text)
    assert [title for _, title in lines] == ["Nummer 2", "Nummer 1"]
    assert "TLP:AMBER+STRICT" in newest.text
    (older,) = _OLDER.findall(newest.text)
    rest = await browser.open(older)
    assert [title for _, title in _LINE.findall(rest.text)] == ["Nummer 0"]
    assert _OLDER.findall(rest.text) == []
    secret = f"/ontvangen/{lines[0][0]}"
    shown = await browser.open(secret)
    assert (shown.status_code, "Bij 60 centimeter water" in shown.text) == (200, True)
    told = await _records(hub) - before
    assert (told["page-seen"], told["content-read"]) == (3, 3)
    async with browsing(port) as other:
        await other.sign_in(hub, REGISTER.parties["pv31"].mailbox)
        assert "Nummer 2" not in (await other.open("/ontvangen")).text
        for path in (secret, f"/ontvangen/{uuid4()}", "/ontvangen/x", "/ontvangen?voor=x"):
            assert (await other.open(path)).status_code == 404

    async def away(*_: Any) -> None:
        raise DatabaseUnavailable("weg")

    monkeypatch.setattr(SigningIn, "find", away)
    refused = await browser.open("/ontvangen")
    assert (refused.status_code, "Hoofdmenu" in refused.text) == (503, False)


async def _back(hub: Hub, table: Any, column: str, by: timedelta) -> None:
    """Makes what happened happen longer ago."""
    async with transaction(hub.pool) as connection:
        await connection.execute(update(table).values({column: table.c[column] - by}))


async def test_a_link_counts_once_in_time_and_in_the_browser_that_asked(
    hub: Hub, browser: Browser, port: int
) -> None:
    await browser.ask(MAILBOX)
    link = await link_for(hub, MAILBOX)
    (kept,) = await hub.rows(tables.mail, tables.mail.c.kind == "sign-in")
    assert link not in kept.body + kept.html
    async with browsing(port) as other:
        # A program that checks mail, and a colleague to whom it was forwarded.
        assert (await other.open(link)).status_code == 410
        assert "browser waarin hij is gevraagd" in other.page.text
        assert (await other.send(link)).status_code == 410
        assert not await other.is_in()
    assert (await browser.client.head(link)).status_code == 200
    await browser.open(link)
    shown = browser.page
    assert (await browser.client.post(link, data={"mark": "verzonnen"})).status_code == 403
    await _back(hub, tables.sign_in, "asked_at", LINK_LASTS)
    assert (await browser.send(link)).status_code == 410
    await _back(hub, tables.sign_in, "asked_at", -LINK_LASTS)
    assert [row.used_at for row in await hub.rows(tables.sign_in)] == [None]
    before = dict(browser.client.cookies)
    browser.client.cookies.set("kernhub-session", "van-een-ander", "127.0.0.1")
    browser.page = shown
    assert "Uitloggen" in (await browser.send(link)).text
    word = browser.client.cookies["kernhub-session"]
    assert word != "van-een-ander"
    assert "kernhub-browser" not in browser.client.cookies
    async with browsing(port) as thief:
        thief.client.cookies.update(before)
        assert (await thief.open(link)).status_code == 410
        assert "al gebruikt" in thief.page.text
        for altered in (
            link[:-1] + ("A" if link[-1] != "A" else "B"),
            f"{link}x",
            "/inloggen/x.y",
            "/inloggen/%00",
        ):
            assert (await thief.client.get(altered)).status_code == 410
    # Pressed twice, the answer to the first press seen or not.
    browser.page = shown
    assert "Uitloggen" in (await browser.send(link)).text
    browser.client.cookies.clear()
    browser.client.cookies.update(before)
    browser.page = shown
    assert "Uitloggen" in (await browser.send(link)).text
    await _back(hub, tables.sign_in, "used_at", SENT_TWICE)
    browser.client.cookies.clear()
    browser.client.cookies.update(before)
    browser.page = shown
    assert (await browser.send(link)).status_code == 410
    assert word not in str(await hub.rows(tables.session))


async def test_many_who_try_links_at_once_keep_nobody_waiting(hub: Hub, browser: Browser) -> None:
    tried = [browser.client.get("/inloggen/x.y") for _ in range(4 * _CONNECTIONS)]
    tried += [browser.client.get(path) for path in ("/mail/x.y", "/mail-in/x.y") for _ in range(_CONNECTIONS)]
    answers = await asyncio.gather(*tried)
    assert Counter(one.status_code for one in answers) == {410: 4 * _CONNECTIONS, 404: 2 * _CONNECTIONS}


async def test_what_another_site_makes_a_browser_do_has_no_effect(
    hub: Hub, browser: Browser, port: int, twin: Settings
) -> None:
    host = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    page = await browser.client.get("/inloggen?next=https://evil.example", headers=host)
    mark = page.text.split('name="mark" value="')[1].split('"')[0]
    asked = {"mailbox": MAILBOX, "mark": mark, "next": "https://evil.example"}
    assert (await browser.client.post("/inloggen", data=asked, headers=host)).status_code == 200
    link = await link_for(hub, MAILBOX)
    (mail,) = await sign_in_mails(hub, MAILBOX)
    assert hub.settings.public_url + link in mail.as_string().replace("=\n", "")
    assert "evil.example" not in mail.as_string()
    await browser.open(link)
    gone = await browser.client.post(
        f"{link}?next=https://evil.example", headers=host, data={"mark": mark, "next": "//evil.example"}
    )
    assert (gone.status_code, gone.headers["location"]) == (303, "/bestanden")
    (said,) = [one for one in gone.headers.get_list("set-cookie") if "session" in one]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(said.split("; "))
    assert "domain" not in said.lower()

    upload = {"file": ("<img src=x onerror=alert(1)>.csv", csv_of(row(gebieden="<script>alert(2)</script>")))}
    for path in ("/bestanden/proef", "/bestanden/versturen", "/uitloggen"):
        for fields in ({}, {"mark": mark}):  # that of the form before signing in
            refused = await browser.client.post(path, data=fields, files=upload)
            assert refused.status_code == 403
    await browser.open("/bestanden")
    shown = await browser.send("/bestanden/proef", files=upload)
    assert shown.status_code == 422
    assert "<img" not in shown.text
    assert "<script" not in shown.text
    assert "&lt;img" in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    for name in ("lijst", "lijst.exe", "..", "lijst.csv\u202e", "a\x00.csv"):
        await browser.open("/bestanden")
        assert (await browser.upload(name, b"x")).status_code in (400, 422), name
    await browser.open("/bestanden")
    assert (await browser.send("/bestanden/versturen", digest="0" * 64)).status_code == 409
    await browser.open("/bestanden")
    assert (await browser.upload("groot.csv", b"x" * 6_000_000)).status_code == 413
    assert await hub.rows(tables.claim) == await hub.rows(tables.upload) == []

    async with Publisher(twin) as publisher, opened(twin) as pool:
        app = application(twin, pool, Registers(pool, SystemClock()), publisher, SystemClock())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://other.example") as client:
            client.cookies.update(browser.client.cookies)
            assert (await client.get("/bestanden")).status_code == 303
            for path in ("/", "/partijen/gm0935", "/berichten"):
                assert (await client.get(path)).status_code == 403


async def test_nobody_learns_whose_mailbox_it_is_or_floods_it(hub: Hub, browser: Browser) -> None:
    before = await _records(hub)
    form = await browser.open("/inloggen")

    async def asked(mailbox: str, address: str = "127.0.0.1") -> int:
        said = {"mark": mark_in(form), "mailbox": mailbox}
        passed_on = {"X-Forwarded-For": address}  # as the proxy on this machine tells it
        return (await browser.client.post("/inloggen", data=said, headers=passed_on)).status_code

    answers = []
    for mailbox in (MAILBOX, "niemand@elders.example", REGISTER.parties["kernhub"].mailbox):
        answer = await browser.ask(mailbox)
        answers.append((answer.status_code, answer.text.replace(mailbox, "")))
    assert len(set(answers)) == 1
    for mailbox in (MAILBOX.upper(), "niemand@elders.example"):
        told = [await asked(mailbox) for _ in range(MOST_BETWEEN)]
        assert told == [200] * (MOST_BETWEEN - 1) + [429]
    await hub.mailer.compose()
    await hub.send()
    assert len(await sign_in_mails(hub, MAILBOX)) == MOST_BETWEEN
    assert (await _records(hub) - before)["sign-in-asked"] == MOST_BETWEEN
    assert len(await hub.rows(tables.mail)) == MOST_BETWEEN
    left = MOST_FROM_ADDRESS - 2 * MOST_BETWEEN - 1
    told = [await asked(f"team{number}@elders.example") for number in range(left + 1)]
    assert told == [200] * left + [429]
    # Who asks in the place of another keeps nobody out, unless from many addresses.
    at = [f"192.0.2.{number // MOST_BETWEEN}" for number in range(MOST_TO_MAILBOX - MOST_BETWEEN + 1)]
    told = [await asked(MAILBOX, address) for address in at]
    assert told == [200] * (MOST_TO_MAILBOX - MOST_BETWEEN) + [429]
    assert "elders.example" not in str(await hub.rows(tables.sign_in))
    answer = await browser.ask("geen adres")
    assert (answer.status_code, 'value="geen adres"' in answer.text) == (422, True)


@pytest.mark.parametrize("proxies", [None, "192.0.2.1,10.0.0.0/24"])
async def test_an_address_that_no_trusted_proxy_tells_does_not_count(
    hub: Hub, proxies: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    chosen = hub.settings.model_copy(update={"proxies": proxies})
    async with served(chosen, hub.pool) as port, browsing(port) as browser:
        said = {"mark": mark_in(await browser.open("/inloggen")), "mailbox": MAILBOX}
        told = [
            await browser.client.post("/inloggen", data=said, headers={"X-Forwarded-For": f"10.0.0.{number}"})
            for number in range(MOST_BETWEEN + 1)
        ]
    assert [answer.status_code for answer in told] == [200] * MOST_BETWEEN + [429]


async def test_a_session_ends_with_its_party_its_mailbox_and_its_time(
    hub: Hub, browser: Browser, port: int
) -> None:
    await browser.sign_in(hub, MAILBOX)
    await browser.upload("lijst.csv", csv_of(row()))
    tried = browser.page
    digest = tried.text.split('name="digest" value="')[1].split('"')[0]
    async with browsing(port) as late:
        await late.ask(MAILBOX)
        link = await link_for(hub, MAILBOX)
        await hub.change("gm0935", mailbox="nieuw@maastricht.example")
        browser.page = tried
        sent = await browser.send("/bestanden/versturen", digest=digest)
        assert (sent.status_code, "Er is nu niets verstuurd" in sent.text) == (403, True)
        assert await hub.rows(tables.session) == await hub.rows(tables.upload) == []
        assert (await late.open(link)).status_code == 410
    await browser.sign_in(hub, "nieuw@maastricht.example")
    await hub.change("gm0935")
    assert not await browser.is_in()
    assert await hub.rows(tables.claim) == []

    await browser.sign_in(hub, REGISTER.parties["pv31"].mailbox)
    await _back(hub, tables.session, "seen_at", IDLE - timedelta(minutes=1))
    assert await browser.is_in()
    (row_,) = await hub.rows(tables.session)
    assert datetime.now(UTC) - row_.seen_at < timedelta(minutes=1)
    await browser.upload("lijst.csv", csv_of(row()))
    await _back(hub, tables.session, "seen_at", IDLE)
    (kept,) = await hub.rows(tables.upload)
    assert kept.name == "lijst.csv"
    await hub.mailer.compose()
    assert await hub.rows(tables.session) == await hub.rows(tables.upload) == []
    assert not await browser.is_in()


async def test_what_comes_in_after_its_session_ended_has_no_effect(
    hub: Hub, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in(hub, MAILBOX)
    upload = {"file": ("lijst.csv", csv_of(row()))}
    made = httpx.Request("POST", "http://hub/", data={"mark": mark_in(browser.page)}, files=upload)
    body = made.read()
    await _back(hub, tables.session, "seen_at", timedelta(minutes=2))

    sent_at = datetime.now(UTC)

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:-9]
        async with asyncio.timeout(60):
            while not await hub.rows(tables.session, tables.session.c.seen_at > sent_at):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        async with transaction(hub.pool) as connection:
            await connection.execute(delete(tables.session))
        yield body[-9:]

    of_form = {"Content-Type": made.headers["content-type"]}
    late = await browser.client.post("/bestanden/proef", content=slowly(), headers=of_form)
    assert (late.status_code, "Er is nu niets verstuurd" in late.text) == (403, True)

    await browser.sign_in(hub, MAILBOX)
    await browser.upload("lijst.csv", csv_of(row()))
    digest = browser.page.text.split('name="digest" value="')[1].split('"')[0]
    read = Filing.read

    async def read_and_gone(filing: Filing, *given: Any) -> list[Draft]:
        async with transaction(hub.pool) as connection:
            await connection.execute(delete(tables.session))
        return await read(filing, *given)

    monkeypatch.setattr(Filing, "read", read_and_gone)
    late = await browser.send("/bestanden/versturen", digest=digest)
    assert (late.status_code, "Er is nu niets verstuurd" in late.text) == (403, True)
    assert await hub.rows(tables.claim) == await hub.rows(tables.upload) == []


async def test_a_person_signs_in_at_the_issuer_of_its_organisation(
    hub: Hub, module_settings: Settings
) -> None:
    with running_issuer() as issuer:
        by_issuer = {
            "oidc_issuer": issuer.url,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SecretStr(SECRET),
        }
        own = module_settings.model_copy(update=by_issuer)
        async with served(own, hub.pool) as port, browsing(port) as browser, browsing(port) as other:

            async def back(browser: Browser) -> str:
                """Signs in there, and stays before the door here."""
                gone = await browser.client.get("/inloggen/elders")
                at_issuer = await browser.client.get(gone.headers["location"])
                return at_issuer.headers["location"].replace(own.public_url, "")

            assert "/inloggen/elders" in (await browser.open("/inloggen")).text
            assert (await browser.client.post("/inloggen", data={"mailbox": MAILBOX})).status_code == 405
            answer = await back(browser)
            assert (await other.open(answer)).status_code == 403  # of another browser
            code, state = (part.partition("=")[2] for part in answer.partition("?")[2].split("&"))
            for path in (
                f"?code={code}&state=anders",
                f"?code={code}",
                f"?state={state}&error=access_denied",
            ):
                assert (await browser.open(f"/inloggen/terug{path}")).status_code == 403
            assert (await browser.open(f"{answer}&iss=https://evil.example")).status_code == 403
            assert "Uitloggen" in (await browser.open(answer)).text
            (signed_in,) = await hub.rows(tables.session)
            known_by = (signed_in.party, signed_in.mailbox, signed_in.number)
            assert known_by == ("gm0935", MAILBOX, REGISTER.parties["gm0935"].oin)
            await browser.open(await back(browser))
            (anew,) = await hub.rows(tables.session)  # in place of the one before, which another may have
            assert anew.session_hash != signed_in.session_hash
            await browser.send("/uitloggen")
            assert not await browser.is_in()
            assert (await browser.open(answer)).status_code == 403
            for says in (
                {"nonce": "van een ander"},
                {"aud": "een-ander"},
                {"aud": [CLIENT, "een-ander"], "azp": "een-ander"},
                {"iss": "https://evil.example"},
                {"exp": 1},
                {"oin": "00000099000000000000"},
                {"oin": REGISTER.parties["kernhub"].oin},
                {"oin": None},
            ):
                issuer.says = says
                assert (await browser.open(await back(browser))).status_code == 403, says
            issuer.says = {}
            issuer.key = ECKey.generate_key("P-256", parameters={"kid": issuer.key.kid})
            assert (await browser.open(await back(browser))).status_code == 403
            assert await hub.rows(tables.session) == []
            answer = await back(browser)
            await asyncio.to_thread(issuer.server.shutdown)
            issuer.server.server_close()
            away = await browser.open(answer)
            assert (away.status_code, "waar u inlogt, geeft nu geen antwoord" in away.text) == (503, True)
        with pytest.raises(NotConfigured):
            oidc_of(module_settings.model_copy(update={"oidc_client_id": CLIENT}), "/terug")
