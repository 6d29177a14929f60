"""What a party chose of its mail, and a flood: on a real database, with a clock that is moved."""

import re
from collections import Counter
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import vobject

from consumers.mail.mailer import Mailer
from hub.rules.identity import event_key
from hub.rules.preferences import USUAL, Preferences
from hub.store import tables
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.mail.preferences import change_preferences
from hub.store.register.registers import Registers
from hub.store.work import work_left
from tests.events import attributes
from tests.fed import NOW, Hub
from tests.samples import sample

_KNOWLEDGE = "knowledge.shared"
_MONDAY = datetime(2027, 6, 7, 7, tzinfo=NOW.tzinfo)


async def _want(hub: Hub, party: str, wanted: Preferences) -> None:
    async with transaction(hub.pool) as connection:
        await change_preferences(connection, party, lambda _: wanted, "test", NOW)


async def _mails(hub: Hub, party: str) -> list[Any]:
    rows = await hub.rows(tables.mail, tables.mail.c.party == party)
    return sorted(rows, key=lambda row: (row.made_at, row.place))


async def _left(hub: Hub, now: datetime) -> int:
    async with transaction(hub.pool) as connection:
        return (await work_left(connection, now)).mailer


def _ids(row: Any) -> Counter[str]:
    return Counter(re.findall(r"(?:Knelpunt|Les) ([kl]\d+)", row.body))


async def test_each_kind_comes_as_its_party_chose_and_each_event_once(hub: Hub) -> None:
    await _want(
        hub, "pv31", USUAL._replace(digested=("bottleneck-found",), at_once=("knowledge-shared",), hour=9)
    )
    for number in range(2):
        await hub.feed(
            sample(f"k{number}", data={"title": f"Knelpunt k{number}"}),
            sample(f"l{number}", _KNOWLEDGE, data={"title": f"Les l{number}"}),
        )
        await hub.go(NOW)
        # A register that changes makes mails anew that were not sent; the choice holds then too.
        await hub.change("gm0363", name=f"Gemeente {number}")
        await hub.send()
        await hub.mailer.compose()
    assert [row.kind for row in await _mails(hub, "pv31")] == ["immediate", "immediate"]
    await hub.send()
    assert await _left(hub, NOW) == 0
    await hub.at(_MONDAY)
    assert await _left(hub, _MONDAY) > 0
    await hub.go(_MONDAY)
    await hub.send()
    assert await _left(hub, _MONDAY) == 0
    found = await _mails(hub, "pv31")
    assert [row.kind for row in found] == ["immediate", "immediate", "digest"]
    assert _ids(found[-1]) == {"k0": 1, "k1": 1}
    assert _ids(found[0]) + _ids(found[1]) == {"l0": 1, "l1": 1}
    assert {row.kind for row in await _mails(hub, "gm0935")} <= {"digest"}
    other = await _mails(hub, "vr24")
    assert [row.kind for row in other] == ["immediate", "immediate", "digest"]
    assert await hub.rows(tables.audience, tables.audience.c.is_open) == []


async def test_a_deputy_gets_the_same_mail_and_the_mailbox_keeps_its_own(hub: Hub) -> None:
    await hub.change("vr24", mailbox="post@vr24.example")
    until = date(2027, 6, 30)
    deputy = "waarnemer@vr24.example"
    wanted = USUAL._replace(away_from=date(2027, 6, 1), away_until=until, deputy=deputy)
    await _want(hub, "vr24", wanted)
    await hub.feed(sample("een"))
    await hub.go(NOW)
    await hub.send()
    (mail,) = await _mails(hub, "vr24")
    assert (mail.copy_to, mail.state) == (deputy, "sent")
    assert hub.settings.maildir is not None
    arrived = [p.read_text() for p in (hub.settings.maildir / "new").iterdir() if deputy in p.read_text()]
    assert arrived
    assert all(f"Cc: {deputy}" in text for text in arrived)
    await hub.feed(sample("twee"))
    await hub.go(NOW)
    assert [row.copy_to for row in await _mails(hub, "vr24")] == [deputy] * 2
    await _want(hub, "vr24", USUAL)
    await hub.send()
    withdrawn = {(row.copy_to, row.state) for row in await _mails(hub, "vr24")}
    assert withdrawn == {(deputy, "sent"), (None, "sent")}
    records = [bytes(row.record) for row in await hub.rows(tables.ledger)]
    assert sum(b'"deputy":true' in record for record in records) == 1
    assert not any(deputy.encode() in record for record in records), "an address in the ledger stays for ever"


@pytest.mark.parametrize("events", [24])
async def test_a_flood_is_a_few_mails_and_one_that_says_so_with_all_the_rest(hub: Hub, events: int) -> None:
    few = hub.settings.model_copy(update={"mails_an_hour": 3})
    clock = clock_of(few, hub.pool)
    hub.mailer = Mailer(few, hub.pool, Registers(hub.pool, clock), clock)
    flood = [sample(f"k{i}", data={"title": f"Knelpunt k{i}"}) for i in range(events)]
    crisis = {**attributes("situation-opened"), "functions": "electricity", "areas": "VR24"}
    await hub.feed(*flood, crisis)
    await hub.go(NOW)
    urgent, *usual = await _mails(hub, "vr24")
    # What is urgent goes first, and counts.
    assert [row.kind for row in (urgent, *usual)] == ["immediate"] * 3
    assert urgent.place < usual[0].place - timedelta(days=3)
    await hub.send()
    assert await _left(hub, NOW) == 0
    await hub.go(NOW + timedelta(minutes=11))
    await hub.feed(sample("later", data={"title": "Knelpunt later"}))
    await hub.go(NOW + timedelta(minutes=30))
    _, *single, together = await _mails(hub, "vr24")
    assert [row.kind for row in single] == ["immediate"] * 2
    assert together.kind == "together"
    assert f"Veel tegelijk: {events - 2} berichten" in together.subject
    assert {count for row in single for count in _ids(row).values()} == {1}
    told = Counter(k for row in (*single, together) for k in set(_ids(row)))
    assert told == {f"k{i}": 1 for i in range(events)}
    await hub.go(NOW + timedelta(minutes=75))
    last = (await _mails(hub, "vr24"))[-1]
    assert "later" in last.body
    outcomes = await hub.rows(tables.outcome, tables.outcome.c.party == "vr24")
    assert {row.event_key for row in outcomes} == {
        event_key(one["source"], one["id"]) for one in [*flood, crisis, sample("later")]
    }
    assert all(row.mail_key for row in outcomes)


async def test_who_takes_part_in_a_dialogue_is_invited_at_once_and_told_of_changes(hub: Hub) -> None:
    dialogue = attributes("risk-dialogue-planned", id="plan", data={"participants": ["pv31"]})
    about = {"source": dialogue["source"], "id": "plan"}
    changed = {"participants": ["pv31"], "supersedes": about}
    later = attributes("risk-dialogue-planned", id="later", data=changed)
    changed = {"participants": ["pv31"], "supersedes": {**about, "id": "later"}, "state": "cancelled"}
    off = attributes("risk-dialogue-planned", id="niet", data=changed)
    # Whatever the party wants: it is expected there.
    await _want(hub, "pv31", USUAL.without("risk-dialogue-planned"))
    for event in (dialogue, later, off):
        await hub.feed(event)
        await hub.go(NOW)
        await hub.send()
    read = await _invitations(hub, "pv31")
    assert {(one.vevent.sequence.value, part.get_param("method")) for one, part in read} == {
        ("0", "REQUEST"),
        ("1", "REQUEST"),
        ("2", "CANCEL"),
    }
    assert len({one.vevent.uid.value for one, _ in read}) == 1
    assert [row.calendar for row in await _mails(hub, "vr24") if row.calendar] == []


def _version(number: int, *participants: str) -> dict[str, Any]:
    dialogue = attributes("risk-dialogue-planned", id=f"v{number}")
    before = {"source": dialogue["source"], "id": f"v{number - 1}"} if number else None
    dialogue["data"] |= {"participants": list(participants), "supersedes": before}
    return dialogue


async def test_of_an_invitation_that_changes_often_only_the_newest_goes_and_who_is_out_hears_it(
    hub: Hub,
) -> None:
    few = hub.settings.model_copy(update={"mails_an_hour": 1})
    clock = clock_of(few, hub.pool)
    hub.mailer = Mailer(few, hub.pool, Registers(hub.pool, clock), clock)
    for number in range(5):
        await hub.feed(_version(number, "pv31"))
        await hub.go(NOW)
        await hub.send()
    await hub.feed(sample("k0"))
    await hub.go(NOW + timedelta(minutes=1))
    assert [row.calendar is None for row in await _mails(hub, "pv31")] == [False, False, True]
    await hub.go(NOW + timedelta(minutes=61))
    await hub.feed(_version(5))
    await hub.go(NOW + timedelta(minutes=62))
    await hub.send()
    await hub.go(NOW + timedelta(minutes=62))
    read = await _invitations(hub, "pv31")
    assert sorted((one.vevent.sequence.value, part.get_param("method")) for one, part in read) == [
        ("0", "REQUEST"),
        ("1", "REQUEST"),
        ("5", "CANCEL"),
    ]
    outcome = tables.outcome.c
    withheld = await hub.rows(tables.outcome, outcome.party == "pv31", outcome.withheld.is_not(None))
    assert [row.withheld for row in withheld] == ["superseded"] * 3


async def test_invitations_that_fall_in_the_digest_are_a_calendar_with_it(hub: Hub) -> None:
    few = hub.settings.model_copy(update={"mails_an_hour": 1})
    clock = clock_of(few, hub.pool)
    hub.mailer = Mailer(few, hub.pool, Registers(hub.pool, clock), clock)
    await _want(hub, "pv31", USUAL._replace(weekdays=(0, 1, 2, 3, 4), hour=9, language="en"))
    plans = [
        attributes("risk-dialogue-planned", id=f"plan-{number}", data={"participants": ["pv31"]})
        for number in range(4)
    ]
    await hub.feed(*plans, _version(0, "gm0935"), _version(1, "gm0935"))
    await hub.go(NOW + timedelta(minutes=50))
    await hub.send()
    await hub.go(NOW + timedelta(minutes=61))
    await hub.send()
    *_, digest = await _mails(hub, "pv31")
    assert digest.state == "sent", "that it tells of a plan that was replaced keeps no digest back"
    read = await _invitations(hub, "pv31")
    methods = [part.get_param("method") for _, part in read]
    assert sorted(methods) == ["PUBLISH", "REQUEST", "REQUEST"]
    assert digest.kind == "digest"
    assert "The meetings in this mail are attached" in digest.body
    assert len({meeting.uid.value for one, _ in read for meeting in one.vevent_list}) == len(plans)


async def _invitations(hub: Hub, party: str) -> list[tuple[Any, Any]]:
    """The invitations that arrived, as another parser reads them, and the part of the mail."""
    assert hub.settings.maildir is not None
    arrived = [
        message_from_bytes(p.read_bytes(), policy=default)
        for p in (hub.settings.maildir / "new").iterdir()
        if b"BEGIN:VCALENDAR" in p.read_bytes() or b"text/calendar" in p.read_bytes()
    ]
    mine = {row.mail_key for row in await _mails(hub, party)}
    parts = [
        part
        for mail in arrived
        if str(mail["Message-ID"]).strip()[1:37] in map(str, mine)
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]
    return [(vobject.readOne(part.get_content()), part) for part in parts]
