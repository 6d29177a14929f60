"""The links in a mail, as a mail program and its reader follow them."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from connectors.mailbox.sending import message_id
from connectors.mailbox.serving import add_mail_links
from consumers.mail.confirming import confirm_choice
from hub.rules.identity import event_key
from hub.rules.preferences import KINDS
from hub.store import tables
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.mail.preferences import MOST_A_DAY, preferences_of
from hub.store.register.registers import Registers
from tests.fed import Hub
from tests.samples import MAASTRICHT, sample

NOW = datetime(2027, 6, 7, 6, tzinfo=UTC)
_ONE_CLICK = "List-Unsubscribe=One-Click"
_FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def browser(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the pages behind the links."""
    app = FastAPI()
    clock = clock_of(hub.settings, hub.pool)
    add_mail_links(app, hub.pool, Registers(hub.pool, clock), clock, confirm_choice)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=hub.settings.public_url) as client:
        yield client


async def _mailed(hub: Hub, event_id: str, **changes: object) -> dict[str, EmailMessage]:
    """The mails that tell of this event, as they arrived, by party."""
    await hub.feed(sample(event_id, **changes))
    await hub.go(NOW)
    await hub.send()
    assert hub.settings.maildir is not None
    mail = tables.mail.c
    mine = select(tables.outcome.c.mail_key).where(
        tables.outcome.c.event_key == event_key(MAASTRICHT, event_id)
    )
    sender = hub.settings.mail_from
    keys = {
        message_id(row.mail_key, sender): row.party
        for row in await hub.rows(tables.mail, mail.mail_key.in_(mine))
    }
    found = {}
    for path in (hub.settings.maildir / "new").iterdir():
        arrived = cast(EmailMessage, message_from_bytes(path.read_bytes(), policy=default))
        if party := keys.get(str(arrived["Message-ID"]).strip()):
            found[party] = arrived
    return found


async def _withheld(hub: Hub, event_id: str) -> dict[str, str | None]:
    of_event = tables.outcome.c.event_key == event_key(MAASTRICHT, event_id)
    return {row.party: row.withheld for row in await hub.rows(tables.outcome, of_event)}


async def _records(hub: Hub) -> list[UUID]:
    rows = await hub.rows(tables.ledger, tables.ledger.c.kind == "mail-preferences-set")
    return [row.record_key for row in rows]


async def test_one_click_stops_a_kind_of_mail_and_looking_at_the_link_does_not(
    hub: Hub, browser: httpx.AsyncClient
) -> None:
    mails = await _mailed(hub, "een")
    mail = mails["vr24"]
    assert mail["List-Unsubscribe-Post"] == _ONE_CLICK
    url = str(mail["List-Unsubscribe"]).strip("<>")
    assert url in mail.get_body(("plain",)).get_content().splitlines()
    assert f'href="{url}"' in mail.get_body(("html",)).get_content()
    looked = await browser.get(url)
    assert looked.status_code == 200
    assert "<button" in looked.text
    assert await _records(hub) == []
    for _ in range(2):
        assert (await browser.post(url, content=_ONE_CLICK, headers=_FORM)).status_code == 200
    assert len(await _records(hub)) == 1
    again = await _mailed(hub, "twee")
    assert "kernteam-electricity" in again
    assert "vr24" not in again
    assert (await _withheld(hub, "twee"))["vr24"] == "stopped"


async def test_who_is_named_has_no_link_to_stop_and_hears_of_it_after_all(
    hub: Hub, browser: httpx.AsyncClient
) -> None:
    named = {"data": {"recipients": ["pv31"]}, "tlp": "AMBER"}
    mail = (await _mailed(hub, "een", **named))["pv31"]
    assert mail["List-Unsubscribe"] is None
    (choose,) = re.findall(r"http\S+/mail/\S+", mail.get_body(("plain",)).get_content())
    form = "weekday=1&weekday=3&hour=7&working_days=ja&how-digest=not&how-bottleneck-found=not"
    form += "&language=en"
    form += "&how-question-raised=digest&function=oil&areas=pv31,+gm0935&least=serious"
    answer = await browser.post(choose, content=form, headers=_FORM)
    assert answer.status_code == 200
    async with transaction(hub.pool) as connection:
        wanted = await preferences_of(connection, "pv31")
    assert (wanted.weekdays, wanted.hour) == ((1, 3), 7)
    assert "digest" in wanted.stopped
    assert "bottleneck-found" in wanted.stopped
    assert (wanted.digested, wanted.functions) == (("question-raised",), ("oil",))
    assert (wanted.areas, wanted.least, wanted.language) == (("PV31", "GM0935"), "serious", "en")
    shown = await browser.get(choose)
    assert '<option value="not" selected>' in shown.text
    assert 'value="PV31 GM0935"' in shown.text
    assert "how-situation-opened" not in shown.text
    mail = (await _mailed(hub, "twee", **named))["pv31"]
    assert "[TLP:AMBER] Bottleneck found: " in mail["Subject"]
    plain = mail.get_body(("plain",)).get_content()
    assert "\nChoose which mail you get, and when:\n" in plain
    assert "Waarom" not in plain


async def test_a_link_that_stops_mail_ends_when_the_party_chooses_anew(
    hub: Hub, browser: httpx.AsyncClient
) -> None:
    mail = (await _mailed(hub, "een"))["vr24"]
    stop = str(mail["List-Unsubscribe"]).strip("<>")
    (choose, _) = re.findall(r"http\S+/mail/\S+", mail.get_body(("plain",)).get_content())
    assert (await browser.post(stop, content=_ONE_CLICK, headers=_FORM)).status_code == 200
    everything = "&".join(["weekday=0&hour=8&working_days=ja", *(f"kind={kind}" for kind in KINDS)])
    assert (await browser.post(choose, content=everything, headers=_FORM)).status_code == 200
    assert (await browser.post(stop, content=_ONE_CLICK, headers=_FORM)).status_code == 410
    assert "vr24" in await _mailed(hub, "twee")
    rows = sorted(await hub.rows(tables.mail), key=lambda row: row.place)
    told = [row for row in rows if "keuze voor mail" in row.subject]
    assert [(one.party, bool(re.search(r"Geen mail:\s+niets", one.body))) for one in told] == [
        ("vr24", False),
        ("vr24", True),
    ]


async def test_a_link_changes_a_choice_ten_times_a_day_and_no_more(
    hub: Hub, browser: httpx.AsyncClient
) -> None:
    mail = (await _mailed(hub, "een"))["vr24"]
    (choose, _) = re.findall(r"http\S+/mail/\S+", mail.get_body(("plain",)).get_content())
    forms = [f"weekday=0&hour={hour}" for hour in range(MOST_A_DAY + 1)]
    answers = [(await browser.post(choose, content=form, headers=_FORM)).status_code for form in forms]
    assert answers == [200] * MOST_A_DAY + [429]
    await hub.at(NOW + timedelta(days=1))
    assert (await browser.post(choose, content=forms[-1], headers=_FORM)).status_code == 200


async def test_a_wrong_choice_is_told_and_changes_nothing(hub: Hub, browser: httpx.AsyncClient) -> None:
    mail = next(iter((await _mailed(hub, "een")).values()))
    choose = re.findall(r"http\S+/mail/\S+", mail.get_body(("plain",)).get_content())[0]
    answer = await browser.post(choose, content="hour=7&away_from=2027-06-02", headers=_FORM)
    assert answer.status_code == 422
    assert re.search(r'role="alert".*?</ul>', answer.text, re.S)[0].count("<li>") == 2
    assert (await browser.post(choose, content="hour=x", headers=_FORM)).status_code == 400
    assert (await browser.post(choose, content="x" * 20_000, headers=_FORM)).status_code == 413
    assert (await browser.get(choose[:-4])).status_code == 404
    assert await _records(hub) == []
