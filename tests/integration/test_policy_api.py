"""An operator sets over HTTP how often it is asked; all that is wrong is told at once."""

from datetime import UTC, datetime
from typing import Any

import httpx

from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from tests.events import attributes
from tests.fed import NOW, Hub


async def _as(hub: Hub, client: httpx.AsyncClient, party: str) -> httpx.AsyncClient:
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, party, datetime.now(UTC))
    client.headers["Authorization"] = f"Bearer {token}"
    return client


async def test_an_operator_tries_sets_and_reads_its_own_pace(hub: Hub, client: httpx.AsyncClient) -> None:
    await hub.feed(attributes("question-raised", data={"asked": ["enexis"], "needed_by": None}))
    await _as(hub, client, "enexis")
    wanted: dict[str, Any] = {"bundles": 0, "quiet": [{"since": "2027-07-01", "until": "2027-08-01"}]}
    tried = (await client.put("operators/enexis/policy?dryRun=true", json=wanted)).json()
    assert (tried["dryRun"], tried["changed"], tried["effect"]["ending"]) == (True, True, 1)
    assert await hub.rows(tables.operator_policy) == []
    made = (await client.put("operators/enexis/policy", json=wanted | {"bundles": 1})).json()
    assert (made["changed"], made["policy"]["bundles"], made["policy"]["maxWait"]) == (True, 1, 3)
    again = (await client.put("operators/enexis/policy", json=wanted | {"bundles": 1})).json()
    assert again["changed"] is False
    assert len(await hub.rows(tables.ledger, tables.ledger.c.kind == "policy-set")) == 1
    read = (await client.get("operators/enexis/policy")).json()
    assert (read["policy"], read["since"]) == (made["policy"], made["since"])
    assert read["policy"]["quiet"] == wanted["quiet"]
    assert read["since"] == "2027-06-01T08:00:00Z"


async def test_only_the_operator_itself_or_the_administrator_sees_and_sets_it(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    for party, slug, status in (
        ("gm0935", "enexis", 403),
        ("wml", "enexis", 403),
        ("netbeheer-nederland", "netbeheer-nederland", 404),
        ("kernhub", "niemand", 404),
        ("kernhub", "enexis", 200),
    ):
        await _as(hub, client, party)
        assert (await client.get(f"operators/{slug}/policy")).status_code == status
        assert (await client.put(f"operators/{slug}/policy", json={})).status_code == status
    client.headers["Authorization"] = "Bearer niets"
    assert (await client.get("operators/enexis/policy")).status_code == 401


async def test_every_mistake_is_told_at_once_and_nothing_changes(hub: Hub, client: httpx.AsyncClient) -> None:
    await _as(hub, client, "enexis")
    quiet = [{"since": "2027-07-01", "until": "2027-08-01"}, {"since": "2027-07-15", "until": "2027-07-10"}]
    wrong = {
        "bundles": 9,
        "maxWait": 99,
        "urgentShare": "twee",
        "tempo": 1,
        "validity": {"plans": 0},
        "quiet": quiet,
    }
    answer = await client.put("operators/enexis/policy", json=wrong)
    assert answer.status_code == 422
    told = {error["field"]: error["detail"] for error in answer.json()["errors"]}
    assert told.keys() == {"bundles", "maxWait", "urgentShare", "tempo", "validity/plans", "quiet/1", "quiet"}
    assert told["maxWait"] == "moet van 0 tot en met 26 weken zijn"
    assert told["quiet"] == "heeft rustperiodes die elkaar overlappen"
    for body in (b"geen json", b'{"bundles": 1, "bundles": 2}', b"\xff"):
        assert (await client.put("operators/enexis/policy", content=body)).status_code == 400
    for value in ([], "x", 1, {"bundles": True}, {"quiet": 3}, {"validity": []}, {"window": 10**30}):
        assert (await client.put("operators/enexis/policy", json=value)).status_code == 422, value
    assert (await client.put("operators/enexis/policy?dryrun=true", json={})).status_code == 400
    assert (await client.put("operators/enexis/policy", content=b" " * 70_000)).status_code == 413
    assert await hub.rows(tables.operator_policy) == []


async def test_no_bundles_at_all_is_a_choice_and_its_askers_are_told(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    await _as(hub, client, "enexis")
    assert (await client.put("operators/enexis/policy", json={"bundles": 0})).status_code == 200
    await hub.feed(attributes("question-raised", data={"asked": ["enexis"]}))
    for week in range(12):
        await hub.go(NOW.replace(hour=9) + week * (NOW - NOW.replace(day=1)))
    assert await hub.rows(tables.bundle) == []
