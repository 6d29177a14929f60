"""An answer serves who asks later, a deposit who has not asked yet, and a newer one corrects both."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.store import tables
from schemas.terms import Tlp
from tests.events import attributes, source_of
from tests.fed import Hub
from tests.registers import REGISTER
from tests.replayed import replayed

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
LATER = datetime(2027, 7, 20, 8, tzinfo=UTC)
TOWNS = sorted(
    slug
    for slug, party in REGISTER.parties.items()
    if party.kind == "municipality" and REGISTER.meet(party.areas[0], "PV31")
)[:13]
_DEPTH = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}


def _asked(asker: str, *areas: str, **changes: Any) -> dict[str, Any]:
    data = {"asked": ["enexis"], "needed_by": None, **_DEPTH, **changes.pop("data", {})}
    return attributes(
        "question-raised",
        **{"id": f"v-{asker}", "source": source_of(asker)}
        | {"areas": ",".join(areas or (asker.upper(),)), "data": data}
        | changes,
    )


def _answered(event_id: str, asker: str, *areas: str, **changes: Any) -> dict[str, Any]:
    rows = [{"area": area, "text": f"Uit {event_id}."} for area in areas]
    data = {"question": {"source": source_of(asker), "id": f"v-{asker}"}, "per_area": rows}
    data |= {"valid_until": None} | changes.pop("data", {})
    return attributes("question-answered", id=event_id, source=source_of("enexis"), data=data, **changes)


def _deposit(event_id: str, *areas: str, **changes: Any) -> dict[str, Any]:
    rows = [{"area": area, "text": f"Uit {event_id}."} for area in areas]
    data = {**_DEPTH, "text": f"Tekst van {event_id}.", "per_area": rows, "valid_until": None}
    data |= changes.pop("data", {})
    return attributes("answer-deposited", id=event_id, areas=",".join(areas), data=data, **changes)


def _by(event_id: str) -> dict[str, str]:
    return {"source": source_of("enexis"), "id": event_id}


async def _mails(hub: Hub, party: str) -> list[str]:
    """What was mailed to a party at once, subject first."""
    mail = tables.mail.c
    rows = await hub.rows(tables.mail, mail.party == party, mail.kind == "immediate")
    return [f"{row.subject}\n{row.body}" for row in rows]


async def _told(hub: Hub, *parties: str) -> dict[str, int]:
    return {party: len(await _mails(hub, party)) for party in parties}


async def test_an_equal_question_of_many_reaches_the_operator_once_and_a_late_one_not_at_all(
    hub: Hub,
) -> None:
    *towns, late = TOWNS
    await hub.feed(*map(_asked, towns))
    await hub.go(SLOT)
    (bundle,) = await hub.bundles()
    assert "1 vraag van 12 partijen" in bundle
    await hub.feed(_answered("a1", towns[3], *(town.upper() for town in TOWNS)))
    assert await hub.states() == dict.fromkeys(towns, "answered")
    await hub.feed(_asked(late))
    assert (await hub.states())[late] == "answered"
    await hub.go(LATER)
    assert await _told(hub, *TOWNS) == dict.fromkeys(TOWNS, 1)
    assert len(await hub.bundles()) == 1


async def test_what_was_deposited_before_it_is_asked_is_asked_of_nobody(hub: Hub) -> None:
    await hub.feed(_deposit("d1", "GM0935", "GM0994"))
    await hub.mailer.compose()
    assert await hub.rows(tables.mail, tables.mail.c.kind == "immediate") == []
    await hub.feed(_asked("gm0935", tlp="AMBER"), _asked("gm0994", data={"text": "Hoe laag?"}))
    await hub.go(SLOT)
    assert await hub.states() == {"gm0935": "answered", "gm0994": "answered"}
    assert (await hub.bundles(), await _told(hub, "gm0935", "gm0994")) == ([], {"gm0935": 1, "gm0994": 1})


async def test_only_what_a_deposit_does_not_cover_is_asked(hub: Hub) -> None:
    await hub.feed(_deposit("d1", "GM0935"), _asked("pv31", "GM0935", "GM0994"))
    await hub.mailer.compose()
    assert await _told(hub, "pv31") == {"pv31": 1}
    await hub.go(SLOT)
    (bundle,) = await hub.bundles()
    assert "(Valkenburg aan de Geul)" in bundle
    assert "Maastricht" not in bundle
    await hub.feed(_answered("a1", "pv31", "GM0994", areas="GM0994"))
    await hub.mailer.compose()
    assert (await hub.states(), await _told(hub, "pv31")) == ({"pv31": "answered"}, {"pv31": 2})


async def test_a_deposit_serves_who_waits_and_leaves_the_gap_waiting(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"), _asked("pv31", "GM0935", "GM0994"))
    await hub.feed(_deposit("d1", "GM0935"))
    assert await hub.states() == {"gm0935": "answered", "pv31": "waiting"}
    assert {row.asker: row.areas for row in await hub.rows(tables.request)}["pv31"] == ["GM0994"]
    await hub.go(SLOT)
    assert await _told(hub, "gm0935", "pv31") == {"gm0935": 1, "pv31": 1}
    (bundle,) = await hub.bundles()
    assert ("1 vraag van 1 partij" in bundle, "Maastricht" in bundle) == (True, False)


async def test_an_item_that_nobody_waits_for_any_more_is_not_sent(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"), _asked("gm0994"), _deposit("d1", "GM0935", "GM0994"))
    assert {row.state for row in await hub.rows(tables.item)} == {"answered"}
    await hub.go(LATER)
    assert (await hub.bundles(), await hub.rows(tables.bundle)) == ([], [])


async def test_the_bundle_after_a_deposit_is_the_one_of_the_ledger(hub: Hub) -> None:
    await hub.feed(_asked("gm0935"), _asked("gm0994"), _deposit("d1", "GM0935"))
    await hub.go(SLOT)
    (again,) = replayed([row.record for row in await hub.rows(tables.ledger)])
    assert again.said == again.computed


@pytest.mark.parametrize("explicit", [True, False])
async def test_a_newer_answer_corrects_everyone_who_had_the_older_once(hub: Hub, explicit: bool) -> None:
    await hub.feed(_deposit("d1", "GM0935", "GM0994"), _asked("gm0935"), _asked("gm0994"))
    await hub.mailer.compose()
    newer = {"supersedes": _by("d1")} if explicit else {}
    deposits = [_deposit("d2", "GM0935", "GM0994", data=newer)]
    await hub.feed(*deposits)
    await hub.mailer.compose()
    await hub.feed(*deposits)
    await hub.mailer.compose()
    assert await _told(hub, "gm0935", "gm0994") == {"gm0935": 2, "gm0994": 2}
    await hub.feed(_asked("pv31", "GM0935"))
    await hub.mailer.compose()
    (mail,) = await _mails(hub, "pv31")
    assert "Tekst van d2" in mail


async def test_who_may_not_have_the_newer_answer_hears_only_that_the_older_lapsed(hub: Hub) -> None:
    await hub.feed(_deposit("d1", "GM0935", "GM0994"), _asked("gm0935"), _asked("gm0994"))
    await hub.mailer.compose()
    closed = {"supersedes": _by("d1"), "recipients": ["gm0994"]}
    await hub.feed(_deposit("d2", "GM0935", "GM0994", tlp="AMBER", data=closed))
    await hub.mailer.compose()
    told = sorted(await _mails(hub, "gm0935"))
    assert [("geldt niet meer" in mail, "Tekst van d2" in mail) for mail in told] == [
        (True, False),
        (False, False),
    ]
    assert sorted("Tekst van d2" in mail for mail in await _mails(hub, "gm0994")) == [False, True]


async def test_a_correction_counts_when_it_comes_before_what_it_corrects(hub: Hub) -> None:
    await hub.feed(_deposit("d2", "GM0994", data={"supersedes": _by("d1")}), _deposit("d1", "GM0935"))
    await hub.feed(_asked("gm0935"))
    assert await hub.states() == {"gm0935": "waiting"}


async def test_a_retraction_is_told_to_who_had_the_answer_and_it_serves_no_more(hub: Hub) -> None:
    await hub.feed(_deposit("d1", "GM0935", "GM0994"), _asked("gm0935"))
    await hub.mailer.compose()
    taken_back = attributes("answer-retracted", id="r1", data={"answer": _by("d1")})
    await hub.feed(taken_back, taken_back)
    await hub.feed(_asked("gm0994"))
    await hub.mailer.compose()
    assert sorted("geldt niet meer" in mail for mail in await _mails(hub, "gm0935")) == [False, True]
    assert (await hub.states())["gm0994"] == "waiting"


async def test_what_comes_twice_and_is_played_again_does_nothing(hub: Hub) -> None:
    told = [_deposit("d1", "GM0935"), _asked("gm0935"), _asked("pv31", "GM0935", "GM0994")]
    await hub.feed(*told, *told)
    before = [len(await hub.rows(t)) for t in (tables.request, tables.item, tables.served, tables.delivery)]
    await hub.feed(*reversed(told))
    after = [len(await hub.rows(t)) for t in (tables.request, tables.item, tables.served, tables.delivery)]
    assert before == after
    await hub.mailer.compose()
    assert await _told(hub, "gm0935", "pv31") == {"gm0935": 1, "pv31": 1}


async def test_who_lost_its_clearance_is_not_served_before_nor_at_sending(hub: Hub) -> None:
    await hub.feed(_deposit("d1", "GM0935", "GM0994"), _asked("gm0935"))
    await hub.change("gm0935", clearance=Tlp.CLEAR)
    await hub.mailer.compose()
    (delivery,) = await hub.rows(tables.delivery, tables.delivery.c.party == "gm0935")
    assert (delivery.mail_key, delivery.withheld) == (None, "clearance-too-low")
    await hub.feed(_asked("gm0935", id="opnieuw", tlp="CLEAR"))
    assert [row.state for row in await hub.rows(tables.request, tables.request.c.state != "answered")] == [
        "waiting"
    ]


@pytest.mark.parametrize(
    ("label", "named", "state"),
    [
        ("AMBER", ["gm0935"], "answered"),
        ("AMBER+STRICT", ["gm0935"], "answered"),
        ("AMBER", ["gm0994"], "waiting"),
        ("AMBER+STRICT", ["gm0994"], "waiting"),
    ],
)
async def test_a_closed_deposit_serves_whom_it_names(
    hub: Hub, label: str, named: list[str], state: str
) -> None:
    await hub.feed(_deposit("d1", "GM0935", tlp=label, data={"recipients": named}), _asked("gm0935"))
    await hub.mailer.compose()
    assert await hub.states() == {"gm0935": state}
    assert await _told(hub, "gm0935", "gm0994") == {"gm0935": int(state == "answered"), "gm0994": 0}


async def test_an_answer_to_a_classified_question_gives_others_no_sign(hub: Hub) -> None:
    await hub.feed(_asked("gm0994", "GM0935", tlp="RED"))
    await hub.feed(_answered("a1", "gm0994", "GM0935"))
    await hub.feed(_asked("gm0935"))
    assert await hub.states() == {"gm0994": "answered", "gm0935": "waiting"}


async def test_who_would_read_a_lapsed_answer_in_its_digest_only_reads_of_the_newer(hub: Hub) -> None:
    await hub.feed(_deposit("d1", "GM0935"), _deposit("d2", "GM0935"))
    await hub.mailer.compose()
    await hub.go(SLOT)
    digests = [row.body for row in await hub.rows(tables.mail, tables.mail.c.kind == "digest")]
    assert digests
    assert ({"Tekst van d2" in body for body in digests}, "Tekst van d1" in "".join(digests)) == (
        {True},
        False,
    )
    assert await hub.rows(tables.mail, tables.mail.c.kind == "immediate") == []
