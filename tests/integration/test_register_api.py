"""The register over HTTP: who is what on a day, and subscribing within what a party may see."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.register.merging import merged
from hub.register.subscriptions import MOST_AN_HOUR
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import SystemClock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from tests.integration.test_intake import _door
from tests.registers import HISTORY, REGISTER, save


@pytest.fixture
async def api(settings: Settings, pool: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with transaction(pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    async with _door(settings, pool, token) as client:
        yield client


async def _get(api: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    response = await api.get(f"/v1/{path}")
    assert response.status_code == status, response.text
    assert response.headers["api-version"]
    return response.json()


async def test_who_is_responsible_can_be_asked_of_any_day(api: httpx.AsyncClient) -> None:
    told = await _get(api, "responsibilities?function=drinking-water&area=GM0363&validOn=2025-07-01")
    roles = {one["role"]: one["party"]["slug"] for one in told["responsibilities"]}
    assert (roles["responsible-ministry"], roles["operator"]) == ("min-ienw", "waternet")
    assert (told["validOn"], told["registerVersion"]) == ("2025-07-01", 1)
    energy = await _get(api, "responsibilities?function=electricity&area=PV31&validOn=2025-07-01")
    assert "min-kgg" in {one["party"]["slug"] for one in energy["responsibilities"]}


@pytest.mark.parametrize("path", ["functions", "dependencies", "areas", "parties", "parties/enexis"])
async def test_of_before_it_began_the_register_says_that_it_knows_nothing(
    api: httpx.AsyncClient, path: str
) -> None:
    problem = await _get(api, f"{path}?validOn=1990-01-01", 404)
    assert problem["detail"] == "Het register begint op 2024-01-01: van eerder weet het niets."


async def test_a_party_is_shown_without_what_is_its_own(api: httpx.AsyncClient) -> None:
    party = await _get(api, "parties/enexis")
    assert {"slug", "name", "kind", "areas", "roles"} <= party.keys()
    assert not {"clearance", "mailbox", "oin"} & party.keys()
    assert (await _get(api, "parties/min-kgg?validOn=2025-07-01"))["name"].startswith(
        "Ministerie van Klimaat"
    )


async def test_of_itself_a_party_also_sees_its_mailbox_and_what_it_is_cleared_for(
    api: httpx.AsyncClient,
) -> None:
    own = await _get(api, "parties/gm0935")
    party = REGISTER.parties["gm0935"]
    assert (own["mailbox"], own["clearance"]) == (party.mailbox, party.clearance)


async def test_parties_are_listed_by_kind_function_and_area_a_page_at_a_time(api: httpx.AsyncClient) -> None:
    everybody: list[Any] = []
    first = await _get(api, "parties?validOn=2027-06-01")
    for page in range(1, first["pages"] + 1):
        everybody += (await _get(api, f"parties?validOn=2027-06-01&page={page}"))["parties"]
    assert [one["slug"] for one in everybody] == sorted(REGISTER.parties)
    assert (first["total"], len(first["parties"])) == (len(REGISTER.parties), 50)
    assert {frozenset(one) for one in everybody} == {frozenset({"slug", "name", "kind", "areas"})}
    assert (await _get(api, f"parties?page={first['pages'] + 1}"))["parties"] == []
    operators = await _get(api, "parties?kind=operator&function=drinking-water&area=GM0363")
    assert [one["slug"] for one in operators["parties"]] == ["pwn", "waternet"]


async def test_areas_tell_what_they_lie_in_and_consist_of_and_how_long(
    api: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    maastricht = await _get(api, "areas/GM0935?validOn=2027-06-01")
    assert {"PV31", "VR24", "WS0665"} <= set(maastricht["within"])
    assert (maastricht["consistsOf"], maastricht["validUntil"]) == ([], None)
    limburg = await _get(api, "areas/PV31?validOn=2027-06-01")
    assert set(limburg["consistsOf"]) == REGISTER.municipalities("PV31")
    inside = await _get(api, "areas?within=VR24&validOn=2027-06-01")
    assert {one["code"] for one in inside["areas"]} == REGISTER.municipalities("VR24")

    await save(pool, merged(HISTORY, ["GM1696"], "GM0402", date(2027, 1, 1)))
    gone = await _get(api, "areas/GM1696?validOn=2027-06-01")
    assert (gone["validUntil"], gone["successors"]) == ("2027-01-01", ["GM0402"])
    assert (await _get(api, "areas/GM1696?validOn=2026-06-01"))["within"]
    held = await _get(api, "responsibilities?function=waste-water&area=GM1696&validOn=2027-06-01")
    assert held["areaEnded"] == {"on": "2027-01-01", "successors": ["GM0402"]}


async def test_functions_and_dependencies_are_told_as_of_a_day(api: httpx.AsyncClient) -> None:
    functions = (await _get(api, "functions"))["functions"]
    assert [(one["slug"], one["coreTeam"]) for one in functions] == [
        (slug, facts.core_team) for slug, facts in REGISTER.functions.items()
    ]
    arrows = (await _get(api, "dependencies"))["dependencies"]
    assert len(arrows) == len(REGISTER.dependencies)
    assert {"from", "to", "strength", "origin"} == arrows[0].keys()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("responsibilities?function=stroom&area=GM0363", 400),
        ("responsibilities?function=oil&area=GM9999", 404),
        ("parties?area=GM9999", 404),
        ("parties?page=0", 400),
        ("areas?within=GM9999", 404),
        ("areas/GM9999", 404),
        ("responsibilities?function=oil&area=GM0363&validon=2025-07-01", 400),
        ("responsibilities?function=oil&area=GM0363&validOn=gisteren", 400),
        ("parties/min-kgg", 404),
        ("parties/enexis?validOn=2020-01-01", 404),
    ],
)
async def test_a_wrong_question_gets_a_clear_answer(api: httpx.AsyncClient, path: str, status: int) -> None:
    told = await _get(api, path, status)
    assert (told["status"], bool(told["detail"])) == (status, True)


@pytest.mark.parametrize(
    ("path", "errors"),
    [
        ("responsibilities", {("function", "missing"), ("area", "missing")}),
        (
            "responsibilities?function=stroom&area=5",
            {("function", "enum"), ("area", "string_pattern_mismatch")},
        ),
        ("responsibilities?function=oil&area=NL&validOn=1751328000", {("validOn", "day")}),
        ("responsibilities?function=oil&area=NL&validOn=0", {("validOn", "day")}),
        ("responsibilities?function=oil&area=NL&area=PV31", {("area", "doubled")}),
        ("parties/enexis?x=1&y=2", {("x", "unknown"), ("y", "unknown")}),
        ("events/geen-uuid/explanation", {("eventKey", "uuid_parsing")}),
    ],
)
async def test_every_wrong_part_of_an_address_is_named(
    api: httpx.AsyncClient, path: str, errors: set[tuple[str, str]]
) -> None:
    told = await _get(api, path, 400)
    assert {(error["field"], error["code"]) for error in told["errors"]} == errors


async def test_an_address_that_is_not_there_is_told_in_dutch(api: httpx.AsyncClient) -> None:
    for method, path, status, title in (
        ("GET", "subscriptions/", 404, "Dit adres is er niet"),
        ("GET", "nergens", 404, "Dit adres is er niet"),
        ("POST", "subscriptions", 405, "Dit kan niet op dit adres"),
    ):
        response = await api.request(method, f"/v1/{path}")
        assert (response.status_code, response.json()["title"]) == (status, title)


async def test_a_bug_is_told_without_words_about_something_else(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Registers, "newest", broken)
    told = await _get(api, "subscriptions", 500)
    assert "gebeurtenis" not in told["detail"]


async def test_without_a_token_nothing_is_told(api: httpx.AsyncClient) -> None:
    read = ("parties/enexis", "parties", "areas", "areas/NL", "functions", "dependencies", "subscriptions")
    for method, path in (*(("GET", path) for path in read), ("DELETE", "subscriptions/x")):
        response = await api.request(method, f"/v1/{path}", headers={"Authorization": "Bearer niets"})
        assert response.status_code == 401, path


async def test_a_party_subscribes_changes_its_mind_and_stops(
    api: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    registers = Registers(pool, SystemClock())
    wanted: dict[str, Any] = {"wish": "digest", "functions": ["oil"], "areas": ["PV31"]}
    wanted["filters"] = [{"prefix": {"type": "nl.vitale-functies.bottleneck."}}]
    made = await api.put("/v1/subscriptions/olie", json=wanted)
    assert (made.status_code, made.json()) == (200, {"name": "olie", **wanted})
    assert (await _get(api, "subscriptions"))["subscriptions"] == [{"name": "olie", **wanted}]
    assert [s.party for s in (await registers.newest()).subscriptions] == ["gm0935"]
    assert (await _get(api, "subscriptions?validOn=2025-07-01"))["subscriptions"] == []
    await api.put("/v1/subscriptions/olie", json={"wish": "not"})
    assert [one["wish"] for one in (await _get(api, "subscriptions"))["subscriptions"]] == ["not"]
    assert (await api.delete("/v1/subscriptions/olie")).status_code == 204
    assert (await _get(api, "subscriptions"))["subscriptions"] == []
    assert (await api.delete("/v1/subscriptions/olie")).status_code == 404
    async with transaction(pool) as connection:
        told = list((await connection.execute(select(tables.outbox.c.content))).scalars())
    assert {event["type"] for event in told} == {"nl.vitale-functies.subscription.changed.v1"}
    assert {tuple(event["data"]["recipients"]) for event in told} == {("gm0935",)}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"wish": "soms"}, "wish"),
        ({"wish": "digest", "extra": 1}, "extra"),
        ({"wish": "digest", "areas": ["GM9999"]}, "areas"),
        ({"wish": "digest", "functions": ["stroom"]}, "functions/0"),
        ({"wish": "digest", "functions": ["health", "health"]}, "functions"),
        ({"wish": "digest", "filters": [{"sql": "true"}]}, "filters"),
        ({"wish": "digest", "filters": [{"exact": {"a": "\x00"}}]}, "filters"),
        ({"wish": "digest", "filters": [{"exact": {"\x00": "a"}}]}, "filters"),
        ([], ""),
    ],
)
async def test_a_wrong_subscription_is_refused_and_nothing_changes(
    api: httpx.AsyncClient, pool: AsyncEngine, wanted: Any, field: str
) -> None:
    response = await api.put("/v1/subscriptions/fout", json=wanted)
    assert response.status_code == 422, response.text
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert (await Registers(pool, SystemClock()).newest()).version == 1


async def test_a_change_that_changes_nothing_makes_no_version(
    api: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    registers = Registers(pool, SystemClock())
    for _ in range(MOST_AN_HOUR + 2):
        assert (await api.put("/v1/subscriptions/olie", json={"wish": "digest"})).status_code == 200
    assert (await registers.newest()).version == 2


async def test_a_party_that_changes_its_mind_all_the_time_must_wait(
    settings: Settings, api: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    registers = Registers(pool, SystemClock())
    wishes = ["digest", "not"] * MOST_AN_HOUR
    answers = [await api.put("/v1/subscriptions/a", json={"wish": wish}) for wish in wishes[:MOST_AN_HOUR]]
    assert {answer.status_code for answer in answers} == {200}
    refused = await api.put("/v1/subscriptions/b", json={"wish": "digest"})
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert 3000 < int(refused.headers["retry-after"]) <= 3600
    assert (await api.delete("/v1/subscriptions/a")).status_code == 429
    async with transaction(pool) as connection:
        other, own = [await new_token(connection, party, datetime.now(UTC)) for party in ("acm", "gm0935")]
    async with _door(settings, pool, other) as client:
        assert (await client.put("/v1/subscriptions/a", json={"wish": "digest"})).status_code == 200
    async with _door(settings, pool, own) as client:
        assert (await client.put("/v1/subscriptions/b", json={"wish": "digest"})).status_code == 429
    assert (await registers.newest()).version == MOST_AN_HOUR + 2


async def test_changes_at_the_same_time_do_not_pass_the_limit_together(
    settings: Settings, api: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    async with transaction(pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    async with _door(settings, pool, token) as second:
        answers = await asyncio.gather(
            *(
                client.put(f"/v1/subscriptions/{name}-{n}", json={"wish": "digest"})
                for name, client in (("a", api), ("b", second))
                for n in range(20)
            )
        )
    told = sorted(answer.status_code for answer in answers)
    assert told == [200] * MOST_AN_HOUR + [429] * (40 - MOST_AN_HOUR)


@pytest.mark.parametrize(
    "body", [b"{geen json", b"", b"[" * 60_000, b'{"wish": "not", "wish": "digest"}', b"\xff"]
)
async def test_a_subscription_that_can_not_be_read_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    response = await api.put("/v1/subscriptions/fout", content=body)
    assert response.status_code == 400, response.text
    assert response.json()["errors"]
