"""The pages on a real database: what people see, and what they do not."""

import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.api.failing import add_problems
from connectors.web.pages import PAGES, add_pages
from consumers.workers import warn_if_mute
from hub.asking.alike_questions import AlikeQuestions
from hub.register.history import Kind
from hub.rules.identity import derived_key, event_key
from hub.rules.policy import Mode
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.crisis import Sheet
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import SystemClock, clock_of, move_clock
from hub.store.database import engine, transaction
from hub.store.deliveries.audiences import claim_immediate, close_audiences, settle
from hub.store.exchanges import (
    DeadLetter,
    NewDeliveries,
    NewEvent,
    keep_dead_letters,
    keep_events,
    plan_deliveries,
)
from hub.store.ledger.records import Entry, record
from hub.store.mail.mail_queue import mark_sent
from hub.store.mail.mails import NewMail, keep_mails
from hub.store.register.registers import Registers
from hub.store.resolutions import keep_ends
from hub.store.throttle.lines import NewBundle, keep_bundle, lock_operator
from hub.store.throttle.requests import NewItem, NewRequest, add_request, open_item
from hub.store.throttle.situations import keep_sheet
from schemas.terms import FunctionSlug, Tlp
from tests.ledgers import number_all
from tests.registers import HISTORY, save, with_facts

NOW = datetime(2027, 6, 15, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(weeks=27)
MAASTRICHT = "urn:nld:oin:00000099100009350000:systeem:zaaksysteem"
EVIL = "<script>alert('x')</script>"


def _event(event_id: str, short: str, data: dict[str, Any], **changes: Any) -> NewEvent:
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": MAASTRICHT,
        "type": f"nl.vitale-functies.{short}.v1",
        "time": "2027-06-10T10:00:00+02:00",
        "subject": "zaak-maas",
        "datacontenttype": "application/json",
        "functions": "electricity",
        "areas": "GM0935",
        "tlp": "GREEN",
        "data": data,
        **changes,
    }
    return NewEvent(
        event_key(MAASTRICHT, event_id),
        attributes["type"],
        attributes["subject"],
        attributes["functions"].split(","),
        attributes["areas"].split(","),
        attributes["tlp"],
        "gm0935",
        NOW,
        json.dumps(attributes),
        1,
    )


BOTTLENECK = _event(
    "knelpunt",
    "bottleneck.found",
    {
        "title": EVIL,
        "description": "Het station ligt te laag.",
        "hazards": ["flood"],
        "severity": "high",
        "found_on": "2027-06-09",
    },
)
RESOLVED = _event(
    "opgelost",
    "bottleneck.resolved",
    {
        "bottleneck": {"source": MAASTRICHT, "id": "knelpunt"},
        "title": "Station opgehoogd",
        "how": "Het staat nu een meter hoger.",
        "resolved_on": "2027-06-12",
    },
)
QUESTION = _event("vraag", "question.raised", {"text": "Staat het station droog?"}, tlp="AMBER")
SITUATION = _event("storm", "situation.opened", {"crisis": "Storm", "text": "Het waait."})
MAIL = derived_key("test-mail")
BUNDLE = derived_key("test-bundle")
ITEM = derived_key("test-item")


async def _fill(connection: AsyncConnection) -> None:
    await keep_events(connection, [BOTTLENECK, QUESTION])
    why = (Reason(Relation.PROVINCE, None, "GM0935"),)
    tied = Tied(("pv31",), Tlp.RED, why)
    await plan_deliveries(connection, [NewDeliveries(BOTTLENECK.event_key, tied, Mode.IMMEDIATE, 1, NOW)])
    mail = NewMail(
        MAIL,
        "pv31",
        "immediate",
        "pv31@postbus.example",
        "GREEN",
        f"Knelpunt {EVIL}",
        f"Dag!\n  {EVIL}",
        NOW,
        1,
    )
    await keep_mails(connection, [mail], NOW)
    (audience,) = await claim_immediate(connection, 1)
    await settle(connection, audience.row, "pv31", mail_key=MAIL)
    await close_audiences(connection, [audience])
    await mark_sent(connection, [MAIL], NOW)
    await lock_operator(connection, "enexis")
    await open_item(
        connection, NewItem(ITEM, "enexis", "merge", "library", ["electricity"], "AMBER", None, NOW)
    )
    await add_request(
        connection,
        NewRequest(
            QUESTION.event_key, "enexis", "gm0935", ITEM, ["GM0935"], None, LATER, "waiting", NOW, *_KEYS
        ),
    )
    new = NewBundle(BUNDLE, "enexis", 3000, NOW, NOW, only_classified=False, input_hash=b"")
    await keep_bundle(connection, new, [ITEM])
    problem = ("tlp", "enum", f"klopt niet: {EVIL}")
    await keep_dead_letters(
        connection, [DeadLetter("router", "kernhub.events", 2, 41, None, "invalid", [problem], NOW)]
    )
    await record(connection, [Entry("event-routed", (BOTTLENECK.event_key,), BOTTLENECK.event_key, NOW, {})])
    await number_all(connection, NOW)


_KEYS = ("key", "library", "eyes")


def _client(settings: Settings, pool: AsyncEngine, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    app = FastAPI(openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None)
    add_problems(app)
    clock = clock_of(settings, pool)
    registers = Registers(pool, clock)
    add_pages(app, settings, pool, registers, clock, AlikeQuestions(pool, registers, clock))
    transport = httpx.ASGITransport(app, client=(peer, 50000))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture
def local(settings: Settings) -> Settings:
    return settings.model_copy(update={"pages": "local"})


@pytest.fixture
async def pages(local: Settings, pool: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with transaction(pool) as connection:
        await _fill(connection)
    async with _client(local, pool) as client:
        yield client


async def _text(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status_code == status, path
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


async def test_every_link_on_every_page_leads_somewhere(pages: httpx.AsyncClient, pool: AsyncEngine) -> None:
    async with transaction(pool) as connection:
        await keep_events(connection, [SITUATION])
        sheet = Sheet("enexis", FunctionSlug.ELECTRICITY, "storm", ("GM0935",), Tlp.GREEN, NOW, LATER)
        await keep_sheet(connection, SITUATION.event_key, sheet)
    seen: set[str] = set()
    ahead = ["/", "/toegankelijkheid", f"/bundels/{BUNDLE}", f"/berichten/{MAIL}"]
    while ahead and len(seen) < 150:
        path = ahead.pop(0)
        if path in seen:
            continue
        seen.add(path)
        response = await pages.get(path)
        assert response.status_code == 200, path
        ahead += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)"', response.text)]
    for page in PAGES:
        pattern = re.sub(r"\{\w+\}", "[^/?]+", page.path)
        assert any(re.fullmatch(pattern, path) for path in seen), page.path


async def test_every_page_is_dutch_and_says_it_is_for_quiet_time(pages: httpx.AsyncClient) -> None:
    for path in [*(page.path for page in PAGES if "{" not in page.path), "/toegankelijkheid", "/niets"]:
        response = await pages.get(path)
        text = response.text
        assert '<html lang="nl">' in text
        assert "Kernhub is voor werk in rustige tijd. In een crisis gebruikt u LCMS." in text
        assert text.count("<h1>") == 1
        assert '<a class="skip" href="#inhoud">' in text


async def test_why_a_party_received_an_event_is_what_was_decided_then(
    pages: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    """By the register of then nobody of these would receive it for these reasons."""
    await save(pool, with_facts(HISTORY, Kind.PARTY, "acm", name="ACM"), NOW)
    why = (Reason(Relation.SUPERVISOR, "oil"),)
    tied = Tied(("gm0363", "gm0014"), Tlp.RED, why)
    async with transaction(pool) as connection:
        await plan_deliveries(connection, [NewDeliveries(BOTTLENECK.event_key, tied, Mode.IMMEDIATE, 2, NOW)])
        (audience,) = await claim_immediate(connection, 1)
        await settle(connection, audience.row, "gm0014", withheld="clearance-too-low")

    async def told(event: NewEvent, party: str) -> str:
        page = await _text(pages, f"/gebeurtenissen/{event.event_key}?waarom={party}")
        (said,) = re.findall(r'<p role="status">(.*?)</p>', page)
        return re.sub(r"<[^>]*>", "", said)

    received = await told(BOTTLENECK, "gm0363")
    assert "krijgt dit wel, direct: u houdt toezicht op Olie. Stand: in de wacht." in received
    assert received.endswith("Volgens het register, versie 2.")
    withheld = await told(BOTTLENECK, "gm0014")
    assert "krijgt dit niet: tegengehouden, " in withheld
    assert withheld.endswith("Volgens het register, versie 2.")
    asked = await told(QUESTION, "enexis")
    assert "krijgt dit via de bundel: ligt bij de beheerder." in asked
    async with transaction(pool) as connection:
        await connection.execute(update(tables.request).values(state="withheld"))
    assert "krijgt dit niet: niet gesteld: " in await told(QUESTION, "enexis")
    nothing = await told(BOTTLENECK, "gm0439")
    assert "krijgt dit niet: deze partij heeft niets met de functies en gebieden" in nothing
    assert nothing.endswith("Volgens het register, versie 1.")
    assert "al zou dat met de regels van nu wel zo zijn" in await told(BOTTLENECK, "vr24")
    for name, found in (("zomaar", "geen partij"), ("gemeente", "[0-9]{3} partijen")):
        unclear = f"Wij vinden {found} met deze naam. Vul de korte naam in, zoals gm0935."
        assert re.fullmatch(unclear, await told(BOTTLENECK, name))


async def test_an_auditor_sees_what_became_of_an_event_and_who_looked(
    pages: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    key = BOTTLENECK.event_key
    await _text(pages, f"/gebeurtenissen/{key}")
    text = await _text(pages, f"/onderzoek/gebeurtenissen/{key}")
    assert "Bekeken op een pagina" in text
    assert "Wie mocht haar zien?" in text
    early = await _text(pages, f"/onderzoek/gebeurtenissen/{key}?op=2026-01-01T10:00")
    assert "was dit er nog niet" in early
    assert "Wie mocht haar zien?" in await _text(pages, f"/onderzoek/gebeurtenissen/{key}?op=9999-12-31")
    ages = "van=0001-01-01&tot=9999-12-31&na=0001-01-01T00:00:00%2B23:59~x"
    await _text(pages, f"/onderzoek/beheerders/enexis?{ages}")
    assert "Wat is " in await _text(pages, "/onderzoek/beheerders/enexis?van=2027-01-01&tot=Jan&na=y")
    assert "Er is niets gevonden" in await _text(pages, "/onderzoek/partijen/acm?functie=niets")
    await _text(pages, "/onderzoek/partijen/niemand", 404)
    async with transaction(pool) as connection:
        rows = (await connection.execute(select(tables.ledger))).all()
    seen = [json.loads(row.record) for row in rows if row.kind == "page-seen"]
    looks = {(one["by"], one["tlp"]) for one in seen if one["event"] == str(key)}
    assert looks == {("administrator", "GREEN"), ("administrator", "AMBER")}
    assert not any(b"Jan" in bytes(row.record) for row in rows), "what is not understood is not recorded"
    asked = [json.loads(row.record)["path"] for row in rows if row.kind == "audit-asked"]
    assert sorted(asked) == sorted(
        [
            *[f"/onderzoek/gebeurtenissen/{key}"] * 3,
            *["/onderzoek/beheerders/enexis"] * 2,
            "/onderzoek/partijen/acm",
        ]
    )


async def test_what_people_wrote_is_shown_and_never_run(pages: httpx.AsyncClient) -> None:
    paths = [
        "/",
        "/gebeurtenissen",
        f"/gebeurtenissen/{BOTTLENECK.event_key}",
        "/partijen/pv31",
        f"/berichten/{MAIL}",
        "/berichten",
        "/onbestelbaar",
        f"/gebeurtenissen?gebied={EVIL}&partij={EVIL}&soort={EVIL}",
        f"/partijen?naam={EVIL}",
    ]
    for path in paths:
        text = await _text(pages, path)
        assert "<script" not in text, path
        assert "&lt;script&gt;" in text, path


async def test_a_page_may_load_nothing_from_elsewhere(pages: httpx.AsyncClient) -> None:
    for path in ("/", "/niets", "/stijl.css", "/toegankelijkheid"):
        headers = (await pages.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


async def test_the_overview_counts_what_happened(pages: httpx.AsyncClient, pool: AsyncEngine) -> None:
    text = await _text(pages, "/")
    assert re.search(r"knelpunten open</a></dt>\s*<dd>1</dd>", text)
    assert re.search(r"gebeurtenissen aangenomen</a></dt>\s*<dd>2</dd>", text)
    assert "1 partij stelde samen 1 verzoek" in text
    assert "Het grootboek telt 3 regels" in text
    async with transaction(pool) as connection:
        await keep_ends(connection, {RESOLVED.event_key: (BOTTLENECK.event_key, True)})
    assert re.search(r"knelpunten open</a></dt>\s*<dd>0</dd>", await _text(pages, "/"))


async def test_an_event_tells_who_receives_it_and_why(pages: httpx.AsyncClient) -> None:
    text = await _text(pages, f"/gebeurtenissen/{BOTTLENECK.event_key}")
    assert "Het station ligt te laag." in text
    assert "Alleen voor partijen die meedoen aan deze aanpak." in text
    assert "Het gaat over uw provincie (Maastricht)." in text
    assert "verstuurd" in text
    assert "Gebeurtenis bezorgd aan partijen" in text
    assert f"/gebeurtenissen/{QUESTION.event_key}" in text, "the same case"


async def test_a_request_tells_where_it_stands(pages: httpx.AsyncClient) -> None:
    text = await _text(pages, f"/gebeurtenissen/{QUESTION.event_key}")
    assert "ligt bij de beheerder" in text
    assert f"/bundels/{BUNDLE}" in text


async def test_a_bundle_names_everyone_who_asks(pages: httpx.AsyncClient) -> None:
    text = await _text(pages, f"/bundels/{BUNDLE}")
    assert "Staat het station droog?" in text
    assert "Gemeente Maastricht" in text


async def test_a_mail_is_shown_exactly_as_it_was_sent(pages: httpx.AsyncClient) -> None:
    text = await _text(pages, f"/berichten/{MAIL}")
    assert "\nDag!\n  &lt;script&gt;" in text


async def test_filters_find_and_leave_out(pages: httpx.AsyncClient) -> None:
    found = [
        ("functie=electricity", 2),
        ("soort=question-raised", 1),
        ("tlp=AMBER", 1),
        ("gebied=limburg", 2),
        ("gebied=Amsterdam", 0),
        ("partij=enexis", 1),
        ("partij=provincie+limburg", 1),
        ("tlp=RED", 0),
    ]
    for query, count in found:
        text = await _text(pages, f"/gebeurtenissen?{query}")
        assert len(re.findall(r'<th scope="row">', text)) == count, query


@pytest.mark.parametrize(
    "path",
    [
        "/gebeurtenissen?pagina=99999&functie=niets&tlp=%00&soort=%27--&gebied=%25&partij=_",
        "/gebeurtenissen?pagina=-1",
        "/partijen?naam=%00&soort=%25&pagina=x",
        "/berichten?stand=weg&soort=%00&partij=%FF",
        "/bundels?pagina=1e9",
        "/onbestelbaar?pagina=%00",
    ],
)
async def test_a_senseless_filter_is_never_an_error(pages: httpx.AsyncClient, path: str) -> None:
    await _text(pages, path)


@pytest.mark.parametrize(
    "path",
    [
        "/gebeurtenissen/geen-sleutel",
        f"/gebeurtenissen/{UUID(int=0)}",
        "/partijen/bestaat-niet",
        "/partijen/%00",
        f"/bundels/{UUID(int=0)}",
        "/berichten/1",
        "/niets",
        "/gebeurtenissen/",
        "/a/b/c",
    ],
)
async def test_what_is_not_there_is_a_dutch_page(pages: httpx.AsyncClient, path: str) -> None:
    assert "Deze pagina bestaat niet" in await _text(pages, path, 404)


async def test_the_api_keeps_its_own_errors(pages: httpx.AsyncClient) -> None:
    response = await pages.get("/v1/niets")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_long_list_comes_in_pages(pages: httpx.AsyncClient, pool: AsyncEngine) -> None:
    many = [
        _event(f"kennis-{n}", "knowledge.shared", {"title": f"Les {n}", "summary": "Kort."})
        for n in range(60)
    ]
    async with transaction(pool) as connection:
        await keep_events(connection, many)
    first = await _text(pages, "/gebeurtenissen?soort=knowledge-shared")
    second = await _text(pages, "/gebeurtenissen?soort=knowledge-shared&pagina=2")
    assert "1 tot en met 50 van 60" in first
    assert "/gebeurtenissen?soort=knowledge-shared&amp;pagina=2" in first
    shown = [set(re.findall(r"/gebeurtenissen/([0-9a-f-]{36})", text)) for text in (first, second)]
    assert [len(keys) for keys in shown] == [50, 10]
    assert not shown[0] & shown[1]


@pytest.mark.parametrize("path", [*(page.path for page in PAGES), "/niets"])
async def test_from_elsewhere_nothing_is_seen(local: Settings, pool: AsyncEngine, path: str) -> None:
    async with transaction(pool) as connection:
        await _fill(connection)
    path = path.format(
        event_key=BOTTLENECK.event_key, slug="pv31", bundle_key=BUNDLE, mail_key=MAIL, situation_key=BUNDLE
    )
    async with _client(local, pool, peer="192.0.2.7") as far:
        refused = [await far.get(path)]
    async with _client(local, pool) as near:
        refused.append(await near.get(path, headers={"Host": "evil.example"}))
        refused.append(await near.get(path, headers={"X-Forwarded-For": "192.0.2.7"}))
    async with _client(local.model_copy(update={"pages": "closed"}), pool) as closed:
        refused.append(await closed.get(path))
    for response in refused:
        assert response.status_code == 403
        assert "alleen te zien op de computer waarop Kernhub draait" in response.text
        assert response.text == refused[0].text


async def test_a_database_that_is_away_is_a_dutch_page(local: Settings, unused_tcp_port: int) -> None:
    away = f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/away"
    pool = engine(Settings(database_url=away, pages="local"))
    async with _client(local, pool) as client:
        response = await client.get("/gebeurtenissen")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "30"
    assert "De database geeft nu geen antwoord." in response.text
    await pool.dispose()


async def test_a_hub_without_a_register_says_so(local: Settings, pool: AsyncEngine) -> None:
    async with transaction(pool) as connection:
        await connection.execute(tables.register_version.delete())
    async with _client(local, pool) as client:
        assert "kernhub prepare" in await _text(client, "/", 503)


async def test_an_exercise_shows_its_clock_on_every_page(local: Settings, pool: AsyncEngine) -> None:
    scenario = local.model_copy(update={"clock": "scenario"})
    async with _client(scenario, pool) as client:
        assert "Oefening:" not in await _text(client, "/")
        async with transaction(pool) as connection:
            await move_clock(connection, NOW)
        assert "Oefening: de klok staat op dinsdag 15 juni 2027, 10:00 uur." in await _text(
            client, "/functies"
        )


async def test_each_page_says_that_the_hub_reaches_no_real_party_while_that_is_so(
    local: Settings, pool: AsyncEngine, log: io.StringIO
) -> None:
    real = with_facts(HISTORY, Kind.PARTY, "enexis", oin="00000001123456780000")
    own = with_facts(real, Kind.PARTY, "kernhub", oin="00000001876543210000")
    for history, is_mute in ((HISTORY, False), (real, True), (own, False)):
        await save(pool, history)
        async with _client(local, pool) as client:
            for path in ("/", "/functies"):
                assert ("bereikt daarom geen echte partij" in await _text(client, path)) is is_mute
        assert await warn_if_mute(Registers(pool, SystemClock())) is is_mute
    assert log.getvalue().count("its OIN is one for tests") == 1


async def test_a_party_that_left_the_register_is_still_named(
    pages: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    async with transaction(pool) as connection:
        gone = {
            "event_key": BOTTLENECK.event_key,
            "party": "opgeheven",
            "channel": "mail",
            "mode": "digest",
            "reasons": [["named", None, None]],
            "register_version": 1,
            "planned_at": NOW,
            "withheld": "party-ended",
        }
        await connection.execute(insert(tables.outcome), gone)
    text = await _text(pages, f"/gebeurtenissen/{BOTTLENECK.event_key}")
    assert "opgeheven" in text
    assert "De partij staat niet meer in het register." in text
    assert "Niet meer in het register" in await _text(pages, "/")
