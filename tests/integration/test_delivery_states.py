"""How far deliveries are, over all ways out: what sender, receiver and administrator see of it."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from consumers.commands.states import show_states
from consumers.commands.webhooks import list_unsent, resend_unsent
from hub.rules.identity import event_key
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.outletted import Sender, found
from tests.receiver import Receiver, status

MONDAY = datetime(2027, 6, 7, 8, tzinfo=UTC)
SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)


class Party:
    """A party's program."""

    def __init__(self, client: httpx.AsyncClient, token: str):
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **asked: Any) -> httpx.Response:
        return await self.client.get(path, headers=self.headers, params=asked)

    async def states(self, event: dict[str, Any]) -> dict[str, str]:
        """Of each party, and where it is told each way, how far it is."""
        key = event_key(event["source"], event["id"])
        answer = await self.get(f"events/{key}/deliveries")
        assert answer.status_code in (200, 404)
        shown = answer.json().get("deliveries", [])
        return {" ".join(filter(None, (one["party"], one.get("way")))): one["state"] for one in shown}


async def _party(hub: Hub, client: httpx.AsyncClient, party: str) -> Party:
    async with transaction(hub.pool) as connection:
        return Party(client, await new_token(connection, party, NOW))


async def test_sender_and_receiver_see_how_far_it_is_over_every_way(
    hub: Hub,
    client: httpx.AsyncClient,
    sender: Sender,
    receiver: Receiver,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publisher, enexis = [await _party(hub, client, name) for name in ("gm0935", "enexis")]
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    (event,) = found("a")
    await hub.feed(event)
    assert await enexis.states(event) == {"enexis mail": "pending", "enexis webhook:zaken": "pending"}
    receiver.answers.append(status(500))
    await sender.go()
    assert (await enexis.states(event))["enexis webhook:zaken"] == "failed"
    assert (await publisher.states(event))["enexis"] == "pending"
    await hub.go(MONDAY)
    await hub.send()
    told = await publisher.states(event)
    assert told["enexis"] == "sent"
    assert {"gm0935", "gm0014"}.isdisjoint(told)
    await sender.later(minutes=1)
    assert (await publisher.states(event))["enexis"] == "delivered"
    page = (await enexis.get("deliveries")).json()
    assert (await enexis.states(event))["enexis pull"] == "sent"
    await enexis.get("deliveries", after=page["next"])
    assert await enexis.states(event) == {
        "enexis mail": "sent",
        "enexis pull": "acknowledged",
        "enexis webhook:zaken": "delivered",
    }
    assert (await publisher.states(event))["enexis"] == "acknowledged"
    assert await (await _party(hub, client, "gm0014")).states(event) == {}
    assert await show_states(hub.settings, event["id"], "enexis") == 0
    assert "enexis  webhook zaken: bezorgd" in capsys.readouterr().out


async def test_what_is_withheld_is_pending_to_its_sender_and_not_there_to_who_may_know_no_longer(
    hub: Hub, client: httpx.AsyncClient, sender: Sender, receiver: Receiver
) -> None:
    publisher, enexis = [await _party(hub, client, name) for name in ("gm0935", "enexis")]
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    (event,) = found("dicht", tlp="AMBER")
    await hub.feed(event)
    await hub.change("enexis", clearance=Tlp.GREEN)
    await sender.go()
    await hub.mailer.compose()
    assert (await publisher.states(event))["enexis"] == "pending"
    assert await enexis.states(event) == {}


async def test_an_operator_that_is_asked_has_it_when_its_bundle_is_sent_and_shows_it_by_answering(
    hub: Hub, client: httpx.AsyncClient
) -> None:
    publisher, enexis = [await _party(hub, client, name) for name in ("gm0935", "enexis")]
    question = attributes("question-raised", id="vraag", data={"asked": ["enexis"], "needed_by": None})
    await hub.feed(question)
    assert (await publisher.states(question))["enexis"] == "pending"
    assert await enexis.states(question) == {}
    await hub.go(SLOT)
    await hub.send()
    assert (await publisher.states(question))["enexis"] == "sent"
    assert await enexis.states(question) == {"enexis bundle": "sent"}
    of = {"question": {"source": question["source"], "id": "vraag"}}
    await hub.feed(attributes("question-answered", source=source_of("enexis"), data=of))
    assert (await publisher.states(question))["enexis"] == "acknowledged"


async def test_a_mail_that_was_given_up_is_listed_with_why_and_sent_again_after_repair(
    hub: Hub, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher, enexis = [await _party(hub, client, name) for name in ("gm0935", "enexis")]
    (event,) = found("a")
    await hub.feed(event)
    await hub.go(MONDAY)
    broken = {"state": "failed", "attempts": 11, "last_error": "550 geen postbus"}
    async with transaction(hub.pool) as connection:
        own = update(tables.mail).where(tables.mail.c.party == "enexis")
        await connection.execute(own.values(**broken))
    assert await enexis.states(event) == {"enexis mail": "given-up"}
    assert (await publisher.states(event))["enexis"] == "given-up"
    assert await list_unsent(hub.settings, "enexis") == 0
    assert "550 geen postbus" in capsys.readouterr().out
    assert await resend_unsent(hub.settings, "enexis") == 0
    await hub.send()
    assert await enexis.states(event) == {"enexis mail": "sent"}
