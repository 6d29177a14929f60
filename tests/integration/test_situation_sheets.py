"""What people and systems read of a situation: on the pages, and over HTTP only what they may."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from consumers.ways_in.http import application
from hub.kafka.broker import Publisher
from hub.rules.identity import event_key
from hub.settings import Settings
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.register.registers import Registers
from tests.documented import as_described
from tests.events import attributes, source_of
from tests.fed import Hub

EVIL = "<script>alert('x')</script>"
SITUATION = attributes(
    "situation-opened", areas="VR24", data={"crisis": f"Hoogwater {EVIL}", "text": "De Maas stijgt."}
)
REFERENCE = {"source": SITUATION["source"], "id": SITUATION["id"]}


def _report(event_id: str, **changes: Any) -> dict[str, Any]:
    rows = [{"standard_question": "stations-at-water-depth", "area": "GM0935", "text": "Twee."}]
    data = {"situation": REFERENCE, "rows": rows, **changes.pop("data", {})}
    return attributes("situation-reported", id=event_id, areas="VR24", data=data, **changes)


@pytest.fixture
async def client(hub: Hub, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    clock = clock_of(hub.settings, hub.pool)
    async with Publisher(settings) as publisher:
        app = application(settings, hub.pool, Registers(hub.pool, clock), publisher, clock)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost",
            event_hooks={"response": [as_described()]},
        ) as made:
            yield made


async def _read(hub: Hub, client: httpx.AsyncClient, party: str) -> list[dict[str, Any]]:
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, party, datetime.now(UTC))
    answer = await client.get("/v1/situations", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["situations"]
    return found


async def test_the_pages_show_a_situation_its_reports_and_who_asks(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    question = {"asked": ["enexis"], "standard_question": "stations-at-water-depth", "needed_by": None}
    question["crisis"] = SITUATION["data"]["crisis"]
    assert "Er is geen situatieblad geopend" in (await client.get("/situaties")).text
    await hub.feed(SITUATION, attributes("question-raised", data=question), _report("r1"))
    await hub.mailer.compose()
    key = event_key(SITUATION["source"], SITUATION["id"])
    listed = (await client.get("/situaties")).text
    assert f'href="/situaties/{key}"' in listed
    shown = (await client.get(f"/situaties/{key}")).text
    for text in (
        "Enexis Netbeheer, Elektriciteit",
        "nog niets gemeld",
        "Twee.",
        "Vragen die meelopen",
        "beantwoord",
    ):
        assert text in shown
    assert EVIL not in listed + shown
    bundles = (await client.get("/bundels")).text
    assert "Situatieblad" in bundles
    for path in ("geen-sleutel", event_key(SITUATION["source"], "niets")):
        assert (await client.get(f"/situaties/{path}")).status_code == 404


async def test_a_party_reads_the_sheets_of_its_area_and_function_only(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    await hub.feed(SITUATION, _report("r1"))
    for party in ("gm0935", "vr24", "enexis", "kernteam-electricity"):
        mine = {one["operator"]: one for one in await _read(hub, client, party)}
        assert (mine["enexis"]["isOpen"], mine["enexis"]["crisis"]) == (True, SITUATION["data"]["crisis"])
        assert mine["enexis"]["report"]["rows"][0]["text"] == "Twee."
        assert mine["tennet"]["report"] is None
    assert await _read(hub, client, "gm0363") == []


async def test_a_report_with_a_stricter_label_than_its_sheet_is_for_who_may_have_it(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    await hub.feed(SITUATION, _report("r1", tlp="RED", data={"recipients": ["vr24"]}))
    seen = {}
    for party in ("gm0935", "vr24", "enexis"):
        sheets = {one["operator"]: one for one in await _read(hub, client, party)}
        seen[party] = sheets["enexis"]["report"] is not None
    assert seen == {"gm0935": False, "vr24": True, "enexis": True}


async def test_a_closed_situation_is_not_there_for_others(hub: Hub, client: httpx.AsyncClient) -> None:
    closed = attributes(
        "situation-opened",
        id="dicht",
        areas="VR24",
        tlp="RED",
        source=source_of("kernteam-electricity"),
        data={"crisis": "Stil", "text": "Stil.", "recipients": ["enexis"]},
    )
    await hub.feed(closed)
    assert await _read(hub, client, "gm0935") == []
    assert [one["crisis"] for one in await _read(hub, client, "enexis")] == ["Stil"]


async def test_the_administrator_takes_no_part(hub: Hub, client: httpx.AsyncClient) -> None:
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, "kernhub", datetime.now(UTC))
    answer = await client.get("/v1/situations", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert (await client.get("/v1/situations?pagina=2")).status_code == 401
