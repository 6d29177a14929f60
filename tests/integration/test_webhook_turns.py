"""Turns of webhooks: whatever happens in between, each goes once by name, at the pace that is allowed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from connectors.webhook import sending as webhook_sending
from consumers.ways_out import outlet_turn
from hub.outlets.webhooks import new_secret, resend
from hub.outside import asking
from hub.rules.identity import event_key
from hub.rules.policy import Mode
from hub.rules.relations import Reason, Relation
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.database import transaction
from hub.store.deliveries import turns
from hub.store.exchanges import NewDeliveries, plan_deliveries
from hub.store.wake import Channel, WakeUp
from hub.store.work import work_left
from schemas.terms import Tlp
from tests.fed import NOW, Hub
from tests.outletted import ENEXIS, Sender, found, ledger, put_again, sending
from tests.receiver import Answer, Receiver, receiving, silent, status


def _counting(dead: Receiver, took: list[int]) -> Answer:
    async def answer(receiver: Receiver, request: Any, writer: Any) -> None:
        took.append(len(dead.posted))
        await status(204)(receiver, request, writer)

    return answer


async def _dies(*_: object, **__: object) -> None:
    raise ZeroDivisionError


async def test_all_since_a_moment_goes_once_more_under_the_same_names(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await hub.feed(*found("a"))
    await sender.go()
    moment = NOW + timedelta(hours=1)
    await hub.at(moment)
    await hub.feed(*found("b", "c"))
    await sender.go()
    async with transaction(hub.pool) as connection:
        assert await resend(connection, ENEXIS, moment, "enexis", NOW) is None
    await sender.go()
    assert [one.event["id"] for one in receiver.posted][3:] == ["b", "c"]
    assert receiver.ids == ["a", "b", "c"]
    assert len(await ledger(hub, "delivery-sent")) == 3


async def test_rights_are_decided_again_at_sending_also_of_what_waits_to_be_tried_again(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.answers.append(status(500))
    await hub.feed(*found("dicht", tlp="AMBER"))
    await sender.go()
    await hub.feed(*found("ook-dicht", tlp="AMBER"), *found("open"))
    await hub.change("enexis", clearance=Tlp.GREEN)
    await sender.later(minutes=1)
    await sender.later(minutes=1)
    assert receiver.ids == ["open"]
    assert [one["why"] for one in await ledger(hub, "delivery-withheld")] == ["clearance-too-low"] * 2
    assert await hub.rows(tables.unsent) == []


async def test_no_minute_holds_more_than_the_receiver_allows(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    receiver.greeting = "WebHook-Allowed-Origin: 127.0.0.1\r\nWebHook-Allowed-Rate: 25\r\n"
    moments: list[float] = []

    async def note(receiver: Receiver, request: Any, writer: Any) -> None:
        moments.append(sender.wall.timestamp())
        await status(204 if len(moments) % 7 else 500)(receiver, request, writer)

    receiver.usual = note
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    await hub.feed(*found(*(f"n{number}" for number in range(60))))
    for _ in range(80):
        await sender.later(seconds=4)
    assert len(receiver.ids) == 60
    assert max(sum(at <= one <= at + 60 for one in moments) for at in moments) <= 25


async def test_a_new_secret_and_the_old_one_both_verify_for_a_day(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    old = await sender.webhook("enexis", receiver.url)
    await sender.go()
    async with transaction(hub.pool) as connection:
        new, until = await new_secret(connection, ENEXIS, sender.wall)
    await hub.feed(*found("a"))
    await sender.go()
    (posted,) = receiver.posted
    for secret in (old, new):
        Webhook(secret).verify(posted.body, posted.headers)
    row = await sender.outlet("enexis")
    assert webhook_sending.secrets_at(row.secrets, until) == [new]


async def test_a_dead_receiver_slows_no_other(
    hub: Hub, sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SECONDS", 1.0)
    async with receiving() as dead:
        await sender.webhook("pv31", dead.url)
        await sender.webhook("enexis", receiver.url)
        await sender.go()
        dead.usual = silent
        took: list[int] = []
        receiver.usual = _counting(dead, took)
        await hub.feed(*found(*(f"n{number}" for number in range(30))))
        await sender.go()
        assert set(receiver.ids) == {f"n{number}" for number in range(30)}
        assert set(took) <= set(range(9))


@pytest.mark.parametrize("step", ["hold_on", "record", "forget_missed", "keep_missed", "end_turn"])
async def test_a_worker_that_dies_in_a_turn_is_followed_by_another_that_sends_the_same_names(
    hub: Hub, sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.answers.append(status(500))
    await hub.feed(*found("a"))
    await sender.go()
    await hub.feed(*found("b", "c"))
    sender.wall += timedelta(minutes=1)
    with monkeypatch.context() as dying:
        dying.setattr(outlet_turn if step == "record" else turns, step, _dies)
        await sender.outlets.address()
        with pytest.raises(ExceptionGroup):
            await sender.outlets.take_turns()
    assert len(receiver.taken) == 2
    assert await ledger(hub, "delivery-sent") == []
    async with sending(hub) as other:
        other.wall = sender.wall
        await other.go()
        assert len(receiver.taken) == 2
        await other.later(minutes=3)
    assert sorted(receiver.ids) == ["a", "b", "c"]
    assert len(await ledger(hub, "delivery-sent")) == 3
    assert await hub.rows(tables.unsent) == []


async def test_a_worker_that_lost_its_turn_to_another_changes_nothing(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()

    async def meanwhile(receiver: Receiver, request: Any, writer: Any) -> None:
        receiver.usual = status(204)
        async with transaction(hub.pool) as connection:
            await put_again(connection, receiver)
        await status(500)(receiver, request, writer)

    receiver.usual = meanwhile
    await hub.feed(*found("a"))
    await sender.go()
    await sender.go()
    assert receiver.ids == ["a"]
    outlet = await sender.outlet("enexis")
    assert (outlet.failures, await hub.rows(tables.unsent)) == (0, [])


async def test_what_was_planned_before_its_event_is_kept_is_looked_for_once_a_second(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    (told,) = found("a")
    key = event_key(told["source"], told["id"])
    tied = Tied(("enexis",), Tlp.RED, (Reason(Relation.OPERATOR, "electricity", "GM0935"),))
    async with transaction(hub.pool) as connection:
        await plan_deliveries(connection, [NewDeliveries(key, tied, Mode.DIGEST, 1, NOW)])
    await sender.go()
    await sender.later(seconds=1.5)
    assert receiver.posted == []
    await hub.feed(told)
    await sender.later(seconds=1.5)
    assert receiver.ids == ["a"]


async def test_the_worker_sends_what_comes_without_being_asked(
    hub: Hub, settings: Settings, sender: Sender, receiver: Receiver
) -> None:
    arrived = asyncio.Event()

    async def tell(receiver: Receiver, request: Any, writer: Any) -> None:
        await status(204)(receiver, request, writer)
        arrived.set()

    receiver.usual = tell
    await sender.webhook("enexis", receiver.url)
    stop, wake_up = asyncio.Event(), WakeUp(settings, 1.0, Channel.PLANNED)
    worker = asyncio.create_task(sender.outlets.keep_sending(wake_up, stop))
    sender.wall += timedelta(days=1)
    await hub.feed(*found("a"))
    async with asyncio.timeout(60):
        await arrived.wait()
    stop.set()
    wake_up.set()
    await worker
    await wake_up.close()
    assert receiver.ids == ["a"]
    assert len(await ledger(hub, "delivery-sent")) == 1


async def test_what_waits_for_a_system_is_work_left_and_a_system_that_is_away_is_not(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    async def left() -> int:
        async with transaction(hub.pool) as connection:
            return (await work_left(connection, NOW)).outlets

    assert await left() == 0
    await sender.webhook("enexis", receiver.url)
    for name in ("a", "b"):
        assert await left() == 1
        await sender.go()
        assert await left() == 0
        await hub.feed(*found(name))
    receiver.usual = status(500)
    await sender.go()
    assert await left() == 0
