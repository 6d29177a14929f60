"""What an operator says of what it was asked, on a real database: declined, postponed, referred."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consumers.throttle import releasing, worker
from hub.rules.identity import event_key
from hub.rules.throttle.slots import Slots
from hub.store import tables
from hub.store.clock import move_clock
from hub.store.database import transaction
from tests.events import attributes, source_of
from tests.fed import NOW, Hub

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
"""The fourth slot since `NOW`: what was asked then leaves in it, also when nobody else asks."""


def _question(event_id: str, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    data = {"asked": ["enexis"], "needed_by": None, **changes.pop("data", {})}
    return attributes("question-raised", id=event_id, source=source_of(asker), data=data, **changes)


def _said(kind: str, of: str, asker: str = "gm0935", by: str = "enexis", **changes: Any) -> dict[str, Any]:
    request = {"source": source_of(asker), "id": of}
    data = {"request": request, "recipients": None, **changes.pop("data", {})}
    event_id = changes.pop("id", f"{kind}-{of}")
    return attributes(kind, id=event_id, source=source_of(by), data=data, **changes)


def _withdrawn(of: str, asker: str = "gm0935") -> dict[str, Any]:
    data = {"request": {"source": source_of(asker), "id": of}}
    return attributes("request-withdrawn", id=f"weg-{of}", source=source_of(asker), data=data)


def _answer(of: str, asker: str = "gm0935") -> dict[str, Any]:
    data = {"question": {"source": source_of(asker), "id": of}, "per_area": []}
    return attributes("question-answered", source=source_of("enexis"), data=data)


async def _told(hub: Hub, event: dict[str, Any]) -> set[str]:
    key = event_key(event["source"], event["id"])
    delivery = tables.delivery.c
    rows = await hub.rows(tables.delivery, delivery.event_key == key, delivery.mode == "immediate")
    return {row.party for row in rows if any(relation == "asker" for relation, *_ in row.reasons)}


async def _records(hub: Hub, kind: str) -> int:
    return len(await hub.rows(tables.ledger, tables.ledger.c.kind == kind))


async def test_a_decline_ends_the_item_tells_each_asker_and_is_kept(hub: Hub) -> None:
    await hub.feed(_question("v1"), _question("v2", "gm0994"))
    await hub.go(SLOT)
    await hub.feed(_question("v3", "gm0938"))
    declined = _said("request-declined", "v1", data={"valid_until": None})
    await hub.feed(declined)
    assert set((await hub.states()).values()) == {"declined"}
    (item,) = await hub.rows(tables.item)
    assert item.state == "declined"
    assert await _told(hub, declined) == {"gm0935", "gm0994", "gm0938"}
    (kept,) = await hub.rows(tables.kept_answer)
    assert (kept.kind, kept.merge_key, kept.item_key) == ("decline", item.library_key, item.item_key)
    assert (kept.valid_until - kept.given_on).days == 84
    await hub.mailer.compose()
    mails = await hub.rows(tables.mail, tables.mail.c.kind == "immediate", tables.mail.c.party == "gm0994")
    assert len(mails) == 1


async def test_a_decline_of_what_still_waits_ends_it_before_its_bundle(hub: Hub) -> None:
    await hub.feed(_question("v1"), _said("request-declined", "v1"))
    await hub.go(SLOT)
    assert await hub.states() == {"gm0935": "declined"}
    assert await hub.bundles() == []


async def test_a_decline_that_comes_first_is_done_when_its_request_comes(hub: Hub) -> None:
    declined = _said("request-declined", "v1")
    await hub.feed(declined)
    assert await _records(hub, "steering-unasked") == 1
    await hub.feed(_question("v1"))
    assert await hub.states() == {"gm0935": "declined"}
    assert await _told(hub, declined) == {"gm0935"}


async def test_a_decline_of_who_was_not_asked_ends_nothing(hub: Hub) -> None:
    await hub.feed(_question("v1"))
    declined = _said("request-declined", "v1", by="wml", functions="electricity")
    await hub.feed(declined)
    assert await hub.states() == {"gm0935": "waiting"}
    assert await _records(hub, "steering-unasked") == 1
    assert await _told(hub, declined) == set()


async def test_a_decline_of_what_was_answered_changes_nothing_and_an_answer_replaces_a_decline(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1"), _said("request-declined", "v1"), _answer("v1"))
    assert await hub.states() == {"gm0935": "answered"}
    await hub.feed(_said("request-declined", "v1", id="nog-eens"))
    assert await hub.states() == {"gm0935": "answered"}
    assert await _records(hub, "steering-idle") == 1


async def test_a_closed_decline_is_for_the_asker_that_it_answers(hub: Hub) -> None:
    same = {"recipients": ["gm0935", "gm0994"]}
    await hub.feed(_question("v1", tlp="AMBER", data=same), _question("v2", "gm0994", tlp="AMBER", data=same))
    declined = _said("request-declined", "v1", tlp="AMBER", areas="GM0935")
    await hub.feed(declined)
    assert await _told(hub, declined) == {"gm0935"}
    assert set((await hub.states()).values()) == {"declined"}


async def test_a_postponed_question_comes_back_in_the_first_bundle_from_its_day_and_keeps_its_end(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1"))
    await hub.go(SLOT)
    (before,) = await hub.rows(tables.request)
    await hub.feed(_question("v2", "gm0994"))
    postponed = _said("request-postponed", "v1", data={"until": "2027-07-21"})
    await hub.feed(postponed)
    (item,) = await hub.rows(tables.item)
    assert (item.state, Slots().day(item.not_before).isoformat()) == ("waiting", "2027-07-27")
    assert set((await hub.states()).values()) == {"waiting"}
    assert await _told(hub, postponed) == {"gm0935", "gm0994"}
    for week in range(1, 5):
        await hub.go(SLOT + timedelta(weeks=week))
        assert len(await hub.bundles()) == 1
    await hub.go(SLOT + timedelta(weeks=5))
    assert len(await hub.bundles()) == 2
    after = {row.event_key: row.expires_at for row in await hub.rows(tables.request)}
    assert after[before.event_key] == before.expires_at


async def test_a_day_that_is_past_means_the_next_slot_and_what_waits_is_not_postponed(hub: Hub) -> None:
    await hub.feed(_question("v1"), _said("request-postponed", "v1", data={"until": "2027-09-01"}))
    assert await _records(hub, "steering-idle") == 1
    await hub.go(SLOT)
    assert len(await hub.bundles()) == 1
    await hub.feed(_said("request-postponed", "v1", id="later", data={"until": "2027-01-01"}))
    (item,) = await hub.rows(tables.item)
    assert Slots().moment(item.not_before) == SLOT + timedelta(weeks=1)


async def test_what_is_postponed_beyond_its_end_ends_in_time(hub: Hub) -> None:
    await hub.feed(_question("v1", data={"needed_by": "2027-06-30"}))
    await hub.go(SLOT)
    await hub.feed(_said("request-postponed", "v1", data={"until": "9999-12-31"}))
    assert await hub.states() == {"gm0935": "waiting"}
    await hub.go(datetime(2027, 7, 15, 0, tzinfo=UTC))
    assert await hub.states() == {"gm0935": "expired"}
    (item,) = await hub.rows(tables.item)
    assert item.state == "expired"


async def test_who_is_referred_to_is_asked_the_same_and_its_bundle_has_it(hub: Hub) -> None:
    await hub.feed(_question("v1"), _question("v2", "gm0994"))
    await hub.go(SLOT)
    referred = _said("request-referred", "v1", data={"to": "wml"})
    await hub.feed(referred)
    states = {(row.operator, row.asker): row.state for row in await hub.rows(tables.request)}
    assert states == {
        ("enexis", "gm0935"): "declined",
        ("enexis", "gm0994"): "declined",
        ("wml", "gm0935"): "waiting",
        ("wml", "gm0994"): "waiting",
    }
    assert await _told(hub, referred) == {"gm0935", "gm0994"}
    assert await hub.rows(tables.kept_answer) == []
    await hub.go(SLOT + timedelta(weeks=4))
    assert len(await hub.bundles("wml")) == 1


async def test_who_was_asked_already_is_not_asked_twice_by_referring(hub: Hub) -> None:
    await hub.feed(_question("v1", data={"asked": ["enexis", "wml"]}))
    await hub.feed(_said("request-referred", "v1", data={"to": "wml"}))
    rows = await hub.rows(tables.request)
    assert sorted((row.operator, row.state) for row in rows) == [("enexis", "declined"), ("wml", "waiting")]


async def test_what_the_other_may_not_know_stays_with_its_operator_and_nobody_reads_it_is_referred(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1", tlp="RED", data={"text": "Hoe diep?"}))
    referred = _said("request-referred", "v1", tlp="RED", data={"to": "kpn", "recipients": ["gm0935"]})
    await hub.feed(referred)
    assert [(row.operator, row.state) for row in await hub.rows(tables.request)] == [("enexis", "waiting")]
    assert await _told(hub, referred) == set()
    assert await _records(hub, "steering-idle") == 1


async def test_what_is_referred_back_or_was_declined_before_it_came_ends(hub: Hub) -> None:
    await hub.feed(_said("request-declined", "v1", by="wml"))
    await hub.feed(_question("v1"), _said("request-referred", "v1", data={"to": "wml"}))
    rows = await hub.rows(tables.request)
    assert sorted((row.operator, row.state) for row in rows) == [("enexis", "declined"), ("wml", "declined")]


async def test_who_joined_after_a_bundle_left_is_in_its_mail_also_when_others_withdraw(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1"))
    async with transaction(hub.pool) as connection:
        await move_clock(connection, SLOT)
    await hub.throttle.release_due()
    await hub.feed(_question("v2", "gm0994"), _withdrawn("v1"))
    assert await hub.states() == {"gm0935": "withdrawn", "gm0994": "joined-sent"}
    await hub.mailer.compose()
    (mail,) = await hub.rows(tables.mail, tables.mail.c.kind == "bundle")
    assert "Valkenburg" in mail.body


async def test_asker_and_coordinator_hear_once_half_way_and_once_at_the_end(hub: Hub) -> None:
    await hub.feed(_question("v1", data={"needed_by": "2027-06-30"}))
    for days in (20, 21, 22, 43, 44, 50):
        await hub.go(NOW + timedelta(days=days))
    told = [row.content["data"] for row in await hub.rows(tables.outbox)]
    assert [one["state"] for one in told] == ["half-way", "expired"]
    assert all(one["recipients"] == ["gm0935", "min-ezk"] for one in told)
    assert all(one["operator"] == "enexis" and one["title"] for one in told)
    assert await _records(hub, "half-way-told") == 1


async def test_half_way_what_waits_has_a_moment_and_a_closed_request_is_told_to_its_asker_only(
    hub: Hub,
) -> None:
    await hub.feed(_question("v1", tlp="RED", expirytime="2027-06-20T08:00:00+02:00"))
    await hub.go(NOW + timedelta(days=10))
    (told,) = [row.content["data"] for row in await hub.rows(tables.outbox)]
    assert (told["state"], told["recipients"]) == ("half-way", ["gm0935"])
    assert "expected_by" not in told
    await hub.feed(_question("v2", data={"needed_by": "2027-06-24", "text": "Hoe diep?"}))
    await hub.go(NOW + timedelta(days=12))
    await hub.feed(_question("v3", data={"text": "Hoe lang?"}, expirytime="2027-07-20T08:00:00+02:00"))
    await hub.go(NOW + timedelta(days=31))
    half_way = {
        row.content["data"]["request"]["id"]: row.content["data"] for row in await hub.rows(tables.outbox)
    }
    assert half_way["v3"]["state"] == "half-way"
    assert half_way["v3"]["expected_by"] > "2027-07-01"


def _two(kind: str, one: str, other: str) -> dict[str, Any]:
    refs = [{"source": source_of("gm0935"), "id": of} for of in (one, other)]
    data = {"asked": "enexis", "one": refs[0], "other": refs[1], "reason": None}
    return attributes(kind, id=f"{kind}-{one}-{other}", source=source_of("enexis"), data=data)


async def test_an_answer_to_a_merged_question_serves_who_asks_it_later_in_any_words_until_it_is_undone(
    hub: Hub,
) -> None:
    words = [{"text": "Hoe hoog staat het?"}, {"text": "Wat is de hoogte?"}]
    await hub.feed(_question("v1", data=words[0]), _question("v2", data=words[1]))
    await hub.feed(_two("questions-merged", "v1", "v2"))
    await hub.go(SLOT)
    (bundle,) = await hub.bundles()
    assert words[0]["text"] in bundle
    assert words[1]["text"] in bundle
    assert "1 vraag van 1 partij" in " ".join(bundle.split())
    await hub.feed({**_answer("v2"), "tlp": "CLEAR"})
    assert await hub.states() == {"gm0935": "answered"}
    later = [_question(f"later-{n}", asker, data=words[n]) for n, asker in enumerate(("gm0994", "gm0938"))]
    await hub.feed(*later)
    assert set((await hub.states()).values()) == {"answered"}
    await hub.feed(_two("questions-separated", "v1", "v2"))
    anew = [_question(f"anew-{n}", asker, data=words[n]) for n, asker in enumerate(("pv31", "vr24"))]
    await hub.feed(*anew)
    states = await hub.states()
    assert sorted([states["pv31"], states["vr24"]]) == ["answered", "waiting"]


async def test_a_decline_in_confidence_leaves_others_waiting_on_an_item_that_can_leave(hub: Hub) -> None:
    await hub.feed(_question("v1"), _question("v2", "gm0994"))
    declined = _said("request-declined", "v1", tlp="AMBER+STRICT", data={"recipients": ["gm0935"]})
    await hub.feed(declined)
    await hub.feed(_question("v3", "gm0938"))
    assert await hub.states() == {"gm0935": "declined", "gm0994": "waiting", "gm0938": "waiting"}
    items = {row.item_key: row.state for row in await hub.rows(tables.item)}
    assert sorted(items.values()) == ["declined", "waiting"]
    key = event_key(declined["source"], declined["id"])
    told = {row.party for row in await hub.rows(tables.delivery, tables.delivery.c.event_key == key)}
    assert told == {"gm0935"}
    await hub.go(SLOT)
    assert await hub.states() == {"gm0935": "declined", "gm0994": "sent", "gm0938": "sent"}
    (bundle,) = await hub.bundles()
    assert "Gemeente Maastricht" not in bundle


async def test_an_operator_whose_slot_can_not_be_run_holds_up_no_other(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = releasing.run_slots

    async def broken(connection: Any, operators: Any, now: datetime) -> None:
        if "enexis" in operators:
            raise ValueError("as if what is kept of it can't be read")
        await run(connection, operators, now)

    monkeypatch.setattr(worker, "run_slots", broken)
    await hub.feed(_question("v1"), _question("v2", data={"asked": ["wml"]}, functions="drinking-water"))
    await hub.go(SLOT)
    assert await hub.bundles("enexis") == []
    assert len(await hub.bundles("wml")) == 1
    monkeypatch.undo()
    await hub.go(SLOT + timedelta(minutes=5))
    assert len(await hub.bundles("enexis")) == 1


async def test_a_closed_question_is_not_referred_to_who_has_no_part_in_it(hub: Hub) -> None:
    await hub.feed(_question("v1", tlp="AMBER", data={"recipients": ["gm0935"]}))
    await hub.go(SLOT)
    await hub.feed(_said("request-referred", "v1", data={"to": "kpn", "recipients": ["gm0935"]}, tlp="AMBER"))
    assert [(row.operator, row.state) for row in await hub.rows(tables.request)] == [("enexis", "sent")]
