"""In a crisis an operator is contacted once, and what is asked for it becomes part of its sheet."""

from datetime import timedelta
from typing import Any

import pytest

from hub.store import tables
from hub.store.database import transaction
from hub.store.ledger.checks import check_ledger
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.ledgers import number_all
from tests.replayed import replayed
from tests.throttled import FIRST, SLOTS

CRISIS = "Hoogwater Maas juni 2027"


def _opened(event_id: str = "s1", crisis: str = CRISIS, **changes: Any) -> dict[str, Any]:
    data = {"crisis": crisis, "text": "De Maas stijgt.", **changes.pop("data", {})}
    return attributes("situation-opened", id=event_id, data=data, **{"areas": "VR24", **changes})


def _ref(event: dict[str, Any]) -> dict[str, str]:
    return {"source": event["source"], "id": event["id"]}


def _renewed(event_id: str, of: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = {"situation": _ref(of), "text": "Het water zakt nog niet."}
    return attributes("situation-renewed", id=event_id, data=data, **{"areas": "VR24", **changes})


def _reported(event_id: str, of: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = {"situation": _ref(of), "text": "Twee stations zijn uit.", "rows": [], **changes.pop("data", {})}
    return attributes("situation-reported", id=event_id, data=data, **{"areas": "VR24", **changes})


def _asked(
    event_id: str, asker: str = "gm0935", crisis: str | None = CRISIS, **changes: Any
) -> dict[str, Any]:
    data = {
        "asked": ["enexis"],
        "needed_by": None,
        "standard_question": "stations-at-water-depth",
        "crisis": crisis,
        **changes.pop("data", {}),
    }
    return attributes("question-raised", id=event_id, source=source_of(asker), data=data, **changes)


async def _told(hub: Hub, event_id: str) -> list[tuple[str, str | None]]:
    rows = sorted(await hub.rows(tables.outbox), key=lambda row: row.position)
    data = [row.content["data"] for row in rows]
    return [(one["state"], one.get("reason")) for one in data if one["request"]["id"] == event_id]


async def _contacts(hub: Hub, operator: str = "enexis") -> int:
    bundle = tables.bundle.c
    return len(await hub.rows(tables.bundle, bundle.kind == "crisis", bundle.operator == operator))


async def test_each_operator_is_contacted_once_and_its_mail_names_the_crisis(hub: Hub) -> None:
    both = {"functions": "electricity,natural-gas", "source": source_of("min-ezk")}
    await hub.feed(_opened(**both))
    await hub.feed(_opened(**both), _opened("s2", "HOOGWATER  maas, juni 2027!"))
    await hub.mailer.compose()
    mails = await hub.rows(tables.mail, tables.mail.c.kind == "bundle")
    operators = {row.operator for row in await hub.rows(tables.sheet)}
    assert {"enexis", "tennet", "gasunie"} <= operators == {mail.party for mail in mails}
    assert len(mails) == len(operators) < len(await hub.rows(tables.sheet))
    assert {mail.subject for mail in mails} == {f"[OEFENING] [Kernhub] [TLP:GREEN] Situatieblad: {CRISIS}"}
    (body,) = await hub.bundles()
    plain = " ".join(body.split())
    assert "Hoeveel stations en hoeveel aansluitingen in dit gebied hebben geen stroom meer" in plain
    assert "Code: stations-at-water-depth" in plain
    assert "open tot vrijdag 4 juni 2027, 08:00 uur" in plain
    assert "id s1" in plain


async def test_a_second_situation_widens_the_sheet_without_a_contact(hub: Hub) -> None:
    await hub.feed(_opened(), _asked("v1", "pv30", areas="GM0855"))
    assert await hub.states() == {"pv30": "waiting"}
    wider = _opened("s2", areas="GM0935,GM0855")
    await hub.feed(wider, wider)
    assert await hub.states() == {"pv30": "joined-sent"}
    (sheet,) = await hub.rows(tables.sheet, tables.sheet.c.operator == "enexis")
    assert set(sheet.areas) == {"VR24", "GM0935", "GM0855"}
    assert await _contacts(hub) == 1
    widened = await hub.rows(tables.ledger, tables.ledger.c.kind == "sheet-widened")
    assert len(widened) == len(await hub.rows(tables.sheet))


async def test_a_routine_bundle_leaves_as_if_there_were_no_crisis(hub: Hub) -> None:
    await hub.feed(_opened(), _asked("v1", crisis=None, data={"needed_by": "2027-06-10"}))
    await hub.go(SLOTS.moment(FIRST + 1))
    kinds = sorted(
        (row.kind, row.slot - FIRST) for row in await hub.rows(tables.bundle) if row.operator == "enexis"
    )
    assert kinds == [("crisis", -1), ("routine", 1)]


@pytest.mark.parametrize("first", ["situation", "request"])
async def test_a_request_for_the_crisis_joins_the_sheet_and_a_report_answers_it(hub: Hub, first: str) -> None:
    situation, others = _opened(), [_asked("v2", "gm0994", None), _asked("v3", "gm0938", "Storm")]
    events = [situation, _asked("v1")] if first == "situation" else [_asked("v1"), situation]
    await hub.feed(*others, *events)
    assert await hub.states() == {"gm0935": "joined-sent", "gm0994": "waiting", "gm0938": "waiting"}
    assert await _told(hub, "v1") == [("on-sheet", None)]
    await hub.feed(_reported("r1", situation))
    assert (await hub.states())["gm0935"] == "answered"
    (sheet,) = await hub.rows(tables.sheet, tables.sheet.c.operator == "enexis")
    mine = (tables.delivery.c.party == "gm0935", tables.delivery.c.event_key == sheet.report_key)
    assert len(await hub.rows(tables.delivery, *mine)) == 1
    item = await hub.rows(tables.item, tables.item.c.answer_key == sheet.report_key)
    assert [row.state for row in item] == ["answered"]
    assert await _contacts(hub) == 1


async def test_what_is_said_of_a_situation_before_it_comes_counts_when_it_comes(hub: Hub) -> None:
    situation = _opened()
    await hub.feed(_renewed("l1", situation), _reported("r1", situation), _asked("v1"))
    assert await hub.rows(tables.sheet) == []
    await hub.feed(situation)
    (sheet,) = await hub.rows(tables.sheet, tables.sheet.c.operator == "enexis")
    assert sheet.report_key is not None
    assert await hub.states() == {"gm0935": "answered"}


async def test_only_the_newest_report_by_its_own_time_stands(hub: Hub) -> None:
    situation = _opened()
    old, new = (
        _reported(name, situation, time=f"2027-06-01T{hour}:00:00+02:00")
        for name, hour in (("oud", 10), ("nieuw", 12))
    )
    await hub.feed(situation, new, old)
    (sheet,) = await hub.rows(tables.sheet, tables.sheet.c.operator == "enexis")
    (event,) = await hub.rows(tables.event, tables.event.c.event_key == sheet.report_key)
    assert event.content["id"] == "nieuw"


async def test_a_report_that_is_dated_ahead_silences_no_later_one(hub: Hub) -> None:
    situation = _opened()
    ahead, later = (
        _reported(name, situation, time=f"2027-06-{day}T12:00:00Z")
        for name, day in (("vooruit", "02"), ("later", "01"))
    )
    await hub.feed(situation, ahead)
    await hub.go(NOW + timedelta(hours=8))
    await hub.feed(later)
    (sheet,) = await hub.rows(tables.sheet, tables.sheet.c.operator == "enexis")
    (event,) = await hub.rows(tables.event, tables.event.c.event_key == sheet.report_key)
    assert event.content["id"] == "later"


async def test_only_standard_questions_about_the_area_and_the_function_join(hub: Hub) -> None:
    await hub.feed(
        _opened(areas="GM0935"),
        _asked("buiten", "gm0994", areas="GM0994"),
        _asked("vrij", "gm0938", data={"standard_question": None, "text": "Hoe gaat het?"}),
        _asked("mee", "pv31"),
    )
    assert await hub.states() == {"gm0994": "waiting", "gm0938": "waiting", "pv31": "joined-sent"}


async def test_what_is_unanswered_when_the_sheet_ends_waits_as_any_other(hub: Hub) -> None:
    situation = _opened()
    other = {"standard_question": "stations-in-flood-zone", "parameters": {"flood": "2021-07"}}
    rows = [{"standard_question": "stations-at-water-depth", "area": "GM0935", "text": "Twee."}]
    await hub.feed(
        situation, _asked("v1"), _asked("v2", "gm0994", data=other), _asked("v3", "gm0938", None, data=other)
    )
    await hub.feed(_reported("r1", situation, data={"rows": rows}))
    assert await hub.states() == {"gm0935": "answered", "gm0994": "joined-sent", "gm0938": "waiting"}
    await hub.go(NOW + timedelta(hours=72) - timedelta(minutes=1))
    assert (await hub.states())["gm0994"] == "joined-sent"
    await hub.go(NOW + timedelta(hours=72))
    assert (await hub.states())["gm0994"] == "waiting"
    assert (await _told(hub, "v2"))[-1] == ("waiting", "sheet-has-ended")
    (item,) = await hub.rows(tables.item, tables.item.c.state == "waiting")
    assert len(await hub.rows(tables.request, tables.request.c.item_key == item.item_key)) == 2
    for week in range(1, 5):
        await hub.go(SLOTS.moment(FIRST + week))
    assert await hub.states() == {"gm0935": "answered", "gm0994": "sent", "gm0938": "sent"}
    again = replayed(bytes(row.record) for row in await hub.rows(tables.ledger))
    assert [one.said for one in again] == [one.computed for one in again] != []
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)
        assert (await check_ledger(connection)).faults == []


async def test_a_renewed_sheet_stays_open_and_an_ended_one_may_be_opened_again(hub: Hub) -> None:
    situation = _opened()
    await hub.feed(situation, _asked("v1"))
    await hub.go(NOW + timedelta(hours=71))
    await hub.feed(_renewed("l1", situation))
    await hub.go(NOW + timedelta(hours=142))
    assert await hub.states() == {"gm0935": "joined-sent"}
    await hub.go(NOW + timedelta(hours=143))
    assert await hub.states() == {"gm0935": "waiting"}
    await hub.feed(_renewed("l2", situation))
    assert await hub.states() == {"gm0935": "waiting"}
    await hub.feed(_opened("s2"))
    assert await hub.states() == {"gm0935": "joined-sent"}
    assert await _contacts(hub) == 2


async def test_a_report_reaches_no_asker_who_may_not_have_it(hub: Hub) -> None:
    situation = _opened()
    await hub.feed(situation, _asked("v1"), _asked("v2", "gm0363"))
    await hub.feed(_reported("r1", situation, tlp="AMBER"))
    assert await hub.states() == {"gm0935": "answered", "gm0363": "not-shared"}
    assert (
        await hub.rows(
            tables.delivery, tables.delivery.c.party == "gm0363", tables.delivery.c.mode == "immediate"
        )
        == []
    )


async def test_a_closed_report_gives_others_no_sign(hub: Hub) -> None:
    situation = _opened()
    await hub.feed(situation, _asked("v1"), _asked("v2", "gm0994"))
    await hub.feed(_reported("r1", situation, tlp="RED", data={"recipients": ["gm0935"]}))
    assert await hub.states() == {"gm0935": "answered", "gm0994": "joined-sent"}


async def test_an_operator_without_clearance_has_no_sheet_and_hears_nothing(hub: Hub) -> None:
    await hub.change("enexis", clearance=Tlp.GREEN)
    await hub.feed(_opened(tlp="AMBER"), _asked("v1"))
    await hub.mailer.compose()
    assert await _contacts(hub) == 0
    assert await hub.states() == {"gm0935": "waiting"}


async def test_a_contact_that_may_no_longer_go_out_ends_its_sheet(hub: Hub) -> None:
    await hub.feed(_opened(tlp="AMBER"), _asked("v1"))
    assert await hub.states() == {"gm0935": "joined-sent"}
    await hub.change("enexis", clearance=Tlp.GREEN)
    await hub.mailer.compose()
    assert await hub.bundles() == []
    await hub.go(NOW + timedelta(minutes=1))
    assert await hub.states() == {"gm0935": "waiting"}


async def test_an_answer_to_a_question_on_a_sheet_ends_it_too(hub: Hub) -> None:
    await hub.feed(_opened(), _asked("v1"))
    data = {"question": _ref(_asked("v1")), "per_area": []}
    await hub.feed(attributes("question-answered", id="a1", source=source_of("enexis"), data=data))
    assert await hub.states() == {"gm0935": "answered"}
    await hub.go(NOW + timedelta(hours=80))
    assert await hub.states() == {"gm0935": "answered"}


async def test_an_urgent_request_for_the_crisis_is_no_contact(hub: Hub) -> None:
    await hub.feed(_opened(), _asked("v1", data={"urgent": "Nu.", "needed_by": "2027-06-01"}))
    assert await _told(hub, "v1") == [("on-sheet", None)]
    assert {row.kind for row in await hub.rows(tables.bundle)} == {"crisis"}


async def test_an_operator_reports_on_its_own_sheet_only(hub: Hub) -> None:
    situation = _opened()
    await hub.feed(situation, _reported("r1", situation, source=source_of("tennet")))
    sheets = await hub.rows(tables.sheet)
    assert {row.operator for row in sheets if row.report_key} <= {"tennet"}
