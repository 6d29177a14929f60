"""Parties keep their own webhooks over HTTP, the administrator with the program."""

from typing import Any

import httpx
import pytest

from consumers.commands import outlets, topics, webhooks
from consumers.commands.keys import UnknownParty
from consumers.commands.outlets import NoOutlet
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.outletted import ledger, sending
from tests.receiver import receiving, status

_URL = "https://haken.example/hub"


class Owner:
    """A party that keeps its webhooks."""

    def __init__(self, client: httpx.AsyncClient, token: str):
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, code: int, **content: Any) -> Any:
        json = content or ({} if path.endswith("resends") else None)
        answer = await self._client.request(method, path, headers=self._headers, json=json)
        assert answer.status_code == code, answer.text
        return answer.json() if answer.content else None


async def _owner(hub: Hub, client: httpx.AsyncClient, party: str) -> Owner:
    async with transaction(hub.pool) as connection:
        return Owner(client, await new_token(connection, party, NOW))


async def test_a_webhook_is_made_changed_and_removed_and_its_secret_is_shown_once(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    owner = await _owner(hub, client, "enexis")
    made = await owner.ask("PUT", "webhooks/zaken", 201, url=_URL)
    assert made["secret"].startswith("whsec_")
    again = await owner.ask("PUT", "webhooks/zaken", 200, url=_URL, mode="binary", enabled=False)
    assert again["secret"] is None
    (shown,) = (await owner.ask("GET", "webhooks", 200))["webhooks"]
    assert (shown["mode"], shown["state"], shown["stoppedWhy"]) == ("binary", "stopped", "owner")
    assert made["secret"] not in str(shown)
    new = await owner.ask("POST", "webhooks/zaken/secrets", 200)
    assert new["secret"] != made["secret"]
    other = await _owner(hub, client, "pv31")
    assert (await other.ask("GET", "webhooks", 200))["webhooks"] == []
    for method, path in (("DELETE", ""), ("POST", "/secrets"), ("POST", "/resends"), ("GET", "/unsent")):
        await other.ask(method, f"webhooks/zaken{path}", 404)
    await owner.ask("DELETE", "webhooks/zaken", 204)
    assert (await owner.ask("GET", "webhooks", 200))["webhooks"] == []


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"url": "http://haken.example/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": _URL, "mode": "batch"}, "mode"),
        ({"url": _URL, "geheim": "x"}, "geheim"),
        ({"mode": "binary"}, "url"),
    ],
)
async def test_a_webhook_that_can_not_be_right_is_refused_with_why(
    hub: Hub, client: httpx.AsyncClient, wanted: dict[str, Any], field: str
) -> None:
    owner = await _owner(hub, client, "enexis")
    refused = await owner.ask("PUT", "webhooks/zaken", 422, **wanted)
    assert [one["field"] for one in refused["errors"]] == [field]
    assert (await owner.ask("GET", "webhooks", 200))["webhooks"] == []


async def test_nobody_has_more_than_twenty(hub: Hub, client: httpx.AsyncClient) -> None:
    owner = await _owner(hub, client, "enexis")
    for number in range(20):
        await owner.ask("PUT", f"webhooks/w{number}", 201, url=_URL)
    await owner.ask("PUT", "webhooks/te-veel", 422, url=_URL)


async def test_what_was_not_taken_is_seen_and_sent_again_by_its_owner_and_by_the_administrator(
    hub: Hub, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = await _owner(hub, client, "enexis")
    async with receiving() as receiver, sending(hub) as sender:
        await sender.webhook("enexis", receiver.url)
        await sender.go()
        receiver.usual = status(500)
        await hub.feed(attributes("bottleneck-found", id="geheim-a"))
        await sender.go()
        (waits,) = (await owner.ask("GET", "webhooks/zaken/unsent", 200))["deliveries"]
        assert (waits["attempts"], waits["lastError"]) == (1, "antwoordde met 500")
        (shown,) = (await owner.ask("GET", "webhooks", 200))["webhooks"]
        assert (shown["waiting"], shown["lastError"]) == (1, "antwoordde met 500")
        assert await webhooks.list_webhooks(hub.settings, None) == 0
        assert await webhooks.list_unsent(hub.settings, "enexis") == 0
        told = capsys.readouterr().out
        assert f"enexis zaken: {receiver.url}, aan" in told
        assert waits["deliveryid"] in told
        assert "geheim-a" not in told
        receiver.usual = status(204)
        assert await webhooks.resend_unsent(hub.settings, None) == 0
        assert "1 bezorgingen" in capsys.readouterr().out
        await sender.later(seconds=1)
        assert receiver.ids == ["geheim-a"]
        assert (await owner.ask("POST", "webhooks/zaken/resends", 200))["deliveries"] == 0
        since = {"since": "2020-01-01T00:00:00Z"}
        assert (await owner.ask("POST", "webhooks/zaken/resends", 200, **since))["deliveries"] is None
        await sender.later(seconds=1)
        assert [one.event["id"] for one in receiver.taken] == ["geheim-a", "geheim-a"]
        asked = [(one["by"], one["deliveries"], one["since"]) for one in await ledger(hub, "resend-asked")]
        assert sorted(asked, key=str) == [
            ("administrator", 1, None),
            ("enexis", 0, "2020-01-01T00:00:00Z"),
            ("enexis", 0, None),
        ]
        (made,) = [one for one in await ledger(hub, "outlet-changed") if one["change"] == "set"]
        assert made["host"] == "127.0.0.1"
        assert "/" not in made["host"]
        assert made["by"] == "enexis"


async def test_the_administrator_makes_stops_and_removes_webhooks_too(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await webhooks.set_webhook(hub.settings, "enexis", "zaken", _URL, "structured") == 0
    assert capsys.readouterr().out.startswith("whsec_")
    assert await webhooks.renew_secret(hub.settings, "enexis", "zaken") == 0
    assert await outlets.stop_outlet(hub.settings, "enexis", "webhook", "zaken") == 0
    assert await webhooks.list_webhooks(hub.settings, "enexis") == 0
    assert "uitgezet" in capsys.readouterr().out
    assert await outlets.remove_outlet(hub.settings, "enexis", "webhook", "zaken") == 0
    with pytest.raises(NoOutlet):
        await outlets.stop_outlet(hub.settings, "enexis", "webhook", "zaken")
    assert await topics.set_topic(hub.settings, "enexis", "structured") == 0
    assert await topics.remove_topic(hub.settings, "enexis") == 0
    told = await ledger(hub, "outlet-changed")
    assert len(told) == 6
    assert {one["by"] for one in told} == {"administrator"}
    with pytest.raises(UnknownParty):
        await webhooks.set_webhook(hub.settings, "enexiss", "zaken", _URL, "structured")
