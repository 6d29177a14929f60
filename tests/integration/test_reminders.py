"""An operator is reminded of what it was sent and has not answered: few times, together, and only of that."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.errors import DatabaseUnavailable
from hub.kafka.broker import Publisher
from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened, transaction
from hub.store.throttle.policies import keep_change
from hub.store.views.mails import events_of_mail
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.throttled import breaking_off

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
"""The fourth slot since `NOW`: what was asked then leaves in it, also when nobody else asks."""
WEEK = timedelta(weeks=1)


def _question(event_id: str, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    data = {"asked": ["enexis"], "needed_by": None, **changes.pop("data", {})}
    return attributes("question-raised", id=event_id, source=source_of(asker), data=data, **changes)


def _said(kind: str, of: str, by: str = "enexis", **data: Any) -> dict[str, Any]:
    request = {"source": source_of("gm0935"), "id": of}
    given = {"request": request, "recipients": None, **data}
    return attributes(kind, id=f"{kind}-{of}", source=source_of(by), data=given)


def _answer(of: str) -> dict[str, Any]:
    data = {"question": {"source": source_of("gm0935"), "id": of}, "per_area": []}
    return attributes("question-answered", id=f"a-{of}", source=source_of("enexis"), data=data)


async def _until_done(hub: Hub, step: Callable[[], Awaitable[None]]) -> int:
    """Does a step that is broken off at its first statement, at its second, and so on; how often it was."""
    times = 0
    while True:
        with breaking_off(hub.pool, times + 1):
            try:
                await step()
                return times
            except DatabaseUnavailable:
                times += 1


async def _weeks(hub: Hub, first: int, last: int) -> None:
    for week in range(first, last + 1):
        await hub.go(SLOT + week * WEEK)


async def _reminders(hub: Hub) -> list[str]:
    rows = await hub.rows(tables.mail, tables.mail.c.kind == "reminder")
    return [row.body for row in sorted(rows, key=lambda row: row.made_at)]


async def _told(hub: Hub) -> list[tuple[str, str]]:
    """Who heard of which request that its operator was reminded."""
    told = [row.content["data"] for row in await hub.rows(tables.outbox)]
    found = [one for one in told if one.get("reason") == "operator-was-reminded"]
    assert all(one["state"] == "sent" for one in found)
    return sorted((party, one["request"]["id"]) for one in found for party in one["recipients"])


async def test_what_nobody_answers_is_reminded_of_twice_and_each_asker_hears_so(hub: Hub) -> None:
    await hub.feed(_question("v1"), _question("v2", "gm0994"), _question("v3", data={"text": "Hoe diep?"}))
    await _weeks(hub, 0, 1)
    assert (len(await hub.bundles()), await _reminders(hub)) == (1, [])
    await hub.feed(_question("v4", "gm0938"))
    await _weeks(hub, 2, 2)
    (mail,) = await _reminders(hub)
    assert "2 vragen staan nog open" in mail
    assert "Uit bundel 1, van dinsdag 22 juni 2027" in mail
    assert "\n1-1. Vraag gesteld: " in mail
    assert "Gemeente Meerssen" in mail, "who joined later waits as well"
    assert await _told(hub) == [("gm0935", "v1"), ("gm0935", "v3"), ("gm0938", "v4"), ("gm0994", "v2")]
    await _weeks(hub, 2, 9)
    assert (len(await hub.bundles()), len(await _reminders(hub)), len(await _told(hub))) == (1, 2, 8)
    slots = [row.slot for row in await hub.rows(tables.reminder)]
    assert slots[1] - slots[0] == 2
    records = await hub.rows(tables.ledger, tables.ledger.c.kind == "bundle-reminded")
    assert len(records) == 2


async def test_a_reminder_rides_in_the_bundle_of_its_slot(hub: Hub) -> None:
    await hub.feed(_question("v1", data={"needed_by": "2027-07-02"}))
    await hub.go(SLOT)
    await hub.feed(_question("v2", data={"text": "Hoe diep?", "needed_by": "2027-07-08"}))
    await _weeks(hub, 1, 2)
    first, second = await hub.bundles()
    assert "Nog open" not in first
    new, old = second.split("\nNog open\n")
    assert "Hoe diep?" in new
    assert "\n1-1. Vraag gesteld: Hoe lang werkt de noodstroom" in old
    assert "Nodig voor 2 juli 2027." in old
    assert (await _reminders(hub), await _told(hub)) == ([], [("gm0935", "v1")])
    (reminder,) = await hub.rows(tables.reminder)
    (_, bundle) = sorted(await hub.rows(tables.bundle), key=lambda row: row.slot)
    assert (reminder.stands_alone, reminder.slot, reminder.mail_key) == (False, bundle.slot, bundle.mail_key)


@pytest.mark.parametrize(
    "ending",
    [
        _answer("v1"),
        _said("request-declined", "v1", reason="Nee."),
        _said("request-withdrawn", "v1", by="gm0935"),
        _said("request-postponed", "v1", reason="Druk.", until="2027-09-01"),
        None,
    ],
    ids=["answered", "declined", "withdrawn", "postponed", "expired"],
)
async def test_of_what_is_no_longer_open_nobody_is_reminded(hub: Hub, ending: dict[str, Any] | None) -> None:
    await hub.feed(_question("v1", expirytime=None if ending else "2027-07-05T08:00:00+02:00"))
    await hub.go(SLOT)
    assert len(await hub.bundles()) == 1
    if ending:
        await hub.feed(ending)
    await _weeks(hub, 0, 5)
    assert (await _reminders(hub), await _told(hub)) == ([], [])


async def test_what_is_answered_between_the_slot_and_the_mail_is_left_out_and_does_not_count(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    await hub.at(SLOT + 2 * WEEK)
    await hub.throttle.release_due()
    assert len(await hub.rows(tables.reminder)) == 1
    await hub.feed(_answer("v1"))
    await hub.mailer.compose()
    (reminder,) = await hub.rows(tables.reminder)
    assert (reminder.withheld, await _reminders(hub), await _told(hub)) == ("nothing-left", [], [])


async def test_what_may_not_be_known_any_more_is_in_no_reminder(hub: Hub) -> None:
    await hub.feed(_question("v1"), _question("v2", tlp="AMBER", data={"text": "Hoe diep?"}))
    await hub.go(SLOT)
    await hub.change("enexis", clearance=Tlp.GREEN)
    await _weeks(hub, 2, 2)
    (mail,) = await _reminders(hub)
    assert ("Hoe lang werkt" in mail, "Hoe diep?" in mail) == (True, False)
    assert await _told(hub) == [("gm0935", "v1")]


async def test_quiet_puts_a_reminder_off_and_no_budget_means_none(hub: Hub) -> None:
    await hub.feed(_question("v1"), _question("v2", data={"asked": ["wml"], "text": "Waar?"}))
    await hub.go(SLOT)
    first = await hub.rows(tables.bundle)
    quiet = Policy(quiet=(Quiet(date(2027, 7, 1), date(2027, 7, 10)),))
    async with transaction(hub.pool) as connection:
        for operator, policy in (("enexis", quiet), ("wml", Policy(bundles=0))):
            await keep_change(connection, operator, Change(first[0].slot + 1, policy), NOW)
    await _weeks(hub, 1, 8)
    rows = await hub.rows(tables.reminder)
    assert {row.operator for row in rows} == {"enexis"}
    assert min(row.slot for row in rows) == first[0].slot + 3


async def test_a_reminder_that_was_not_sent_is_made_again_under_a_new_register(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    await hub.send()
    await hub.go(SLOT + 2 * WEEK)
    await hub.change("gm0935", name="Gemeente Mestreech")
    await hub.send()
    await hub.mailer.compose()
    (mail,) = await _reminders(hub)
    assert "Gemeente Mestreech" in mail
    assert len(await _told(hub)) == 1


async def _all(hub: Hub) -> list[Any]:
    """What came of reminders: decided, mailed, told and in the ledger."""
    reminders = sorted((row.slot, row.stands_alone, row.mail_key) for row in await hub.rows(tables.reminder))
    about = sorted((row.bundle_key, row.slot) for row in await hub.rows(tables.reminded))
    mails = sorted((row.mail_key, row.body) for row in await hub.rows(tables.mail))
    told = sorted(row.event_key for row in await hub.rows(tables.outbox))
    ledger = sorted(row.record_key for row in await hub.rows(tables.ledger))
    return [reminders, about, mails, told, ledger]


async def test_p09_broken_off_at_every_statement_and_by_two_at_once_the_reminders_are_the_same(
    hub: Hub, twin: Settings
) -> None:
    asked = (
        _question("v1", data={"needed_by": "2027-07-02"}),
        _question("v2", "gm0994", data={"text": "Waar?", "needed_by": "2027-07-12"}),
    )
    late = _question("v3", data={"text": "Hoe diep?", "needed_by": "2027-07-08"})
    async with Publisher(twin) as publisher, opened(twin) as pool:
        other = Hub(twin, pool, publisher)
        for one in (hub, other):
            await one.go(NOW)
            await one.feed(*asked)
            await one.go(SLOT)
            await one.feed(late)
        await _weeks(hub, 1, 5)
        times = 0
        for week in range(1, 6):
            await other.at(SLOT + week * WEEK)
            times += await _until_done(other, other.throttle.release_due)
            times += await _until_done(other, other.mailer.compose)
            await asyncio.gather(*(other.throttle.release_due() for _ in range(2)))
            await asyncio.gather(*(other.mailer.compose() for _ in range(2)))
        expected = await _all(hub)
        assert await _all(other) == expected
    assert [alone for _, alone, _ in expected[0]] == [False, True]
    assert times > 150


async def test_the_page_of_a_reminder_has_what_was_open_then(hub: Hub) -> None:
    await hub.feed(_question("v1"), _question("v2", data={"text": "Hoe diep?"}))
    await hub.go(SLOT)
    await hub.feed(_answer("v2"))
    await _weeks(hub, 1, 3)
    await hub.feed(_answer("v1"))
    (reminder,) = await hub.rows(tables.reminder)
    async with transaction(hub.pool) as connection:
        events = await events_of_mail(connection, reminder.mail_key, 10)
    assert [row.content["id"] for row in events] == ["v1"]


async def test_two_workers_at_once_remind_once(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    await hub.at(SLOT + 2 * WEEK)
    await asyncio.gather(*(hub.throttle.release_due() for _ in range(3)))
    await asyncio.gather(*(hub.mailer.compose() for _ in range(3)))
    assert (len(await _reminders(hub)), await _told(hub)) == (1, [("gm0935", "v1")])
