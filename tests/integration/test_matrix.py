"""Rooms on a real Matrix homeserver: who is in the room reads label, title and link, once, and no more."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from consumers.commands import outlets as commands
from hub.outlets.own_outlets import OutletRefused, resend
from hub.rules.identity import event_key
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.database import transaction
from hub.store.deliveries.outlets import OutletName
from hub.store.views.states import states_of
from schemas.terms import Tlp
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.homeserver import Homeserver, Person, homeserver
from tests.outletted import Sender, ledger

CALLED = OutletName("enexis", "matrix", "team")


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Homeserver]:
    async with homeserver(tmp_path_factory.mktemp("matrix")) as made:
        yield made


class Team:
    """People of Enexis, and the account with which the hub comes into their rooms."""

    def __init__(self, server: Homeserver, member: Person, bot: Person):
        self.server, self.member, self.bot = server, member, bot

    async def room(self, **wanted: Any) -> str:
        return await self.member.room(invite=[self.bot.name], **wanted)

    def wanted(self, room: str, **changes: str) -> dict[str, str]:
        return {"url": self.server.url, "room": room, "token": self.bot.token, **changes}

    async def texts(self, room: str) -> list[str]:
        return [one["body"] for one in await self.member.read(room)]


@pytest.fixture(scope="module")
async def team(server: Homeserver) -> Team:
    return Team(server, await server.person("medewerker"), await server.person("kernhub"))


async def _put(hub: Hub, client: httpx.AsyncClient, target: dict[str, str]) -> httpx.Response:
    async with transaction(hub.pool) as connection:
        headers = {"Authorization": f"Bearer {await new_token(connection, 'enexis', NOW)}"}
    return await client.put("outlets/matrix/team", json={"target": target}, headers=headers)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A hub that may send to this machine."""
    return settings.model_copy(update={"webhooks": "local"})


def _found(name: str, **changes: Any) -> dict[str, Any]:
    return attributes("bottleneck-found", id=name, data={"title": name, "description": "diep"}, **changes)


async def test_a_room_reads_label_title_and_link_of_what_it_may_know_and_each_once(
    hub: Hub, client: httpx.AsyncClient, sender: Sender, team: Team
) -> None:
    room = await team.room(preset="private_chat")
    answer = await _put(hub, client, team.wanted(room))
    assert answer.status_code == 201
    assert team.bot.token not in answer.text
    await sender.go()
    events = [_found("<b>open</b>"), _found("dicht", tlp="AMBER"), _found("ook open", tlp="CLEAR")]
    await hub.feed(*events)
    await sender.go()
    links = [f"{hub.settings.public_url}/gebeurtenissen/{event_key(e['source'], e['id'])}" for e in events]
    told = [
        f"[OEFENING] [TLP:GREEN] Knelpunt gevonden: <b>open</b>\n{links[0]}",
        f"[OEFENING] [TLP:CLEAR] Knelpunt gevonden: ook open\n{links[2]}",
    ]
    assert await team.texts(room) == told
    assert "&lt;b&gt;open" in (await team.member.read(room))[0]["formatted_body"]
    assert [one["why"] for one in await ledger(hub, "delivery-withheld")] == ["room-may-not-know"]
    assert {one["channel"] for one in await ledger(hub, "delivery-sent")} == {"matrix:team"}
    async with transaction(hub.pool) as connection:
        ways = await states_of(connection, event_key(events[0]["source"], events[0]["id"]))
        assert ("enexis", "matrix:team", "delivered") in {one[:3] for one in ways}
        await resend(connection, CALLED, sender.wall.replace(year=2000), "enexis", NOW)
    await sender.go()
    assert await team.texts(room) == told, "the server knows what comes again by its name"


async def test_rights_are_decided_again_and_a_room_where_anybody_may_come_reads_only_what_anybody_may(
    hub: Hub, client: httpx.AsyncClient, sender: Sender, team: Team
) -> None:
    room = await team.room(preset="private_chat")
    await _put(hub, client, team.wanted(room, most="AMBER"))
    await sender.later(minutes=1)
    await hub.feed(_found("een", tlp="AMBER"))
    await sender.later(minutes=1)
    await hub.feed(_found("twee", tlp="AMBER"))
    await hub.change("enexis", clearance=Tlp.GREEN)
    await sender.later(minutes=1)
    await team.member.ask("PUT", f"/rooms/{room}/state/m.room.join_rules/", {"join_rule": "public"})
    await hub.feed(_found("drie"), _found("vier", tlp="CLEAR"))
    await sender.later(minutes=1)
    assert [text.split("\n")[0][-4:] for text in await team.texts(room)] == [" een", "vier"]
    whys = [one["why"] for one in await ledger(hub, "delivery-withheld")]
    assert whys == ["clearance-too-low", "room-may-not-know"]


async def test_a_room_that_can_not_be_written_to_is_tried_again_and_says_why(
    hub: Hub,
    client: httpx.AsyncClient,
    sender: Sender,
    team: Team,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    hidden = await team.room(initial_state=[secret])
    foreign = await team.member.room(preset="private_chat")
    for room, token, why in (
        (hidden, team.bot.token, "is versleuteld: daar kan de hub niet in schrijven"),
        (foreign, team.bot.token, "antwoordde met 403: M_FORBIDDEN"),
        (foreign, "verkeerd-geheim", "antwoordde met 401: M_UNKNOWN_TOKEN"),
    ):
        await _put(hub, client, {**team.wanted(room), "token": token})
        await sender.go()
        (row,) = await hub.rows(tables.outlet)
        assert (row.state, row.last_error) == ("new", why)
    assert await commands.list_outlets(hub.settings, "enexis") == 0
    told = capsys.readouterr().out
    assert "M_UNKNOWN_TOKEN" in told
    assert "verkeerd-geheim" not in told


async def test_a_room_that_can_not_be_right_is_refused_with_why(
    hub: Hub, client: httpx.AsyncClient, team: Team
) -> None:
    for target, field in (
        ({**team.wanted("!kamer:hub.test"), "url": "https://10.0.0.1"}, "url"),
        (team.wanted("#kamer:hub.test"), "room"),
        (team.wanted("!kamer:hub.test", url="https://m.example", most="RED"), "most"),
    ):
        answer = await _put(hub, client, target)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    with pytest.raises(OutletRefused, match="matrix"):
        await commands.set_outlet(hub.settings, "enexis", "duif", "team", {})
