"""Requests that can't be, and operators that can't be asked: a clear error or a defined result."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands.check import check
from consumers.commands.publish import publish
from consumers.ways_in.http import application
from hub.kafka.broker import Publisher, ensure_topics
from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.throttle.policies import keep_change
from tests.asked_badly import BAD, Bad, asked_badly, good
from tests.fed import NOW, Hub
from tests.filled import csv_of
from tests.served import served
from tests.throttled import FIRST, SLOTS

FILE: Final = {
    "Soort": "question-raised",
    "Kenmerk": "V-1",
    "Zaak": "station-1",
    "Functies": "Elektriciteit",
    "Gebieden": "GM0935",
    "Label (TLP)": "GREEN",
    "Tekst": "Hoe hoog ligt het station?",
    "Gevraagd aan": "enexis",
    "Nodig voor": "",
}


@pytest.fixture
async def door(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    await ensure_topics(hub.settings)
    clock = clock_of(hub.settings, hub.pool)
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    async with Publisher(hub.settings) as publisher:
        app = application(hub.settings, hub.pool, Registers(hub.pool, clock), publisher, clock)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost/v1/", headers=headers
        ) as made:
            yield made


def _question(**data: Any) -> dict[str, Any]:
    return good(data=data)


@pytest.mark.parametrize(
    ("data", "status", "field"),
    [
        ({"text": ""}, 422, "data/text"),
        ({"text": "  \n "}, 422, "data/text"),
        ({"text": "x" * 30_000}, 422, "data/text"),
        ({"needed_by": "2027-05-31"}, 422, "data/needed_by"),
        ({"needed_by": "2027-06-01"}, 202, None),
        ({"asked": ["netbeheer-nederland"]}, 422, "data/asked/0"),
        ({"urgent": ""}, 422, "data/urgent"),
        ({"crisis": ""}, 422, "data/crisis"),
    ],
)
async def test_what_is_wrong_with_a_question_is_told_at_the_door(
    hub: Hub, door: httpx.AsyncClient, data: dict[str, Any], status: int, field: str | None
) -> None:
    for query in ("?dryRun=true", ""):
        answer = await door.post(f"events{query}", content=json.dumps(_question(**data)))
        assert answer.status_code == (status if not query or field else 200), answer.text
        if field:
            assert field in {error["field"] for error in answer.json()["errors"]}
    claims = await hub.rows(tables.claim)
    assert len(claims) == (0 if field else 1)


@pytest.mark.parametrize("bad", BAD)
async def test_a_request_that_cannot_be_is_refused_with_one_reason_alone_and_in_a_batch(
    hub: Hub, door: httpx.AsyncClient, bad: Bad
) -> None:
    event = asked_badly(bad)
    for query in ("?dryRun=true", ""):
        answer = await door.post(f"events{query}", content=json.dumps(event))
        assert answer.status_code == 422, answer.text
        assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(bad.field, bad.code)]
    english = await door.post("events", content=json.dumps(event), headers={"Accept-Language": "en"})
    assert english.json()["errors"][0]["detail"] != answer.json()["errors"][0]["detail"]
    refused, taken = await _posted_together(door, event, good(id="goed"))
    assert [one["code"] for one in refused["errors"]] == [bad.code]
    assert taken["status"] == 202
    assert len(await hub.rows(tables.claim)) == 1


async def _posted_together(door: httpx.AsyncClient, *events: dict[str, Any]) -> list[dict[str, Any]]:
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    answer = await door.post("events", content=json.dumps(events), headers=headers)
    assert answer.status_code == 207, answer.text
    told: list[dict[str, Any]] = answer.json()
    return told


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Gevraagd aan": "liander"}, "serves_elsewhere"),
        ({"Gevraagd aan": "liander", "Gebieden": "GM0363"}, "no_standing"),
        ({"Nodig voor": "1-1-2020"}, "past"),
        ({"Gevraagd aan": "netbeheer-nederland"}, "no_operator"),
        ({"Tekst": ""}, None),
        ({"Tekst": "x" * 20_001}, None),
        ({"Gebieden": "gm935"}, None),
    ],
)
async def test_a_file_with_one_such_row_is_refused_whole_with_the_cell(
    hub: Hub, door: httpx.AsyncClient, cells: dict[str, str], code: str | None
) -> None:
    content = csv_of(tuple(FILE.values()), tuple((FILE | {"Kenmerk": "V-2"} | cells).values()), head=[*FILE])
    answer = await door.post("files", content=content, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["line"] == 3
    assert error["field"] in cells
    assert code in (None, error["code"])
    assert await hub.rows(tables.claim) == []


async def test_the_program_tells_the_same_reasons_of_a_file(
    settings: Settings, pool: AsyncEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [asked_badly(bad, f"v{place}") for place, bad in enumerate(BAD)]
    file = tmp_path / "vragen.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in [*told, good(id="goed")]))
    async with transaction(pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    async with served(settings, pool) as port:
        assert await publish([file], token, f"http://127.0.0.1:{port}") == 1
    published = capsys.readouterr()
    assert f"1 aangenomen, {len(BAD)} geweigerd" in published.out
    assert check([file]) == 1
    checked = capsys.readouterr()
    # Without a hub any day will do.
    assert f"2 goed, {len(BAD) - 1} fout" in checked.out
    for said in (
        "data/asked/0 'liander' bedient volgens het register geen van deze gebieden",
        "data/asked/1 'stedin' bedient volgens het register geen van deze gebieden",
        "areas noemt geen gebied waar 'gm0935' over gaat: vraag over uw eigen gebied",
        "areas/0 is geen code van een gebied",
        "data/text is leeg",
        "data/text is te lang: hoogstens 20000 tekens",
    ):
        assert said in published.err
        assert said in checked.err


async def test_what_was_taken_in_is_not_lost_when_its_operator_or_asker_goes_elsewhere(
    hub: Hub, door: httpx.AsyncClient
) -> None:
    event = good(id="eerder")
    assert (await door.post("events", content=json.dumps(event))).status_code == 202
    await hub.change("enexis", areas=("PV20",))
    await hub.feed(event)
    assert await hub.states() == {"gm0935": "waiting"}
    again = await door.post("events", content=json.dumps(event))
    assert again.status_code == 202
    late = await door.post("events", content=json.dumps(good(id="later")))
    assert [one["code"] for one in late.json()["errors"]] == ["serves_elsewhere"]


async def test_of_the_areas_an_operator_is_asked_about_those_that_it_serves(
    hub: Hub, door: httpx.AsyncClient
) -> None:
    event = good(areas="GM0935,GM0363")
    tried = (await door.post("events?dryRun=true", content=json.dumps(event))).json()
    assert [(one["party"], one["areas"]) for one in tried["asked"]] == [("enexis", ["GM0935"])]
    assert (await door.post("events", content=json.dumps(event))).status_code == 202
    await hub.feed(event)
    (row,) = await hub.rows(tables.request)
    assert list(row.areas) == ["GM0935"]


async def test_a_question_of_a_megabyte_is_refused_with_what_to_do(hub: Hub, door: httpx.AsyncClient) -> None:
    answer = await door.post("events", content=json.dumps(_question(text="x" * 1_000_000)))
    assert answer.status_code == 413
    assert "dataref" in answer.json()["detail"]
    assert await hub.rows(tables.claim) == []


@pytest.mark.parametrize(
    "policy",
    [
        Policy(bundles=0),
        Policy(quiet=(Quiet(SLOTS.day(FIRST - 1), SLOTS.day(FIRST + 60)),)),
        Policy(quiet=tuple(Quiet(SLOTS.day(FIRST + n), SLOTS.day(FIRST + n + 9)) for n in range(-1, 40))),
    ],
)
async def test_who_waits_for_a_slot_that_does_not_come_is_told_so_and_ends_by_its_expiry(
    hub: Hub, door: httpx.AsyncClient, policy: Policy
) -> None:
    async with transaction(hub.pool) as connection:
        await keep_change(connection, "enexis", Change(0, policy), NOW)
    event = _question(needed_by="2027-07-01")
    (before,) = (await door.post("events?dryRun=true", content=json.dumps(event))).json()["foreseen"]
    assert before["expectedBy"] is None
    assert "is niet te zeggen" in before["detail"]
    await hub.feed(event)
    for week in range(5):
        await hub.go(SLOTS.moment(FIRST + week))
        (one,) = (await door.get("requests")).json()["requests"]
        assert (one["state"], one["expectedBy"], one["why"]) == ("waiting", None, before["why"])
        # Fourteen days after it was needed, in Amsterdam.
        assert one["expiresAt"] == "2027-07-15T22:00:00+00:00"
    await hub.go(datetime(2027, 7, 16, 6, tzinfo=UTC))
    assert await hub.states() == {"gm0935": "expired"}
    assert await hub.rows(tables.bundle) == []
    (one,) = (await door.get("requests")).json()["requests"]
    assert (one["state"], one["closedAt"] is not None) == ("expired", True)
    # Half way and at the end the asker is told by mail.
    told = {row.content["data"]["state"] for row in await hub.rows(tables.outbox)}
    assert told == {"half-way", "expired"}
