"""A coordinator sees how much its operators have on their plate, and nothing of what is classified."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from consumers.commands.load import tell_load
from hub.rules.throttle.policy import Change, Policy
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from hub.store.throttle.policies import keep_change
from schemas.terms import FunctionSlug
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.throttled import FIRST, SLOTS


def _question(event_id: str, tlp: str = "GREEN", **data: Any) -> dict[str, Any]:
    words = {"asked": ["enexis"], "text": f"Vraag {event_id}?", "needed_by": None, **data}
    return attributes("question-raised", id=event_id, tlp=tlp, data=words)


async def _load(hub: Hub, client: httpx.AsyncClient, party: str) -> dict[str, dict[str, Any]]:
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, party, datetime.now(UTC))
    answer = await client.get("functions/electricity/load", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return {one.pop("operator"): one for one in answer.json()["operators"]}


async def _busy(hub: Hub) -> None:
    soon = str(SLOTS.day(FIRST + 1))
    await hub.feed(
        _question("gauw", needed_by=soon),
        _question("ook", needed_by=soon),
        _question("spoed", urgent="Nu.", needed_by="2027-05-31"),
        _question("later"),
        attributes("situation-opened", areas="VR24"),
    )
    await hub.go(SLOTS.moment(FIRST))
    await hub.feed(_question("wacht"))


async def test_the_coordinator_and_the_core_team_see_each_operator(
    hub: Hub, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await hub.go(SLOTS.moment(FIRST - 1))
    await _busy(hub)
    seen = await _load(hub, client, "min-ezk")
    assert seen == await _load(hub, client, "kernteam-electricity")
    assert {"enexis", "tennet"} <= seen.keys()
    assert seen["enexis"] == {
        "window": 4,
        "bundles": 2,
        "routine": 1,
        "urgent": 1,
        "crisis": 1,
        "waiting": 1,
        "nextAt": "2027-06-15T08:00:00Z",
        "endingSoon": 1,
    }
    assert seen["tennet"]["crisis"] == 1
    await tell_load(hub.settings, FunctionSlug.ELECTRICITY)
    told = capsys.readouterr().out
    assert "bundels: 1 van 2 in 4 weken" in told
    assert "daarnaast: 1 keer spoed, 1 keer een situatieblad" in told
    assert "er wacht 1 vraag; volgende bundel op zijn vroegst dinsdag 15 juni 2027, 10:00 uur" in told


async def test_what_is_classified_changes_no_figure(hub: Hub, client: httpx.AsyncClient) -> None:
    await hub.go(SLOTS.moment(FIRST))
    before = await _load(hub, client, "min-ezk")
    soon = str(SLOTS.day(FIRST + 1) + (SLOTS.day(FIRST + 1) - SLOTS.day(FIRST)))
    closed = [_question(f"v{n}", "RED", needed_by=soon) for n in range(3)]
    await hub.feed(*closed, _question("s", "RED", urgent="Nu.", needed_by=str(SLOTS.day(FIRST))))
    assert await _load(hub, client, "min-ezk") == before
    await hub.go(SLOTS.moment(FIRST + 1))
    after = (await _load(hub, client, "min-ezk"))["enexis"]
    assert after == before["enexis"] | {"nextAt": "2027-06-15T08:00:00Z"}


async def test_an_operator_sees_itself_only_and_others_nothing(hub: Hub, client: httpx.AsyncClient) -> None:
    assert (await _load(hub, client, "enexis")).keys() == {"enexis"}
    for party, status in (("gm0363", 403), ("kernteam-health", 403), ("kernhub", 403)):
        async with transaction(hub.pool) as connection:
            token = await new_token(connection, party, datetime.now(UTC))
        answer = await client.get("functions/electricity/load", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
    assert (await client.get("functions/stroom/load")).status_code in (400, 401)


async def test_an_operator_that_wants_nothing_routine_has_no_next_bundle(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    async with transaction(hub.pool) as connection:
        await keep_change(connection, "enexis", Change(0, Policy(bundles=0)), NOW)
    assert (await _load(hub, client, "enexis"))["enexis"]["nextAt"] is None
